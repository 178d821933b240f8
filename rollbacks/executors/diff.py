"""Unified diffs: made, so that every change has a written way back, and applied, exactly or not at all."""

import difflib
import re
from dataclasses import dataclass

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_NO_NEWLINE = "\\ No newline at end of file"


@dataclass(frozen=True)
class Hunk:
    """One place of a diff: the line (from 1) where it begins, and its signed lines."""

    line: int
    signed: tuple[tuple[str, str], ...]

    @property
    def old(self) -> list[str]:
        return [text for sign, text in self.signed if sign != "+"]

    @property
    def new(self) -> list[str]:
        return [text for sign, text in self.signed if sign != "-"]


def lines_of(text: str) -> list[str]:
    """The lines with their ends; only a newline ends one."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def make(old: str, new: str, path: str) -> str:
    """The unified diff from `old` to `new`; empty when they are the same."""
    made = difflib.unified_diff(lines_of(old), lines_of(new), f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}\n" for line in made)


def parse(text: str) -> list[Hunk]:
    """The hunks of a unified diff for one file. Raises ValueError with a sentence."""
    hunks: list[tuple[int, list[tuple[str, str]]]] = []
    for raw in lines_of(text if text.endswith("\n") else text + "\n"):
        if head := _HUNK.match(raw):
            hunks.append((int(head.group(1)), []))
        elif hunks:
            _take(raw, hunks[-1][1])
    if not hunks:
        raise ValueError("The diff has no hunk: a line that begins with @@ is missing.")
    return [Hunk(line, tuple(signed)) for line, signed in hunks]


def _take(raw: str, signed: list[tuple[str, str]]) -> None:
    if raw.startswith(_NO_NEWLINE):
        if signed:
            sign, text = signed[-1]
            signed[-1] = (sign, text.removesuffix("\n"))
    elif raw[0] in " +-":
        signed.append((raw[0], raw[1:]))
    elif raw == "\n":
        signed.append((" ", raw))  # editors strip the blank of an empty context line
    else:
        raise ValueError(f"“{raw.strip()[:60]}” is no line of a diff: begin it with a blank, + or -.")


def apply(text: str, diff: str) -> str:
    """The text with every hunk applied; a hunk that is applied already changes nothing.

    Raises ValueError where one does not fit.
    """
    lines = lines_of(text)
    shift = 0
    for number, hunk in enumerate(parse(diff), start=1):
        expected = max(0, hunk.line - 1 + shift)
        at = _find(lines, hunk.old, expected) if hunk.old else min(expected + (hunk.line > 0), len(lines))
        already = _find(lines, hunk.new, expected) if hunk.new else None
        # Where both stand there, the longer says more: a line that was to be added is there, one to be removed still
        # is.
        if already is not None and (at is None or len(hunk.new) > len(hunk.old)):
            continue
        if at is None:
            raise ValueError(
                f"Change {number} of the diff (line {hunk.line}) does not fit: the file says something else there."
            )
        lines[at : at + len(hunk.old)] = hunk.new
        shift += len(hunk.new) - len(hunk.old)
    return "".join(lines)


def _find(lines: list[str], wanted: list[str], expected: int) -> int | None:
    """Where these lines stand: at the expected place, else at their only place."""
    size = len(wanted)
    if lines[expected : expected + size] == wanted:
        return expected
    found = [at for at in range(len(lines) - size + 1) if lines[at : at + size] == wanted]
    return found[0] if len(found) == 1 else None
