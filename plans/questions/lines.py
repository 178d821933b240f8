"""The answer to every problem that has no answers to click: the lines themselves, in a small field."""

from __future__ import annotations

from itertools import groupby

from plans.document.problems import Problem
from plans.questions.mend import Mend
from plans.questions.question import Question, Row, Said, Unanswered
from plans.questions.sheet import Sheet


def of(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """One question for all problems of the same lines."""
    regions = sorted((sheet.region(problem.line), problem) for problem in problems)
    return [
        _question(region, [problem for _, problem in found]) for region, found in groupby(regions, lambda one: one[0])
    ]


def _question(region: tuple[int, int], problems: list[Problem]) -> Question:
    first, *others = problems
    why = " ".join([first.hint, *(f"Line {other.line}: {other.message} {other.hint}" for other in others)])
    row = Row(*region, first.message, ())
    return Question(f"lines:{region[0]}", first.message, why, (row,), _only_by_hand, problems=len(problems))


def _only_by_hand(mend: Mend, said: list[Said]) -> None:
    raise Unanswered("Edit the lines below; there is no ready answer to this.")
