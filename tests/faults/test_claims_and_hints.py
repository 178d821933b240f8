"""Duplicate, late and lost hints; two people at once; a broker that goes away."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from rollbacks import tasks
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


def test_a_long_step_is_started_once_although_its_hint_is_delivered_again(
    installation: Installation, folder: Path
) -> None:
    """The visibility time-out is 3 s here and the step takes 7; two workers and the scan look for work meanwhile."""
    installation.start("rollback")
    installation.start("rollback", name="other")
    installation.start("control")
    run = make_run(folder, [step("long", "echo start >> log; sleep 7")])
    behind = [make_run(folder, [step("one", f"echo {number} >> behind")]) for number in range(6)]
    for _ in range(20):
        tasks.hint(run.pk, "rollback")
    wait_for(lambda: has_status(run, "succeeded"), 40, "the long run ends")
    for one in behind:
        wait_for(lambda one=one: has_status(one, "succeeded"), 30, "those behind it end")
    assert (folder / "log").read_text() == "start\n"
    assert sorted((folder / "behind").read_text().split()) == [str(number) for number in range(6)]
    assert run.steps.get(name="long").attempts.count() == 1


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


def test_a_person_kills_a_running_command(installation: Installation, folder: Path) -> None:
    installation.start("rollback")
    run = make_run(folder, [step("slow", "trap '' TERM; sleep 600 & sleep 600"), step("next", "touch made")])
    pid = running_pid(run)
    run.request_cancel(by=make_user(), kill=True, reason="wrong service")
    run.refresh_from_db()
    assert run.status == "canceling"
    wait_for(lambda: has_status(run, "canceled"), 15, "the run is stopped")
    assert is_dead(pid)
    assert not (folder / "made").exists()
