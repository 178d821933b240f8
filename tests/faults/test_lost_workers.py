"""Workers that die or freeze in the middle of a step."""

import os
import signal
import time
from pathlib import Path

import pytest

from rollbacks import process
from rollbacks.models import Refused, Run, StepRun
from tests.faults.installation import LOST_WITHIN, Installation, wait_for
from tests.rollbacks.engine.factories import kinds, make_run, make_user, output, statuses, step

pytestmark = pytest.mark.faults

VERIFY = step("is-done", "test -e done", effect="read")
SLOW = "echo start >> log; sleep 60; touch done"


def slow_run(folder: Path) -> Run:
    """A run whose first step takes a minute and whose second is quick."""
    steps = [step("slow", SLOW, verify="is-done", timeout=90.0), step("next", "echo next >> log")]
    return make_run(folder, steps, plan={"reads": [VERIFY]})


def running_pid(run: Run) -> int:
    """The process of the step that runs, once it has one."""

    def look() -> int | None:
        running = StepRun.objects.filter(run=run, status="running").first()
        attempt = running.last_attempt if running else None
        return attempt.pid if attempt else None

    pid: int = wait_for(look, 20, "a step runs")
    return pid


def parent_of(pid: int) -> int:
    fields = process.stat_fields(pid)
    assert fields is not None
    return int(fields[1])


def is_dead(pid: int) -> bool:
    fields = process.stat_fields(pid)
    return fields is None or fields[0] in ("Z", "X")


def has_status(run: Run, status: str) -> bool:
    run.refresh_from_db()
    return run.status == status


@pytest.mark.parametrize("victim", ["pool child", "whole worker"])
def test_a_killed_worker_leaves_an_unknown_outcome_that_a_person_settles(
    installation: Installation, folder: Path, victim: str
) -> None:
    worker = installation.start("rollback")
    installation.start("general")
    installation.start("control")
    run = slow_run(folder)
    pid = running_pid(run)
    began = time.monotonic()
    if victim == "pool child":
        os.kill(parent_of(pid), signal.SIGKILL)
    else:
        worker.kill()
        installation.start("rollback", name="second")

    wait_for(lambda: is_dead(pid), 5, "the command dies with its worker")
    wait_for(lambda: has_status(run, "needs_operator"), LOST_WITHIN + 20, "the step is lost")
    assert time.monotonic() - began < 40
    lost = run.steps.get(name="slow")
    answer = wait_for(lambda: StepRun.objects.get(pk=lost.pk).verify_answer, 15, "verify is asked by itself")
    assert (answer["result"], answer["proposal"], answer["processes"]) == ("fail", "again", [])
    assert (folder / "log").read_text() == "start\n"
    assert "step.lost" in kinds(run)

    (folder / "done").touch()
    lost.settle(by=make_user(), as_="succeeded", reason="done by hand")
    wait_for(lambda: has_status(run, "succeeded"), 15, "the run goes on")
    assert (folder / "log").read_text() == "start\nnext\n"
    assert lost.attempts.count() == 1


def test_a_frozen_worker_is_fenced_and_its_late_result_is_only_noted(installation: Installation, folder: Path) -> None:
    installation.start("rollback")
    installation.start("control")
    run = slow_run(folder)
    pid = running_pid(run)
    frozen = parent_of(pid)
    os.kill(frozen, signal.SIGSTOP)
    try:
        wait_for(lambda: has_status(run, "needs_operator"), LOST_WITHIN, "the step is lost")
        assert not is_dead(pid)
        lost = run.steps.get(name="slow")
        with pytest.raises(Refused, match="still lives"):
            lost.settle(by=make_user(), as_="again", reason="try again")
    finally:
        os.kill(frozen, signal.SIGCONT)
    wait_for(lambda: is_dead(pid), 10, "the woken worker ends its command")
    wait_for(lambda: "step.late_result" in kinds(run), 10, "the late result is noted")
    assert statuses(run)["slow"] == "lost"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT])
def test_a_shutdown_ends_at_the_boundary_of_a_step(
    installation: Installation, folder: Path, number: signal.Signals
) -> None:
    """TERM is the warm one; QUIT leaves a step that ends within the soft time-out to end."""
    worker = installation.start("rollback")
    installation.start("control")
    steps = [
        step("one", "sleep 2; echo one >> log"),
        step("two", "echo two >> log"),
        step("three", "echo three >> log"),
    ]
    run = make_run(folder, steps)
    running_pid(run)
    worker.send(number)
    wait_for(lambda: statuses(run)["one"] == "succeeded", 20, "the step ends")
    installation.start("rollback", name="second")
    wait_for(lambda: has_status(run, "succeeded"), 30, "another worker goes on")
    assert (folder / "log").read_text() == "one\ntwo\nthree\n"
    owners = [attempt.owner for one in run.steps.order_by("position") for attempt in one.attempts.all()]
    assert owners == ["rollback@test", "second@test", "second@test"]


@pytest.mark.parametrize(("number", "seconds"), [(signal.SIGKILL, 8), (signal.SIGTERM, 4)])
def test_a_detached_step_outlives_its_worker_and_its_end_is_collected(
    installation: Installation, folder: Path, number: signal.Signals, seconds: int
) -> None:
    """As a step does that restarts the dashboard itself."""
    worker = installation.start("rollback")
    installation.start("control")
    body = f"echo begun; sleep {seconds}; echo ended; echo x >> log"
    run = make_run(folder, [step("restart", body, detached=True), step("next", "echo y >> log")])
    pid = running_pid(run)
    worker.send(number)
    worker.popen.wait(20)
    assert number == signal.SIGTERM or not is_dead(pid)
    installation.start("rollback", name="second")
    wait_for(lambda: has_status(run, "succeeded"), 40, "the run goes on by itself")
    assert (folder / "log").read_text() == "x\ny\n"
    assert output(run, "restart") == "begun\nended\n"
    assert run.steps.get(name="restart").attempts.count() == 1
