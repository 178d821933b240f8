"""The worker's verbs on a step: claim it under a lease, record what became of it, or lose it.

A claim, a record and a loss are one guarded UPDATE each; the token is the fence (`WHERE token = …`). Leases use the
database's clock.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from rollbacks.context import Outcome
from rollbacks.models import flow
from rollbacks.models.states import RunStatus, StepStatus
from rollbacks.snapshot import hash_of, sequence_of
from timeline import domain_time
from timeline.models import Event

if TYPE_CHECKING:
    from rollbacks.models.run import Run
    from rollbacks.models.step_run import StepRun

SNAPSHOT_CHANGED = "The snapshot is not the one that was approved. Nothing was started; make a new draft."


def claim(run_id: int, *, owner: str, host: str, boot_id: str = "", at_work: bool = False) -> "StepRun | None":
    """The next step of a run, running under this owner's lease, with its Attempt row as `claimed`; None when there is
    nothing to claim. `at_work`: the caller has just done a step of this run, so that there is probably another."""
    from rollbacks.models import Attempt, Run

    if not at_work and not something_to_claim(run_id):
        return None  # 49 of 50 duplicate hints end here, without the write lock
    with transaction.atomic():
        step = queued_step(run_id) if at_work else first_step(run_id)
        if step is None:
            return None
        run = step.run
        if not is_approved(step, run) or not take(step, owner):
            return None
        step.claimed = Attempt.objects.create(
            step_run=step,
            number=step.attempt,
            token=step.token,
            owner=owner,
            host=host,
            boot_id=boot_id,
            started_at=timezone.now(),
        )
        if run.started_at is None and step.section == step.Section.STEPS:
            Run.objects.filter(pk=run.pk).update(started_at=step.started_at)
            run.started_at = step.started_at
        Event.record(run.stream, "step.started", data=step.said(owner=owner, effect=step.effect))
    return step


def first_step(run_id: int) -> "StepRun | None":
    """The queued step of a run that may have to begin first, with the run's row locked."""
    from rollbacks.models import Run

    run = Run.locked(run_id)
    if run.status == RunStatus.QUEUED:
        begin(run)
    step = run.steps.filter(status=StepStatus.QUEUED).order_by("position").first()
    if step is not None:
        step.run = run
    return step


def queued_step(run_id: int) -> "StepRun | None":
    """The queued step with its run, whose row is locked, in one query; `take` looks whether it is still so."""
    from rollbacks.models import StepRun

    with_run = ("run__target", "run__service", "run__environment", "run__stream")
    locked = StepRun.objects.select_for_update(of=("run",)).select_related(*with_run)
    return locked.filter(run_id=run_id, status=StepStatus.QUEUED).order_by("position").first()


def something_to_claim(run_id: int) -> bool:
    """A cheap look without a lock."""
    from rollbacks.models import Run

    work = Q(status=RunStatus.QUEUED) | Q(steps__status=StepStatus.QUEUED)
    return Run.objects.filter(work, pk=run_id).exists()


def begin(run: "Run") -> None:
    """queued → running, by whoever claims first; only the snapshot that was queued is begun.

    The message that brought us here held the run's number only: what is executed is compared with the hash that the
    timeline, which is chained, kept when a person started the run.
    """
    run.move_to(RunStatus.RUNNING)
    Event.record(run.stream, "run.started", data=run.said())
    queued = Event.objects.filter(stream=run.stream, kind="run.queued", data__run=run.pk).order_by("-seq").first()
    if queued is None or hash_of(run.snapshot) != run.snapshot_hash or queued.data.get("hash") != run.snapshot_hash:
        refuse_changed(run)
        return
    flow.go_on(run)


def is_approved(step: "StepRun", run: "Run") -> bool:
    """Looked at before each step: its text is the one of the snapshot, and the snapshot has the run's hash."""
    rows = sequence_of(run.snapshot)
    same = 0 < step.position <= len(rows) and rows[step.position - 1] == step.definition
    if same and hash_of(run.snapshot) == run.snapshot_hash:
        return True
    if run.status in (RunStatus.RUNNING, RunStatus.CANCELING):
        refuse_changed(run)
    return False


def refuse_changed(run: "Run") -> None:
    """The run ends; nothing of the changed text is started."""
    status = RunStatus.CANCELED if run.status == RunStatus.CANCELING else RunStatus.FAILED
    flow.close_open_steps(run)
    run.move_to(status, finished_at=domain_time.now(), detail=SNAPSHOT_CHANGED)
    Event.record(run.stream, f"run.{status}", data=run.said(reason=SNAPSHOT_CHANGED))


