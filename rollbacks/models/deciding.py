"""What people say about a step: done, approved, refused, again, skip it, and what became of a lost one."""

import re
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone

from rollbacks.models import flow
from rollbacks.models.states import ACTIVE, Refused, RunStatus, StepStatus
from timeline import domain_time
from timeline.models import Event

if TYPE_CHECKING:
    from rollbacks.models.step_run import StepRun

SETTLEMENTS = {
    "succeeded": StepStatus.SUCCEEDED,
    "failed": StepStatus.FAILED,
    "skipped": StepStatus.SKIPPED,
    "again": StepStatus.QUEUED,
}


def confirm(step: "StepRun", *, by: Any, note: str = "") -> None:
    """See `StepRun.confirm`."""
    with transaction.atomic():
        now = held(step)
        expect_waiting(now)
        if now.kind != "manual":
            raise Refused(f"{now} is not a manual step: it asks for an approval or waits for a time.")
        at = domain_time.now()
        changes = {"finished_at": at, "detail": (note or f"Confirmed by {by}.")[:500]}
        now.move_to(StepStatus.SUCCEEDED, "step.confirmed", actor=by, data={"note": note}, **changes)
        end(now)


def approve(step: "StepRun", *, by: Any, reason: str = "") -> None:
    """See `StepRun.approve`."""
    with transaction.atomic():
        now = held(step)
        expect_waiting(now)
        needed, role = approvers_of(now)
        if now.kind != "approval" and not now.is_gate:
            raise Refused(f"{now} needs no approval.")
        if now.expires_at and now.expires_at <= domain_time.now():
            raise Refused(f"The time to approve {now} is over. Ask again with Retry.")
        expect_role(by, role)
        expect_another(now, by)
        decide(now, by, "approved", reason)
        given = now.approvals.filter(decision="approved").count()
        Event.record(
            now.run.stream,
            "step.approved",
            actor=by,
            data=now.said(given=given, needed=needed, role=role, reason=reason),
        )
        if given < needed:
            return
        if now.is_gate:
            now.move_to(StepStatus.QUEUED, started_at=None, expires_at=None)
            now.run.move_to(RunStatus.RUNNING)
            flow.advance_later(now.run)
            return
        now.move_to(StepStatus.SUCCEEDED, "step.succeeded", actor=by, finished_at=domain_time.now(), expires_at=None)
        end(now)


def reject(step: "StepRun", *, by: Any, reason: str) -> None:
    """See `StepRun.reject`."""
    expect_reason(reason)
    with transaction.atomic():
        now = held(step)
        expect_waiting(now)
        expect_role(by, approvers_of(now)[1])
        decide(now, by, "rejected", reason)
        detail = f"Refused by {by}: {reason}"[:500]
        now.move_to(
            StepStatus.REJECTED,
            "step.rejected",
            actor=by,
            data={"reason": reason},
            finished_at=domain_time.now(),
            detail=detail,
            expires_at=None,
        )
        end(now)


def retry(step: "StepRun", *, by: Any, reason: str = "") -> None:
    """See `StepRun.retry`."""
    with transaction.atomic():
        now = held(step)
        expect_undecided(now)
        now.run.move_to(RunStatus.RUNNING, detail="")
        if now.status in (StepStatus.REJECTED, StepStatus.EXPIRED):
            now.approvals.all().delete()
            at = domain_time.now()
            now.move_to(
                StepStatus.WAITING,
                "step.retried",
                actor=by,
                data={"reason": reason},
                started_at=at,
                expires_at=at + flow.APPROVAL_LIFETIME,
            )
            flow.wait_for(now.run, now)
        else:
            now.move_to(StepStatus.QUEUED, "step.retried", actor=by, data={"reason": reason})
        Event.record(now.run.stream, "run.resumed", actor=by, data=now.run.said())
        flow.advance_later(now.run)


def skip(step: "StepRun", *, by: Any, reason: str) -> None:
    """See `StepRun.skip`."""
    expect_reason(reason)
    with transaction.atomic():
        now = held(step)
        if now.status in flow.UNDECIDED:
            expect_undecided(now)
        elif now.status not in (StepStatus.PENDING, StepStatus.QUEUED, StepStatus.WAITING):
            raise Refused(f"{now} is {now.get_status_display().lower()}; it cannot be skipped.")
        if now.run.status not in (RunStatus.RUNNING, RunStatus.WAITING, RunStatus.PAUSED):
            raise Refused(f"{now.run} is {now.run.get_status_display().lower()}; its steps cannot be skipped now.")
        # Its turn has not come, or a person holds the run: then nothing follows yet.
        held_back = now.run.status == RunStatus.PAUSED and now.status not in flow.UNDECIDED
        later = now.status == StepStatus.PENDING or held_back
        now.move_to(
            StepStatus.SKIPPED,
            "step.skipped",
            actor=by,
            data={"reason": reason},
            skipped_reason=reason[:500],
            finished_at=domain_time.now(),
            wake_at=None,
            expires_at=None,
        )
        if not later:
            end(now)


