"""Two ways of doing one thing in one block: which is ours?"""

from __future__ import annotations

import re

from plans.document import alternative_words
from plans.document.blocks import Fence
from plans.document.problems import Problem
from plans.questions.blocks import free_name
from plans.questions.mend import Mend
from plans.questions.question import Choice, Question, Row, Said, Unanswered
from plans.questions.sheet import Sheet

_WORD = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_OR = re.compile(
    rf"^(\s*(?:#|//)+\s*)(?:(?:{alternative_words.OR}|alternatively)\b|(?:{alternative_words.EXAMPLE})(?=\s*:?\s*$))[\s,:]*",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^(?P<before>.*?)(?P<marks>`{3,}|~{3,})[ \t]*(?P<info>.*)$")


def other_way(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """One question for each "Or …" in a block."""
    return [found for problem in problems if (found := _or(sheet, problem))]


def _or(sheet: Sheet, problem: Problem) -> Question | None:
    fence = sheet.fence_at(problem.line)
    if fence is None:
        return None
    start, end = _around(sheet, fence, problem.line)
    before = _told(sheet.lines[start - 1 : problem.line - 1])
    after = _told(sheet.lines[problem.line - 1 : end])
    choices = (
        Choice("first", f"the first: {_short(before)}"),
        Choice("second", f"the other: {_short(_OR.sub('', after).strip())}"),
        Choice("each", "each on its own targets, which say which one they are", "Two words, such as systemd docker"),
    )
    row = Row(fence.line, fence.end_line, sheet.line(problem.line).strip(" #/")[:80], choices)
    why = "Both would run, one after the other. The way that is not taken stays in the document as a text that nobody runs."
    return Question(f"or:{problem.line}", "Which of the two ways is ours?", why, (row,),
                    lambda mend, said: _take(mend, said[0], sheet, fence, (start, problem.line, end)))  # fmt: skip


def _told(lines: list[str]) -> str:
    """The commands of a way in a line; its comments where it has none."""
    said = [text.strip() for text in lines if text.strip()]
    commands = [text.rstrip("\\ ") for text in said if not text.startswith("#")]
    return "; ".join(commands or said)


def _around(sheet: Sheet, fence: Fence, line: int) -> tuple[int, int]:
    """Where the first way begins and the other one ends: comments and empty lines part them from the rest."""
    start = line - 1
    while start - 1 > fence.line and not sheet.line(start).strip():
        start -= 1
    while start - 1 > fence.line and not _parts(sheet.line(start)):
        start -= 1
    end = line
    while end + 1 < fence.end_line and sheet.line(end + 1).lstrip().startswith("#"):
        end += 1
    while end + 1 < fence.end_line and not _parts(sheet.line(end + 1)):
        end += 1
    return max(start, fence.line + 1), end


def _short(text: str) -> str:
    return text if len(text) <= 90 else f"{text[:90].rstrip()}…"


def _parts(text: str) -> bool:
    return not text.strip() or text.lstrip().startswith("#")


def _take(mend: Mend, one: Said, sheet: Sheet, fence: Fence, place: tuple[int, int, int]) -> None:
    start, middle, end = place
    if one.choice == "first":
        _cut(mend, sheet, fence, middle, end, "text")
        return
    mend.replace(middle, _OR.sub(r"\1", sheet.line(middle)))
    if one.choice == "second":
        _cut(mend, sheet, fence, start, middle - 1, "text")
        return
    pair = one.text.lower().split()
    if len(pair) != 2 or pair[0] == pair[1] or not all(_WORD.fullmatch(word) for word in pair):
        raise Unanswered("Write two different words, such as systemd docker; targets choose one of them.")
    _cut(mend, sheet, fence, middle, end, f"{fence.language} {{for={pair[1]}}}")
    mend.attribute(fence, "for", pair[0])


def _cut(mend: Mend, sheet: Sheet, fence: Fence, first: int, last: int, info: str) -> None:
    """Puts these lines of a fence into a fence of their own, closing and opening around them."""
    match = _FENCE.match(sheet.line(fence.line))
    if match is None:
        raise Unanswered("This block has no marks of its own. Edit the lines instead.")
    indent = re.sub(r"[^\s]", " ", match["before"])
    opening, closing = f"{indent}{match['marks']}", f"{indent}{match['marks']}"
    nothing_before = not any(sheet.line(number).strip() for number in range(fence.line + 1, first))
    nothing_after = not any(sheet.line(number).strip() for number in range(last + 1, fence.end_line))
    if nothing_before:
        mend.clear(fence)
        mend.language(fence, info)
    else:
        _without_empty_end(mend, sheet, fence, first)
        mend.insert(first, [closing, "", f"{opening}{info}"])
    if not nothing_after:
        _without_empty_end(mend, sheet, fence, last + 1)
        mend.append(last, [closing, "", f"{opening}{match['info']}".rstrip()])


def _without_empty_end(mend: Mend, sheet: Sheet, fence: Fence, first: int) -> None:
    """Takes the empty lines away that parted the ways: the block before ends there now."""
    for number in range(first - 1, fence.line, -1):
        if sheet.line(number).strip():
            return
        mend.remove(number)


def for_some_only(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """A level that has nothing but ways for some targets: which one is ours?"""
    return [found for problem in problems if (found := _choose(sheet, problem))]


def _choose(sheet: Sheet, problem: Problem) -> Question | None:
    level = next(level for level in sheet.compiled["levels"] if level["line"] == problem.line)
    steps = [step for step in level["steps"] if step["for"]]
    fence = sheet.fence_at(steps[0]["line"])
    if fence is None or any(sheet.fence_at(step["line"]) is not fence for step in steps) or len(steps) < 2:
        return None
    starts = [step["line"] for step in steps]
    ways = list(zip(starts, [*(start - 1 for start in starts[1:]), fence.end_line - 1], strict=True))
    choices = tuple(Choice(str(start), sheet.line(start).strip(" #")[:90]) for start in starts)
    row = Row(fence.line, fence.end_line, problem.message, choices)
    why = "A level needs something that is done on every target. The ways that are not taken stay as a text that nobody runs."
    return Question(f"way:{problem.line}", f"Which way of “{level['title'][:70]}” is ours?", why, (row,),
                    lambda mend, said: keep_one(mend, said[0], sheet, fence, ways))  # fmt: skip


def keep_one(mend: Mend, one: Said, sheet: Sheet, fence: Fence, ways: list[tuple[int, int]]) -> None:
    """Leaves the way that begins on the chosen line in the block; the others become text. `ways` are first and last lines."""
    kept = next(place for place, (start, _end) in enumerate(ways) if str(start) == one.choice)
    for others in (ways[:kept], ways[kept + 1 :]):
        if others:
            _cut(mend, sheet, fence, others[0][0], others[-1][1], "text")


def mixed(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """One question for each step that mixes a way with what always runs, or has two ways for one type."""
    return [found for problem in problems if (found := _mixed(sheet, problem))]


def _mixed(sheet: Sheet, problem: Problem) -> Question | None:
    parts = sheet.document.parts
    steps = [step for level in parts.levels for step in (*level.steps, *level.undo)] + [*parts.restore]
    step = next((step for step in steps if step.line == problem.line), None)
    fences = [sheet.fence_at(line) for line in dict.fromkeys(fence.line for fence in step.fences)] if step else []
    found = [fence for fence in fences if fence is not None]
    if not found:
        return None
    whole = Choice("whole", "this block always runs, whole and in order")
    doc = Choice("doc", "only to be read: nothing runs")
    by_hand = Choice("manual", "a person decides on the day, and does it by hand")
    one = Choice("for", "only on some targets", "Word of those targets, such as docker")
    cut = Choice("cut", f"all but “{sheet.line(problem.line).strip(' #')[:60]}”, which a person decides on the day")
    rows = tuple(
        Row(
            fence.line,
            fence.end_line,
            _first(fence),
            (*([cut] if fence.line < problem.line - 1 < fence.end_line else []), whole, by_hand, one, doc),
            "",
            fence_way(step, fence.line),
        )
        for fence in found
    )
    why = "One way stands beside commands that would always run, so a target could get both or none of them."
    return Question(f"ways:{problem.line}", f"What of “{step.title[:70]}” runs where?" if step else problem.message, why, rows,
                    lambda mend, said: _say(mend, said, sheet, problem.line))  # fmt: skip


def fence_way(step: object, line: int) -> str:
    """The alternative that the words around a fence speak of."""
    held = getattr(step, "fences", ())
    return next((fence.alternative for fence in held if fence.line == line and fence.alternative), "")


def _first(fence: Fence) -> str:
    return next((text.strip() for text in fence.body.split("\n") if text.strip()), "")[:80]


def _say(mend: Mend, said: list[Said], sheet: Sheet, line: int) -> None:
    taken = {step["name"] for step in sheet.steps}
    for one in said:
        fence = sheet.fence_at(one.row.line)
        if fence is None:
            continue
        if one.choice == "cut":
            _cut(mend, sheet, fence, line, _around(sheet, fence, line)[1], "text")
        elif one.choice == "for":
            if not _WORD.fullmatch(one.text.lower()):
                raise Unanswered(f"“{one.text[:30]}” is no word for a target: use small letters, digits, - and _.")
            mend.attribute(fence, "for", one.text.lower())
        elif one.choice == "whole":
            mend.attribute(fence, "for", None)
            mend.attribute(fence, "name", free_name(one.row.label, fence, taken))
        else:
            mend.by_hand(fence, one.choice)
