"""The approval of a run's exact snapshot: by enough other people, in time, or alone by whoever leads when nobody answers."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from rollbacks import callers
from rollbacks.models.states import Refused, RunStatus
from timeline import domain_time
from timeline.models import Event

if TYPE_CHECKING:
    from rollbacks.models.approval import RunApproval
    from rollbacks.models.run import Run

# How long a snapshot waits for its approvals.
LIFETIME = timedelta(hours=1)


def ask(run: "Run", *, by: Any) -> None:
    """draft → awaiting approval. Inside the verb's transaction."""
    if run.status == RunStatus.AWAITING_APPROVAL:
        raise Refused(f"{run} waits for {people(missing(run))} already.")
    run.move_to(RunStatus.AWAITING_APPROVAL, requested_by=by, expires_at=domain_time.now() + LIFETIME)
    said = run.said(hash=run.snapshot_hash, needed=run.target.approvals_needed)
    Event.record(run.stream, "run.awaiting_approval", actor=by, data=said)


def standing(run: "Run", *, requester: Any = None) -> "list[RunApproval]":
    """Approvals that count now: of exactly this snapshot, not by the requester, by people who still may decide."""
    rows = run.approvals.filter(step_run=None, decision="approved", snapshot_hash=run.snapshot_hash)
    asked_by = run.requested_by_id or getattr(requester, "pk", None)
    found = rows.exclude(by=asked_by) if asked_by else rows
    return [one for one in found.select_related("by") if one.by.is_active and one.by.has_perm("rollbacks.operate")]


def missing(run: "Run", *, by: Any = None) -> int:
    """How many approvals are still wanted."""
    return max(0, max(1, run.target.approvals_needed) - len(standing(run, requester=by)))


def people(count: int) -> str:
    """ "one more person", "2 more people"."""
    return "one more person" if count == 1 else f"{count} more people"


def approve(run: "Run", *, by: Any, snapshot_hash: str | None) -> "Run":
    """See `Run.approve`."""
    from rollbacks.models import starting

    with transaction.atomic():
        older = type(run).locked(run.supersedes_id) if run.supersedes_id else None
        held = expect_in_time(run)
        if by is None or by.pk == held.requested_by_id:
            raise Refused("You asked for this run; a second person must approve it.")
        if not by.has_perm("rollbacks.operate"):
            raise Refused(f"{by} may not operate runs, so their approval does not count.")
        starting.expect_startable(held, snapshot_hash)
        decide(held, by, "approved", "")
        left = missing(held)
        Event.record(held.stream, "run.approved", actor=by, data=held.said(hash=held.snapshot_hash, missing=left))
        if not left:
            starting.queue(held, older, by=by)
    return held


def go_alone(run: "Run", *, by: Any, reason: str) -> "Run":
    """See `Run.go_alone`."""
    from rollbacks.models import starting

    if not reason.strip():
        raise Refused("Say why nobody else could approve, in a few words: the retrospective begins with it.")
    with transaction.atomic():
        older = type(run).locked(run.supersedes_id) if run.supersedes_id else None
        held = expect_in_time(run)
        expect_alone(held, by)
        starting.expect_startable(held, None)
        decide(held, by, "approved", reason, alone=True)
        asked = asked_at(held)
        waited = (domain_time.now() - asked).total_seconds() if asked else None
        # The retrospective begins with an approval that says `alone`.
        said = held.said(
            hash=held.snapshot_hash, alone=True, reason=reason, waited_seconds=waited, missing=missing(held)
        )
        Event.record(held.stream, "run.approved", actor=by, data=said)
        starting.queue(held, older, by=by)
    return held


def expect_alone(run: "Run", by: Any) -> None:
    """Only after the time that others had, and only whoever leads."""
    at = alone_from(run)
    if at is None:
        raise Refused(
            "Nobody may go on alone here (FIREBREAK_LONE_APPROVAL_MINUTES is 0). A second person must approve."
        )
    if domain_time.now() < at:
        raise Refused(f"Others may still answer: going on alone is possible from {at:%H:%M:%S} on.")
    if not callers.leads(run, by):
        raise Refused("Only the incident manager may go on alone.")


def asked_at(run: "Run") -> datetime | None:
    """When the approval was asked for; None while none is awaited."""
    waits = run.status == RunStatus.AWAITING_APPROVAL and run.expires_at is not None
    return run.expires_at - LIFETIME if waits and run.expires_at else None


def alone_from(run: "Run") -> datetime | None:
    """From when on whoever leads may go on alone; None: never."""
    asked, minutes = asked_at(run), settings.LONE_APPROVAL_MINUTES
    return asked + timedelta(minutes=minutes) if asked and minutes > 0 else None


def may_go_alone(run: "Run", person: Any) -> bool:
    """True when the button for it does something now."""
    at = alone_from(run)
    return at is not None and domain_time.now() >= at and callers.leads(run, person)


def reject(run: "Run", *, by: Any, reason: str) -> "Run":
    """See `Run.reject`."""
    if not reason.strip():
        raise Refused("Say why, in a few words: the reason stands on the timeline.")
    with transaction.atomic():
        held = expect_awaiting(run)
        decide(held, by, "rejected", reason)
        held.move_to(RunStatus.REJECTED, finished_at=domain_time.now(), detail=f"Refused by {by}: {reason}"[:500])
        Event.record(held.stream, "run.rejected", actor=by, data=held.said(reason=reason))
    return held


def expire(run: "Run") -> "Run":
    """See `Run.expire`."""
    with transaction.atomic():
        held = expect_awaiting(run)
        if held.expires_at is None or held.expires_at > domain_time.now():
            raise Refused(f"{held} may still be approved.")
        held.move_to(RunStatus.EXPIRED, finished_at=domain_time.now(), detail="Nobody approved in time.")
        Event.record(held.stream, "run.expired", data=held.said())
    return held


def expect_awaiting(run: "Run") -> "Run":
    held = type(run).locked(run.pk)
    if held.status != RunStatus.AWAITING_APPROVAL:
        raise Refused(f"{held} is {held.get_status_display().lower()} and waits for no approval.")
    return held


def expect_in_time(run: "Run") -> "Run":
    held = expect_awaiting(run)
    if held.expires_at and held.expires_at <= domain_time.now():
        raise Refused(f"The time to approve {held} is over. Make a new draft.")
    return held


def decide(run: "Run", by: Any, decision: str, reason: str, *, alone: bool = False) -> None:
    from rollbacks.models.approval import RunApproval

    said = {"at": timezone.now(), "decision": decision, "reason": reason[:500], "alone": alone}
    if alone:
        # One of several approvals may have been theirs already.
        run.approvals.filter(step_run=None, by=by).delete()
    try:
        with transaction.atomic():
            RunApproval.objects.create(run=run, by=by, snapshot_hash=run.snapshot_hash, **said)
    except IntegrityError:
        raise Refused("You have decided about this run already.") from None
