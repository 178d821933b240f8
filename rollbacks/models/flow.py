"""What follows when a step has ended, when a person holds or stops a run, and how a run ends.

Every function here expects, or takes, the run's row lock; the events go to the stream after it (lock order: run, then
stream).
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from rollbacks.models.states import Refused, RunKind, RunStatus, StepStatus
from timeline import domain_time, statements
from timeline.models import Event

if TYPE_CHECKING:
    from rollbacks.models.run import Run
    from rollbacks.models.step_run import StepRun

UNDECIDED = (StepStatus.FAILED, StepStatus.TIMED_OUT, StepStatus.REJECTED, StepStatus.EXPIRED)
OPEN = (StepStatus.QUEUED, StepStatus.WAITING)
# How long an approval step waits for a person before it expires.
APPROVAL_LIFETIME = timedelta(hours=1)
FIRST_NUDGE_SECONDS = 5


def go_on(run: "Run") -> None:
    """Opens the next step of a running run, holds it when a person asked for that, or ends it."""
    if run.cancel_requested_at:
        stop(run)
    elif run.pause_requested_at:
        hold(run, "A person asked to pause.")
    elif (step := next_of(run)) is None:
        finish(run)
    elif step.status == StepStatus.WAITING:
        wait_for(run, step)
    elif step.status == StepStatus.PENDING:
        open_step(run, step)


def next_of(run: "Run") -> "StepRun | None":
    """The step that is queued, else the one that waits, else the first that has not begun. One query."""
    return statements.first(
        run.steps.model,
        "WHERE run_id = %s AND status IN ('queued', 'waiting', 'pending') "
        "ORDER BY CASE status WHEN 'queued' THEN 0 WHEN 'waiting' THEN 1 ELSE 2 END, position LIMIT 1",
        [run.pk],
    )


def open_step(run: "Run", step: "StepRun") -> None:
    """pending → queued for a worker, or → waiting for a person or the clock."""
    step.run = run
    if step.kind == "manual":
        step.move_to(StepStatus.WAITING, "step.waiting", started_at=domain_time.now(), data={"for": "confirmation"})
    elif step.kind == "approval" or step.is_gate:
        at = domain_time.now()
        step.move_to(
            StepStatus.WAITING,
            "step.waiting",
            started_at=at,
            expires_at=at + APPROVAL_LIFETIME,
            data={"for": "approval"},
        )
    elif step.kind == "wait" and (seconds := step.definition.get("wait_seconds")) is not None:
        at = domain_time.now()
        wake_at = at + timedelta(seconds=float(seconds))
        step.move_to(
            StepStatus.WAITING, "step.waiting", started_at=at, wake_at=wake_at, data={"for": "time", "until": wake_at}
        )
    elif run.hands_free:
        run.opened = step  # for the worker that has just ended the step before: `leases.record`
        return
    else:
        step.move_to(StepStatus.QUEUED)
        return
    wait_for(run, step)


def wait_for(run: "Run", step: "StepRun") -> None:
    """running → waiting, naming the step."""
    if run.status != RunStatus.WAITING:
        run.move_to(RunStatus.WAITING, detail="")
        Event.record(run.stream, "run.waiting", data=run.said(step=step.pk, title=step.title, until=step.wake_at))


def step_ended(run: "Run", step: "StepRun") -> None:
    """Decides what follows a step that has just ended: go on, try again, hold, or stop."""
    step.run = run
    if run.status == RunStatus.CANCELING or run.cancel_requested_at:
        stop(run)
        return
    if run.status != RunStatus.RUNNING:
        run.move_to(RunStatus.RUNNING, detail="")
    if step.status in (StepStatus.SUCCEEDED, StepStatus.SKIPPED):
        go_on(run)
    elif may_retry(step):
        step.move_to(
            StepStatus.QUEUED, "step.retried", data={"reason": f"Attempt {step.attempt} failed: {step.detail}"}
        )
    else:
        follow_policy(run, step)


def may_retry(step: "StepRun") -> bool:
    """True for the declared retries of a step that may run twice.

    A `once` step is never started again without a person.
    """
    return (
        step.status in (StepStatus.FAILED, StepStatus.TIMED_OUT)
        and step.effect in ("read", "idempotent")
        and step.attempt <= int(step.definition.get("retries") or 0)
    )


def follow_policy(run: "Run", step: "StepRun") -> None:
    """`on_failure`: ask, abort, continue or goto:<name>. Own checks and evidence never stop a run."""
    policy = str(step.definition.get("on_failure") or "ask")
    if not step.is_critical or run.kind == RunKind.EVIDENCE or policy == "continue":
        decide(step)
        go_on(run)
    elif policy == "abort":
        decide(step)
        fail(run, step)
    elif policy.startswith("goto:") and jump(run, step, policy.removeprefix("goto:").strip()):
        decide(step)
        go_on(run)
    else:
        hold(run, f"{step} {verb_of(step)}: {step.detail}".strip(), step=step)


def verb_of(step: "StepRun") -> str:
    """ "failed", "timed out", "was refused" or "expired"."""
    return {StepStatus.TIMED_OUT: "timed out", StepStatus.REJECTED: "was refused", StepStatus.EXPIRED: "expired"}.get(
        StepStatus(step.status), "failed"
    )


def jump(run: "Run", step: "StepRun", name: str) -> bool:
    """Passes over the steps between here and the named one; False when it does not lie ahead, so that a person is
    asked."""
    goal = run.steps.filter(name=name, status=StepStatus.PENDING, position__gt=step.position).first()
    if goal is None:
        return False
    between = run.steps.filter(status=StepStatus.PENDING, position__gt=step.position, position__lt=goal.position)
    for passed in between:
        reason = f"Passed over: {step} {verb_of(step)} and its plan goes on with {goal}."
        passed.run = run
        passed.move_to(StepStatus.SKIPPED, "step.skipped", skipped_reason=reason[:500], data={"reason": reason})
    return True


def decide(step: "StepRun") -> None:
    """The failure needs no person any more."""
    type(step).objects.filter(pk=step.pk).update(decided=True)
    step.decided = True


def hold(run: "Run", reason: str, *, step: "StepRun | None" = None) -> None:
    """running → paused, with the reason."""
    run.move_to(RunStatus.PAUSED, detail=reason[:500], pause_requested_at=None)
    more = {"step": step.pk, "title": step.title} if step else {}
    Event.record(run.stream, "run.paused", data=run.said(reason=reason, **more))


def fail(run: "Run", step: "StepRun") -> None:
    """The run ends as failed, or as timed out."""
    timed_out = step.status == StepStatus.TIMED_OUT
    reason = f"{step} {verb_of(step)}: {step.detail}".strip()
    run.move_to(
        RunStatus.TIMED_OUT if timed_out else RunStatus.FAILED, finished_at=domain_time.now(), detail=reason[:500]
    )
    kind = "run.timed_out" if timed_out else "run.failed"
    Event.record(run.stream, kind, data=run.said(step=step.pk, title=step.title, reason=reason))


def finish(run: "Run") -> None:
    """No step is left: succeeded, or failed when a critical step failed and the plan went on."""
    if run.kind != RunKind.EVIDENCE:
        for step in run.steps.filter(section="steps", status__in=UNDECIDED).order_by("position"):
            if step.is_critical:
                step.run = run
                fail(run, step)
                return
    run.move_to(RunStatus.SUCCEEDED, finished_at=domain_time.now(), detail="")
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None
    failed = run.steps.filter(status__in=UNDECIDED).count()
    Event.record(
        run.stream, "run.succeeded", data=run.said(seconds=seconds, failed_steps=failed, steps=run.steps.count())
    )


def stop(run: "Run") -> None:
    """The stopping run has nothing running: what was open ends, the clean-up of `on_cancel` runs once, then it is
    canceled."""
    if run.status != RunStatus.CANCELING:
        run.move_to(RunStatus.CANCELING)
    close_open_steps(run)
    last = run.steps.filter(attempt__gt=0).order_by("-started_at", "-position").first()
    goal = str((last.definition.get("on_cancel") if last else "") or "")
    cleanup = run.steps.filter(name=goal.removeprefix("goto:"), status=StepStatus.PENDING).first() if goal else None
    if cleanup:
        cleanup.run = run
        cleanup.move_to(StepStatus.QUEUED, is_cleanup=True)
        advance_later(run)
        return
    run.move_to(RunStatus.CANCELED, finished_at=domain_time.now())
    Event.record(run.stream, "run.canceled", data=run.said(reason=run.detail))


def close_open_steps(run: "Run") -> None:
    """What is queued or waits will not be done."""
    for step in run.steps.filter(status__in=OPEN):
        step.run = run
        step.move_to(StepStatus.CANCELED, "step.canceled", finished_at=domain_time.now(), wake_at=None, expires_at=None)


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
            raise Refused(f"{step} {verb_of(step)}. Retry it or skip it with a reason, or stop the run.")
        held.move_to(RunStatus.RUNNING, detail="", pause_requested_at=None)
        Event.record(held.stream, "run.resumed", actor=by, data=held.said())
        go_on(held)
        advance_later(held)
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
            held.move_to(RunStatus.CANCELING) if running else stop(held)
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


def advance_later(run: "Run") -> None:
    """Marks the hint as sent and sends it after the commit; `scan` sends it again when it was lost."""
    from rollbacks import tasks

    type(run).objects.filter(pk=run.pk).update(nudged_at=timezone.now(), nudge_seconds=FIRST_NUDGE_SECONDS)
    transaction.on_commit(lambda: tasks.hint(run.pk, run.queue), robust=True)
