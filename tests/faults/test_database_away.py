"""The database does not answer for a while in the middle of a step."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollbacks.models import StepRun
from tests.faults.installation import LOST_WITHIN, Installation, wait_for
from tests.faults.test_lost_workers import has_status, is_dead, running_pid, slow_run
from tests.rollbacks.engine.factories import make_run, step

pytestmark = pytest.mark.faults


@contextlib.contextmanager
def database_held(installation: Installation) -> Iterator[None]:
    """Nobody else can write: an EXCLUSIVE lock of SQLite's file, or of PostgreSQL's tables of runs."""
    if installation.database_url.startswith("sqlite"):
        path = installation.database_url.removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=20)) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            yield
            holder.execute("ROLLBACK")
        return
    import psycopg

    with psycopg.connect(installation.database_url) as holder:
        holder.execute("LOCK TABLE rollbacks_run, rollbacks_steprun, rollbacks_attempt IN ACCESS EXCLUSIVE MODE")
        yield
        holder.rollback()


def test_a_short_absence_is_survived(installation: Installation, folder: Path) -> None:
    installation.start("rollback")
    installation.start("control")
    run = make_run(folder, [step("four", "sleep 4; echo done >> log")])
    running_pid(run)
    with database_held(installation):
        time.sleep(1.5)
    wait_for(lambda: has_status(run, "succeeded"), 25, "the run ends well")
    assert (folder / "log").read_text() == "done\n"


def test_a_long_absence_ends_the_command_and_leaves_an_unknown_outcome(
    installation: Installation, folder: Path
) -> None:
    installation.start("rollback")
    installation.start("control")
    run = slow_run(folder)
    pid = running_pid(run)
    with database_held(installation):
        wait_for(lambda: is_dead(pid), 15, "the worker ends its command before the lease is over")
        time.sleep(3)
    wait_for(lambda: has_status(run, "needs_operator"), LOST_WITHIN + 20, "the step is lost")
    assert StepRun.objects.get(run=run, name="slow").attempts.count() == 1
    assert (folder / "log").read_text() == "start\n"
    assert os.path.exists(installation.folder)
