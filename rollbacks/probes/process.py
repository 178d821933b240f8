"""Asks whether a service's main process lives, and since when: `process run/app.pid` in a check.

Files, versions and even answers change before a restart; only a process that started after the change proves one.
"""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rollbacks.context import Answer, Surroundings
from rollbacks.probes.file import under
from rollbacks.process import started_ticks, stat_fields

WORD = "process "
SLACK = 0.05  # seconds: the kernel counts starts in hundredths


def ask(step: Mapping[str, Any], around: Surroundings) -> Answer:
    """Reads the process id from the file and passes when it lives and, if a moment is given, started after it."""
    name = str(step.get("body") or "").strip().removeprefix(WORD).strip()
    try:
        pid = int(under(around.root, name).read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError) as error:
        return Answer("cannot_tell", f"{name} names no process: {getattr(error, 'strerror', None) or error}.")
    fields = stat_fields(pid)
    if fields is None or fields[0] in ("Z", "X"):
        return Answer("fail", f"The process {pid} of {name} does not live.", {"pid": pid})
    began = started_at(pid)
    if began is None:
        return Answer("cannot_tell", f"The start of process {pid} cannot be read.", {"pid": pid})
    value = {"pid": pid, "started_at": round(began, 2)}
    clock = datetime.fromtimestamp(began, UTC).strftime("%H:%M:%S UTC")
    if around.attempt_since is not None and began < around.attempt_since - SLACK:
        return Answer("fail", f"The process {pid} runs since {clock}, before this step: it was not restarted.", value)
    return Answer("pass", f"The process {pid} runs since {clock}.", value)


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
