"""A worker that is killed at any instant, also in the middle of a COMMIT: what the database says is what happened."""

import contextlib
import random
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models.functions import Now

from rollbacks import runner
from rollbacks.models import Attempt, StepRun
from tests.faults.installation import ROOT, Installation, wait_for
from tests.faults.test_lost_workers import has_status
from tests.rollbacks.engine.factories import kinds, make_run, make_user, step
from timeline.verify import chain_holds

pytestmark = pytest.mark.faults
WORKER = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from rollbacks import runner
print("ready", flush=True)
sys.stdin.readline()
runner.advance(int(sys.argv[1]), owner="w")
"""
STEPS = 20
KILLS = 6
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGQUIT)
SEED = 20261122


def test_kills_at_random_instants_start_nothing_twice(installation: Installation, folder: Path) -> None:
    chance = random.Random(SEED)
    run = make_run(folder, [step(f"s{number}", f"echo {number} >> log") for number in range(STEPS)])
    for kills in range(KILLS + 2):
        if has_status(run, "succeeded"):
            break
        with subprocess.Popen(
            [sys.executable, "-c", WORKER, str(run.pk)],
            cwd=ROOT,
            env=installation.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as worker:
            assert worker.stdout is not None
            assert worker.stdin is not None
            assert worker.stdout.readline() == b"ready\n"
            worker.stdin.write(b"go\n")
            worker.stdin.flush()
            with contextlib.suppress(subprocess.TimeoutExpired):
                # The last may finish: a slow machine must not make this test endless.
                worker.wait(chance.uniform(0.02, 0.6) if kills < KILLS else 60)
            # QUIT and TERM end it as abruptly here: nothing but the database's COMMIT stands between two instants.
            worker.send_signal(SIGNALS[kills % len(SIGNALS)])
        settle_what_is_lost(folder)
    assert has_status(run, "succeeded")
    assert (folder / "log").read_text().split() == [str(number) for number in range(STEPS)]
    events = Counter(kinds(run))
    assert events["step.started"] == Attempt.objects.filter(step_run__run=run).count()
    assert events["step.succeeded"] + events["step.settled"] - again(run) == STEPS
    assert events["run.succeeded"] == 1
    assert chain_holds(run.stream)


def settle_what_is_lost(folder: Path) -> None:
    """As a person would: done when its line is there, again when it is not."""
    running = StepRun.objects.filter(status="running", name__startswith="s")
    for one in running:
        wait_for(lambda one=one: not one.last_attempt.living, 10, "the killed worker's command is gone")
    running.update(lease_until=Now() - timedelta(seconds=1))
    for lost in runner.reap():
        log = folder / "log"
        there = log.exists() and lost.name.removeprefix("s") in log.read_text().split()
        lost.settle(by=make_user(), as_="succeeded" if there else "again", reason="looked at the log")


def again(run: object) -> int:
    """How many settlements were a new attempt."""
    settled = run.stream.events.filter(kind="step.settled")  # type: ignore[attr-defined]
    return sum(event.data["as"] == "again" for event in settled)
