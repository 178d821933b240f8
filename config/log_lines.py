"""Lines of several programs in one terminal: a name in front, a colour for each, never half a line."""

import os
import sys
from typing import TextIO

COLOURS = {"web": 36, "rollback": 35, "general": 34, "control": 33, "practice": 32, "redis": 90, "prepare": 90}
LONGEST_LINE = 2000


class LogLines:
    """Writes prefixed lines; colours only on a terminal and without NO_COLOR."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._coloured = out.isatty() and not os.environ.get("NO_COLOR")

    def write(self, name: str, line: str) -> None:
        """One line of one program. A closed terminal is no reason to stop working."""
        prefix = f"{name:<8} │ "
        if self._coloured and name in COLOURS:
            prefix = f"\x1b[{COLOURS[name]}m{prefix}\x1b[0m"
        self._put(prefix + line.rstrip()[:LONGEST_LINE])

    def say(self, sentence: str) -> None:
        """The supervisor's own words, without a prefix so that they stand out."""
        self._put(f"\x1b[1m{sentence}\x1b[0m" if self._coloured and sentence else sentence)

    def _put(self, text: str) -> None:
        try:
            self._out.write(f"{text}\n")
            self._out.flush()
        except (OSError, ValueError):
            return


class LineBuffer:
    """Bytes as they come from a pipe → whole lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that are complete now; an endless one is cut."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            lines, self._rest = [*lines, self._rest], b""
        return [line.decode("utf-8", errors="replace") for line in lines]

    def rest(self) -> list[str]:
        """What was written without an end of line before the pipe closed."""
        lines, self._rest = ([self._rest.decode("utf-8", errors="replace")] if self._rest else []), b""
        return lines
