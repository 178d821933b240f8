"""What the guided way shows: the question of the moment with its lines, and what was answered. Plain Python."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from plans.check_up import check_up
from plans.differences import Line, differences, summary
from plans.edits import take_back
from plans.outline import Outline, outlines
from plans.questions import Question, ask
from plans.questions.question import Choice, Row
from plans.questions.sheet import Sheet
from plans.side_by_side import SourceLine, source_lines
from plans.wording import count

CONTEXT = 2
MOST_LINES = 16
# Few answers read better as buttons; many rows, or many answers, as a list to choose from.
BUTTONS = 6


@dataclass(frozen=True)
class Shown:
    """One row of a question: its place in the form, its lines, what stands chosen."""

    place: int
    row: Row
    lines: list[SourceLine]
    chosen: str
    text: str

    @property
    def marked(self) -> set[int]:
        return {self.row.line, *self.row.also}

    @property
    def gaps(self) -> set[int]:
        """The lines before which others of the document are left out."""
        numbers = [line.number for line in self.lines]
        return {after for before, after in pairwise(numbers) if after != before + 1}


@dataclass(frozen=True)
class GuidePage:
    """The page's context; `question` is None when nothing keeps the text from running."""

    question: Question | None
    rows: list[Shown]
    for_all: tuple[Choice, ...]
    """The answers that one field gives to all rows; empty where each row is answered by itself."""
    chosen_for_all: str
    is_one_by_one: bool
    left: int
    optional: int
    as_list: bool
    own_lines: str
    last_lines: list[Line]
    all_lines: list[Line]
    all_summary: str
    would_run: list[Outline]
    """What the text would do as it stands; empty while a question keeps it from running."""
    open_ends: list[str]
    """What stays unproved or missing, in a line each."""

    @property
    def can_run(self) -> bool:
        return self.left == 0


def guide_page(guide: Any, given: dict[str, str] | None = None) -> GuidePage:
    """The page of a guide; `given` is what stood in a form that could not be used."""
    questions = ask(guide.text, frozenset(guide.skipped))
    must, sheet = sum(one.must for one in questions), Sheet(guide.text)
    question = questions[0] if questions else None
    source = list(source_lines(guide.text))
    for_all = question.for_all if question else ()
    rows = [
        _shown(place, row, source, given or {}, for_all=bool(for_all))
        for place, row in enumerate(question.rows if question else ())
    ]
    first, last = question.region if question else (1, 1)
    whole = differences(guide.base.text, guide.text)
    return GuidePage(
        question=question,
        rows=rows,
        for_all=for_all,
        chosen_for_all=(given or {}).get("choice-all", "") or (question.rows[0].suggested if question else ""),
        is_one_by_one=any(row.chosen for row in rows),
        left=must,
        optional=sum(not one.must for one in questions),
        as_list=len(rows) > 1 or any(len(row.row.choices) > BUTTONS for row in rows),
        own_lines="\n".join(guide.text.split("\n")[first - 1 : last]),
        last_lines=differences(take_back(guide.text, guide.last_edits), guide.text) if guide.last else [],
        all_lines=whole,
        all_summary=summary(whole),
        would_run=outlines(sheet.compiled) if not must else [],
        open_ends=_open_ends(sheet) if not must else [],
    )


def _open_ends(sheet: Sheet) -> list[str]:
    """How many findings of each sort the check-up has, as "What nothing proves: 5"."""
    found = check_up(sheet.compiled, {}, [], [one.to_json() for one in sheet.lint])
    return [f"{group.heading}: {len(group.rows)}" for group in found.groups]


def _shown(place: int, row: Row, source: list[SourceLine], given: dict[str, str], *, for_all: bool) -> Shown:
    first = max(1, row.line - CONTEXT)
    last = min(len(source), row.end_line + CONTEXT)
    while last < len(source) and last - first < MOST_LINES and _is_inside(source, last):
        last += 1
    lines = source[first - 1 : last]
    if len(lines) > MOST_LINES:
        lines = lines[:MOST_LINES]
    lines += [source[number - 1] for number in row.also if number <= len(source) and not first <= number <= last][:4]
    only = row.choices[0].value if len(row.choices) == 1 else ""
    chosen = given.get(f"choice-{place}") or ("" if for_all else row.suggested or only)
    return Shown(place, row, lines, chosen, given.get(f"text-{place}", row.text))


def _is_inside(source: list[SourceLine], last: int) -> bool:
    """Says whether a block goes on behind this line: half a block says nothing."""
    return source[last - 1].look == "code" and source[last].look == "code"


def answer_words(question: Question, given: dict[str, str]) -> str:
    """What was answered, in a line: "<service>: set once for each target"."""
    words = []
    for place, row in enumerate(question.rows):
        said = given.get(f"choice-{place}") or given.get("choice-all")
        choice = next((one for one in row.choices if one.value == said), None)
        if choice is not None:
            text = given.get(f"text-{place}", "").strip() if choice.asks else ""
            words.append((row.label, f"{choice.label}{f': {text}' if text else ''}"))
    return _joined(words).replace("`", "")


def _joined(words: list[tuple[str, str]]) -> str:
    if len(words) == 1:
        return words[0][1]
    same = {answer for _label, answer in words}
    if len(same) == 1 and words:
        return f"all {len(words)}: {words[0][1]}"
    return "; ".join(f"{label[:40]}: {answer}" for label, answer in words)


def reason_of(answers: Iterable[dict[str, Any]], *, can_run: bool) -> str:
    """What the new revision's history may say: how many questions were answered."""
    said = f"Answered {count(len(list(answers)), 'question')}"
    return f"{said} so that it can run" if can_run else f"{said}; others are open"
