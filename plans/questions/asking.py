"""Turns the problems of a text into questions: equal ones together, in the order in which a person would settle them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from plans.document.problems import Problem
from plans.questions import (
    blanks,
    blocks,
    characters,
    commands,
    conditions,
    decisions,
    fences,
    lines,
    methods,
    names,
    proofs,
    sections,
    ways,
)
from plans.questions.mend import Mend
from plans.questions.question import Question, Unanswered
from plans.questions.sheet import Sheet

Maker = Callable[[Sheet, list[Problem]], list[Question]]

FAMILIES: tuple[tuple[str, Maker], ...] = (
    (r"^No rollback level was found", sections.no_level),
    (r"never closed", sections.unclosed),
    (r"neither a language nor a kind", fences.without_language),
    (r"lines need each other", blocks.need_each_other),
    (r"offers another way, and both would run", ways.other_way),
    (r"^$", methods.methods),
    (r"has no step for every target", ways.for_some_only),
    (r"has an alternative beside a fence|has two alternatives for", ways.mixed),
    (r"waits for a person or never ends", commands.waiting),
    (r"is a condition that nothing decides", conditions.undecided),
    (r"^`<.*>` is not declared|is no placeholder that can be filled", blanks.undeclared),
    (r"^`sudo` may ask", commands.sudo),
    (r"^A trailing `&`", commands.left_behind),
    (r"^A curly quote|^A character that nobody sees", characters.odd),
    (r"is used twice, first on line", names.used_twice),
    (r"^Level \d+ stands twice", sections.level_twice),
    (r"^Level \d+ has no steps", sections.no_steps),
    (r"^The table row has", sections.table_row),
    (r"^“If it persists” does not say|^Level \d+ does not exist", sections.escalation),
    (r"^The key `.*` is unknown\.$", names.unknown_key),
    (r"front matter's key `.*` is unknown", names.unknown_header_key),
)
"""What a problem says → who asks about it. All others are answered by editing their lines."""


SCANS = (blanks.undeclared, methods.methods)
"""Those that find more to ask than the compiler refuses."""


def ask(text: str, skipped: frozenset[str] = frozenset()) -> list[Question]:
    """Every open question of a text: first those that keep it from running, then those that may stay open."""
    sheet = Sheet(text)
    if sheet.document.is_too_large:
        return []
    found: list[Question] = []
    left = list(sheet.problems)
    for pattern, maker in FAMILIES:
        mine = [problem for problem in left if re.search(pattern, problem.message)]
        asked = maker(sheet, mine) if mine or maker in SCANS else []
        found += asked
        left = [problem for problem in left if problem not in mine or not _settled(problem, asked)]
    found += lines.of(sheet, left)
    optional = [question for question in (*decisions.of(sheet), *proofs.of(sheet)) if question.key not in skipped]
    return found or optional


def _settled(problem: Problem, asked: list[Question]) -> bool:
    """Says whether one of these questions asks about the problem's line; none is ever left without an answer."""
    rows = [row for question in asked for row in question.rows]
    return any(row.line <= problem.line <= row.end_line or problem.line in row.also for row in rows) or any(
        question.key.partition(":")[2] == str(problem.line) or question.key == "levels" for question in asked
    )


def answer(text: str, question: Question, given: Mapping[str, str]) -> str:
    """The text with the answer written into it; Unanswered says what is missing."""
    mend = Mend(text)
    question.apply(mend, question.said(given))
    return mend.text()


def edit_lines(text: str, first: int, last: int, new: str) -> str:
    """The text with these lines replaced by what a person wrote."""
    old = text.split("\n")
    if not 1 <= first <= last <= len(old):
        raise Unanswered("Those lines are no longer there. Look again at the question.")
    fresh = new.replace("\r\n", "\n")
    return "\n".join([*old[: first - 1], *([] if fresh == "" else fresh.split("\n")), *old[last:]])
