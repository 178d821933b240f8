"""How a person holds, resumes or stops a run, and the promise that passes meanwhile. What follows from it stands in `flow.py`."""

from typing import TYPE_CHECKING, Any

from django.db import transaction

from rollbacks.models import flow
from rollbacks.models.states import Refused, RunStatus, StepStatus
from timeline import domain_time
from timeline.models import Event

if TYPE_CHECKING:
    from rollbacks.models.run import Run


def pause(run: "Run", *, by: Any, reason: str = "") -> "Run":
    """See `Run.pause`."""
    with transaction.atomic():
        held = type(run).locked(run.pk)
        if held.status not in (RunStatus.RUNNING, RunStatus.WAITING):
            raise Refused(f"{held} is {held.get_status_display().lower()}; only a run at work can be paused.")
        if held.steps.filter(status=StepStatus.RUNNING).exists():
            held.pause_requested_at = domain_time.now()
            held.save(update_fields=["pause_requested_at"])
            Event.record(held.stream, "run.pause_requested", actor=by, data=held.said(reason=reason))
        else:
            held.move_to(RunStatus.PAUSED, detail=(reason or "A person asked to pause.")[:500])
            Event.record(
                held.stream, "run.paused", actor=by, data=held.said(reason=reason or "A person asked to pause.")
            )
    return held


def resume(run: "Run", *, by: Any) -> "Run":
    """See `Run.resume`."""
    with transaction.atomic():
        held = type(run).locked(run.pk)
        if held.status != RunStatus.PAUSED:
            raise Refused(f"{held} is {held.get_status_display().lower()}, not paused.")
        if step := held.undecided_step:
            raise Refused(f"{step} {flow.verb_of(step)}. Retry it or skip it with a reason, or stop the run.")
        held.move_to(RunStatus.RUNNING, detail="", pause_requested_at=None)
        Event.record(held.stream, "run.resumed", actor=by, data=held.said())
        flow.go_on(held)
        flow.advance_later(held)
    return held


def request_cancel(run: "Run", *, by: Any = None, kill: bool = False, reason: str = "") -> "Run":
    """See `Run.request_cancel`."""
    with transaction.atomic():
        held = type(run).locked(run.pk)
        if held.is_over:
            raise Refused(f"{held} is already over: {held.get_status_display().lower()}.")
        if held.cancel_requested_at and (held.kill_requested or not kill):
            raise Refused(f"{held} is already stopping.")
        said = held.said(kill=kill, reason=reason)
        changes = {"cancel_requested_at": held.cancel_requested_at or domain_time.now(), "kill_requested": kill}
        type(run).objects.filter(pk=held.pk).update(**changes, detail=reason[:500] or held.detail)
        held.refresh_from_db(fields=["cancel_requested_at", "kill_requested", "detail"])
        Event.record(held.stream, "run.cancel_requested", actor=by, data=said)
        if held.status in (RunStatus.DRAFT, RunStatus.AWAITING_APPROVAL, RunStatus.QUEUED):
            held.move_to(RunStatus.CANCELED, finished_at=domain_time.now())
            Event.record(held.stream, "run.canceled", actor=by, data=held.said(reason=reason))
        elif held.status in (RunStatus.RUNNING, RunStatus.WAITING, RunStatus.PAUSED):
            running = held.steps.filter(status=StepStatus.RUNNING).exists()
            held.move_to(RunStatus.CANCELING) if running else flow.stop(held)
        # With an unknown outcome it stays there: a person settles the step first, then the run stops.
    return held


def cross_promise(run: "Run") -> bool:
    """See `Run.cross_promise`."""
    with transaction.atomic():
        if (
            not type(run)
            .objects.filter(pk=run.pk, promise_crossed_at=None)
            .update(promise_crossed_at=domain_time.now())
        ):
            return False
        Event.record(run.stream, "promise.crossed", data=run.said(promise_seconds=run.promise_seconds))
    return True
