"""Names that stand twice, and keys that nobody knows."""

from __future__ import annotations

import re

from plans.document.problems import Problem
from plans.questions.mend import Mend
from plans.questions.question import Choice, Question, Row, Said, Unanswered
from plans.questions.sheet import Sheet

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_TICKED = re.compile(r"`([^`]*)`")


def used_twice(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """All steps that took a name which another has, in one question."""
    rows = []
    taken = {step["name"] for step in sheet.steps}
    for problem in problems:
        found, fence = _TICKED.search(problem.message), sheet.fence_at(problem.line)
        if found is None or fence is None:
            continue
        wish = next(name for number in range(2, 999) if (name := f"{found[1]}-{number}") not in taken)
        taken.add(wish)
        choice = Choice("rename", "call this one", "Name")
        rows.append(Row(fence.line, fence.end_line, sheet.line(fence.line).strip(), (choice,), "rename", wish))
    why = "A name leads to one step. What refers to it keeps meaning the first one."
    question = Question(
        "names", "What is the second one called?", why, tuple(rows), lambda mend, said: _rename(mend, said, sheet),
        problems=len(problems),
    )  # fmt: skip
    return [question] if rows else []


def _rename(mend: Mend, said: list[Said], sheet: Sheet) -> None:
    for one in said:
        if not _NAME.fullmatch(one.text):
            raise Unanswered(f"“{one.text[:40]}” is no name: use letters, digits, - _ and .")
        if fence := sheet.fence_at(one.row.line):
            mend.attribute(fence, "name", one.text)


def unknown_key(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """All unknown keys behind languages, in one question."""
    rows = []
    for problem in problems:
        found, fence, near = _TICKED.search(problem.message), sheet.fence_at(problem.line), _TICKED.search(problem.hint)
        if found is None or fence is None:
            continue
        choices = [Choice(f"is:{found[1]}:{near[1]}", f"`{near[1]}` is meant")] if near else []
        choices.append(Choice(f"no:{found[1]}", f"remove `{found[1]}`"))
        rows.append(Row(fence.line, fence.end_line, sheet.line(fence.line).strip(), tuple(choices)))
    why = "The keys of a block are a closed table: one that is misspelt would silently mean nothing."
    question = Question(
        "keys",
        "Which key is meant?",
        why,
        tuple(rows),
        lambda mend, said: _rekey(mend, said, sheet),
        problems=len(problems),
    )
    return [question] if rows else []


def _rekey(mend: Mend, said: list[Said], sheet: Sheet) -> None:
    for one in said:
        act, _, key = one.choice.partition(":")
        old, _, new = key.partition(":")
        if act == "is":
            line = mend.line(one.row.line)
            mend.replace(one.row.line, re.sub(rf"(?<![\w-]){re.escape(old)}(?=\s*=)", new, line, count=1))
        elif fence := sheet.fence_at(one.row.line):
            mend.attribute(fence, old, None)


def unknown_header_key(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """Keys of the front matter that other tools put there."""
    rows = [
        Row(
            problem.line,
            problem.line,
            sheet.line(problem.line).strip(),
            (Choice("remove", "remove the line"),),
            "remove",
        )
        for problem in problems
    ]
    why = "The front matter of a plan is a closed table. A line that another tool needs belongs into another file."
    question = Question(
        "header", "Remove what the front matter does not know?", why, tuple(rows), _drop, problems=len(problems)
    )
    return [question] if rows else []


def _drop(mend: Mend, said: list[Said]) -> None:
    for one in said:
        mend.remove(one.row.line)
