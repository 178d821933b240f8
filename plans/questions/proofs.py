"""What may stay open: what a step does to the service, and what proves it."""

from __future__ import annotations

from typing import Any

from plans.questions.blanks import name_of
from plans.questions.mend import Mend
from plans.questions.question import Choice, Question, Row, Said
from plans.questions.reading import only_reads
from plans.questions.sheet import Sheet

_EFFECTS = (
    Choice("once", "changes something: never started twice by itself"),
    Choice("idempotent", "may be repeated: the second time changes nothing"),
    Choice("read", "only reads"),
)


def of(sheet: Sheet) -> list[Question]:
    """At most two questions: effects that nobody stated, then proofs of what changes something."""
    return [*_effects(sheet), *_proofs(sheet)]


def _unproved(sheet: Sheet) -> list[dict[str, Any]]:
    lines = {finding.line for finding in sheet.lint if finding.code == "once-unverified"}
    return [step for step in sheet.steps if step["line"] in lines and step["effect"] == "once"]


def _effects(sheet: Sheet) -> list[Question]:
    rows = tuple(
        row
        for step in _unproved(sheet)
        if (row := _row(sheet, step, _EFFECTS, "read" if only_reads(step["body"]) else "once"))
        and "effect=" not in sheet.line(row.line)
    )
    title = f"What does {'this step' if len(rows) == 1 else f'each of these {len(rows)} steps'} do?"
    why = (
        "An unknown command counts as one that changes something, and is never started twice by itself. "
        "One that only reads may be asked again."
    )
    return (
        [Question("effects", title, why, rows, lambda mend, said: _state(mend, said, sheet), must=False)]
        if rows
        else []
    )


def _state(mend: Mend, said: list[Said], sheet: Sheet) -> None:
    for one in said:
        if fence := sheet.fence_at(one.row.line):
            mend.attribute(fence, "effect", one.choice)


def _proofs(sheet: Sheet) -> list[Question]:
    reads = sheet.reads()[:14]
    choices = (
        *(Choice(f"read:{step['name']}", f"“{step['title'][:60]}” (line {step['line']})") for step in reads),
        Choice("none", "nothing yet: it stays a warning"),
    )
    steps = _unproved(sheet) if reads else []
    rows = tuple(row for step in steps if (row := _row(sheet, step, choices, "none")))
    why = "A command that exits with 0 has not proved that anything changed. A read step that is asked behind it has."
    title = f"Which read proves {'this step' if len(rows) == 1 else f'each of these {len(rows)} steps'}?"
    return (
        [Question("proofs", title, why, rows, lambda mend, said: _prove(mend, said, sheet), must=False)] if rows else []
    )


def _row(sheet: Sheet, step: dict[str, Any], choices: tuple[Choice, ...], suggested: str) -> Row | None:
    """None for a step whose block holds others too: an attribute would join them."""
    fence = sheet.fence_at(step["body_line"])
    if fence is None or sum(sheet.fence_at(one["body_line"]) is fence for one in sheet.steps) > 1:
        return None
    return Row(fence.line, fence.end_line, step["title"][:90], choices, suggested)


def _prove(mend: Mend, said: list[Said], sheet: Sheet) -> None:
    for one in said:
        fence = sheet.fence_at(one.row.line)
        if fence is not None and one.choice.startswith("read:"):
            mend.attribute(fence, "verify", name_of(one.choice[5:], mend, sheet))
