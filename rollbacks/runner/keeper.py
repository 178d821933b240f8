"""Keeps a step's lease while its command runs, watches for a stop, and writes the output: all in a thread of its own.

The thread has its own connection with short time-outs: a stalled socket or a locked file cannot outlast the lease's margin.
The main thread reads pipes, asks `stop()`, and so ends the command when the lease could not be renewed in time.
"""

import copy
import logging
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, connections

from rollbacks import process
from rollbacks.models import Attempt, Run, StepRun
from rollbacks.models.leases import lease_end
from rollbacks.runner.output import OutputWriter
from timeline.doorbell import ring
from timeline.tasks import Announcements

if TYPE_CHECKING:
    from rollbacks.models.step_run import StepRun as Step

log = logging.getLogger(__name__)
TICK_SECONDS = 0.05
# Every line waits for it: with the way to the page it must stay under 300 ms.
FLUSH_SECONDS = 0.15
# How soon a "kill now" reaches the command, with or without Redis.
CANCEL_LOOK_SECONDS = 1.0
RING_AGAIN_SECONDS = 5.0
# A command that has ended by then leaves no process to look for.
WRITE_PID_SECONDS = 0.05
BUSY_SECONDS = 3


class Watchman:
    """The thread of one drive: looks after the lease of the step that is worked on, whichever that is, and announces what
    was committed meanwhile. Without steps that last it never asks the database for anything."""

    def __init__(self) -> None:
        # Inside somebody's transaction, or in memory, no other connection could see the row: then the work's own
        # thread renews.
        self.inline = connection.in_atomic_block or in_memory()
        self.announcements = None if self.inline else Announcements()
        self._keeper: Keeper | None = None
        self._busy = threading.Lock()  # while the thread works for a keeper
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "Watchman":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._thread:
            self._thread.join(timeout=2 * BUSY_SECONDS + 1)
        self._announce()

    def watch(self, keeper: "Keeper") -> None:
        """From now on this lease is looked after."""
        self._keeper = keeper
        if self._thread is None and not self.inline:
            self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
            self._thread.start()

    def leave(self) -> None:
        """The lease is done with; waits for what the thread has begun for it, but not for a database that hangs."""
        self._keeper = None
        if self._busy.acquire(timeout=2 * BUSY_SECONDS + 1):
            self._busy.release()

    def _keep(self) -> None:
        shorten_timeouts()
        try:
            while not self._ended.wait(TICK_SECONDS):
                with self._busy:
                    if keeper := self._keeper:
                        keeper.tick()
                self._announce()
        finally:
            connection.close()

    def _announce(self) -> None:
        if self.announcements:
            self.announcements.send()


class Keeper:
    """The lease of one claimed step. Use as a context manager around the work and its recording."""

    def __init__(self, step: "Step", writer: OutputWriter, *, claimed: float, watchman: Watchman) -> None:
        self.step, self.writer, self._watchman = step, writer, watchman
        self.fenced = False  # somebody else decided about this step: our token is stale
        self.killed = False  # a person asked to end it now
        self._surrendered = False  # the command was ended for want of a lease: it is never renewed after that
        self._renewed = claimed  # monotonic
        self._renew_due = claimed + settings.LEASE_RENEW_SECONDS
        # A kill that somebody asked for before was seen by the claim.
        self._looked = self._flushed = claimed
        self._ring_after = 0.0
        self._pid: int | None = None
        self._pid_due = 0.0
        self._is_over = False

    def __enter__(self) -> "Keeper":
        self._watchman.watch(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        self._watchman.leave()

    @property
    def gave_up(self) -> bool:
        """True when the lease could not be renewed within its time minus the margin: what happens now is unknown to
        others."""
        late = time.monotonic() - self._renewed > settings.LEASE_SECONDS - settings.LEASE_MARGIN_SECONDS
        self._surrendered = self._surrendered or late
        return self._surrendered

    def stop(self) -> bool:
        """Asked by the executor: True = end the command now."""
        if self._watchman.inline:
            self.tick()
        return self.fenced or self.killed or self.gave_up

    def started(self, pid: int) -> None:
        """The command's process id, as soon as it is known; written by the keeper for a command that lasts."""
        self._pid_due, self._pid = time.monotonic() + (0 if self._watchman.inline else WRITE_PID_SECONDS), pid

    def flush(self) -> None:
        """Writes the rest of the output, from the work's own thread."""
        self._write_output()

    def tick(self) -> None:
        """What is due by now. Called by the watchman, or inline by the work's own thread."""
        try:
            self._renew_when_due()
            now = time.monotonic()
            if self._pid is not None and now >= self._pid_due:
                self._write_pid()
            if now - self._looked >= CANCEL_LOOK_SECONDS:
                self._looked = now
                self._look_for_cancel()
            if now - self._flushed >= FLUSH_SECONDS:
                self._flushed = now
                self._write_output()
        except (DatabaseError, InterfaceError) as error:
            log.warning(
                "Run %s: the database cannot be reached (%s); the lease of %s runs on.",
                self.step.run_id,
                error,
                self.step,
            )
            if not self._watchman.inline:
                connection.close()

    def _renew_when_due(self) -> None:
        asked = time.monotonic()
        if asked < self._renew_due or self._surrendered:
            return
        rows = StepRun.objects.filter(pk=self.step.pk, token=self.step.token, status=StepRun.Status.RUNNING)
        if rows.update(lease_until=lease_end()):
            self._renewed = asked
        elif not self._is_over:
            self.fenced = True
        self._renew_due = asked + settings.LEASE_RENEW_SECONDS

    def _look_for_cancel(self) -> None:
        # A clean-up step runs because somebody canceled: that wish is not for it.
        if not self.step.is_cleanup and Run.objects.filter(pk=self.step.run_id, kill_requested=True).exists():
            self.killed = True

    def _write_pid(self) -> None:
        pid = self._pid
        mine = Attempt.objects.filter(step_run=self.step, token=self.step.token)
        mine.update(pid=pid, pgid=pid, leader_started=process.started_ticks(pid or 0))
        self._pid = None

    def _write_output(self) -> None:
        seq = self.writer.flush()
        now = time.monotonic()
        if (
            seq is not None
            and now >= self._ring_after
            and not ring(f"run:{self.step.run_id}", step=self.step.pk, seq=seq)
        ):
            self._ring_after = now + RING_AGAIN_SECONDS


def in_memory() -> bool:
    """True for SQLite without a file."""
    return connection.vendor == "sqlite" and bool(connection.is_in_memory_db())  # type: ignore[attr-defined]


def shorten_timeouts() -> None:
    """Gives this thread's own connection time-outs far below the lease's margin."""
    mine = connections["default"]
    mine.settings_dict = copy.deepcopy(mine.settings_dict)
    options = mine.settings_dict["OPTIONS"]
    if mine.vendor == "sqlite":
        options["timeout"] = BUSY_SECONDS
    else:
        options |= {
            "connect_timeout": BUSY_SECONDS,
            "tcp_user_timeout": 5000,
            "options": f"-c statement_timeout={BUSY_SECONDS}s",
        }
