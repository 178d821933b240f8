"""Values that a command needs and that the compiler does not ask for: `[VERSION]`, `{{ tag }}`, `$TOKEN` that nobody sets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from plans.document import placeholders, shell
from plans.questions.sheet import Sheet

Json = dict[str, Any]
_CAPITALS = re.compile(r"[A-Z][A-Z0-9]+(?:[ _-][A-Z0-9]+)*")
_WORDS = re.compile(
    r"[A-Za-z]{2,}(?:[ _-][A-Za-z0-9]{2,}){1,6}|(?i:version|tag|name|id|commit|hash|date|url|host|branch|backup)"
)
_NOT_ASKED = frozenset({"{{end}}", "{{ end }}", "{{else}}", "{{ else }}", "{{json}}"})
_POSITION = re.compile(r"\$(?:\{([1-9])\}|([1-9])(?!\d))")
_FUNCTION = re.compile(r"(?m)^\s*(?:function\s+\w+|\w[\w-]*\s*\(\s*\))")
_SETS_ARGUMENTS = re.compile(r"(?m)^\s*set\s+--\s")
_OURS = "$FIREBREAK_"
"""How the variables begin that every step is given."""
_QUOTED = re.compile(r"`([^`]+)`")
_SAID = frozenset({"echo", "printf", "logger"})
_FROM_A_FILE = re.compile(r"(?:^|[\s;&|(])(?:source|\.|eval|set -a)\s")
_LOOP = re.compile(
    r"\bfor\s+(\w+)\s+in\b|\bread\s+(?:-\w+\s+)*(\w+)|\bgetopts\s+\S+\s+(\w+)"
    r"|\b(?:declare|local|readonly)\s+(?:-\w+\s+)*(\w+)"
)
_SET = re.compile(r"(?<![\w$])([A-Za-z_]\w*)\+?=")


@dataclass(frozen=True)
class Unfilled:
    """One such value on one line. A variable's `raw` is `$NAME`; others are as they are written."""

    line: int
    raw: str

    @property
    def is_variable(self) -> bool:
        return self.raw.startswith("$")


def unfilled(sheet: Sheet) -> list[Unfilled]:
    """Every one of them, in the order of the lines; each once a line."""

    def whole(step: Json) -> str:
        fence = sheet.fence_at(step["body_line"])
        return fence.body if fence else step["body"]

    return unfilled_in(sheet.steps, whole)


def besides(refused: Iterable[tuple[int, str]], found: Iterable[Unfilled]) -> list[Unfilled]:
    """Those that the compiler does not refuse itself; `refused` are the lines and sentences of its problems."""
    told = {(line, raw) for line, message in refused for raw in _QUOTED.findall(message)}
    return [one for one in found if (one.line, one.raw) not in told]


def every_part(compiled: Json) -> list[Json]:
    """The steps of all procedures of a compiled plan, also of one that was kept before a part was known."""
    parts = [level.get(key) or [] for level in compiled.get("levels") or [] for key in ("steps", "undo")]
    parts += [compiled.get(key) or [] for key in ("restore", "evidence", "checks", "reads")]
    return [step for part in parts for step in part]


def unfilled_in(steps: list[Json], whole: Callable[[Json], str] = lambda step: str(step["body"])) -> list[Unfilled]:
    """The same for compiled steps; `whole` gives the block that a step stands in."""
    found: dict[tuple[int, str], Unfilled] = {}
    for step in steps:
        if step["kind"] not in ("shell", "exec", "http"):
            continue
        given = {*step.get("env", []), *step.get("secrets", []), *_given(whole(step))}
        for one in (*_blanks(step), *(_variables(step, given) if step["kind"] != "http" else ())):
            found.setdefault((one.line, one.raw), one)
    return sorted(found.values(), key=lambda one: one.line)


def _blanks(step: Json) -> Iterator[Unfilled]:
    body, first = step["body"], step["body_line"]
    for offset, text in _commands(body):
        for raw in placeholders.find(text):
            if raw.startswith("$") or raw.startswith("<") or not _is_meant(raw):
                continue
            at = text[: text.index(raw)].count("\n")
            yield Unfilled(first + offset + at, raw)


def _is_meant(raw: str) -> bool:
    """Says whether a bracket is a blank, not a class of characters or a part of a template language."""
    if raw.startswith("{"):
        return raw not in _NOT_ASKED
    inside = raw[1:-1]
    return bool(_CAPITALS.fullmatch(inside) or _WORDS.fullmatch(inside))


def _variables(step: Json, given: set[str]) -> Iterator[Unfilled]:
    body, first = step["body"], step["body_line"]
    if _FROM_A_FILE.search(body):
        return
    for offset, text in _commands(body, speaking=True):
        shown = unquoted(text)
        for raw in (*placeholders.find(shown), *_called_with(shown, body)):
            used = re.search(rf"\$\{{?{raw[1:]}\b", shown) if raw.startswith("$") else None
            if used and not raw.startswith(_OURS) and raw[1:] not in given and not _has_default(shown, raw[1:]):
                yield Unfilled(first + offset + shown[: used.start()].count("\n"), raw)


def _commands(body: str, *, speaking: bool = False) -> Iterator[tuple[int, str]]:
    """The logical lines that run, with their offsets; those that only print words where `speaking`."""
    for line in shell.logical_lines(body):
        words = line.text.split()
        if line.is_comment or not words or (words[0] in _SAID and not speaking):
            continue
        yield line.offset, line.text


def _called_with(text: str, body: str) -> Iterator[str]:
    """`$1` and its like: a step is called with nothing. Inside a function they are the function's."""
    if not _FUNCTION.search(body) and not _SETS_ARGUMENTS.search(body):
        yield from dict.fromkeys(f"${match[1] or match[2]}" for match in _POSITION.finditer(text))


def _has_default(text: str, name: str) -> bool:
    return bool(re.search(rf"\$\{{{name}:?[-+=?]", text))


def _given(body: str) -> set[str]:
    """The names that a block sets itself: whether its steps share them is another question."""
    loops = {name for match in _LOOP.finditer(body) for name in match.groups() if name}
    return loops | set(_SET.findall(body))


def unquoted(text: str) -> str:
    """The text with everything in single quotes blanked: there a shell fills in nothing. Lines stay where they are."""
    found, quote, skip = [], "", False
    for letter in text:
        hide = quote == "'" and letter != "'"
        if skip:
            skip = False
        elif letter == "\\" and quote != "'":
            skip = True
        elif letter in "'\"" and quote in ("", letter):
            quote = "" if quote else letter
        found.append(" " if hide and letter != "\n" else letter)
    return "".join(found)
