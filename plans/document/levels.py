"""Finds the rollback levels of a document and reads each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plans.document import durations, fences, groups, words
from plans.document.blocks import Block, Fence, Line, Listing, Paragraph, Section, fences_in
from plans.document.groups import Group
from plans.document.matrix import levels_in
from plans.document.notes import Notes
from plans.document.plan import Impact, Level, Persists, Promise, Said
from plans.document.step import Step, StepFence
from plans.document.steps import approval_line, every_text, from_headings, read_steps

_OTHER = re.compile(
    r"\b(backups?|resume|deploy(ment|ing)?|upgrad|migrat\w+ (step|process|plan)|roll(ing)? ?out|roll(ing)? ?forward|configuration|how it works|architecture|"
    r"monitoring|metrics|alert|checklist|history|status|location|what .* (reverses|does)|example|automation|ci/cd|pipeline|logging)\b"
)
_MARKS = {"✅": "ok", "✓": "ok", "⚠": "warn", "❌": "warn", "⏱": "time", "⏰": "time", "⏳": "time"}
_STEPS_TITLE = re.compile(r"\b(steps?|process|procedure|workflow|checklist)\b")
_PARENTHESES = re.compile(r"[(（]([^()（）]{1,120})[)）]")
_NONE: tuple[StepFence, ...] = ()


def find(root: Section) -> list[Section]:
    """Returns the sections that are rollback procedures, lowest headings first come first; no forward procedures."""
    named = [section for section in root.walk() if words.level_word(section.title)]
    if named:
        inside = {id(below) for section in named for below in section.walk() if below is not section}
        return [section for section in named if id(section) not in inside and _is_procedure(section)]
    tops = root.children[0].children if len(root.children) == 1 and root.children[0].children else root.children
    found = [level for top in tops for level in _below(top, inside=False)]
    if not found and any(words.speaks_of_rollback(section.title) for section in root.children):
        found = [level for top in tops for level in _below(top, inside=True)]
    return found


def _is_procedure(section: Section) -> bool:
    """Says whether a section named "Level N" describes a level; "Level 1" in a contact list is a person."""
    return bool(section.blocks or section.children)


def _below(section: Section, *, inside: bool) -> Iterator[Section]:
    title = section.title
    normal = words.normal(title)
    speaks = words.is_container(title) or words.speaks_of_rollback(title)
    part = words.part_of(title)
    if part and not (part in _MAY_HOLD and speaks):
        return
    if "checklist" in normal or (_OTHER.search(normal) and not speaks):
        return
    here = inside or speaks
    children = [
        child
        for child in section.children
        if not words.part_of(child.title) and words.label_of(child.title) in ("", "alternative")
    ]
    if here and _children_are_steps(section, children):
        yield section
        return
    found = [level for child in children for level in _below(child, inside=here)]
    if found:
        yield from found
    elif here and _has_substance(section, inside=inside):
        yield section


_MAY_HOLD = frozenset({"triggers"})


def _children_are_steps(section: Section, children: list[Section]) -> bool:
    if not children:
        return False
    if all(words.step_word(child.title) for child in children):
        return True
    numbered = [child for child in children if words.number_of(child.title)]
    rollbacks = sum(words.speaks_of_rollback(child.title) for child in children)
    return (
        len(numbered) == len(children) > 1
        and bool(_STEPS_TITLE.search(words.normal(section.title)))
        and rollbacks * 2 < len(children) + 1
    )


def _has_substance(section: Section, *, inside: bool) -> bool:
    """Says whether there is something to carry out: an ordered list, a command, or an instruction in the heading itself."""
    blocks = every_text(section)
    if any(isinstance(block, Listing) and block.ordered for block in blocks):
        return True
    if any(fences.role_of(fence) == "command" for fence in fences_in(blocks)):
        return True
    if inside and words.choice_word(section.title) and ":" in section.title:
        return True
    return (
        words.speaks_of_rollback(section.title)
        and any(isinstance(block, Paragraph | Listing) for block in blocks)
        and not section.children
    )


def read(section: Section, place: int, notes: Notes) -> Level:
    """Returns the level that a section describes."""
    found = _Sorted(section, notes)
    word = words.level_word(section.title) or words.choice_word(section.title)
    number = word[1] if word and word[0] == "level" and word[1] else place
    _explain(section, number, notes)
    notes.claim(section.line)
    step_children = [child for child in section.children if child in found.step_headings]
    if step_children:
        steps, stray = from_headings(step_children, notes), _NONE
    else:
        steps, stray = read_steps(tuple(found.procedure), notes)
    undo: tuple[Step, ...] = read_steps(tuple(found.undo), notes, prose=True)[0] if found.undo else ()
    promise = found.promises[0] if found.promises else None
    return Level(
        section.line, _last_line(section), section.depth, section.title, title_of(section.title), number, promise, tuple(found.promises),
        tuple(found.when), tuple(found.impact), steps, undo, found.persists, stray=stray,
    )  # fmt: skip


def _explain(section: Section, number: int, notes: Notes) -> None:
    word = words.level_word(section.title)
    if word is None:
        notes.infer(
            section.line,
            f"Taken as level {number}: the heading names a rollback procedure and stands at place {number}.",
        )
    elif durations.find_length(section.title):
        notes.infer(section.line, f"Taken as level {number}: the heading names a number and a time.")
    else:
        notes.infer(section.line, f"Taken as level {number}: the heading names a number.")


def _last_line(section: Section) -> int:
    return max([section.line, *(block.end_line for block in every_text(section))])


def title_of(name: str) -> str:
    """Returns a level's short name: "Level 1: Feature Flag Disable (Instant)" gives "Feature flag disable"."""
    text = _PARENTHESES.sub("", name)
    text = re.sub(
        r"^\W*(level|niveau|nivel|tier|scenario|method|strategy|option|path|phase)\s*#?\w{1,3}\s*[:.\-–—)]*\s*",
        "",
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(r"\s+", " ", text).strip(" :-–—") or name
    parts = text.split(" ")
    if len(parts) > 1 and all(part[:1].isupper() or not part[:1].isalpha() or len(part) <= 4 for part in parts):
        parts = [
            parts[0],
            *(part.lower() if part[1:].islower() and part.lower() not in _PROPER else part for part in parts[1:]),
        ]
    return " ".join(parts)


_PROPER = frozenset(
    ["docker", "kubernetes", "git", "helm", "terraform", "redis", "postgres", "linux", "python", "django"]
)


class _Sorted:
    """The groups of a level's section, sorted by what their labels announce."""

    def __init__(self, section: Section, notes: Notes) -> None:
        self.notes = notes
        self.procedure: list[Block] = []
        self.undo: list[Block] = []
        self.promises: list[Promise] = []
        self.when: list[Said] = []
        self.impact: list[Impact] = []
        self.persists: Persists | None = None
        self.step_headings = _step_headings(section)
        heading = promise_in_heading(section)
        if heading is not None:
            self.promises.append(heading)
        for group in groups.of_section(section):
            self._sort(group)
        # A promise written out under its own label is the level's; the heading repeats it.
        self.promises.sort(key=lambda promise: promise.line == section.line)

    def _sort(self, group: Group) -> None:
        handler = {
            "time": self._time,
            "when": self._when,
            "impact": self._impact,
            "undo": self._undo,
            "persists": self._persist,
        }.get(group.meaning)
        if handler is not None and not (
            group.is_heading and any(True for _ in fences_in(group.blocks)) and group.meaning != "undo"
        ):
            self.notes.claim(group.line, group.end_line)
            handler(group)
            return
        if group.meaning == "note" and not any(True for _ in fences_in(group.blocks)):
            self.notes.claim(group.line, group.end_line)
        if group.label and group.meaning != "procedure":
            self.procedure.append(
                Paragraph(group.line, group.line, (Line(group.line, f"**{group.label}:** {group.value}".strip()),))
            )
        elif group.label:
            self.notes.claim(group.line)
        self.procedure.extend(group.blocks)
        for child in group.children:
            self.procedure.append(Paragraph(child.line, child.line, (Line(child.line, f"**{child.raw}**"),)))
            self.procedure.extend(every_text(child))
        self._claim_prose(group)

    def _claim_prose(self, group: Group) -> None:
        for block in group.blocks:
            if isinstance(block, Paragraph) and approval_line(block) is None:
                self.notes.claim(block.line, block.end_line)

    def _time(self, group: Group) -> None:
        text = group.value or next((block.text for block in group.blocks if isinstance(block, Paragraph)), "")
        if text:
            self.promises.append(Promise(group.line, text, durations.upper_bound(text)))
        self.procedure.extend(block for block in group.blocks if not isinstance(block, Paragraph))

    def _when(self, group: Group) -> None:
        if group.value:
            self.when.append(Said(group.line, group.value))
        self.when.extend(bullets(group.blocks))
        if not group.value and not any(isinstance(block, Listing) for block in group.blocks):
            self.when.extend(Said(block.line, block.text) for block in group.blocks[:1] if isinstance(block, Paragraph))
        self.procedure.extend(
            block
            for block in group.blocks
            if isinstance(block, Fence) or (isinstance(block, Listing) and block.ordered)
        )

    def _impact(self, group: Group) -> None:
        said = [*([Said(group.line, group.value)] if group.value else []), *bullets(group.blocks, ordered=True)]
        self.impact.extend(_impact(item) for item in said)

    def _undo(self, group: Group) -> None:
        self.undo.extend(group.blocks)
        for child in group.children:
            self.undo.extend(every_text(child))

    def _persist(self, group: Group) -> None:
        text = group.value or next((block.text for block in group.blocks if isinstance(block, Paragraph)), "")
        numbers = levels_in(text) or levels_in(group.label)
        wait = durations.find_length(f"{group.label} {text}")
        self.persists = Persists(
            group.line, f"{group.label}: {text}", numbers[0] if numbers else None, wait[1] if wait else None
        )


def _step_headings(section: Section) -> list[Section]:
    stepped = [child for child in section.children if words.step_word(child.title)]
    if stepped:
        return stepped
    numbered = [child for child in section.children if words.number_of(child.title)]
    return numbered if len(numbered) > 1 and len(numbered) * 2 >= len(section.children) else []


def promise_in_heading(section: Section) -> Promise | None:
    """Returns the time in a heading's parentheses: "(5-10 minutes)", "(Instant - No Downtime)"."""
    for match in _PARENTHESES.finditer(section.title):
        found = durations.find_length(match.group(1))
        if found:
            return Promise(section.line, match.group(1).strip(), found[1])
    return None


def bullets(blocks: tuple[Block, ...], *, ordered: bool = False) -> list[Said]:
    """Returns the items of the lists among the blocks."""
    return [
        Said(item.line, item.text)
        for block in blocks
        if isinstance(block, Listing) and (ordered or not block.ordered)
        for item in block.items
    ]


def _impact(said: Said) -> Impact:
    text = said.text
    mark = next((word for sign, word in _MARKS.items() if text.startswith(sign)), "none")
    return Impact(said.line, mark, re.sub(r"^[✅✓⚠❌⏱⏰⏳\ufe0f\s]+", "", text))


def stray_fences(levels: tuple[Level, ...]) -> Iterator[StepFence]:
    """Yields the fences of procedures that belong to no step."""
    for level in levels:
        yield from level.stray
