"""Finds the rollback levels of a document and reads each of them."""

from __future__ import annotations

import re
from dataclasses import replace

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
    r"monitoring|metrics|alert|checklist|history|status|location|what .* (reverses|does)|example|automation|ci/cd|pipeline|"
    r"logging|useful|cheat ?sheet|common commands|setup|install(ation)?|creat(e|ing)|releas(e|ing)|tagging|building|tests?|testing|branch(es)?|clean-?up|"
    r"health checks?|debug(ging)?|diagnos\w+|inventory|tools?|environment variables?)\b"
)
_MARKS = {"✅": "ok", "✓": "ok", "⚠": "warn", "❌": "warn", "⏱": "time", "⏰": "time", "⏳": "time"}
_PARENTHESES = re.compile(r"[(（]([^()（）]{1,120})[)）]")
_NONE: tuple[StepFence, ...] = ()


def find(root: Section) -> list[Section]:
    """Returns the sections that are rollback procedures, lowest headings first come first; no forward procedures."""
    named = [
        section
        for section in _levelled(root)
        if _is_full_procedure(section) or _speaks_as_level(section) or _own_labels(section)
    ]
    if named:
        inside = {id(below) for section in named for below in section.walk() if below is not section}
        return [section for section in named if id(section) not in inside]
    tops = root.children[0].children if len(root.children) == 1 and root.children[0].children else root.children
    about = any(words.speaks_of_rollback(section.title) for section in root.children if section.depth == 1)
    found = [level for top in tops for level in _below(top, inside=about)]
    if not found and any(words.speaks_of_rollback(section.title) for section in root.children):
        found = [level for top in tops for level in _below(top, inside=True)]
    return [part for section in found for part in _cut_at_labels(section)]


def _cut_at_labels(section: Section) -> list[Section]:
    """Returns a procedure cut at the bold labels in it that name procedures of their own."""
    cut: list[Section] = []
    kept: list[Block] = []
    for group in groups.of_blocks(section.blocks, section.line):
        own = Section(group.line, group.end_line, section.depth + 1, group.label, group.blocks, ())
        if group.label and not group.value and _names_procedure(group.label) and _is_full_procedure(own):
            cut.append(own)
        else:
            kept.extend(groups.as_blocks(group))
    if not cut or not (len(cut) > 1 or _is_full_procedure(replace(section, blocks=tuple(kept)))):
        return [section]
    rest = replace(section, blocks=tuple(kept), end_line=min(section.end_line, cut[0].line - 1))
    return [rest, *cut] if _is_full_procedure(rest) else cut


def _names_procedure(label: str) -> bool:
    known = words.part_of(label) or words.label_of(label) or words.number_of(label) or words.step_word(label)
    return (
        bool(re.search(r"\b(roll ?back|recovery|restore)\b", words.normal(label)))
        and not known
        and not words.opens_with_verb(label)
    )


def _levelled(root: Section) -> list[Section]:
    """Returns the sections named "Level N" that are no rungs of an escalation, no severities and no rows of a matrix."""
    found: list[Section] = []
    waiting = [root]
    while waiting:
        section = waiting.pop(0)
        if words.level_word(section.title):
            found.append(section)
        if words.part_of(section.title) not in _NEVER_HOLD:
            waiting.extend(section.children)
    return sorted(found, key=lambda section: section.line)


_NEVER_HOLD = frozenset(
    {"contacts", "communication", "matrix", "risks", "triggers", "not_triggers", "schedule", "follow_up"}
)


def _own_labels(section: Section) -> bool:
    """Says whether a section speaks of a promise, of when to use it, or of its impact."""
    return any(group.meaning in ("time", "when", "impact", "procedure") for group in groups.of_section(section))


def _below(section: Section, *, inside: bool) -> list[Section]:
    """Returns the procedures at or below a heading; `inside` says that a heading above collects procedures."""
    title = section.title
    normal = words.normal(title)
    speaks = words.is_container(title) or words.speaks_of_rollback(title)
    if _NOT_A_ROLLBACK.search(normal):
        return []
    if "checklist" in normal:
        return [
            child
            for child in section.children
            if _ROLLBACK_ITSELF.fullmatch(words.normal(child.title)) and not _has_checkbox(child)
        ]
    is_choice = inside and words.choice_word(title) is not None
    if _is_other_part(section, inside=inside):
        return []
    if _OTHER.search(normal) and not speaks and not is_choice:
        return [level for child in section.children for level in _below(child, inside=False)]
    here = inside or speaks
    children = [
        child
        for child in section.children
        if words.label_of(child.title) in ("", "alternative", "note") or _is_full_procedure(child)
    ]
    one = (
        step_headings(section)
        or _speaks_as_level(section)
        or _is_spread_out(section)
        or (inside and _only_options(section))
    )
    if here and one:
        return [section]
    found = [level for child in children for level in _below(child, inside=here)]
    if found and (
        any(_is_full_procedure(level) for level in found) or not here or not _has_substance(section, inside=inside)
    ):
        return found
    return [section] if here and _has_substance(section, inside=inside) else found


