"""A run from its first step to its end, done in this process."""

from pathlib import Path
from typing import Any

import pytest

from rollbacks import runner, tasks
from rollbacks.context import Outcome
from rollbacks.models import Attempt, Conflict, Refused, Run, claims, leases
from tests.rollbacks.engine.factories import (
    compiled,
    kinds,
    level,
    make_draft,
    make_revision,
    make_run,
    make_target,
    make_user,
    output,
    statuses,
    step,
)
from timeline.verify import chain_holds

pytestmark = pytest.mark.django_db


def advance(run: Run) -> Run:
    runner.advance(run.pk, owner="test")
    run.refresh_from_db()
    return run


def test_a_run_does_its_steps_in_order_and_tells_the_timeline(tmp_path: Path) -> None:
    run = advance(make_run(tmp_path, [step("one", "echo first >> log"), step("two", "echo second >> log; cat log")]))

    assert run.status == "succeeded"
    assert (tmp_path / "log").read_text() == "first\nsecond\n"
    assert output(run, "two") == "first\nsecond\n"
    assert kinds(run) == [
        "run.drafted", "run.prepared", "run.queued", "run.started",
        "step.started", "step.succeeded", "step.started", "step.succeeded", "run.succeeded",
    ]  # fmt: skip
    assert run.started_at is not None
    assert run.finished_at is not None
    attempt = run.steps.get(name="one").last_attempt
    assert attempt is not None
    assert (attempt.outcome, attempt.pid) != ("", None)


def test_a_second_hint_finds_nothing_to_do(tmp_path: Path) -> None:
    run = advance(make_run(tmp_path, [step("one", "echo x >> log")]))
    assert runner.advance(run.pk, owner="other") == 0
    assert (tmp_path / "log").read_text() == "x\n"


def test_a_failed_step_holds_the_run_and_asks(tmp_path: Path) -> None:
    run = advance(make_run(tmp_path, [step("one", "test -e ok"), step("two", "echo two")]))
    assert run.status == "paused"
    assert "Exit status 1" in run.detail
    with pytest.raises(Refused, match="Retry it or skip it"):
        run.resume(by=make_user())

    (tmp_path / "ok").touch()
    failed = run.undecided_step
    assert failed is not None
    failed.retry(by=make_user(), reason="the file is there now")
    assert advance(run).status == "succeeded"
    assert run.steps.get(name="one").attempt == 2


def test_a_failed_step_may_be_skipped_with_a_reason(tmp_path: Path) -> None:
    run = advance(make_run(tmp_path, [step("one", "false"), step("two", "echo two")]))
    failed = run.steps.get(name="one")
    with pytest.raises(Refused, match="Say why"):
        failed.skip(by=make_user(), reason=" ")
    failed.skip(by=make_user(), reason="not needed here")
    assert advance(run).status == "succeeded"
    assert statuses(run) == {"one": "skipped", "two": "succeeded"}


@pytest.mark.parametrize(
    ("policy", "critical", "ends", "others"),
    [
        ("abort", True, "failed", {"two": "pending", "three": "pending"}),
        ("continue", True, "failed", {"two": "succeeded", "three": "succeeded"}),
        ("continue", False, "succeeded", {"two": "succeeded", "three": "succeeded"}),
        ("ask", False, "succeeded", {"two": "succeeded", "three": "succeeded"}),
        ("goto:three", True, "failed", {"two": "skipped", "three": "succeeded"}),
        ("goto:nowhere", True, "paused", {"two": "pending", "three": "pending"}),
    ],
)
def test_the_plan_says_what_follows_a_failure(
    tmp_path: Path, policy: str, critical: bool, ends: str, others: dict[str, str]
) -> None:
    steps = [step("one", "false", on_failure=policy, critical=critical), step("two", "true"), step("three", "true")]
    run = advance(make_run(tmp_path, steps))
    assert run.status == ends
    assert {name: status for name, status in statuses(run).items() if name != "one"} == others


