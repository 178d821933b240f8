"""Cuts one block at its comments: numbered comments are steps, option comments are alternatives."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from plans.document import alternative_words, shell, words
from plans.document.shell import Logical

_NUMBER = re.compile(
    r"^(?:step\s*|étape\s*|paso\s*|步骤\s*)?(?P<n>\d{1,2})\s*[.):：]\s*(?P<title>.+)$|^step\s+(?P<m>\d{1,2})\b\W*(?P<rest>.*)$",
    re.IGNORECASE,
)
_CASE = re.compile(r"^(if|when|for)\b", re.IGNORECASE)
_NOTE = re.compile(
    r"^(expect|should|output|example|note|warning|returns?|wait|e\.g|where|response|→|->|✅|⚠)", re.IGNORECASE
)
_ASSIGNS = re.compile(
    r"^\s*(\$[\w:]+\s*=|(export\s+)?[A-Za-z_]\w*=(\"[^\"]*\"|'[^']*'|\$[({].*[)}]|[^\s\"']*)\s*(#.*)?$)", re.DOTALL
)
_RULE = re.compile(r"^[\W_]*$")


@dataclass(frozen=True)
class Segment:
    """A piece of a block under one comment; `offset` is its first line, counted from 0."""

    offset: int
    number: str
    title: str
    body: str
    alternative: str
    is_other_way: bool
    has_commands: bool
    is_told: bool = False
    """A comment before the first command that tells a person what to do."""


def cut(body: str, language: str = "bash") -> list[Segment]:
    """Returns the segments of a block, in order; a block without opening comments is one segment without a title."""
    lines = shell.logical_lines(body, posix=language.lower() not in shell.WITHOUT_ESCAPES)
    told = _told_first(lines)
    starts = _outermost(sorted({*_starts(lines), *told}), lines)
    if not starts or starts[0] != 0:
        starts = [0, *starts]
    bounds = [*starts[1:], len(lines)]
    segments = [
        _segment(lines[start:end], start in told) for start, end in zip(starts, bounds, strict=True) if end > start
    ]
    return _join_headless([_as_set(segment, body) for segment in segments if segment is not None])


def _as_set(segment: Segment, body: str) -> Segment:
    """Returns a piece that only sets variables as an action, where its comment says so and no other line reads them."""
    if segment.has_commands or not words.tells_to_act(segment.title):
        return segment
    names = [match.group(1) for match in map(_SETS.match, segment.body.split("\n")) if match]
    return replace(
        segment, has_commands=bool(names) and not any(f"${name}" in body or f"${{{name}" in body for name in names)
    )


_SETS = re.compile(r"(?:export\s+|\$env:)?([A-Za-z_]\w*)\s*=")


def _outermost(starts: list[int], lines: Sequence[Logical]) -> list[int]:
    """Returns the starts without the numbers inside an alternative: where options open a block, they divide it."""
    ways = [start for start in starts if alternative_words.alternative_of(lines[start].words)]
    counted = any(_NUMBER.match(lines[start].words) for start in starts)
    return ways if len(ways) > 1 and counted and ways[0] == starts[0] else starts


def _told_first(lines: Sequence[Logical]) -> list[int]:
    """Returns the comments before the first command that tell a person what to do: "Open a shell on the host"."""
    first = next((index for index, line in enumerate(lines) if not line.is_comment and not line.is_blank), 0)
    blank = max((index for index in range(first) if lines[index].is_blank), default=-1)
    head = lines[: max(blank, 0)] if not any(line.text.startswith("#!") for line in lines[:1]) else []
    return [
        index
        for index, line in enumerate(head)
        if line.is_comment and words.opens_with_verb(line.words) and not _NUMBER.match(line.words)
    ]


def _starts(lines: Sequence[Logical]) -> list[int]:
    """Returns the indexes of comments that open an action."""
    starts: list[int] = []
    in_control = 0
    for index, line in enumerate(lines):
        if not line.is_comment:
            in_control = max(0, in_control + _nesting(line.text))
            continue
        if in_control or line.text[:1] in " \t" or _RULE.match(line.words):
            continue
        previous = lines[index - 1] if index else None
        goes_on = previous is not None and previous.is_comment and bool(starts) and starts[-1] <= index - 1
        if goes_on and not _NUMBER.match(line.words) and not alternative_words.alternative_of(line.words):
            continue
        after = next((other for other in lines[index + 1 :] if not other.is_comment), None)
        opens = after is not None and not after.is_blank
        if (
            _NUMBER.match(line.words)
            or alternative_words.alternative_of(line.words)
            or (opens and not _is_note(line, previous))
        ):
            starts.append(index)
    return starts


def _is_note(line: Logical, previous: Logical | None) -> bool:
    """Says whether a comment remarks on the command above it instead of opening the next one."""
    under_command = previous is not None and not previous.is_blank and not previous.is_comment
    return under_command and (bool(_NOTE.match(line.words)) or line.text.startswith("#  "))


_OPENS = re.compile(r"(^|[;&|]\s*|\bdo\s+|\bthen\s+)\s*(if|for|while|until|case)\b")
_CLOSES = re.compile(r"(?<![\w-])(fi|done|esac)(?![\w-])")


def _nesting(text: str) -> int:
    """Returns by how much a line opens (or closes) control blocks, of a shell's or of braces."""
    stripped = text.strip()
    if stripped.endswith("{") or stripped.startswith("}"):
        return int(stripped.endswith("{")) - int(stripped.startswith("}"))
    if _OPENS.search(text) and stripped.endswith("}"):
        return 0
    return len(_OPENS.findall(text)) - len(_CLOSES.findall(text))


