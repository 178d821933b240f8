"""Words such as "if needed" that nothing decides: who does, and when?"""

from __future__ import annotations

import re

from plans.document.blocks import Fence
from plans.document.problems import Problem
from plans.questions.blanks import name_of
from plans.questions.mend import Mend
from plans.questions.question import Choice, Question, Row, Said, Unanswered
from plans.questions.sheet import Sheet

_SAID = re.compile(r"^“(.*)” is a condition")
_TAIL = re.compile(
    r"\s*[(\[]?\s*\b(?:only\b.*|if\s+(?:using|needed|required|applicable|necessary|you\b).*)$", re.IGNORECASE
)


def undecided(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """One question for each condition: no two are alike."""
    return [_question(sheet, problem) for problem in problems]


def _question(sheet: Sheet, problem: Problem) -> Question:
    said = _SAID.match(problem.message)
    words = said[1] if said else problem.message
    start = words[:30].casefold()
    line = next(
        (number for number in range(problem.line, problem.line + 60) if start in _plain(sheet.line(number))),
        problem.line,
    )
    facts = [Choice(f"fact:{name}", f"only when “{name}” holds") for name in sheet.compiled.get("facts", {})]
    reads = [Choice(f"read:{step['name']}", f"only when “{step['title'][:50]}” succeeds") for step in sheet.reads()[:8]]
    choices = (
        Choice("manual", "a person decides on the day, and does it by hand"),
        Choice("always", "it is always done, whoever asks", "The line without the condition"),
        *facts,
        *reads,
    )
    text = sheet.line(line)
    marks = text[len(text.rstrip("*:_ ")) :].strip()
    row = Row(line, line, words, choices, "", f"{_TAIL.sub('', text).rstrip()}{marks}")
    why = "Nobody can ask a text whether something is needed: a person decides it, a read step proves it, or it is always done."
    return Question(f"condition:{problem.line}", f"Who decides “{words[:80]}”?", why, (row,),
                    lambda mend, said: _decide(mend, said[0], sheet, problem.line))  # fmt: skip


def _decide(mend: Mend, one: Said, sheet: Sheet, opened: int) -> None:
    if one.choice == "always":
        mend.replace(one.row.line, one.text)
        return
    fences = _fences_of(sheet, opened)
    if not fences:
        raise Unanswered("There is no block here that a condition could stand on. Edit the lines instead.")
    fact = one.choice.partition(":")[2]
    if one.choice.startswith("read:"):
        name = name_of(fact, mend, sheet)
        if fact not in sheet.compiled.get("facts", {}):
            mend.declare("facts", fact, f"{{from: {name}}}")
    for fence in fences:
        if one.choice == "manual":
            mend.by_hand(fence, "doc")
        else:
            mend.attribute(fence, "only_if", fact)


def _fences_of(sheet: Sheet, line: int) -> list[Fence]:
    """The fences of the step that begins on this line."""
    parts = sheet.document.parts
    steps = [step for level in parts.levels for step in (*level.steps, *level.undo)]
    steps += [*parts.restore, *parts.pre_checks, *parts.validations, *parts.reads]
    lines = dict.fromkeys(fence.line for step in steps if step.line == line for fence in step.fences)
    return [fence for number in lines if (fence := sheet.fence_at(number)) and not fence.indented]


def _plain(text: str) -> str:
    return re.sub(r"[*_`#]", "", text).strip().casefold()
