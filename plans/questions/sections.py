"""Levels, escalations and tables that are not whole: which section is what?"""

from __future__ import annotations

import re

from plans.document.blocks import Listing, Section, Table, every_block, fences_in
from plans.document.problems import Problem
from plans.questions.mend import Mend
from plans.questions.question import Choice, Question, Row, Said, Unanswered
from plans.questions.sheet import Sheet

_MOST = 12


def no_level(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """Which sections of the document are the rollback?"""
    rows = tuple(
        Row(section.line, section.line, section.title[:90], _level_choices(), "no")
        for section in sheet.document.root.walk()
        if section.depth and section.title and _holds_work(section)
    )[:_MOST]
    if not rows:
        return []
    why = "A level is one way back, with steps. The first level is the gentlest; higher numbers cost more."
    return [Question("levels", "Which sections are the rollback?", why, rows, _number)]


def _holds_work(section: Section) -> bool:
    if section.depth == 1 and section.children:
        return False
    ordered = any(isinstance(block, Listing) and block.ordered for block in every_block(section.blocks))
    return ordered or any(True for _ in fences_in(section.blocks))


def _level_choices() -> tuple[Choice, ...]:
    return (Choice("no", "no rollback"), *(Choice(str(number), f"Level {number}") for number in range(1, 6)))


def _number(mend: Mend, said: list[Said]) -> None:
    chosen = [one for one in said if one.choice != "no"]
    if not chosen:
        raise Unanswered("Choose at least one section, or edit the document: a plan needs one level.")
    for one in chosen:
        mend.replace(one.row.line, re.sub(r"^(#+\s*)", rf"\g<1>Level {one.choice}: ", mend.line(one.row.line)))


def level_twice(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """Two levels with one number."""
    used = {level["number"] for level in sheet.compiled["levels"]}
    rows = []
    for problem in problems:
        number = next(wish for wish in range(1, len(used) + 2) if wish not in used)
        used.add(number)
        choice = Choice("number", "this is level", "Number")
        rows.append(
            Row(problem.line, problem.line, sheet.line(problem.line).strip("# "), (choice,), "number", str(number))
        )
    why = "The matrix and the timeline name levels by number; two of one number cannot be told apart."
    return [
        Question("numbers", "Which number has the second one?", why, tuple(rows), _renumber, problems=len(problems))
    ]


def _renumber(mend: Mend, said: list[Said]) -> None:
    for one in said:
        if not one.text.isdecimal():
            raise Unanswered(f"“{one.text[:10]}” is no number.")
        line = mend.line(one.row.line)
        new, count = re.subn(r"(\blevel\s+)\d+", rf"\g<1>{one.text}", line, count=1, flags=re.IGNORECASE)
        mend.replace(one.row.line, new if count else re.sub(r"^(#+\s*)", rf"\g<1>Level {one.text}: ", line))


def no_steps(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """A level with nothing to do: what is done there?"""
    ends = {level["line"]: level["end_line"] for level in sheet.compiled["levels"]}
    choices = (
        Choice("step", "a person does this", "What is done, in a sentence"),
        Choice("higher", "its steps stand elsewhere: this heading is no level"),
    )
    found = []
    for problem in problems:
        end = min(ends.get(problem.line, problem.line), problem.line + 25)
        row = Row(problem.line, end, sheet.line(problem.line).strip("# "), choices)
        why = "A level that does nothing would still be recommended."
        found.append(Question(f"steps:{problem.line}", f"What is done in “{row.label[:70]}”?", why, (row,), _add_step))
    return found


def _add_step(mend: Mend, said: list[Said]) -> None:
    for one in said:
        if one.choice == "step":
            last = one.row.line
            mend.append(last, ["", "**Procedure:**", "", f"1. {one.text}"])
        else:
            title = re.sub(r"^(#+\s*)", r"\g<1>About ", mend.line(one.row.line))
            words = re.sub(
                r"\b(level|rollback|roll back|recovery|restore)\b\s*\d*:?\s*", "", title, flags=re.IGNORECASE
            )
            mend.replace(one.row.line, words.rstrip())


def table_row(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """All rows with another number of cells than their header."""
    widths = {row.line: (row.written, len(block.headers)) for block in _tables(sheet) for row in block.rows}
    add = Choice("add", "add empty cells at the end")
    join = Choice("join", "the last cells are one: `|` belongs to its text")
    rows = []
    for problem in problems:
        written, wanted = widths.get(problem.line, (0, 0))
        label = sheet.line(problem.line).strip()[:110]
        rows.append(Row(problem.line, problem.line, label, (add if written < wanted else join,)))
    why = "A table row means something by its columns; with another number of cells nobody knows which is which."
    return [
        Question(
            "table",
            "How are these rows meant?",
            why,
            tuple(rows),
            lambda mend, said: _fit(mend, said, widths),
            problems=len(problems),
        )
    ]


def _tables(sheet: Sheet) -> list[Table]:
    return [
        block
        for section in sheet.document.root.walk()
        for block in every_block(section.blocks)
        if isinstance(block, Table)
    ]


def _fit(mend: Mend, said: list[Said], widths: dict[int, tuple[int, int]]) -> None:
    for one in said:
        written, wanted = widths.get(one.row.line, (0, 0))
        text = mend.line(one.row.line).rstrip()
        if one.choice == "add":
            mend.replace(one.row.line, f"{text.removesuffix('|').rstrip()} |{'  |' * (wanted - written)}")
            continue
        cells = re.split(r"(?<!\\)\|", text.strip().removeprefix("|").removesuffix("|"))
        joined = [*cells[: wanted - 1], r"\|".join(cells[wanted - 1 :])]
        mend.replace(one.row.line, f"|{'|'.join(joined)}|")


def escalation(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """ "If it persists": which level follows?"""
    numbers = [level["number"] for level in sheet.compiled["levels"]]
    choices = (
        *(Choice(str(number), f"Level {number}") for number in numbers[:9]),
        Choice("none", "none: remove the line"),
    )
    rows = tuple(
        Row(problem.line, problem.line, sheet.line(problem.line).strip()[:90], choices) for problem in problems
    )
    why = "The way up is offered to whoever watches a level fail; it must lead to a level of this plan."
    return [Question("escalation", "Which level follows?", why, rows, _follow, problems=len(problems))]


def _follow(mend: Mend, said: list[Said]) -> None:
    for one in said:
        if one.choice == "none":
            mend.remove(one.row.line)
            continue
        line = mend.line(one.row.line)
        new, count = re.subn(r"(\blevel\s+)\d+", rf"\g<1>{one.choice}", line, count=1, flags=re.IGNORECASE)
        mend.replace(one.row.line, new if count else f"{line.rstrip()} → Level {one.choice}")


def unclosed(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """A fence that swallows the rest of the document: where does it end?"""
    fence = next((found for found in sheet.fences if not found.closed and not found.indented), None)
    if fence is None:
        return []
    ends = _possible_ends(sheet, fence.line)
    choices = tuple(
        Choice(str(line), f"behind line {line}: {sheet.line(line).strip()[:60] or 'an empty line'}") for line in ends
    )
    row = Row(fence.line, min(fence.end_line, fence.line + 25), sheet.line(fence.line).strip(), choices, "")
    marks = re.search(r"^(.*?)(`{3,}|~{3,})", sheet.line(fence.line))
    closing = re.sub(r"[^\s]", " ", marks[1]) + marks[2] if marks else "```"
    why = "Everything behind it reads as a part of the block until it is closed."
    return [Question("unclosed", "Where does this block end?", why, (row,),
                     lambda mend, said: mend.append(int(said[0].choice), [closing]), problems=len(problems))]  # fmt: skip


def _possible_ends(sheet: Sheet, start: int) -> list[int]:
    """The lines in front of an empty line, a heading or the end."""
    found = []
    for number in range(start + 1, min(start + 200, len(sheet.lines)) + 1):
        following = sheet.line(number + 1)
        if sheet.line(number).strip() and (not following.strip() or following.startswith("#")):
            found.append(number)
    return found[:8] or [len(sheet.lines)]
