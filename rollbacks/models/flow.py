"""What follows when a step has ended, and how a run ends. How a person holds or stops one stands in `holding.py`.

Every function here expects, or takes, the run's row lock; the events go to the stream after it (lock order: run, then
stream).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from rollbacks.models.states import RunKind, RunStatus, StepStatus
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


def go_on(run: "Run", *, ahead: "Callable[[], StepRun | None] | None" = None) -> None:
    """Opens the next step of a running run, holds it when a person asked for that, or ends it. `ahead` gives what
    `next_of` would find, where it was asked already."""
    if run.cancel_requested_at:
        stop(run)
    elif run.pause_requested_at:
        hold(run, "A person asked to pause.")
    elif (step := ahead() if ahead else next_of(run)) is None:
        finish(run)
    elif step.status == StepStatus.WAITING:
        wait_for(run, step)
    elif step.status == StepStatus.PENDING:
        open_step(run, step)


def next_of(run: "Run") -> "StepRun | None":
    """The step that is queued, else the one that waits, else the first that has not begun. One query."""
    asked = to_find_next(run.pk)
    statements.ask(asked)
    return asked.first


def to_find_next(run_id: int) -> "statements.Objects[StepRun]":
    """The statement that `next_of` asks."""
    from rollbacks.models import StepRun

    return statements.to_find(
        StepRun,
        "WHERE run_id = %s AND status IN ('queued', 'waiting', 'pending') "
        "ORDER BY CASE status WHEN 'queued' THEN 0 WHEN 'waiting' THEN 1 ELSE 2 END, position LIMIT 1",
        [run_id],
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
        run.opened = step  # for the worker that is at it: it begins the run, or has just ended the step before
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


def step_ended(run: "Run", step: "StepRun", *, ahead: "Callable[[], StepRun | None] | None" = None) -> None:
    """Decides what follows a step that has just ended: go on, try again, hold, or stop. `ahead`: see `go_on`."""
    step.run = run
    if run.status == RunStatus.CANCELING or run.cancel_requested_at:
        stop(run)
        return
    if run.status != RunStatus.RUNNING:
        run.move_to(RunStatus.RUNNING, detail="")
    if step.status in (StepStatus.SUCCEEDED, StepStatus.SKIPPED):
        go_on(run, ahead=ahead)
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
    failed = list(run.steps.filter(status__in=UNDECIDED).order_by("position"))
    critical = [step for step in failed if step.is_critical and run.kind != RunKind.EVIDENCE]
    if critical:
        critical[0].run = run
        fail(run, critical[0])
        return
    run.move_to(RunStatus.SUCCEEDED, finished_at=domain_time.now(), detail="")
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None
    Event.record(
        run.stream, "run.succeeded", data=run.said(seconds=seconds, failed_steps=len(failed), steps=run.steps.count())
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


def advance_later(run: "Run") -> None:
    """Marks the hint as sent and sends it after the commit; `scan` sends it again when it was lost."""
    statements.update(type(run), {"id": run.pk}, {"nudged_at": timezone.now(), "nudge_seconds": FIRST_NUDGE_SECONDS})
    hint_after_commit(run)


def hint_after_commit(run: "Run") -> None:
    """Tells the workers of the run's queue to look at it."""
    from rollbacks import tasks

    transaction.on_commit(lambda: tasks.hint(run.pk, run.queue), robust=True)
