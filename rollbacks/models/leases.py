"""The worker's verbs on a step: claim it under a lease, record what became of it, or lose it.

A claim, a record and a loss are one guarded UPDATE each; the token is the fence (`WHERE token = …`). Leases use the
database's clock.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from rollbacks.context import Outcome
from rollbacks.models import flow
from rollbacks.models.states import RunStatus, StepStatus
from rollbacks.snapshot import hash_of, sequence_of
from timeline import domain_time, journal, statements
from timeline.models import Event

if TYPE_CHECKING:
    from rollbacks.models.run import Run
    from rollbacks.models.step_run import StepRun

SNAPSHOT_CHANGED = "The snapshot is not the one that was approved. Nothing was started; make a new draft."


@dataclass(frozen=True)
class Hands:
    """Who claims: the worker's name, its host and that host's boot."""

    owner: str
    host: str
    boot_id: str = ""


def claim(run_id: int, *, owner: str, host: str, boot_id: str = "", at_work: bool = False) -> "StepRun | None":
    """The next step of a run, running under this owner's lease, with its Attempt row as `claimed`; None when there is
    nothing to claim. `at_work`: the caller has just done a step of this run, so that there is probably another."""
    if not at_work and not something_to_claim(run_id):
        return None  # 49 of 50 duplicate hints end here, without the write lock
    with journal.together():
        step = queued_step(run_id) if at_work else first_step(run_id)
        return step if step is not None and taken(step, step.run, Hands(owner, host, boot_id)) else None


def taken(step: "StepRun", run: "Run", hands: Hands) -> bool:
    """The step is this worker's, with its attempt's row and its event; False when it is not to be had."""
    from rollbacks.models import Attempt, Run

    if not is_approved(step, run) or not take(step, hands.owner):
        return False
    step.claimed = Attempt(
        step_run=step,
        number=step.attempt,
        token=step.token,
        owner=hands.owner,
        host=hands.host,
        boot_id=hands.boot_id,
        started_at=timezone.now(),
    )
    statements.insert([step.claimed])
    if run.started_at is None and step.section == step.Section.STEPS:
        Run.objects.filter(pk=run.pk).update(started_at=step.started_at)
        run.started_at = step.started_at
    Event.record(run.stream, "step.started", data=step.said(owner=hands.owner, effect=step.effect))
    return True


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
    if run.rows is None or run.proved_hash != run.snapshot_hash:
        # Once for each look at the run's row: the snapshot that this worker holds in memory does not change any more.
        run.proved_hash = run.snapshot_hash if hash_of(run.snapshot) == run.snapshot_hash else None
        run.rows = sequence_of(run.snapshot)
    same = 0 < step.position <= len(run.rows) and run.rows[step.position - 1] == step.definition
    if same and run.proved_hash == run.snapshot_hash:
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


# Looked at in the same statement as the claim itself.
RUN_ALLOWS = """EXISTS (SELECT 1 FROM rollbacks_run WHERE rollbacks_run.id = rollbacks_steprun.run_id AND (
    (rollbacks_run.status = 'running' AND rollbacks_run.cancel_requested_at IS NULL)
    OR (rollbacks_steprun.is_cleanup AND rollbacks_run.status = 'canceling')))"""


def take(step: "StepRun", owner: str) -> bool:
    """queued → running by compare-and-swap: one of many wins. A step that `flow.open_step` has just opened for this worker
    was never written as queued: it is still pending."""
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
    mine = {"id": step.pk, "status": step.status, "token": step.token, "attempt": step.attempt}
    if not statements.update(type(step), mine, changes, plus=lease_until(), only=RUN_ALLOWS):
        return False
    for name, value in changes.items():
        setattr(step, name, value)
    return True


def lease_until() -> str:
    """ "lease_until = …" in the database's own words: its now plus the lease."""
    seconds = float(settings.LEASE_SECONDS)
    if connection.vendor == "sqlite":
        return f"lease_until = strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '{seconds:+f} seconds')"
    return f"lease_until = STATEMENT_TIMESTAMP() + interval '{seconds:f} seconds'"


def lease_end() -> models.ExpressionWrapper:
    """The database's now plus the lease."""
    return models.ExpressionWrapper(
        Now() + timedelta(seconds=settings.LEASE_SECONDS), output_field=models.DateTimeField()
    )


def record(step: "StepRun", outcome: Outcome, *, token: int, then: Hands | None = None) -> bool:
    """See `StepRun.record`. `then`: whoever has done this step takes the next one in the same transaction, where it needs
    nobody else; it is `run.taken` afterwards."""
    from rollbacks.models import Attempt, Run

    with journal.together():
        run = step.run = Run.locked(step.run_id, known=step.run)
        run.hands_free, run.opened, run.taken = then is not None, None, None
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
        mine = {"id": step.pk, "token": token, "status": StepStatus.RUNNING}
        if not statements.update(type(step), mine, changes):
            record_late(step, outcome, token)
            return False
        seen = {"finished_at": timezone.now(), "outcome": outcome.status}
        statements.update(Attempt, {"step_run": step.pk, "token": token}, seen)
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
        if then is not None and run.opened is not None:
            take_opened(run, run.opened, then)
    return True


def take_opened(run: "Run", step: "StepRun", hands: Hands) -> None:
    """The step that `flow` has opened goes to the same worker at once; else it is queued, as for everybody."""
    if taken(step, run, hands):
        run.taken = step
    elif run.status == RunStatus.RUNNING:
        step.move_to(StepStatus.QUEUED)


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

    with journal.together():
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
