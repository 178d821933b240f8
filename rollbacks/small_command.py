"""Runs a short read-only command for a check and keeps its last output. Steps that change something have executors.

The command gets its own process group, which is ended as a whole: a check must leave nothing behind.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

KEPT = 64 * 1024  # bytes of output, the last ones
DRAIN_SECONDS = 1.0  # a background child may hold the pipes open: do not wait for it
SHELL = ("/bin/bash", "--noprofile", "--norc", "-euo", "pipefail", "-c")


@dataclass(frozen=True)
class Done:
    """How a small command ended. `exit_code` is None when it was killed or never started."""

    exit_code: int | None
    output: str = ""
    error: str = ""
    timed_out: bool = False
    stopped: bool = False
    problem: str = ""  # why it did not start


def run_small(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout: float,
    stop: Callable[[], bool] | None = None,
) -> Done:
    """Runs the command to its end, its time-out (seconds) or until `stop()`; never raises."""
    try:
        process = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            close_fds=True,
        )
    except (OSError, ValueError) as error:
        return Done(None, problem=f"{argv[0]} cannot be started: {getattr(error, 'strerror', None) or error}.")
    kept: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
    try:
        timed_out, stopped = _watch(process, kept, time.monotonic() + timeout, stop)
    finally:
        _end_group(process)
    code = None if timed_out or stopped else process.returncode
    return Done(code, _text(kept["stdout"]), _text(kept["stderr"]), timed_out=timed_out, stopped=stopped)


def _watch(
    process: "subprocess.Popen[bytes]", kept: dict[str, bytearray], deadline: float, stop: Callable[[], bool] | None
) -> tuple[bool, bool]:
    """Reads until the leader ended and its pipes are drained, or time is up: (timed out, stopped)."""
    ended_at: float | None = None
    with selectors.DefaultSelector() as pipes:
        for name in kept:
            pipes.register(getattr(process, name), selectors.EVENT_READ, name)
        while True:
            _read_ready(pipes, kept)
            now = time.monotonic()
            if _has_ended(process.pid):
                ended_at = ended_at or now
                if not pipes.get_map() or now - ended_at > DRAIN_SECONDS:
                    return False, False
            elif now > deadline:
                return True, False
            elif stop and stop():
                return False, True


def _has_ended(pid: int) -> bool:
    """Looks without reaping: until it is reaped the id, and with it the group's, cannot be used again."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _read_ready(pipes: selectors.BaseSelector, kept: dict[str, bytearray]) -> None:
    if not pipes.get_map():
        time.sleep(0.01)  # both pipes are closed and the leader lives on
        return
    for key, _ in pipes.select(timeout=0.1):
        pipe: IO[bytes] = key.fileobj  # type: ignore[assignment]
        data = os.read(pipe.fileno(), 64 * 1024)
        if not data:
            pipes.unregister(pipe)
            continue
        kept[key.data] += data
        del kept[key.data][:-KEPT]


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    """Ends whatever is left of the group and reaps the leader."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _text(kept: bytearray) -> str:
    return kept.decode("utf-8", errors="replace").replace("\x00", "")
