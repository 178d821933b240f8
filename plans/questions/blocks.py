"""Blocks whose comments read as steps while their lines need each other: is it one script?"""

from __future__ import annotations

import re

from plans.document.blocks import Fence
from plans.document.fences import POSIX_SHELLS
from plans.document.problems import Problem
from plans.questions.mend import Mend
from plans.questions.question import Choice, Question, Row, Said
from plans.questions.sheet import Sheet

_CHOICES = (
    Choice("whole", "one step: the whole block runs as one script"),
    Choice("manual", "a person does this by hand"),
    Choice("doc", "only to be read: nothing runs"),
)


def need_each_other(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """All such blocks in one question."""
    rows = []
    for line in sorted({problem.line for problem in problems}):
        if fence := sheet.fence_at(line):
            label = sheet.words_above(fence.line) or fence.body.split("\n", 1)[0][:80]
            runs = fence.language.lower() in POSIX_SHELLS
            choices = _CHOICES if runs else _CHOICES[1:]
            note = _note(fence)
            rows.append(Row(fence.line, fence.end_line, label, choices, "" if note else choices[0].value, note=note))
    title = "Is this block one script?" if len(rows) == 1 else f"Are these {len(rows)} blocks one script each?"
    why = (
        "Its comments read as steps, but a `cd` or a variable of one line is needed by the next, and each step would "
        "have a shell of its own. As one script the block stops at its first failing command."
    )
    question = Question(
        "blocks", title, why, tuple(rows), lambda mend, said: _whole(mend, said, sheet), problems=len(problems)
    )
    return [question] if rows else []


_NUMBERED = re.compile(r"^\s*#+\s*(?:step\s*)?\d{1,2}[.):]\s*(?P<words>.*\S)", re.IGNORECASE)


def _note(fence: Fence) -> str:
    """Names the numbered parts of a block without a command: as one script they would be passed over."""
    left: dict[int, str] = {}
    at = 0
    for line, text in enumerate(fence.body.split("\n"), fence.line + 1):
        if match := _NUMBERED.match(text):
            at, left[line] = line, match["words"]
        elif text.strip() and not text.lstrip().startswith("#"):
            left.pop(at, None)
    said = "; ".join(f"“{words[:60]}” (line {line})" for line, words in left.items())
    return f"No command does {said}: a script would pass over it." if said else ""


def _whole(mend: Mend, said: list[Said], sheet: Sheet) -> None:
    taken = {step["name"] for step in sheet.steps}
    for one in said:
        fence = sheet.fence_at(one.row.line)
        if fence is None:
            continue
        if one.choice == "whole":
            mend.attribute(fence, "name", free_name(one.row.label, fence, taken))
        else:
            mend.by_hand(fence, one.choice)


def free_name(words: str, fence: Fence, taken: set[str]) -> str:
    """A name for a fence out of the words above it; nobody else has it."""
    slug = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:40].strip("-")
    slug = slug if slug else f"line-{fence.line}"
    name = next(wish for wish in (slug, *(f"{slug}-{number}" for number in range(2, 999))) if wish not in taken)
    taken.add(name)
    return name
