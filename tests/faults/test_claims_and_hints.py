"""Duplicate, late and lost hints; two people at once; a broker that goes away."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from rollbacks import process, tasks
from rollbacks.models import Conflict, Run, StepRun, leases
from rollbacks.preflight import preflight
from tests.faults.installation import Installation, wait_for
from tests.faults.test_lost_workers import has_status, is_dead, running_pid
from tests.rollbacks.engine.factories import (
    compiled,
    kinds,
    make_draft,
    make_revision,
    make_run,
    make_target,
    make_user,
    output,
    step,
)
from timeline.doorbell import client

pytestmark = pytest.mark.faults


def at_once(count: int, act: Callable[[int], None]) -> None:
    """Does it in that many threads, all released in the same instant."""
    gate = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            gate.wait(20)
            act(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def test_fifty_hints_at_once_make_one_claim(installation: Installation, folder: Path) -> None:
    run = make_run(folder, [step("one", "true")])
    claimed: list[StepRun] = []

    def claim(number: int) -> None:
        if taken := leases.claim(run.pk, owner=str(number), host="h"):
            claimed.append(taken)

    at_once(50, claim)
    assert len(claimed) == 1
    assert StepRun.objects.get(run=run).attempt == 1
    assert kinds(run).count("step.started") == 1


def test_two_people_start_a_rollback_of_one_service_at_once(installation: Installation, folder: Path) -> None:
    target = make_target(folder)
    revision = make_revision(compiled([step("one", "true")]))
    drafts = [make_draft(folder, [], target=target, revision=revision) for _ in range(6)]
    people = [make_user(f"person-{number}") for number in range(6)]
    refused: list[Conflict] = []

    def start(number: int) -> None:
        try:
            drafts[number].start(by=people[number])
        except Conflict as conflict:
            refused.append(conflict)

    at_once(6, start)
    (winner,) = Run.objects.filter(target=target, status="queued")
    assert len(refused) == 5
    assert {conflict.run for conflict in refused} == {winner}
    assert Run.objects.filter(target=target, status="draft").count() == 5


def test_a_timed_wait_is_woken_once_by_many_scans(installation: Installation, folder: Path) -> None:
    run = make_run(folder, [step("rest", "1s", kind="wait"), step("two", "true")])
    assert leases.claim(run.pk, owner="t", host="h") is None
    rest = run.steps.get(name="rest")
    wait_for(lambda: (tasks.wake(), StepRun.objects.get(pk=rest.pk).status == "succeeded")[1], 10, "the wait is over")
    at_once(8, lambda number: tasks.wake())
    assert kinds(run).count("step.succeeded") == 1


def test_long_steps_and_what_waits_behind_them_start_once_although_hints_come_again(
    installation: Installation, folder: Path
) -> None:
    """Late acknowledgement forced, a visibility time-out of 10 s swept each second, two workers with one slot each.

    Two steps of 25 s hold both; 20 runs wait behind them for longer than the visibility time-out.
    """
    for name in ("one", "other"):
        installation.start("rollback", name=name, app="tests.faults.acknowledge_late", options=("--concurrency", "1"))
    installation.start("control")
    long = [make_run(folder, [step("long", f"echo {number} >> log; sleep 25", timeout=60.0)]) for number in range(2)]
    for run in long:
        running_pid(run)
    behind = [make_run(folder, [step("one", f"echo {number} >> behind")]) for number in range(20)]
    for run in (*long, *behind):
        for _ in range(3):
            tasks.hint(run.pk, "rollback")
    for run in long:
        wait_for(lambda run=run: has_status(run, "succeeded"), 90, "the long runs end")
    for run in behind:
        wait_for(lambda run=run: has_status(run, "succeeded"), 60, "those behind them end")
    assert sorted((folder / "log").read_text().split()) == ["0", "1"]
    assert sorted((folder / "behind").read_text().split(), key=int) == [str(number) for number in range(20)]
    assert all(run.steps.get().attempts.count() == 1 for run in (*long, *behind))
    # Otherwise the fault did not take place, and the test would show nothing.
    assert any("run.hint_redelivered" in kinds(run) for run in long)


def test_lost_hints_cost_one_scan(installation: Installation, folder: Path) -> None:
    run = make_run(folder, [step("one", "echo x >> log")])
    client(installation.redis_url).flushall()
    installation.start("control")
    installation.start("rollback")
    wait_for(lambda: has_status(run, "succeeded"), 25, "the scan tells a worker again")
    assert (folder / "log").read_text() == "x\n"


def test_without_redis_the_start_is_clear_and_a_person_drives_the_run(installation: Installation, folder: Path) -> None:
    draft = make_draft(
        folder, [step("one", "echo x >> log"), step("look", "Look", kind="manual"), step("two", "echo y >> log")]
    )
    make_user("driver").__class__.objects.filter(username="driver").update(is_superuser=True)
    installation.stop_redis()
    said = {reason.key: reason.sentence for reason in preflight(draft)}
    assert f"manage.py rollback drive {draft.pk}" in said["redis"]
    began = time.monotonic()
    run = draft.start(by=make_user())
    assert run.status == "queued"
    assert time.monotonic() - began < 10

    half = installation.manage("rollback", "drive", str(run.pk))
    assert (half.returncode, "It waits for you" in half.stdout) == (2, True), half.stderr
    done = installation.manage("rollback", "approve", str(run.pk), "--by", "driver")
    assert done.returncode == 0, done.stderr
    over = installation.manage("rollback", "drive", str(run.pk))
    assert over.returncode == 0, over.stderr
    assert has_status(run, "succeeded")
    assert (folder / "log").read_text() == "x\ny\n"
    assert not run.stream.events.filter(announced_at=None, kind="run.succeeded").exists()


STUBBORN = """
trap '' TERM
setsid sleep 611 >/dev/null 2>&1 &
sleep 612 &
bash -c "trap '' TERM; sleep 613; true" &
sleep 614
true
"""


def test_a_person_kills_a_running_command(installation: Installation, folder: Path) -> None:
    """Everything of its group ends although it ignores TERM; what left the group is named, and left alone."""
    installation.start("rollback")
    run = make_run(folder, [step("slow", STUBBORN), step("next", "touch made")])
    pid = running_pid(run)
    wait_for(lambda: len(process.group_members(pid)) >= 4, 10, "all of the group lives")
    attempt = run.steps.get(name="slow").last_attempt
    run.request_cancel(by=make_user(), kill=True, reason="wrong service")
    run.refresh_from_db()
    assert run.status == "canceling"
    wait_for(lambda: has_status(run, "canceled"), 15, "the run is stopped")
    escaped = attempt.living
    try:
        assert is_dead(pid)
        assert process.group_members(pid) == []
        assert [(one.escaped, "sleep 611" in one.command) for one in escaped] == [(True, True)]
        assert str(escaped[0].pid) in output(run, "slow") + run.steps.get(name="slow").detail
        assert not (folder / "made").exists()
    finally:
        for one in escaped:
            os.kill(one.pid, signal.SIGKILL)
