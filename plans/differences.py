"""Two texts as lines that went, came and stayed. Plain Python."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

CONTEXT = 3


@dataclass(frozen=True)
class Line:
    """One line of a difference; `kind` is same, gone, new or gap."""

    kind: str
    old: int | None
    new: int | None
    text: str


def differences(old: str, new: str) -> list[Line]:
    """The changed lines with three lines around them; an empty list for equal texts."""
    before, after = old.splitlines(), new.splitlines()
    matcher = SequenceMatcher(None, before, after)
    lines: list[Line] = []
    for group in matcher.get_grouped_opcodes(CONTEXT):
        if lines or group[0][1] > 0:
            lines.append(Line("gap", None, None, "…"))
        for tag, i1, i2, j1, j2 in group:
            lines.extend(_lines(tag, before, after, (i1, i2), (j1, j2)))
    return lines


def _lines(
    tag: str, before: list[str], after: list[str], gone: tuple[int, int], came: tuple[int, int]
) -> Iterator[Line]:
    if tag == "equal":
        for offset, text in enumerate(before[slice(*gone)]):
            yield Line("same", gone[0] + offset + 1, came[0] + offset + 1, text)
        return
    for offset, text in enumerate(before[slice(*gone)]):
        yield Line("gone", gone[0] + offset + 1, None, text)
    for offset, text in enumerate(after[slice(*came)]):
        yield Line("new", None, came[0] + offset + 1, text)


@dataclass(frozen=True)
class Pair:
    """One row of two texts side by side: a line of the old one, of the new one, or of both; `kind` is same, changed or gap."""

    kind: str
    old: Line | None
    new: Line | None


def pairs(lines: list[Line]) -> list[Pair]:
    """The difference in two columns: what went stands beside what came in its place."""
    found: list[Pair] = []
    gone: list[Line] = []
    came: list[Line] = []

    def settle() -> None:
        found.extend(Pair("changed", old, new) for old, new in zip_longest(gone, came))
        gone.clear()
        came.clear()

    for line in lines:
        if line.kind == "gone":
            gone.append(line)
        elif line.kind == "new":
            came.append(line)
        else:
            settle()
            found.append(Pair(line.kind, line, line))
    settle()
    return found


def summary(lines: list[Line]) -> str:
    """How much changed: "3 lines added, 1 removed"."""
    new, gone = sum(line.kind == "new" for line in lines), sum(line.kind == "gone" for line in lines)
    if not new and not gone:
        return "No difference"
    return f"{new} {'line' if new == 1 else 'lines'} added, {gone} removed"
