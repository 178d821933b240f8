"""Approvals of a snapshot: by enough other people, in time, or alone by whoever leads."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from incidents.models import Incident, RoleAssignment
from rollbacks import runner
from rollbacks.models import Refused, Run
from tests.rollbacks.engine.factories import (
    kinds,
    make_draft,
    make_operator,
    make_run,
    make_target,
    make_user,
    step,
)
from timeline import domain_time

pytestmark = pytest.mark.django_db


def advance(run: Run) -> Run:
    runner.advance(run.pk, owner="test")
    run.refresh_from_db()
    return run


def awaiting(folder: Path, **changes: Any) -> Run:
    """A run that waits for approvals; its requester is ana."""
    target = make_target(folder, second_person_levels=[1], **changes)
    return make_run(folder, [step("one", "true")], target=target)


def test_a_second_person_approves_the_snapshot(tmp_path: Path) -> None:
    target = make_target(tmp_path, second_person_levels=[1])
    run = make_run(tmp_path, [step("one", "true")], target=target)
    assert run.status == "awaiting_approval"
    with pytest.raises(Refused, match="second person"):
        run.approve(by=make_user())
    run = run.approve(by=make_operator("bo"), snapshot_hash=run.snapshot_hash)
    assert run.status == "queued"
    assert advance(run).status == "succeeded"


def test_an_approval_and_its_expiry_in_the_same_instant_leave_one_answer(tmp_path: Path, move_time: Any) -> None:
    target = make_target(tmp_path, second_person_levels=[1])
    run = make_run(tmp_path, [step("one", "true")], target=target)
    with pytest.raises(Refused, match="may still be approved"):
        run.expire()
    assert run.expires_at is not None
    move_time(run.expires_at - domain_time.now() + timedelta(milliseconds=1))
    with pytest.raises(Refused, match="is over"):
        run.approve(by=make_operator("bo"))
    assert run.expire().status == "expired"
    with pytest.raises(Refused, match="waits for no approval"):
        run.approve(by=make_operator("bo"))
    assert not run.steps.exists()


def test_as_many_approve_as_the_target_asks_for(tmp_path: Path) -> None:
    run = awaiting(tmp_path, approvals_needed=2)
    assert run.approve(by=make_operator("bo")).status == "awaiting_approval"
    with pytest.raises(Refused, match="decided about this run already"):
        run.approve(by=make_operator("bo"))
    assert run.approve(by=make_operator("cy")).status == "queued"


def test_an_approval_counts_only_while_its_giver_may_operate(tmp_path: Path) -> None:
    run = awaiting(tmp_path, approvals_needed=2)
    with pytest.raises(Refused, match="does not count"):
        run.approve(by=make_user("vera"))
    bo = make_operator("bo")
    run.approve(by=bo)
    type(bo).objects.filter(pk=bo.pk).update(is_superuser=False)
    assert run.approve(by=make_operator("cy")).status == "awaiting_approval"


def test_the_requester_approves_no_step_where_a_second_person_is_asked_for(tmp_path: Path) -> None:
    target = make_target(tmp_path, second_person_levels=[1])
    run = make_run(tmp_path, [step("risky", "true", approve="1 of lead")], target=target)
    run.approve(by=make_operator("bo"), snapshot_hash=run.snapshot_hash)
    assert advance(run).status == "waiting"
    gate = run.steps.get(name="risky")
    with pytest.raises(Refused, match="a second person must approve"):
        gate.approve(by=make_user())
    gate.approve(by=make_operator("bo"))
    assert advance(run).status == "succeeded"


def test_whoever_went_on_alone_approves_the_steps_too(tmp_path: Path, move_time: Any) -> None:
    target = make_target(tmp_path, second_person_levels=[1])
    run = make_run(tmp_path, [step("risky", "true", approve="1 of lead")], target=target)
    leader = make_operator("ana")  # who also asked for the run
    type(leader).objects.filter(pk=leader.pk).update(is_superuser=True)
    leader.refresh_from_db()
    move_time(timedelta(minutes=11))
    run = run.go_alone(by=leader, reason="Nobody answers")
    assert run.requested_by == leader
    assert advance(run).status == "waiting"
    run.steps.get(name="risky").approve(by=leader)
    assert advance(run).status == "succeeded"


def test_whoever_leads_goes_on_alone_after_a_while_and_it_is_recorded(tmp_path: Path, move_time: Any) -> None:
    run = awaiting(tmp_path)
    leader = make_operator("ana")
    type(leader).objects.filter(pk=leader.pk).update(is_superuser=True)
    leader = type(leader).objects.get(pk=leader.pk)
    with pytest.raises(Refused, match="Others may still answer"):
        run.go_alone(by=leader, reason="nobody answers")
    move_time(timedelta(minutes=10, seconds=1))
    with pytest.raises(Refused, match="Say why nobody else"):
        run.go_alone(by=leader, reason=" ")
    with pytest.raises(Refused, match="Only the incident manager"):
        run.go_alone(by=make_user("vera"), reason="nobody answers")
    assert run.go_alone(by=leader, reason="nobody answers").status == "queued"
    event = run.stream.events.get(kind="run.approved")
    assert event.data["alone"] is True
    assert event.data["reason"] == "nobody answers"
    assert event.data["waited_seconds"] > 600
    assert [(one.by, one.alone) for one in run.approvals.all()] == [(leader, True)]
    assert advance(run).status == "succeeded"


def test_the_manager_of_the_incident_leads(tmp_path: Path, move_time: Any) -> None:
    target = make_target(tmp_path, second_person_levels=[1])
    incident = Incident.objects.create(
        target=target, title="Errors", severity="P1", detected_at=domain_time.now(), declared_at=domain_time.now()
    )
    run = make_run(tmp_path, [step("one", "true")], target=target, stream=f"incident:{incident.pk}")
    manager = make_user("mia")
    move_time(timedelta(minutes=11))
    with pytest.raises(Refused, match="Only the incident manager"):
        run.go_alone(by=manager, reason="nobody answers")
    RoleAssignment.objects.create(incident=incident, role="manager", user=manager, at=domain_time.now())
    assert run.go_alone(by=manager, reason="nobody answers").status == "queued"


def test_nobody_goes_alone_where_it_is_switched_off(tmp_path: Path, settings: Any, move_time: Any) -> None:
    settings.LONE_APPROVAL_MINUTES = 0
    run = awaiting(tmp_path)
    move_time(timedelta(minutes=30))
    with pytest.raises(Refused, match="Nobody may go on alone"):
        run.go_alone(by=make_operator("lea"), reason="nobody answers")


def test_a_run_that_waits_cannot_be_started_around_its_approvals(tmp_path: Path) -> None:
    run = awaiting(tmp_path)
    with pytest.raises(Refused, match="waits for one more person already"):
        run.start(by=make_operator("bo"))
    assert "step.started" not in kinds(run)


def test_a_draft_without_such_a_level_waits_for_nobody(tmp_path: Path) -> None:
    assert make_draft(tmp_path, [step("one", "true")]).start(by=make_user()).status == "queued"


def test_the_retrospective_begins_with_a_lone_approval(tmp_path: Path, move_time: Any) -> None:
    from incidents.caveats import caveats
    from incidents.story import Line
    from incidents.told import Told

    run = awaiting(tmp_path)
    move_time(timedelta(minutes=11))
    run.go_alone(by=make_operator("lea"), reason="nobody answers")
    events = run.stream.events.order_by("seq")
    lines = [Line(kind=one.kind, at=one.at, data=one.data, actor_name=one.actor_name, seq=one.seq) for one in events]
    assert caveats(Told(lines), [])[0] == "Lone approval: lea went on alone: nobody answers"
