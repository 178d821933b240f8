"""Counts a pattern in a service's log, since its last start. An old line stays in an appended log: it proves nothing.

The start is found by the last start line in the file; without one, by the times at the head of the lines and the start
of the attempt or the end of the last change. Where neither is there, or the file is missing, it cannot tell. A file
that was rotated meanwhile is read together with the file before it.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rollbacks.context import Answer, Surroundings
from rollbacks.measure import OPERATORS
from rollbacks.small_command import run_small

TAIL = 8 * 1024 * 1024  # bytes read from the end
LINE_CAP = 10_000  # characters of one line that a pattern sees
# Lines that a supervisor or server writes *before* the program is loaded. uvicorn's "Started server process" comes
# after the import: what the program says while it loads would then count to the process before it.
START_LINE = re.compile(r"^=== start\b|Starting gunicorn \d|systemd\[1\]: (Starting|Started) ")
TIME_AT_HEAD = re.compile(r"^\W{0,2}(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,6}))?\s?(Z|[+-]\d\d:?\d\d)?")
COUNT = re.compile(r"^\s*(==|!=|<=|>=|<|>|=)?\s*(\d+)\s*$")


def ask(step: Mapping[str, Any], around: Surroundings) -> Answer:
    """Counts the pattern since the start, or since the attempt, and compares it with `count=` (default: some)."""
    name = str(step.get("log") or "")
    try:
        pattern, wanted = re.compile(str(step.get("pattern") or "")), count_of(step)
    except (re.error, ValueError) as error:
        return Answer("cannot_tell", f"The pattern or count of this check cannot be read: {error}.")
    if name.endswith(".service"):
        return _journal(name, step, around, pattern, wanted)
    try:
        lines, cut = rotated_lines(around.root / name, after=boundary(step, around))
    except OSError as error:
        return Answer("cannot_tell", f"{name} cannot be read: {error.strerror or error}.")
    except Unreadable as error:
        return Answer("cannot_tell", f"{name} was rotated, and {error}.")
    since_attempt = step.get("since") == "attempt"
    part = since(lines, after=boundary(step, around), by_time=since_attempt)
    if part is None:
        why = "in its last 8 MiB" if cut else "in it: rotated, or written elsewhere"
        return Answer("cannot_tell", f"{name} shows no start {why}.")
    return judge(part, pattern, wanted, name)


def boundary(step: Mapping[str, Any], around: Surroundings) -> float | None:
    """The moment (epoch seconds) that stands for the start where no start line does."""
    if step.get("since") == "attempt" or around.since is None:
        return around.attempt_since if around.attempt_since is not None else around.since
    return around.since


def judge(lines: list[str], pattern: "re.Pattern[str]", wanted: tuple[str, int], name: str) -> Answer:
    """Compares the number of matching lines; an empty log proves no absence."""
    hits = [line for line in lines if pattern.search(line[:LINE_CAP])]
    op, limit = wanted
    value: dict[str, Any] = {"count": len(hits), "lines": len(lines)}
    if hits:
        value["last"] = hits[-1][:300]
    stands = {0: "does not stand", 1: "stands once"}.get(len(hits), f"stands {len(hits)} times")
    if not OPERATORS[op](len(hits), limit):
        return Answer(
            "fail", f"“{pattern.pattern}” {stands} in {name} since the start; {op} {limit} was expected.", value
        )
    if not hits and not any(line.strip() for line in lines):
        return Answer("cannot_tell", f"{name} says nothing at all since the start: its silence proves nothing.", value)
    return Answer("pass", f"“{pattern.pattern}” {stands} in {name} since the start.", value)


def count_of(step: Mapping[str, Any]) -> tuple[str, int]:
    """ "== 0" → ("==", 0); nothing said means at least one. Raises ValueError."""
    text = str(step.get("count") if step.get("count") is not None else ">= 1")
    found = COUNT.match(text)
    if found is None:
        raise ValueError(f"“{text}” is no count")
    op = found[1] or "=="
    return ("!=" if op == "!=" else op), int(found[2])


class Unreadable(Exception):
    """Half a sentence: why what was rotated away cannot be read."""


def rotated_lines(path: Path, *, after: float | None) -> tuple[list[str], bool]:
    """The file's last lines, after those of the file that was rotated away since `after` (epoch seconds).

    Rotated files are those beside it that begin with its name and were written to since. Raises OSError, Unreadable.
    """
    for _ in range(3):
        before = path.stat().st_ino
        lines, cut = last_lines(path)
        older = [] if any(START_LINE.search(line[:300]) for line in lines) else _rotated_since(path, after)
        for one in older[:1]:
            earlier, cut = last_lines(one)
            lines = [*earlier, *lines]
        if path.stat().st_ino == before:
            return lines, cut
    raise Unreadable("again while it was read")


def _rotated_since(path: Path, after: float | None) -> list[Path]:
    """The one file that was rotated away since then; without a moment none is looked for."""
    if after is None:
        return []
    names = re.compile(rf"(?:{re.escape(path.name)}|{re.escape(path.stem)})[.-][\w.:-]*\d[\w.:-]*")
    found = [one for one in path.parent.iterdir() if one != path and names.fullmatch(one.name)]
    recent = [one for one in found if one.is_file() and one.stat().st_mtime >= after]
    if len(recent) > 1:
        raise Unreadable(f"more than once: {', '.join(sorted(one.name for one in recent)[:3])}")
    if recent and recent[0].suffix in (".gz", ".bz2", ".xz", ".zst"):
        raise Unreadable(f"what stood in it before is packed in {recent[0].name}")
    return recent


def last_lines(path: Path) -> tuple[list[str], bool]:
    """The lines of the file's last 8 MiB, and whether something before them was left out."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL))
        text = file.read(TAIL).decode("utf-8", errors="replace")
    lines = text.splitlines()
    return (lines[1:], True) if size > TAIL else (lines, False)


