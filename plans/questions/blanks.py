"""Blanks that nobody fills: where does each value come from?"""

from __future__ import annotations

import re

from plans.document.header import INERT
from plans.document.problems import Problem
from plans.questions.header_text import scalar
from plans.questions.mend import Mend
from plans.questions.question import Choice, Question, Row, Said, Unanswered
from plans.questions.sheet import Sheet

_BLANK = re.compile(r"`<([^`]*)>`")
_OF_THE_DAY = re.compile(
    r"version|rev|commit|sha|hash|tag|date|time|stamp|backup|snapshot|release|id$|number|build|reason|branch|file", re.I
)
_CHOICES = (
    Choice("ask", "asked when a run is prepared"),
    Choice("target", "set once for each target"),
    Choice("default", "asked, with a usual value", "Value"),
    Choice("fixed", "always this text: write it in", "Value"),
)


def undeclared(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """All blanks of the text in one question: they are thought of together."""
    places: dict[str, list[int]] = {}
    for problem in problems:
        if found := _BLANK.search(problem.message):
            places.setdefault(found[1], []).append(problem.line)
    rows = tuple(_row(name, lines, sheet) for name, lines in places.items())
    title = (
        f"Where does <{rows[0].label.strip('<>')}> come from?"
        if len(rows) == 1
        else f"Where do these {len(rows)} values come from?"
    )
    why = (
        "To a shell an unfilled <…> reads and writes files, so no command with one may start. Each answer is declared "
        "under `params:` in the front matter; a value may hold letters, digits and . _ : @ / + - only."
    )
    return [Question("blanks", title, why, rows, lambda mend, said: _fill(mend, said, sheet), problems=len(problems))]


def _row(name: str, lines: list[int], sheet: Sheet) -> Row:
    reads = tuple(Choice(f"read:{step['name']}", f"read by “{step['title'][:50]}”") for step in sheet.reads()[:12])
    choices = (*_CHOICES, *reads)
    suggested = "ask" if _OF_THE_DAY.search(name) else "target"
    first, *also = dict.fromkeys(lines)
    return Row(first, first, f"<{name}>", choices, suggested, "", tuple(also))


def _fill(mend: Mend, said: list[Said], sheet: Sheet) -> None:
    for one in said:
        written = one.row.label.strip("<>")
        name = re.sub(r"[^A-Za-z0-9_.-]+", "-", written).strip("-.")[:64] or "value"
        if one.choice == "fixed":
            _write(mend, (one.row.line, *one.row.also), f"<{written}>", one.text)
            continue
        if name != written:
            _write(mend, (one.row.line, *one.row.also), f"<{written}>", f"<{name}>")
        mend.declare("params", name, _source(one, mend, sheet))


def _source(one: Said, mend: Mend, sheet: Sheet) -> str:
    if one.choice == "target":
        return "{bind: target}"
    if one.choice == "default":
        if not INERT.fullmatch(one.text):
            raise Unanswered(f"“{one.text[:40]}” cannot be a value: use letters, digits and . _ : @ / + - only.")
        return f"{{default: {scalar(one.text)}}}"
    if one.choice.startswith("read:"):
        return f"{{from: {name_of(one.choice[5:], mend, sheet)}}}"
    return "{}"


def name_of(name: str, mend: Mend, sheet: Sheet) -> str:
    """A name that stays when steps move: one that follows from a number is written into the fence."""
    step = next((step for step in sheet.steps if step["name"] == name), None)
    fence = sheet.fence_at(step["body_line"]) if step else None
    if fence is None or "name=" in fence.attributes:
        return name
    mend.attribute(fence, "name", name)
    return name


def _write(mend: Mend, lines: tuple[int, ...], old: str, new: str) -> None:
    for line in lines:
        mend.replace(line, mend.line(line).replace(old, new))