def test_a_slow_step_times_out(tmp_path: Path) -> None:
    run = advance(make_run(tmp_path, [step("slow", "sleep 30", timeout=0.3, on_failure="abort")]))
    assert run.status == "timed_out"
    assert "did not end within 0.3 s" in run.detail


def test_only_steps_that_may_run_twice_are_retried(tmp_path: Path) -> None:
    body = "echo x >> {0}; test $(wc -l < {0}) -ge 3"
    steps = [
        step("reads", body.format("a"), effect="read", retries=2),
        step("changes", body.format("b"), effect="once", retries=2),
    ]
    run = advance(make_run(tmp_path, steps))
    assert run.status == "paused"
    assert run.steps.get(name="reads").attempt == 3
    assert run.steps.get(name="changes").attempt == 1


def test_a_manual_step_waits_for_a_person(tmp_path: Path) -> None:
    run = advance(make_run(tmp_path, [step("look", "Look at the graph", kind="manual"), step("two", "echo two")]))
    assert run.status == "waiting"
    look = run.steps.get(name="look")
    assert not look.waits_for_time
    look.confirm(by=make_user(), note="looks fine")
    with pytest.raises(Refused, match="does not wait for you"):
        look.confirm(by=make_user())
    assert advance(run).status == "succeeded"
    assert "step.confirmed" in kinds(run)


def test_two_people_approve_a_gate(tmp_path: Path) -> None:
    run = advance(make_run(tmp_path, [step("risky", "echo done", approve="2 of oncall-lead")]))
    gate = run.steps.get(name="risky")
    gate.approve(by=make_user("ana"))
    with pytest.raises(Refused, match="decided"):
        gate.approve(by=make_user("ana"))
    assert advance(run).status == "waiting"
    gate.approve(by=make_user("bo"))
    assert advance(run).status == "succeeded"


def test_a_refused_approval_pauses_and_may_be_asked_again(tmp_path: Path) -> None:
    run = advance(make_run(tmp_path, [step("ask", "May we?", kind="approval", approve="1 of lead")]))
    gate = run.steps.get(name="ask")
    gate.reject(by=make_user(), reason="not now")
    run.refresh_from_db()
    assert run.status == "paused"
    gate.retry(by=make_user())
    gate.approve(by=make_user())
    run.refresh_from_db()
    assert run.status == "succeeded"


def test_a_timed_wait_is_a_row_that_the_scan_wakes(tmp_path: Path, move_time: Any) -> None:
    from datetime import timedelta

    from rollbacks import tasks

    run = advance(make_run(tmp_path, [step("pause", "10m", kind="wait"), step("two", "echo two")]))
    assert run.status == "waiting"
    assert run.waiting_until is not None
    tasks.wake()
    assert advance(run).status == "waiting"
    move_time(timedelta(minutes=11))
    tasks.wake()
    assert advance(run).status == "succeeded"


def test_the_second_rollback_of_a_service_gets_a_conflict(tmp_path: Path) -> None:
    target = make_target(tmp_path)
    first = make_run(tmp_path, [step("one", "true")], target=target)
    second = make_draft(tmp_path, [step("one", "true")], target=target)
    with pytest.raises(Conflict) as refused:
        second.start(by=make_user())
    assert refused.value.run == first
    second.refresh_from_db()
    assert second.status == "draft"
    assert second.steps.count() == 0


def test_evidence_never_blocks_a_rollback(tmp_path: Path) -> None:
    target = make_target(tmp_path)
    revision = make_revision(
        compiled([step("one", "true")], evidence=[step("look", "false", effect="read"), step("see", "echo it")])
    )
    evidence = make_run(tmp_path, [], target=target, revision=revision, kind="evidence", level=None)
    rollback = make_run(tmp_path, [], target=target, revision=revision)
    assert advance(evidence).status == "succeeded"
    assert statuses(evidence) == {"look": "failed", "see": "succeeded"}
    assert advance(rollback).status == "succeeded"


