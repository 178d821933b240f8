"""The worker's verbs on a step that it has claimed (`claims.py`): record what became of it, or lose it.

A record and a loss are one guarded UPDATE each; the token is the fence (`WHERE token = …`). Leases use the database's clock.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from rollbacks.context import Outcome
from rollbacks.models import flow
from rollbacks.models.claims import Hands as Hands
from rollbacks.models.claims import TakenByOthers, take
from rollbacks.models.claims import claim as claim
from rollbacks.models.claims import claim_for as claim_for
from rollbacks.models.states import RunStatus, StepStatus
from timeline import domain_time, journal, statements
from timeline.models import Event
from timeline.statements import Statement

if TYPE_CHECKING:
    from rollbacks.models.run import Run
    from rollbacks.models.step_run import StepRun


def lease_end() -> models.ExpressionWrapper:
    """The database's now plus the lease."""
    return models.ExpressionWrapper(
        Now() + timedelta(seconds=settings.LEASE_SECONDS), output_field=models.DateTimeField()
    )


def record(step: "StepRun", outcome: Outcome, *, token: int, then: Hands | None = None) -> bool:
    """See `StepRun.record`. `then`: whoever has done this step takes the next one in the same transaction, where it needs
    nobody else; it is `run.taken` afterwards."""
    try:
        return recorded(step, outcome, token, then)
    except TakenByOthers:
        # All of that transaction is undone; the next step is then opened for everybody.
        return recorded(step, outcome, token, None)


def recorded(step: "StepRun", outcome: Outcome, token: int, then: Hands | None) -> bool:
    """Two messages to the database: what has ended, with what is looked at for it; then what follows."""
    with journal.together():
        if outcome.data.get("unconfirmed"):
            # Killed, and not dead: nobody knows what it does next.
            return not lose(step, expired=False, detail=outcome.detail)
        run, changes, ended, ahead = write_end(step, outcome, token)
        run.hands_free, run.opened, run.taken = then is not None, None, None
        if ended.count == 0:
            record_late(step, outcome, token)
            return False
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
        flow.step_ended(run, step, ahead=lambda: ahead.first)
        if then is not None and run.opened is not None:
            take_opened(run, run.opened, then)
    return True


Ended = tuple["Run", dict[str, Any], Statement, "statements.Objects[StepRun]"]


def write_end(step: "StepRun", outcome: Outcome, token: int) -> Ended:
    """Locks the run, then ends the step and its attempt under the token, and locks the stream. Gives back the run, what was
    changed, the statement that did it (or did not), and the step that comes next."""
    from rollbacks.models import Attempt, Run

    run = step.run = step.run if step.run.knows_its_place else Run.locked(step.run_id)
    changes = {
        "status": outcome.status,
        "exit_code": outcome.exit_code,
        "detail": outcome.detail[:500],
        "outcome": outcome.data,
        "finished_at": domain_time.now(),
        "lease_until": None,
    }
    held = run.to_look_again()
    ended = statements.to_update(type(step), {"id": step.pk, "token": token, "status": StepStatus.RUNNING}, changes)
    seen = {"finished_at": timezone.now(), "outcome": outcome.status}
    attempt = statements.to_update(
        Attempt, {"step_run": step.pk, "token": token, "outcome": ""}, seen, only=ITS_STEP_ENDED
    )
    ahead, head = flow.to_find_next(run.pk), journal.head_of(run.stream)
    statements.ask(held, ended, attempt, ahead, head)
    run.seen_again(held.row)
    journal.knows(run.stream, head.row)
    return run, changes, ended, ahead


# The attempt ends with its step, in the same message: not where the step was somebody else's by then.
ITS_STEP_ENDED = """EXISTS (SELECT 1 FROM rollbacks_steprun WHERE rollbacks_steprun.id = rollbacks_attempt.step_run_id
    AND rollbacks_steprun.token = rollbacks_attempt.token AND rollbacks_steprun.status <> 'running')"""


def take_opened(run: "Run", step: "StepRun", hands: Hands) -> None:
    """The step that `flow` has opened goes to the same worker at once; else it is queued, as for everybody."""
    if take(step, run, hands):
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
