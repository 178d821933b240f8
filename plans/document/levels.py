"""Finds the rollback levels of a document and reads each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from plans.document import durations, fences, groups, promises, step_headings, words
from plans.document.blocks import Block, Fence, Line, Listing, Paragraph, Section, fences_in
from plans.document.groups import Group
from plans.document.matrix import levels_in
from plans.document.notes import Notes
from plans.document.plan import Impact, Level, Persists, Promise, Said
from plans.document.step import Step, StepFence
from plans.document.steps import approval_line, every_text, from_headings, read_steps

_MARKS = {"✅": "ok", "✓": "ok", "⚠": "warn", "❌": "warn", "⏱": "time", "⏰": "time", "⏳": "time"}
_PARENTHESES = re.compile(r"[(（]([^()（）]{1,120})[)）]")
_NONE: tuple[StepFence, ...] = ()


def read(section: Section, place: int, notes: Notes) -> Level:
    """Returns the level that a section describes."""
    found = _Sorted(section, notes)
    word = words.level_word(section.title) or words.choice_word(section.title)
    number = word[1] if word and word[0] == "level" and word[1] else place
    _explain(section, number, notes)
    notes.claim(section.line)
    own = {child.line for child in found.step_headings}
    step_children = [child for child in section.children if child.line in own or (own and _prepares(child))]
    step_children = step_children or step_headings.nested(section)
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
        prerequisites=tuple(found.prerequisites),
    )  # fmt: skip


def _prepares(child: Section) -> bool:
    """Says whether commands stand below "Prerequisites" above the steps: they are carried out first."""
    return words.label_of(child.title) == "prerequisites" and any(
        fences.role_of(fence) == "command" for fence in fences_in(child.blocks)
    )


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
        r"^\W*(level|niveau|nivel|tier|scenario|method|strategy|option|path|phase)\s*#?(\d{1,3}|[a-z]|[ivx]{1,4})\b\s*[:.\-–—)]*\s*",
        "",
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(
        r"^\W*(\d{1,2}(\.\d{1,2})+[.)]?|\d{1,2}[.)])\s+(?=\S)", "", text
    )  # "3.1 Standard rollback": the level has its own number
    text = re.sub(r"\s+", " ", text).strip(" :-–—") or name
    parts = text.split(" ")
    if (
        len(parts) > 1
        and not _HAN.search(text)
        and all(part[:1].isupper() or not part[:1].isalpha() or len(part) <= 4 for part in parts)
    ):
        parts = [
            parts[0],
            *(
                part.lower() if part[1:].islower() and not _PROPER.fullmatch(part.lower()) else part
                for part in parts[1:]
            ),
        ]
    return " ".join(parts)


_HAN = re.compile("[\u2e80-\u9fff\uac00-\ud7af]")
"""Letters that have no capitals: words of other letters beside them are names."""
_PROPER = re.compile(
    r"docker|kubernetes|git|helm|terraform|redis|postgres|linux|python|django|vercel|netlify|cloudflare|railway|heroku|firebase|"
    r"supabase|prisma|alembic|argo|ansible|jenkins|azure|google|amazon|mongo|kafka|nginx|istio|stripe|prometheus|grafana"
)


_NUMBER = re.compile(r"^\W*\d{1,2}(\.\d{1,2}){1,3}[.):]?\s+(?=\S)")


class _Sorted:
    """The groups of a level's section, sorted by what their labels announce."""

    def __init__(self, section: Section, notes: Notes) -> None:
        self.notes = notes
        self.procedure: list[Block] = []
        self.undo: list[Block] = []
        self.promises: list[Promise] = []
        self.when: list[Said] = []
        self.prerequisites: list[Said] = []
        self.impact: list[Impact] = []
        self.persists: Persists | None = None
        self.step_headings = step_headings.of(section)
        self.promises.extend(promises.in_heading(section))
        for group in groups.of_section(section):
            self._sort(group)
        if not self.promises:
            self.promises.extend(promises.elsewhere(section, self.step_headings))
        # A promise written out under its own label is the level's; the heading repeats it.
        self.promises.sort(key=lambda promise: promise.line == section.line)

    def _sort(self, group: Group) -> None:
        if group.meaning == "prerequisites" and not any(True for _ in fences_in(group.blocks)) and not group.children:
            self.notes.claim(group.line, group.end_line)
            self.prerequisites.extend(
                [*([Said(group.line, group.value)] if group.value else []), *bullets(group.blocks, ordered=True)]
            )
            return
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
        if group.meaning == "note":
            self.notes.claim(group.line)
        if group.meaning == "note" and not any(True for _ in fences_in(group.blocks)):
            self.notes.claim(group.line, group.end_line)
            if group.label and _only_warns(group):
                return
        if group.label and group.meaning != "procedure":
            # a heading that is no step keeps its words, not its number: "4.1 Checks" beside "4.2 Steps"
            told = replace(group, label=_NUMBER.sub("", group.label)) if group.is_heading else group
            self.procedure.append(groups.as_label(told))
        elif group.label:
            self.notes.claim(group.line)
            if group.value:
                self.procedure.append(Paragraph(group.line, group.line, (Line(group.line, group.value),)))
        self.procedure.extend(self._without_labels(group.blocks))
        for child in group.children:
            self.procedure.append(Paragraph(child.line, child.line, (Line(child.line, f"**{child.raw}**"),)))
            self.procedure.extend(every_text(child))
        self._claim_prose(group)

    def _without_labels(self, blocks: tuple[Block, ...]) -> Iterator[Block]:
        """Yields the blocks; bullets such as "- **Time required**: 10 minutes" are sorted as labels are."""
        handlers = {"time": self._time, "when": self._when, "impact": self._impact}
        for block in blocks:
            if not isinstance(block, Listing) or block.ordered:
                yield block
                continue
            kept = []
            for item in block.items:
                line = item.lines[0] if item.lines else None
                meaning = words.label_of(line.lead) if line and line.lead and line.rest and not item.checkbox else ""
                if line and meaning in handlers:
                    self.notes.claim(item.line, item.end_line)
                    handlers[meaning](Group(item.line, item.end_line, line.lead, line.rest, item.blocks))
                else:
                    kept.append(item)
            if kept:
                yield replace(block, items=tuple(kept))

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
        self._goes_on(group)

    def _goes_on(self, group: Group) -> None:
        """Keeps the commands and, after a label with words of its own, the numbered items: they are the procedure again."""
        kept = bool(group.value) or group.meaning == "when"
        self.procedure.extend(
            block
            for block in group.blocks
            if isinstance(block, Fence) or (kept and isinstance(block, Listing) and block.ordered)
        )

    def _impact(self, group: Group) -> None:
        said = [
            *([Said(group.line, group.value)] if group.value else []),
            *bullets(group.blocks, ordered=not group.value),
        ]
        self.impact.extend(_impact(item) for item in said)
        self._goes_on(group)

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
        self._goes_on(group)


def _only_warns(group: Group) -> bool:
    """Says whether bullets below "Warning:" stand behind it, and nothing that anybody carries out."""
    lists = [block for block in group.blocks if isinstance(block, Listing)]
    return bool(lists) and not any(block.ordered or any(item.checkbox for item in block.items) for block in lists)


_SUM = re.compile(
    r"(total|overall|in total|altogether|done|all done|complete|completed|finished|gesamt|insgesamt|fertig|au total|terminé|"
    r"en total|listo|no total|concluído)\b|合计|总计|合計|完成|完了"
)
"""Labels that close a procedure or a list of times with the sum."""


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
