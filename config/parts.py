"""One part of the running installation: its command, its process, its log, and what happens when it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from config.log_lines import LineBuffer, LogLines
from config.processes import death_prefix

LONGEST_PAUSE = 30.0
CALM_SECONDS = 60.0  # so long alive, and the next crash starts with the shortest pause again
NOT_AGAIN = 78  # EX_CONFIG: the part says that starting it again would not help


@dataclass
class Part:
    """A program that is kept running. Only the main thread may start it: the death signal hangs on that thread."""

    name: str
    command: list[str]
    ready_when: str = ""  # a text in its log; empty: ready as soon as it runs
    env: Mapping[str, str] = field(default_factory=dict)
    keep_open: tuple[int, ...] = ()
    feed: str = ""  # what its standard input holds
    hide: tuple[str, ...] = ()  # lines that say nothing to the person at the terminal
    process: "subprocess.Popen[bytes] | None" = None
    ready: bool = False
    stopping: bool = False
    given_up: bool = False
    started_at: float = 0.0
    again_at: float | None = None
    crashes: int = 0
    _pause: float = 1.0
    _lines: LineBuffer = field(default_factory=LineBuffer)

    @property
    def pid(self) -> int | None:
        """The leader of the part's session, None when it does not live."""
        return self.process.pid if self.process and self.process.poll() is None else None

    @property
    def pipe(self) -> IO[bytes] | None:
        """Where its output comes from; None when it has said everything."""
        found = self.process.stdout if self.process else None
        return None if found is None or found.closed else found

    def start(self) -> None:
        """Starts it in a session of its own, with both outputs in one pipe."""
        self.process = subprocess.Popen(
            [*death_prefix(), *self.command],
            stdin=subprocess.PIPE if self.feed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=self.keep_open,
            env={**os.environ, **self.env},
        )
        if self.feed and self.process.stdin:
            with suppress(BrokenPipeError):
                self.process.stdin.write(self.feed.encode())
                self.process.stdin.close()
        assert self.process.stdout is not None  # noqa: S101 (for the type checker)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.started_at, self.again_at, self.ready = time.monotonic(), None, not self.ready_when

    def read(self, write: Callable[[str, str], None]) -> None:
        """Passes on what it said since the last time."""
        pipe = self.pipe
        if pipe is None:
            return
        try:
            data = os.read(pipe.fileno(), 65536)
        except BlockingIOError:
            return
        if not data:
            pipe.close()
        for line in self._lines.feed(data) if data else self._lines.rest():
            if self.ready_when and self.ready_when in line:
                self.ready = True
            if line.strip() and not any(text in line for text in self.hide):
                write(self.name, line)

    def signal(self, number: signal.Signals) -> None:
        """To the part's main process; its children are its own affair."""
        self.stopping = True
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def look_after(self, log: LogLines) -> None:
        """Notices an end that nobody asked for, and starts the part again after a growing pause."""
        if self.stopping or self.given_up:
            return
        now = time.monotonic()
        if self.again_at is not None:
            if now >= self.again_at:
                self.start()
            return
        if self.process is None or self.process.poll() is None:
            return
        self._after_the_end(self.process.returncode, now, log)

    def _after_the_end(self, status: int, now: float, log: LogLines) -> None:
        self.read(log.write)
        if status == NOT_AGAIN:
            self.given_up = True
            log.say(f"{self.name} cannot run here; the rest goes on without it.")
            return
        self.crashes += 1
        self._pause = 1.0 if now - self.started_at > CALM_SECONDS else min(self._pause * 2, LONGEST_PAUSE)
        self.again_at = now + self._pause
        log.say(f"{self.name} {ended(status)}; it is started again in {self._pause:.0f} s.")


def ended(status: int) -> str:
    """The exit status in words."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


def python(*words: str) -> list[str]:
    """A command for the interpreter that runs us."""
    return [sys.executable, *words]
