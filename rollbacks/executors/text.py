"""Bytes of a command as text that a page can show: UTF-8, no terminal sequences, no NUL, never waiting for a line's
end."""

import codecs
import re

_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-Z\\^-~])"
)
# What may still become a sequence with the next bytes.
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?|[ -/]*)$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONGEST = 4096  # characters: what is longer is no sequence of a terminal


class TextReader:
    """Turns the bytes of one pipe into clean text, piece by piece."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._held = ""

    def feed(self, data: bytes, *, final: bool = False) -> str:
        """The text that is certain by now; the rest is held for the next call."""
        text = self._held + self._decoder.decode(data, final)
        self._held = ""
        if not final:
            text, self._held = self._split(text)
        text = _SEQUENCE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
        return _CONTROL.sub("", text)

    def _split(self, text: str) -> tuple[str, str]:
        if text.endswith("\r"):
            return text[:-1], "\r"
        start = text.rfind("\x1b", max(0, len(text) - _LONGEST))
        if start >= 0 and _UNFINISHED.match(text, start):
            return text[:start], text[start:]
        return text, ""
