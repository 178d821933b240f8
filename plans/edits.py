"""A change of a text as edits at lines: small enough to keep, to show, and to take back. Plain Python."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import NamedTuple


class Edit(NamedTuple):
    """From line `line` on (counted from 1, in the text before), the lines `gone` became the lines `new`."""

    line: int
    gone: list[str]
    new: list[str]


def between(before: str, after: str) -> list[Edit]:
    """The edits that lead from one text to the other, from the top down."""
    old, new = before.split("\n"), after.split("\n")
    start, end = _shared(old, new)
    middle_old, middle_new = old[start : len(old) - end], new[start : len(new) - end]
    matcher = SequenceMatcher(None, middle_old, middle_new, autojunk=False)
    return [
        Edit(start + i1 + 1, middle_old[i1:i2], middle_new[j1:j2])
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    ]


def carry(base: str, mine: str, theirs: str) -> str | None:
    """My changes of `base` done on their text; None where both changed the same lines or lines that touch."""
    lines = theirs.split("\n")
    changed = between(base, theirs)
    for edit in reversed(between(base, mine)):
        first, last = edit.line, edit.line + len(edit.gone)
        if any(other.line <= last and first <= other.line + len(other.gone) for other in changed):
            return None
        shift = sum(len(other.new) - len(other.gone) for other in changed if other.line < edit.line)
        at = edit.line - 1 + shift
        lines[at : at + len(edit.gone)] = edit.new
    return "\n".join(lines)


def take_back(text: str, edits: Iterable[Edit]) -> str:
    """The text before the edits; they must be the last that were done."""
    lines = text.split("\n")
    shift = 0
    back = []
    for edit in edits:
        back.append((edit.line + shift, edit))
        shift += len(edit.new) - len(edit.gone)
    for line, edit in reversed(back):
        lines[line - 1 : line - 1 + len(edit.new)] = edit.gone
    return "\n".join(lines)


def _shared(old: list[str], new: list[str]) -> tuple[int, int]:
    """How many lines are the same at the top and at the bottom; the matcher then sees only what changed."""
    most = min(len(old), len(new))
    start = next((place for place in range(most) if old[place] != new[place]), most)
    end = next((place for place in range(most - start) if old[-1 - place] != new[-1 - place]), most - start)
    return start, end
