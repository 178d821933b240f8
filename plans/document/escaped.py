"""Fences with a backslash before each mark, as in documents that a program wrote into a string: read as what they were meant to be."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^([ ]*)\\`\\`\\`", re.MULTILINE)


def plain(text: str) -> str:
    """Returns the text with plain fences; no line moves."""
    return _FENCE.sub(r"\1```", text)


def first_line(text: str) -> int | None:
    """Returns the first line that holds such a fence, counted from 1."""
    found = _FENCE.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else None
