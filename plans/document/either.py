"""One table of words, searched in two passes: what must stand at the start, and what may stand anywhere."""

from __future__ import annotations

import re


class Either:
    """A regular expression of many alternatives; those with `^` are tried once, not at every letter of the text."""

    def __init__(self, pattern: str) -> None:
        alternatives = split(pattern)
        self._start = re.compile("|".join(part[1:] for part in alternatives if part.startswith("^")))
        self._anywhere = [re.compile(part) for part in alternatives if not part.startswith("^")]

    def search(self, text: str) -> re.Match[str] | None:
        found = self._start.match(text)
        for pattern in self._anywhere if found is None else ():
            found = pattern.search(text)  # one after the other: joined, none of them can jump to its first word
            if found:
                break
        return found


def split(pattern: str) -> list[str]:
    """Returns the alternatives of a pattern that stand in no parentheses: "^a|b(c|d)" gives "^a" and "b(c|d)"."""
    parts, depth, start, place = [], 0, 0, 0
    while place < len(pattern):
        letter = pattern[place]
        if letter == "\\":
            place += 1
        elif letter == "[":
            place += 2 if pattern.startswith("[^", place) else 1
            place = pattern.index("]", place + 1)  # a bracket right at the start is a letter of the set
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == "|" and depth == 0:
            parts.append(pattern[start:place])
            start = place + 1
        place += 1
    return [*parts, pattern[start:]]
