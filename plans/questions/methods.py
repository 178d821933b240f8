"""One block that names several methods: all of them would run, one after the other. Which one is ours?"""

from __future__ import annotations

import re
from typing import Any

from plans.document.blocks import Fence
from plans.document.problems import Problem
from plans.questions.blocks import free_name
from plans.questions.mend import Mend
from plans.questions.question import Choice, Question, Row, Said
from plans.questions.sheet import Sheet
from plans.questions.ways import keep_one

_NAMED = re.compile(
    r"^\s*#+\s*(?:method|option|approach|variant|alternative|way|possibility)\s*#?(?:\d+|[A-F])\b", re.I
)
_WORD = re.compile(r"^\s*#+\s*")
Ways = list[tuple[int, int]]


def methods(sheet: Sheet, _problems: list[Problem]) -> list[Question]:
    """One question for each block with two or more named methods that nothing tells apart."""
    found: dict[int, Question] = {}
    for step in sheet.steps:
        fence = sheet.fence_at(step["body_line"]) if step["kind"] == "shell" else None
        if fence is not None and fence.line not in found and (question := _question(sheet, step, fence)):
            found[fence.line] = question
    return list(found.values())


def _question(sheet: Sheet, step: dict[str, Any], fence: Fence) -> Question | None:
    if step["for"] or "name=" in fence.attributes or fence.indented:
        return None
    starts = [line for line in range(fence.line + 1, fence.end_line) if _NAMED.match(sheet.line(line))]
    if len(starts) < 2:
        return None
    ways: Ways = list(zip(starts, [*(start - 1 for start in starts[1:]), fence.end_line - 1], strict=True))
    choices = (
        *(Choice(str(start), _WORD.sub("", sheet.line(start)).strip()[:90]) for start in starts),
        Choice("manual", "a person decides on the day, and does it by hand"),
        Choice("whole", "all of them, one after the other, as one script"),
    )
    label = sheet.words_above(fence.line) or step["title"]
    row = Row(fence.line, fence.end_line, label[:90], choices)
    why = "All of them would run, one after the other. The ways that are not taken stay in the document as a text that nobody runs."
    return Question(f"methods:{fence.line}", f"This block names {len(ways)} ways. Which one is ours?", why, (row,),
                    lambda mend, said: _keep(mend, said[0], sheet, fence, ways))  # fmt: skip


def _keep(mend: Mend, one: Said, sheet: Sheet, fence: Fence, ways: Ways) -> None:
    if one.choice == "manual":
        mend.by_hand(fence, "manual")
    elif one.choice == "whole":
        mend.attribute(fence, "name", free_name(one.row.label, fence, {step["name"] for step in sheet.steps}))
    else:
        keep_one(mend, one, sheet, fence, ways)