def take(step: "StepRun", owner: str) -> bool:
    """queued → running by compare-and-swap: one of many wins."""
    allowed = Q(run__status=RunStatus.RUNNING, run__cancel_requested_at=None) | Q(
        is_cleanup=True, run__status=RunStatus.CANCELING
    )
    changes: dict[str, Any] = {
        "status": StepStatus.RUNNING,
        "attempt": step.attempt + 1,
        "token": step.token + 1,
        "owner": owner,
        "started_at": domain_time.now(),
        "finished_at": None,
        "exit_code": None,
        "detail": "",
        "outcome": {},
        "verify_answer": None,
    }
    # The row as we read it under the run's lock, or nothing.
    mine = type(step).objects.filter(
        allowed, pk=step.pk, status=StepStatus.QUEUED, token=step.token, attempt=step.attempt
    )
    if not mine.update(**changes, lease_until=lease_end()):
        return False
    for name, value in changes.items():
        setattr(step, name, value)
    return True


def lease_end() -> models.ExpressionWrapper:
    """The database's now plus the lease."""
    return models.ExpressionWrapper(
        Now() + timedelta(seconds=settings.LEASE_SECONDS), output_field=models.DateTimeField()
    )


def record(step: "StepRun", outcome: Outcome, *, token: int) -> bool:
    """See `StepRun.record`."""
    from rollbacks.models import Attempt, Run

    with transaction.atomic():
        run = Run.locked(step.run_id, known=step.run)
        step.run = run
        if outcome.data.get("unconfirmed"):
            # Killed, and not dead: nobody knows what it does next.
            return not lose(step, expired=False, detail=outcome.detail)
        changes = {
            "status": outcome.status,
            "exit_code": outcome.exit_code,
            "detail": outcome.detail[:500],
            "outcome": outcome.data,
            "finished_at": domain_time.now(),
            "lease_until": None,
        }
        rows = type(step).objects.filter(pk=step.pk, token=token, status=StepStatus.RUNNING)
        if not rows.update(**changes):
            record_late(step, outcome, token)
            return False
        Attempt.objects.filter(step_run=step, token=token).update(finished_at=timezone.now(), outcome=outcome.status)
        for name, value in changes.items():
            setattr(step, name, value)
        if step.section == step.Section.BEFORE:
            run.remember_state(outcome.data.get("answers", {}))
        said: dict[str, object] = {
            "exit_code": step.exit_code,
            "seconds": step.seconds,
            "detail": step.detail,
            "hash": outcome.data.get("output_sha256"),
        }
        Event.record(run.stream, f"step.{outcome.status}", data=step.said(**said))
        flow.step_ended(run, step)
    return True


def record_late(step: "StepRun", outcome: Outcome, token: int) -> None:
    """What a worker saw after somebody else had decided about its step: an event, never an outcome."""
    late = {"outcome": outcome.status, "exit_code": outcome.exit_code, "detail": outcome.detail, "late_token": token}
    Event.record(step.run.stream, "step.late_result", data=step.said(**late))


def note_late(step: "StepRun", outcome: Outcome, *, token: int) -> bool:
    """Records a late result where the token is stale; False, and nothing, while it is not."""
    from rollbacks.models import Run

    with transaction.atomic():
        step.run = Run.locked(step.run_id)
        if type(step).objects.filter(pk=step.pk, token=token, status=StepStatus.RUNNING).exists():
            return False
        record_late(step, outcome, token)
    return True


def extend(step: "StepRun") -> bool:
    """A new lease for a detached step that goes on without its worker; False when somebody decided meanwhile."""
    mine = type(step).objects.filter(pk=step.pk, token=step.token, status=StepStatus.RUNNING)
    return bool(mine.update(lease_until=lease_end()))


def expired_leases() -> "models.QuerySet[StepRun]":
    """Steps whose worker has not renewed in time, by the database's clock."""
    from rollbacks.models import StepRun

    return StepRun.objects.filter(status=StepStatus.RUNNING, lease_until__lt=Now())


NO_SIGN = "Its worker gave no sign of life; nobody saw how it ended."


def lose(step: "StepRun", *, expired: bool = True, detail: str = NO_SIGN) -> bool:
    """See `StepRun.lose`. `expired=False`: its own worker gives it up while the lease still holds."""
    from rollbacks.models import Attempt, Run

    with transaction.atomic():
        run = Run.locked(step.run_id)
        late = type(step).objects.filter(pk=step.pk, status=StepStatus.RUNNING, token=step.token)
        late = late.filter(lease_until__lt=Now()) if expired else late
        if not late.update(status=StepStatus.LOST, token=F("token") + 1, lease_until=None, detail=detail):
            return False
        Attempt.objects.filter(step_run=step, token=step.token).update(outcome=StepStatus.LOST)
        step.refresh_from_db()
        step.run = run
        Event.record(run.stream, "step.lost", data=step.said(owner=step.owner, detail=detail))
        if run.status != RunStatus.NEEDS_OPERATOR:
            run.move_to(RunStatus.NEEDS_OPERATOR, detail=f"{step}: {detail}"[:500])
        Event.record(run.stream, "run.needs_operator", data=run.said(step=step.pk, title=step.title))
    return True