def settle(step: "StepRun", *, by: Any, as_: str, reason: str) -> None:
    """See `StepRun.settle`."""
    expect_reason(reason)
    if by is None:
        raise Refused("Only a named person can say what became of a step.")
    if as_ not in SETTLEMENTS:
        raise Refused(f"A lost step is settled as {', '.join(SETTLEMENTS)}; “{as_}” is none of them.")
    with transaction.atomic():
        now = held(step)
        if now.status != StepStatus.LOST:
            raise Refused(f"{now} is {now.get_status_display().lower()}; there is nothing to settle.")
        if as_ == "again":
            expect_nothing_alive(now)
            if now.run.cancel_requested_at:
                raise Refused(f"{now.run} is stopping; {now} cannot run again. Settle it as it stands.")
        changes: dict[str, Any] = {"detail": f"Settled as {as_} by {by}: {reason}"[:500]}
        if as_ != "again":
            changes["finished_at"] = domain_time.now()
        now.move_to(SETTLEMENTS[as_], "step.settled", actor=by, data={"as": as_, "reason": reason}, **changes)
        if as_ == "skipped":
            type(now).objects.filter(pk=now.pk).update(skipped_reason=reason[:500])
        if as_ == "again":
            now.run.move_to(RunStatus.RUNNING, detail="")
            flow.advance_later(now.run)
        else:
            end(now)


def wake(step: "StepRun") -> bool:
    """See `StepRun.wake`."""
    with transaction.atomic():
        now = held(step)
        if (
            not (now.waits_for_time and now.wake_at and now.wake_at <= domain_time.now())
            or now.run.status != RunStatus.WAITING
        ):
            return False
        now.move_to(StepStatus.SUCCEEDED, "step.succeeded", finished_at=domain_time.now(), wake_at=None)
        end(now)
    return True


def expire(step: "StepRun") -> bool:
    """See `StepRun.expire`."""
    with transaction.atomic():
        now = held(step)
        if now.status != StepStatus.WAITING or not now.expires_at or now.expires_at > domain_time.now():
            return False
        if now.run.status != RunStatus.WAITING:
            return False
        now.move_to(
            StepStatus.EXPIRED,
            "step.expired",
            finished_at=domain_time.now(),
            expires_at=None,
            detail="Nobody approved in time.",
        )
        end(now)
    return True


def held(step: "StepRun") -> "StepRun":
    """The step as it is now, with its run's row locked."""
    run = type(step.run).locked(step.run_id)
    now = type(step).objects.get(pk=step.pk)
    now.run = run
    return now


def end(step: "StepRun") -> None:
    """What follows, and a hint for the workers."""
    flow.step_ended(step.run, step)
    if step.run.status in ACTIVE:
        flow.advance_later(step.run)


def expect_waiting(step: "StepRun") -> None:
    if step.status != StepStatus.WAITING or step.run.status != RunStatus.WAITING:
        raise Refused(f"{step} is {step.get_status_display().lower()} and does not wait for you. Look again.")


def expect_undecided(step: "StepRun") -> None:
    if step.status not in flow.UNDECIDED or step.decided or step.run.status != RunStatus.PAUSED:
        raise Refused(f"{step} is {step.get_status_display().lower()} and waits for no decision. Look again.")


def expect_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused("Say why, in a few words: the reason stands on the timeline.")


def expect_nothing_alive(step: "StepRun") -> None:
    """A second start beside a living first one is the accident that this page exists to prevent."""
    attempt = step.last_attempt
    living = [(one.pid, one.command) for one in attempt.in_the_way] if attempt else []
    if attempt and not attempt.is_here:
        # This process cannot see that host: what the look there found is what we know.
        living = [(one["pid"], one["command"]) for one in (step.verify_answer or {}).get("processes", [])]
    if living:
        who = ", ".join(f"{pid} ({command})" for pid, command in living[:3])
        raise Refused(f"A process of {step} still lives: {who}. End it first, or settle the step as it stands.")


def expect_role(by: Any, role: str) -> None:
    """Where a group has the role's name, the person must be in it; a role of the plan alone is recorded, not
    checked."""
    if role and Group.objects.filter(name__iexact=role).exists() and not by.groups.filter(name__iexact=role).exists():
        raise Refused(f"Only {role} can decide this.")


def expect_another(step: "StepRun", by: Any) -> None:
    """Where the run itself needed a second person, so does each step that waits for an approval; not where the one who
    leads had to go on alone."""
    run = step.run
    if not (step.is_gate and run.needs_second_person and run.requested_by_id and by is not None):
        return
    if by.pk == run.requested_by_id and not run.approvals.filter(alone=True).exists():
        raise Refused(f"You asked for this run: a second person must approve {step}.")


def approvers_of(step: "StepRun") -> tuple[int, str]:
    """`approve="2 of oncall-lead"` → (2, "oncall lead"); a bare role needs one."""
    wanted = str(step.definition.get("approve") or "").strip()
    match = re.fullmatch(r"(?:(\d+)\s+of\s+)?(.*)", wanted, re.DOTALL)
    count, role = (match.group(1), match.group(2)) if match else (None, wanted)
    return max(1, int(count or 1)), role.replace("-", " ").replace("_", " ").strip()


def decide(step: "StepRun", by: Any, decision: str, reason: str) -> None:
    from rollbacks.models.approval import RunApproval

    try:
        with transaction.atomic():
            RunApproval.objects.create(
                run=step.run,
                step_run=step,
                snapshot_hash=step.run.snapshot_hash,
                by=by,
                at=timezone.now(),
                decision=decision,
                reason=reason[:500],
            )
    except IntegrityError:
        raise Refused(f"You have decided about {step} already.") from None