def _segment(lines: Sequence[Logical], is_told: bool) -> Segment | None:
    if all(line.is_blank for line in lines):
        return None
    opening = lines[0] if lines[0].is_comment else None
    said = opening.words if opening and not _FILE_NAME.match(opening.words) else ""
    match = _NUMBER.match(said)
    number = (match.group("n") or match.group("m") or "") if match else ""
    title = ((match.group("title") or match.group("rest") or "") if match else said).rstrip(":：").strip()
    body = "\n".join(line.text for line in lines).rstrip()
    running = any(not line.is_comment and not line.is_blank and not _ASSIGNS.match(line.text) for line in lines)
    alternative = alternative_words.alternative_of(said)
    return Segment(
        lines[0].offset, number, title, body, alternative, alternative_words.is_or(said) or bool(_CASE.match(said)), running,
        is_told and not running,
    )  # fmt: skip


def _join_headless(segments: list[Segment]) -> list[Segment]:
    """Drops a leading piece without a command (a banner); what only sets the scene belongs to what follows."""
    while len(segments) > 1:
        first, second = segments[:2]
        if not (first.has_commands or first.number or first.alternative or first.is_told):
            segments = segments[1:]
        elif not (first.title or first.number or first.alternative) and _only_prepares(first):
            gap = "\n" * (second.offset - first.offset - first.body.count("\n"))
            joined = replace(second, offset=first.offset, body=f"{first.body}{gap}{second.body}")
            segments = [joined, *segments[2:]]
            if joined.title or joined.number or joined.alternative:
                break
        else:
            break
    return segments


def _only_prepares(segment: Segment) -> bool:
    """Says whether a piece only sets the scene: a script's first line, its options, the folder, variables."""
    return all(_PREPARES.match(line.text) or line.is_comment or _ASSIGNS.match(line.text)
               for line in shell.logical_lines(segment.body) if not line.is_blank)  # fmt: skip


_PREPARES = re.compile(
    r"\s*(#!.*|(cd|pushd|Set-Location)\s+\S+|"
    r"set\s+[-+]\w[\w ]{0,80}|source\s+\S+|(echo|printf|Write-Host|date)\b.*|param\s*\(.*)\s*$",
    re.DOTALL,
)
_FILE_NAME = re.compile(r"^[\w./\\-]+\.(sh|bash|ps1|py|bat|cmd|js|ts|kt|yml|yaml|json|toml|sql|tf|env|conf)$")


def alternatives(segments: list[Segment]) -> list[Segment]:
    """Returns the segments that are ways of doing one thing, when the block is such a choice; else nothing."""
    named = [segment for segment in segments if segment.alternative]
    return named if len(named) >= 2 else []


def counts(body: str) -> bool:
    """Says whether the comments of a block are numbered: they are steps, whatever the block's tag."""
    return sum(bool(segment.number) for segment in cut(body)) > 1


def actions(segments: list[Segment]) -> list[list[Segment]]:
    """Groups segments into actions: numbered comments win, ways of doing one thing are one action."""
    numbered = [segment for segment in segments if segment.number]
    if len(numbered) >= 2:
        return [[segment] for segment in numbered]
    groups: list[list[Segment]] = []
    for segment in segments:
        if not segment.has_commands and not segment.alternative and not segment.is_told:
            continue
        joins = bool(groups) and (
            (segment.alternative and groups[-1][-1].alternative)
            or (segment.is_other_way and (not _CASE.match(segment.title) or _CASE.match(groups[-1][-1].title)))
        )
        if joins:
            groups[-1].append(segment)
        else:
            groups.append([segment])
    return groups
