"""Edits of a text at lines of the text as it was: collected first, done from the bottom up, so that no number moves."""

from __future__ import annotations

import re

from plans.document import escaped
from plans.document.attributes import KEYS
from plans.document.blocks import Fence
from plans.questions import header_text

_OPENING = re.compile(r"^(?P<before>.*?)(?P<marks>`{3,}|~{3,})[ \t]*(?P<language>[^\s{`]*)[ \t]*(?P<rest>.*?)[ \t]*$")
_BARE = re.compile(r"[A-Za-z0-9_.:/,<>@%+-]+")


class Mend:
    """The edits of one answer."""

    def __init__(self, text: str) -> None:
        self.lines = escaped.plain(text).split("\n")
        self._changed: dict[int, str | None] = {}
        self._before: dict[int, list[str]] = {}
        self._after: dict[int, list[str]] = {}
        self._header: list[tuple[str, str, str]] = []

    def line(self, number: int) -> str:
        """The line as it will be."""
        return self._changed.get(number, self.lines[number - 1]) or ""

    def replace(self, number: int, text: str) -> None:
        self._changed[number] = text

    def remove(self, number: int) -> None:
        self._changed[number] = None

    def insert(self, number: int, lines: list[str]) -> None:
        """Puts lines in front of this one."""
        self._before.setdefault(number, []).extend(lines)

    def append(self, number: int, lines: list[str]) -> None:
        """Puts lines behind this one."""
        self._after.setdefault(number, []).extend(lines)

    def declare(self, part: str, name: str, value: str) -> None:
        """Adds `name: value` under `params:` or `facts:` of the front matter."""
        self._header.append((part, name, value))

    def attribute(self, fence: Fence, key: str, value: str | None) -> None:
        """Sets one attribute of a fence, or removes it (None); the others stay as they are written."""
        match = _OPENING.match(self.line(fence.line))
        if match is None or fence.indented:
            return
        rest = match["rest"] if match["rest"].startswith("{") else "{}"
        inside = rest.strip()[1:-1].strip()
        inside = re.sub(rf"(?:^|(?<=\s)){re.escape(key)}\s*=\s*(?:\"[^\"]*\"|'[^']*'|\S+)\s*", "", inside).strip()
        if value is not None:
            inside = f"{inside} {key}={_quoted(value)}".strip()
        self._open(fence.line, match, match["language"], f"{{{inside}}}" if inside else "")

    def attributes(self, fence: Fence) -> str:
        """The attribute list of a fence as it will be, with its braces; empty where there is none."""
        match = _OPENING.match(self.line(fence.line))
        return match["rest"] if match and match["rest"].startswith("{") else ""

    def by_hand(self, fence: Fence, kind: str) -> None:
        """Makes a fence one that does not run (`manual`, `doc`); what only makes sense for a command goes."""
        for key in KEYS:
            if kind not in KEYS[key]:
                self.attribute(fence, key, None)
        self.attribute(fence, "kind", kind)

    def clear(self, fence: Fence) -> None:
        """Takes every attribute of a fence away."""
        match = _OPENING.match(self.line(fence.line))
        if match is not None:
            self._open(fence.line, match, match["language"], "")

    def language(self, fence: Fence, language: str) -> None:
        """Says what a fence holds."""
        match = _OPENING.match(self.line(fence.line))
        if match is not None and not fence.indented:
            self._open(fence.line, match, language, match["rest"])

    def _open(self, number: int, match: re.Match[str], language: str, rest: str) -> None:
        self.replace(number, f"{match['before']}{match['marks']}{language}{' ' if rest else ''}{rest}")

    def text(self) -> str:
        """The text with all edits done."""
        found: list[str] = []
        for number, line in enumerate(self.lines, 1):
            found.extend(self._before.get(number, ()))
            now = self._changed.get(number, line)
            if now is not None:
                found.append(now)
            found.extend(self._after.get(number, ()))
        text = "\n".join(found)
        for part, name, value in self._header:
            text = header_text.declare(text, part, name, value)
        return text


def _quoted(value: str) -> str:
    if _BARE.fullmatch(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
