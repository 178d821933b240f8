"""Blocks that do not say what they hold: does it run?"""

from __future__ import annotations

import re

from plans.document import fences
from plans.document.problems import Problem
from plans.questions.mend import Mend
from plans.questions.question import Choice, Question, Row, Said
from plans.questions.sheet import Sheet

_CHOICES = (
    Choice("bash", "shell commands: they run"),
    Choice("manual", "a person does this, and says when it is done"),
    Choice("text", "only to be read: nothing runs, nobody is asked"),
)

_SENTENCE = re.compile(r"(?:[-*•\d.)]+\s+)?[A-Z][a-z]+(?:\s|:\s).{3,}")


def without_language(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """All untagged blocks in one question."""
    rows = tuple(row for line in sorted({problem.line for problem in problems}) if (row := _row(sheet, line)))
    title = "Does this block run?" if len(rows) == 1 else f"{len(rows)} blocks do not say what they hold. Do they run?"
    why = "A block without a language may be a command, its output, or a text. Nothing is run on a guess."
    question = Question("fences", title, why, rows, lambda mend, said: _tag(mend, said, sheet), problems=len(problems))
    return [question] if rows else []


def _row(sheet: Sheet, line: int) -> Row | None:
    fence = sheet.fence_at(line)
    if fence is None:
        return None
    first = next((text.strip() for text in fence.body.split("\n") if text.strip()), "an empty block")
    role = fences.role_of(fence)
    guess = "bash" if role == "command" else "manual" if role == "doc" and _tells(fence.body) else "text"
    above = sheet.words_above(line)
    return Row(fence.line, fence.end_line, f"{above}: {first[:70]}" if above else first[:90], _CHOICES, guess)


def _tells(body: str) -> bool:
    """Says whether a block tells a person what to do: most of its lines are sentences."""
    lines = [line.strip() for line in body.split("\n") if line.strip()]
    told = sum(bool(_SENTENCE.match(line)) for line in lines)
    return bool(lines) and told * 3 >= len(lines) * 2


def _tag(mend: Mend, said: list[Said], sheet: Sheet) -> None:
    for one in said:
        if (fence := sheet.fence_at(one.row.line)) is None:
            continue
        mend.language(fence, "text" if one.choice == "manual" else one.choice)
        if one.choice == "manual":
            mend.by_hand(fence, "manual")