_ROLLBACK_ITSELF = re.compile(r"(how to )?roll(ing)? ?back|recovery")
_NOT_A_ROLLBACK = re.compile(
    r"^(key )?(monitor(ing)?|alert(s|ing)?|metrics|logging|dashboards?|communication|notifications?)\b|\bnot (a )?roll ?back|\bresum(e|ing)\b|\bno rollback\b|roll(ing)? ?forward|\bfix forward"
)


def _is_other_part(section: Section, *, inside: bool) -> bool:
    """Says whether a heading names another part; under a heading of procedures, one with numbered steps is a procedure all the same."""
    part = words.part_of(section.title)
    return bool(part) and not (inside and part == "triggers" and _has_ordered(section))


def _has_checkbox(section: Section) -> bool:
    return any(
        isinstance(block, Listing) and any(item.checkbox for item in block.items) for block in every_text(section)
    )


def _has_ordered(section: Section) -> bool:
    return any(isinstance(block, Listing) and block.ordered for block in _own_text(section))


def _own_text(section: Section) -> tuple[Block, ...]:
    """Returns the blocks of a section without the lower headings that name other parts."""
    return every_text(
        replace(section, children=tuple(child for child in section.children if not words.part_of(child.title)))
    )


def _is_full_procedure(section: Section) -> bool:
    """Says whether a section has numbered steps or commands, or is one instruction itself."""
    roles = ((fences.role_of(fence), fence) for fence in fences_in(_own_text(section)))
    commands = any(
        role == "command" or (role == "code" and not fences.is_settings(fence.language)) for role, fence in roles
    )
    return commands or _has_ordered(section) or (words.choice_word(section.title) is not None and ":" in section.title)


def _only_options(section: Section) -> bool:
    """Says whether all headings below are lettered ways of this procedure: "Option A: Restore", "Option B: Reverse"."""
    ways = [
        child
        for child in section.children
        if re.match(r"(option|alternative|method|approach) [a-z]\b", words.normal(child.title))
    ]
    return len(ways) > 1 and len(ways) == len(section.children) and words.speaks_of_rollback(section.title)


def _is_spread_out(section: Section) -> bool:
    """Says whether the headings below only divide this procedure: one is "Steps", the others are no procedures."""
    steps = [
        child for child in section.children if words.label_of(child.title) == "procedure" and _is_full_procedure(child)
    ]
    others = [child for child in section.children if child not in steps and _is_full_procedure(child)]
    return len(steps) == 1 and all(words.part_of(child.title) or words.label_of(child.title) for child in others)


def _speaks_as_level(section: Section) -> bool:
    """Says whether a section promises a time or opens a procedure itself: its lower headings are then parts of it."""
    own = {group.meaning for group in groups.of_blocks(section.blocks, section.line)}
    names = sum(words.speaks_of_rollback(child.title) for child in section.children)
    return bool(own & {"time", "procedure"}) and bool(section.children) and names * 2 <= len(section.children)


def step_headings(section: Section) -> list[Section]:
    """Returns the headings below that are steps of this procedure: "Step 2: …", or numbered ones that open with a verb."""
    stepped = [child for child in section.children if words.step_word(child.title)]
    if stepped:
        return stepped
    numbered = [child for child in section.children if words.number_of(child.title)]
    acting = sum(words.opens_with_verb(child.title) for child in numbered)
    return (
        numbered
        if len(numbered) > 1 and acting * 2 > len(numbered) and len(numbered) * 2 >= len(section.children)
        else []
    )


def _has_substance(section: Section, *, inside: bool) -> bool:
    """Says whether there is something to carry out: an ordered list, a command, or an instruction in the heading itself."""
    if _has_checkbox(section) and not _is_full_procedure(section):
        return False
    if _is_full_procedure(section) and (inside or words.choice_word(section.title) is None):
        return True
    if re.search(
        r"\bautomat", words.normal(section.title)
    ):  # what happens by itself, told in prose, is nothing to carry out
        return False
    has_text = any(isinstance(block, Paragraph | Listing) for block in _own_text(section))
    return words.speaks_of_rollback(section.title) and has_text


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
    if not steps and word is not None and word[0] != "level" and ":" in section.title and not section.blocks:
        steps = (_said_by_heading(section),)
    undo: tuple[Step, ...] = read_steps(tuple(found.undo), notes, prose=True)[0] if found.undo else ()
    promise = found.promises[0] if found.promises else None
    return Level(
        section.line, _last_line(section), section.depth, section.title, title_of(section.title), number, promise, tuple(found.promises),
        tuple(found.when), tuple(found.impact), steps, undo, found.persists, stray=stray,
    )  # fmt: skip


def _said_by_heading(section: Section) -> Step:
    """Returns the one step of a heading such as "Phase 2: `git checkout packages/`"."""
    said = section.title.partition(":")[2].strip()
    return Step(section.line, section.line, "1", said, "heading_text", words=(said,))


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
        self.step_headings = step_headings(section)
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
            self.procedure.append(groups.as_label(group))
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
