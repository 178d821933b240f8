"""Asks whether a service's main process lives, since when, how much memory it holds, and how often it was started
again: `process run/app.pid`, or `process orders.service` for a unit of systemd.

Files, versions and even answers change before a restart; only a process that started after the change proves one. A
supervisor may live while its workers die at each start: `count=">= 2"` asks for that many children which stay alive.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rollbacks.context import Answer, Surroundings
from rollbacks.measure import OPERATORS, Measure, condition_holds, limit_in_words
from rollbacks.probes.file import under
from rollbacks.probes.log import count_of
from rollbacks.process import PROC, all_pids, started_ticks, stat_fields
from rollbacks.small_command import run_small

WORD = "process "
SLACK = 0.05  # seconds: the kernel counts starts in hundredths
GROWN_SECONDS = 2.0  # a child that has lived so long did not die at its start
DEAD = ("Z", "X")


@dataclass(frozen=True)
class Process:
    """What /proc says of a living main process."""

    pid: int
    started_at: float  # epoch seconds by this host's clock
    rss_mb: float  # of it and its children
    children: int  # those that have lived for two seconds
    restarts: int | None = None  # since the unit was started, where systemd counts them


def ask(step: Mapping[str, Any], around: Surroundings) -> Answer:
    """Passes when it lives, started after the attempt if one is meant, and holds `threshold=` and `count=`."""
    name = str(step.get("body") or "").strip().removeprefix(WORD).strip()
    try:
        wanted = count_of(step) if step.get("count") is not None else None
        pid, restarts = _of_unit(name, around) if name.endswith(".service") else (_of_file(name, around), None)
    except (OSError, ValueError, IndexError) as error:
        return Answer("cannot_tell", f"{name} names no process: {getattr(error, 'strerror', None) or error}.")
    found = look(pid, restarts) if pid else None
    if found is None:
        return Answer("fail", f"The process {pid or ''} of {name} does not live.".replace("  ", " "), {"pid": pid})
    return _judge(step, around, found, wanted)


def look(pid: int, restarts: int | None = None) -> Process | None:
    """Start, memory and children of a living process; None when it is dead or gone."""
    fields = stat_fields(pid)
    began = started_at(pid)
    if fields is None or fields[0] in DEAD or began is None:
        return None
    children = _children(pid)
    old = [child for child in children if (at := started_at(child)) is not None and time.time() - at >= GROWN_SECONDS]
    memory = sum(_rss_mb(one) for one in (pid, *children))
    return Process(pid, round(began, 2), round(memory, 1), len(old), restarts)


def _judge(step: Mapping[str, Any], around: Surroundings, found: Process, wanted: tuple[str, int] | None) -> Answer:
    value, threshold = asdict(found), step.get("threshold")
    clock = datetime.fromtimestamp(found.started_at, UTC).strftime("%H:%M:%S UTC")
    said = f"The process {found.pid} runs since {clock}"
    if around.attempt_since is not None and found.started_at < around.attempt_since - SLACK:
        return Answer("fail", f"{said}, before this step: it was not restarted.", value)
    if wanted and not OPERATORS[wanted[0]](found.children, wanted[1]):
        return Answer(
            "fail", f"{said} with {found.children} children that live; {wanted[0]} {wanted[1]} was expected.", value
        )
    memory = Measure(found.rss_mb, "mb", f"{found.rss_mb:g} MB")
    if threshold and not condition_holds(threshold, memory):
        return Answer("fail", f"{said} and holds {memory}; {limit_in_words(threshold)} was expected.", value)
    more = f" and holds {memory}" if threshold else ""
    again = f", started again {found.restarts} times" if found.restarts else ""
    return Answer("pass", f"{said}{more}{again}.", value)


def _of_file(name: str, around: Surroundings) -> int:
    return int(under(around.root, name).read_text(encoding="utf-8").split()[0])


def _of_unit(unit: str, around: Surroundings) -> tuple[int, int | None]:
    """The main process of a unit (0: none) and how often systemd started it again by itself. Raises ValueError."""
    asked = ["systemctl", "show", "-p", "MainPID", "-p", "NRestarts", "-p", "LoadState", unit]
    done = run_small(asked, cwd=Path("/"), env={"PATH": around.env.get("PATH", "/usr/bin:/bin")}, timeout=10)
    said = dict(line.split("=", 1) for line in done.output.splitlines() if "=" in line)
    if done.exit_code != 0 or "MainPID" not in said:
        raise ValueError(done.problem.rstrip(".") or done.error.strip()[:200] or "systemctl gave no answer")
    if said.get("LoadState", "loaded") != "loaded":
        raise ValueError("systemd knows no such unit")
    restarts = said.get("NRestarts", "")
    return int(said["MainPID"]), int(restarts) if restarts.isdigit() else None


def _children(pid: int) -> list[int]:
    """Its living children, not theirs."""
    found = []
    for one in all_pids():
        fields = stat_fields(one)
        if fields and fields[0] not in DEAD and int(fields[1]) == pid:
            found.append(one)
    return found


def _rss_mb(pid: int) -> float:
    """Resident memory in MiB; 0 for one that has just ended."""
    try:
        pages = int((PROC / str(pid) / "statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def started_at(pid: int) -> float | None:
    """When the process started, in epoch seconds by this host's clock; None when it is gone."""
    ticks = started_ticks(pid)
    if ticks is None:
        return None
    try:
        uptime = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return None
    return time.time() - uptime + ticks / os.sysconf("SC_CLK_TCK")
