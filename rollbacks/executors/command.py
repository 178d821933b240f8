"""Runs one command to its end, its deadline or a stop, and ends its group as a whole.

The thread that calls `run` is the one that the command's death is tied to; it reads both pipes and never touches the
database.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rollbacks import process
from rollbacks.context import Sink, Stop
from rollbacks.executors.guard import Guard
from rollbacks.executors.text import TextReader

READ_BYTES = 64 * 1024
# A background child may hold the pipes for its whole life: do not wait for it longer.
DRAIN_SECONDS = 2.0
LOOK_SECONDS = 0.2
QUICK_SECONDS = 1.0  # see `process.newer_than`
# A group that will not die within this time (uninterruptible sleep): nobody knows what it does next.
CONFIRM_SECONDS = 30.0


@dataclass(frozen=True)
class Ended:
    """How a command ended. `exit_code` is negative for a signal, None when it was never started."""

    how: Literal["exited", "timed_out", "stopped", "not_started"]
    exit_code: int | None = None
    sentence: str = ""
    left: tuple[process.Living, ...] = ()  # what it left behind on its own account
    confirmed: bool = True  # after a kill: the group is empty


class Command:
    """One started command and its two pipes."""

    def __init__(self, popen: "subprocess.Popen[bytes]", sink: Sink) -> None:
        self.popen, self.sink = popen, sink
        self.selector = selectors.DefaultSelector()
        self.end = end_of(popen.pid)
        if self.end is not None:
            self.selector.register(self.end, selectors.EVENT_READ, "end")
        self.readers = {"stdout": TextReader(), "stderr": TextReader()}
        for name in self.readers:
            pipe = getattr(popen, name)
            os.set_blocking(pipe.fileno(), False)
            self.selector.register(pipe, selectors.EVENT_READ, name)

    def read(self, seconds: float) -> None:
        """Hands on what the pipes hold, or waits that long for it."""
        if not self.selector.get_map():
            time.sleep(min(seconds, 0.02))
            return
        for key, _ in self.selector.select(seconds):
            if key.data == "end":
                self.forget_end()
                continue
            try:
                data = os.read(key.fd, READ_BYTES)
            except BlockingIOError:
                continue
            if text := self.readers[key.data].feed(data, final=not data):
                self.sink(key.data, text)
            if not data:
                self.selector.unregister(key.fileobj)

    @property
    def is_drained(self) -> bool:
        """True when both pipes are at their end."""
        return not any(key.data != "end" for key in self.selector.get_map().values())

    def forget_end(self) -> None:
        """It has been seen, or is not waited for any more."""
        if self.end is not None:
            self.selector.unregister(self.end)
            os.close(self.end)
            self.end = None

    def has_exited(self) -> bool:
        """Looks without reaping: an unreaped leader keeps its id, and with it the group's, from being used again."""
        return os.waitid(os.P_PID, self.popen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def close(self) -> int:
        """Reaps the leader and closes the pipes; returns its exit status."""
        self.forget_end()
        for key in list(self.selector.get_map().values()):
            if text := self.readers[key.data].feed(b"", final=True):
                self.sink(key.data, text)
        self.selector.close()
        for pipe in (self.popen.stdout, self.popen.stderr):
            if pipe:
                pipe.close()
        return self.popen.wait()

    def kill_group(self, grace: float) -> bool:
        """TERM, grace, KILL, and then until the group is empty. False when it is not within `CONFIRM_SECONDS`."""
        self._signal(signal.SIGTERM)
        if self._emptied(grace):
            return True
        self._signal(signal.SIGKILL)
        return self._emptied(CONFIRM_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.popen.pid, number)

    def _emptied(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while process.group_members(self.popen.pid):
            if time.monotonic() > deadline:
                return False
            self.read(0.05)  # a child that is blocked on a full pipe could not end
        return True


def end_of(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends; None where the system has none."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def run(
    argv: list[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout: float,
    grace: float,
    sink: Sink,
    stop: Stop,
    started: object = None,
    lock: int | None = None,
) -> Ended:
    """Starts the command and stays with it. `timeout` and `grace` in seconds; `started(pid)` is told at once."""
    began = time.monotonic()
    try:
        popen = subprocess.Popen(
            argv,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            close_fds=True,
        )
    except (OSError, ValueError) as error:
        return Ended(
            "not_started", sentence=f"{argv[0]} cannot be started: {getattr(error, 'strerror', None) or error}."
        )
    with Guard(popen.pid, lock=lock):
        if callable(started):
            started(popen.pid)
        command = Command(popen, sink)
        how = follow(command, time.monotonic() + timeout, stop)
        confirmed = True if how == "exited" else command.kill_group(grace)
    # Before the leader is reaped: its id is still ours.
    quick = time.monotonic() - began < QUICK_SECONDS
    left = left_behind(popen.pid, env.get(process.TOKEN, ""), quick=quick)
    return Ended(how, command.close(), left=left, confirmed=confirmed)


def follow(command: Command, deadline: float, stop: Stop) -> Literal["exited", "timed_out", "stopped"]:
    """Reads until the leader has ended and its pipes are drained, or its time is up, or somebody asks to stop."""
    drained_by: float | None = None
    while True:
        command.read(LOOK_SECONDS)
        now = time.monotonic()
        if drained_by is None and command.has_exited():
            drained_by = now + DRAIN_SECONDS
        if drained_by is not None:
            if command.is_drained or now > drained_by:
                return "exited"
        elif stop():
            return "stopped"
        elif now > deadline:
            return "timed_out"


def left_behind(pgid: int, token: str, *, quick: bool = False) -> tuple[process.Living, ...]:
    """What lives on after the leader: its group, and escapees that carry the attempt's token.

    `quick`: it began within the last second, so that only the newest processes can be its own.
    """
    among = process.newer_than(pgid) if quick else process.all_pids()
    members = [pid for pid in process.group_members(pgid, among) if pid != pgid]
    escaped = [pid for pid in (process.marked(token, among) if token else []) if pid not in members and pid != pgid]
    return tuple(process.Living(pid, process.command_of(pid), pid in escaped) for pid in [*members, *escaped])
