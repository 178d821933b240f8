"""Reads the YAML header: every scalar stays the text that was written, tags and anchors are refused.

A plain YAML reader would make 1.10 a number and `off` false; both are words of a rollback plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

LONGEST = 64 * 1024
DEEPEST = 12
_OPENING = "---"


@dataclass(frozen=True)
class Trouble:
    line: int
    message: str
    hint: str


@dataclass(frozen=True)
class FrontMatter:
    """The header's data and the line of every key, by its path."""

    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[tuple[str, ...], int] = field(default_factory=dict)
    end_line: int = 0
    troubles: tuple[Trouble, ...] = ()

    def line(self, *path: str) -> int:
        """Returns the line of a key, or of the nearest one above it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(text: str) -> FrontMatter:
    """Returns the header of a document; an empty one where the document has none."""
    lines = text.split("\n")
    if lines[0].rstrip() != _OPENING:
        return FrontMatter()
    end = next((place for place, line in enumerate(lines[1:2000], 1) if line.rstrip() in (_OPENING, "...")), None)
    if end is None or not any(":" in line for line in lines[1:end]):
        return FrontMatter()
    source = "\n".join(lines[1:end])
    if len(source) > LONGEST:
        return FrontMatter(
            end_line=end + 1,
            troubles=(Trouble(1, "The front matter is larger than 64 KiB.", "Move what is no setting into the text."),),
        )
    builder = _Builder()
    try:
        for event in yaml.parse(source, Loader=yaml.SafeLoader):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = str(getattr(error, "problem", None) or error).split("\n", 1)[0]
        builder.trouble(
            mark.line if mark else 0,
            f"The front matter is not valid YAML: {said}.",
            "Mend this line; quote texts with a colon or a bracket in them.",
        )
    except ValueError as error:  # surrogates and the like
        builder.trouble(0, f"The front matter cannot be read: {error}.", "Remove the odd character.")
    data = builder.result if isinstance(builder.result, dict) else {}
    if builder.result is not None and not isinstance(builder.result, dict):
        builder.trouble(0, "The front matter is not a list of keys.", "Write `plan: 1` and the other keys, one a line.")
    return FrontMatter(data, builder.lines, end + 1, tuple(builder.troubles))


class _Builder:
    """Builds plain dictionaries, lists and texts from YAML events, without recursion."""

    def __init__(self) -> None:
        self.result: Any = None
        self.lines: dict[tuple[str, ...], int] = {}
        self.troubles: list[Trouble] = []
        self._stack: list[tuple[Any, tuple[str, ...]]] = []
        self._key: list[str | None] = []

    def trouble(self, line: int, message: str, hint: str) -> None:
        self.troubles.append(Trouble(line + 2, message, hint))

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line if event.start_mark else 0
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor:
            self.trouble(
                line, f"The front matter uses the anchor or alias `{anchor}`.", "Write the value out in both places."
            )
        if tag and tag != "!":
            self.trouble(
                line, f"The front matter uses the tag `{tag}`.", "Remove the tag; every value is read as text."
            )
        if isinstance(event, yaml.MappingStartEvent):
            self._open({}, line)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open([], line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._stack.pop()
            self._key.pop()
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event.value, line)
        elif isinstance(event, yaml.AliasEvent):
            self._put("", line)

    def _open(self, value: Any, line: int) -> None:
        if len(self._stack) >= DEEPEST:
            raise yaml.YAMLError("nested too deeply")
        path = self._put(value, line)
        self._stack.append((value, path))
        self._key.append(None)

    def _scalar(self, value: str, line: int) -> None:
        if self._stack and isinstance(self._stack[-1][0], dict) and self._key[-1] is None:
            holder, path = self._stack[-1]
            if value in holder:
                self.trouble(line, f"The key `{value}` is written twice.", "Keep one of the two.")
            self._key[-1] = value
            self.lines[(*path, value)] = line + 2
            return
        self._put(value, line)

    def _put(self, value: Any, line: int) -> tuple[str, ...]:
        if not self._stack:
            self.result = value
            return ()
        holder, path = self._stack[-1]
        if isinstance(holder, list):
            holder.append(value)
            return path
        key = self._key[-1]
        if key is None:
            raise yaml.YAMLError("a key that is a list or a mapping")
        holder[key] = value
        self._key[-1] = None
        return (*path, key)