def since(lines: list[str], *, after: float | None, by_time: bool = False) -> list[str] | None:
    """The lines after the last start line (`by_time`: one not older than `after`); else those timed after `after`."""
    starts = [number for number, line in enumerate(lines) if START_LINE.search(line[:300])]
    if starts and not by_time:
        return lines[starts[-1] + 1 :]
    if after is None:
        return None
    if starts:
        fresh = [number for number in starts if (at := time_of(lines[number])) is not None and at >= after - 1]
        if fresh:
            return lines[fresh[-1] + 1 :]
    return _timed_after(lines, after)


def _timed_after(lines: list[str], after: float) -> list[str] | None:
    """Lines from the first one timed at or after the moment; None when the lines carry no times."""
    seen_time = False
    for number, line in enumerate(lines):
        at = time_of(line)
        seen_time = seen_time or at is not None
        if at is not None and at >= after:
            return lines[number:]
    return [] if seen_time else None


def time_of(line: str) -> float | None:
    """The time at the head of a line (after a start mark too) in epoch seconds; without a zone it is this host's."""
    head = re.sub(r"^=== start\s*", "", line[:80])
    found = TIME_AT_HEAD.match(head)
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{clock}")
        if zone:
            at = at.replace(tzinfo=UTC if zone == "Z" else datetime.strptime(zone.replace(":", ""), "%z").tzinfo)
        return at.timestamp() + (float(f"0.{fraction}") if fraction else 0.0)
    except (ValueError, OverflowError):
        return None


def _journal(
    unit: str, step: Mapping[str, Any], around: Surroundings, pattern: "re.Pattern[str]", wanted: tuple[str, int]
) -> Answer:
    """The same over a systemd journal: of the unit's present invocation, or since the attempt."""
    env, timeout = {"PATH": around.env.get("PATH", "/usr/bin:/bin")}, float(step.get("timeout") or 10)
    shown = run_small(
        ["systemctl", "show", "-p", "InvocationID", "--value", unit], cwd=Path("/"), env=env, timeout=timeout
    )
    invocation = shown.output.strip()
    moment = boundary(step, around)
    if step.get("since") == "attempt" and moment is not None:
        selected = [f"--unit={unit}", f"--since=@{int(moment)}"]
    elif shown.exit_code == 0 and invocation:
        selected = [f"_SYSTEMD_INVOCATION_ID={invocation}"]
    else:
        return Answer(
            "cannot_tell", f"The journal of {unit} cannot be read: {shown.problem or shown.error.strip()}".strip()
        )
    read = run_small(["journalctl", "--no-pager", "-o", "cat", *selected], cwd=Path("/"), env=env, timeout=timeout)
    if read.exit_code != 0:
        return Answer(
            "cannot_tell", f"The journal of {unit} cannot be read: {read.problem or read.error.strip()[:200]}"
        )
    return judge(read.output.splitlines(), pattern, wanted, f"the journal of {unit}")