def test_level_2_takes_the_slot_over_in_one_transaction(tmp_path: Path) -> None:
    target = make_target(tmp_path)
    revision = make_revision(compiled(levels=[level(1, [step("one", "false")]), level(2, [step("two", "true")])]))
    first = advance(make_run(tmp_path, [], target=target, revision=revision))
    second = make_draft(tmp_path, [], target=target, revision=revision, level=2, supersedes=first).start(by=make_user())
    first.refresh_from_db()
    assert (first.status, second.status) == ("superseded", "queued")
    assert advance(second).status == "succeeded"


def test_what_runs_is_what_was_approved(tmp_path: Path) -> None:
    run = make_draft(tmp_path, [step("one", "echo x > made")])
    with pytest.raises(Refused, match="have changed since"):
        run.start(by=make_user(), snapshot_hash="0" * 64)
    run.start(by=make_user(), snapshot_hash=run.snapshot_hash)
    run.snapshot["steps"][0]["body"] = "echo y > made"
    Run.objects.filter(pk=run.pk).update(snapshot=run.snapshot)
    assert advance(run).status == "failed"
    assert not (tmp_path / "made").exists()


def test_an_unapproved_revision_does_not_run(tmp_path: Path) -> None:
    revision = make_revision(compiled([step("one", "true")]), approved=False)
    run = make_draft(tmp_path, [], revision=revision)
    with pytest.raises(Refused, match="not approved"):
        run.start(by=make_user())


def test_a_run_that_is_over_never_changes(tmp_path: Path) -> None:
    from django.db import IntegrityError, transaction

    run = advance(make_run(tmp_path, [step("one", "true")]))
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(status="running")
    with pytest.raises(Refused, match="already over"):
        run.request_cancel(by=make_user())


def test_a_withdrawn_approval_stops_a_draft_and_not_a_run(tmp_path: Path) -> None:
    revision = make_revision(compiled([step("one", "true"), step("two", "true")]))
    running = make_run(tmp_path, [], revision=revision)
    draft = make_draft(tmp_path, [], revision=revision)
    revision.approvals.all().delete()
    with pytest.raises(Refused, match="not approved"):
        draft.start(by=make_user())
    assert advance(running).status == "succeeded"


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_jumps_loses_no_lease(tmp_path: Path, move_time: Any, hours: int) -> None:
    from datetime import timedelta

    from rollbacks.models import leases

    run = make_run(tmp_path, [step("one", "true")])
    taken = leases.claim(run.pk, owner="w", host="h")
    assert taken is not None
    move_time(timedelta(hours=hours))
    assert runner.reap() == []
    taken.refresh_from_db()
    assert taken.status == "running"


def test_a_step_that_somebody_else_has_meanwhile_is_left_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path, [step("one", "echo one >> log"), step("two", "echo two >> log")])
    first = leases.claim(run.pk, owner="w", host="h")
    assert first is not None
    with monkeypatch.context() as patched:
        patched.setattr(claims, "RUN_ALLOWS", "1 = 0")  # what the guard of the claim finds when it comes too late
        assert first.record(Outcome("succeeded", 0), token=first.token, then=leases.Hands("w", "h"))
        assert leases.claim(run.pk, owner="w", host="h") is None
    assert statuses(run) == {"one": "succeeded", "two": "queued"}
    assert kinds(run)[3:] == ["run.started", "step.started", "step.succeeded"]
    assert Attempt.objects.filter(step_run__run=run).count() == 1
    assert advance(run).status == "succeeded"
    assert (tmp_path / "log").read_text() == "two\n"
    assert chain_holds(run.stream)


def test_a_stray_hint_is_passed_on_and_nothing_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    run = make_run(tmp_path, [step("one", "echo one >> log")])
    sent: list[Any] = []
    monkeypatch.setattr(tasks, "hint", lambda *args: sent.append(args))
    with django_capture_on_commit_callbacks(execute=True):
        assert runner.advance(run.pk, owner="t", queue="target.elsewhere") == 0
    assert sent == [(run.pk, "rollback")]
    run.refresh_from_db()
    assert run.status == "queued"
