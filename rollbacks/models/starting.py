"""A run's way from a draft to the queue: choose the procedure, render the snapshot, have it approved, take the slot."""

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from rollbacks.models import approving, flow
from rollbacks.models.states import ACTIVE, EXCLUSIVE, Conflict, Refused, RunKind, RunStatus, StepStatus
from timeline import domain_time
from timeline.models import Event, Stream

if TYPE_CHECKING:
    from rollbacks.models.run import Run
    from rollbacks.models.step_run import StepRun
    from rollbacks.models.target import Target


def draft(
    *,
    target: "Target",
    revision: Any,
    kind: str,
    stream: Stream | str,
    level: int | None = None,
    by: Any = None,
    params: dict[str, str] | None = None,
    supersedes: "Run | None" = None,
    undoes: "Run | None" = None,
    undoes_step: "StepRun | None" = None,
    matrix_seconds: float | None = None,
) -> "Run":
    """A new run that has no snapshot yet. Raises Refused when the revision has no such procedure.

    `undoes_step` makes the undo one of that step alone: the run itself then still stands.
    """
    from rollbacks.models import Run

    if undoes_step is not None:
        expect_undoable(undoes_step)
    if kind == RunKind.UNDO:
        undone = undoes_step.run if undoes_step else undoes
        if undone is None:
            raise Refused("An undo needs the run that it undoes.")
        # The same words that were carried out are undone: their revision, their level.
        revision, level = undone.revision, undone.level
    described = level_of(revision, level)
    if kind in (RunKind.ROLLBACK, RunKind.DRILL) and described is None:
        raise Refused(f"{revision} has no level {level}.")
    with transaction.atomic():
        run = Run.objects.create(
            target=target,
            service=target.service,
            environment=target.environment,
            revision=revision,
            stream=Stream.named(stream) if isinstance(stream, str) else stream,
            kind=kind,
            level=level,
            level_name=str((described or {}).get("name") or (described or {}).get("title") or "")[:200],
            given={name: str(value) for name, value in (params or {}).items()},
            promise_seconds=(described or {}).get("promise_seconds"),
            matrix_seconds=matrix_seconds,
            requested_by=by,
            supersedes=supersedes,
            undoes=undoes,
            undoes_step=undoes_step,
        )
        Event.record(run.stream, "run.drafted", actor=by, data=run.said())
    return run


def expect_undoable(step: "StepRun") -> None:
    """A step of a run that is over, which was done and names its way back."""
    if not step.run.is_over:
        raise Refused(f"{step.run} is still {step.run.get_status_display().lower()}. Stop it first.")
    if step.status != StepStatus.SUCCEEDED:
        raise Refused(f"{step} is {step.get_status_display().lower()}: there is nothing of it to undo.")
    if not step.definition.get("undo"):
        raise Refused(f"{step} names no undo= in its plan. Undo the whole run, or take it back by hand.")


def level_of(revision: Any, level: int | None) -> dict[str, Any] | None:
    """The compiled level with this number."""
    return next((one for one in revision.compiled.get("levels", []) if one.get("number") == level), None)


def gather(*, target: "Target", revision: Any, stream: Stream | str, by: Any = None) -> "Run":
    """See `Run.gather`."""
    from rollbacks.models import Run

    with transaction.atomic():
        run = Run.draft(target=target, revision=revision, kind=RunKind.EVIDENCE, stream=stream, by=by)
        run.starts_by_itself = True
        run.save(update_fields=["starts_by_itself"])
        prepare_later(run)
    return run


def prepare(run: "Run", *, params: dict[str, str] | None = None) -> "Run":
    """See `Run.prepare`. The reads run outside of any transaction of ours; the result is written in one."""
    from rollbacks import preparing

    if run.status != RunStatus.DRAFT:
        raise Refused(f"{run} is {run.get_status_display().lower()}; its snapshot does not change any more.")
    given = run.given if params is None else {name: str(value) for name, value in params.items()}
    rendered = preparing.render_for(run, given)
    changes = {
        "given": given,
        "params": rendered.snapshot["params"],
        "snapshot": rendered.snapshot,
        "snapshot_hash": rendered.hash,
        "problems": rendered.problems,
        "seen_there": preparing.seen_there(run.target),
        "prepared_at": domain_time.now(),
    }
    with transaction.atomic():
        if (
            not type(run)
            .objects.filter(pk=run.pk, status=RunStatus.DRAFT, token=run.token)
            .update(**changes, token=run.token + 1)
        ):
            raise Refused(f"{run} has changed meanwhile. Look again.")
        run.refresh_from_db()
        Event.record(run.stream, "run.prepared", data=run.said(hash=run.snapshot_hash, problems=len(run.problems)))
    if run.starts_by_itself and not run.problems:
        start(run, by=run.requested_by, snapshot_hash=run.snapshot_hash)
    return run


def prepare_later(run: "Run") -> None:
    """See `Run.prepare_later`."""
    from rollbacks import tasks

    at = domain_time.now()
    type(run).objects.filter(pk=run.pk).update(
        prepare_requested_at=at, prepared_at=None, nudged_at=timezone.now(), nudge_seconds=5
    )
    run.prepare_requested_at, run.prepared_at = at, None
    transaction.on_commit(lambda: tasks.hint_prepare(run.pk, run.preparing_queue), robust=True)


def start(run: "Run", *, by: Any, snapshot_hash: str | None) -> "Run":
    """See `Run.start`."""
    with transaction.atomic():
        older = type(run).locked(run.supersedes_id) if run.supersedes_id else None
        held = type(run).locked(run.pk)
        expect_startable(held, snapshot_hash)
        if held.needs_second_person and approving.missing(held, by=by):
            approving.ask(held, by=by)
            return held
        queue(held, older, by=by)
    return held


def expect_startable(run: "Run", snapshot_hash: str | None) -> None:
    """Raises Refused with the first reason why this run cannot start."""
    from rollbacks.snapshot import hash_of

    if run.status not in (RunStatus.DRAFT, RunStatus.AWAITING_APPROVAL):
        raise Refused(f"{run} was started already: it is {run.get_status_display().lower()}.")
    if not run.prepared_at:
        raise Refused("The steps are not rendered yet. Wait a moment, then look again.")
    if run.problems:
        raise Refused(f"{run} cannot start: {run.problems[0]}")
    if snapshot_hash is not None and snapshot_hash != run.snapshot_hash:
        raise Refused("The steps have changed since this page was drawn. Nothing was started; read them again.")
    if hash_of(run.snapshot) != run.snapshot_hash:
        raise Refused("The stored steps do not match their hash. Nothing was started; make a new draft.")
    revision = type(run.revision).objects.get(pk=run.revision_id)
    # Undo and evidence of a revision that was withdrawn meanwhile stay possible: they are the way back, and they only
    # read.
    if run.kind not in (RunKind.UNDO, RunKind.EVIDENCE) and not revision.may_run:
        raise Refused(revision.why_not)
    if run.undoes is not None and not run.undoes.is_over:
        raise Refused(f"{run.undoes} is still {run.undoes.get_status_display().lower()}. Stop it first.")


def queue(run: "Run", older: "Run | None", *, by: Any) -> None:
    """Takes the slot and queues the run: one transaction, so that exactly one run holds the slot at every instant."""
    if older is not None and older.is_active:
        take_over(older, run, by=by)
    make_steps(run)
    at = domain_time.now()
    try:
        with transaction.atomic():
            run.move_to(RunStatus.QUEUED, queued_at=at, requested_by=run.requested_by or by, expires_at=None)
    except IntegrityError:
        holder = (
            type(run)
            .objects.filter(service=run.service, environment=run.environment, kind__in=EXCLUSIVE, status__in=ACTIVE)
            .first()
        )
        raise Conflict(
            f"{holder or 'Another run'} is active already. Only one run at a time may change {run.target}.", holder
        ) from None
    # First, so that the worker hears of it before the pages do.
    flow.advance_later(run)
    Event.record(run.stream, "run.queued", actor=by, data=run.said(hash=run.snapshot_hash))


def take_over(older: "Run", run: "Run", *, by: Any) -> None:
    """The older run ends as superseded. Refused while one of its steps runs or its outcome is unknown."""
    if (older.service_id, older.environment_id) != (run.service_id, run.environment_id):
        raise Refused(f"{older} belongs to another service or environment; it cannot be taken over.")
    step = older.steps.filter(status__in=[StepStatus.RUNNING, StepStatus.LOST]).first()
    if step is not None:
        now = "is running" if step.status == StepStatus.RUNNING else "has an unknown outcome"
        raise Refused(f"{older} cannot be taken over: {step} {now}. Stop it or settle it first.")
    flow.close_open_steps(older)
    older.move_to(RunStatus.SUPERSEDED, finished_at=domain_time.now(), detail=f"Taken over by {run}.")
    Event.record(older.stream, "run.superseded", actor=by, data=older.said(by=run.pk, by_name=str(run)))


def make_steps(run: "Run") -> None:
    """One row for each rendered step; those that the snapshot leaves out are skipped with its reason."""
    from rollbacks.models import StepRun
    from rollbacks.snapshot import sequence_of

    run.steps.all().delete()
    rows = []
    for position, step in enumerate(sequence_of(run.snapshot), start=1):
        reason = str(step.get("skip") or "")
        rows.append(
            StepRun(
                run=run,
                position=position,
                section=step["section"],
                name=step["name"][:100],
                number=str(step.get("number") or "")[:20],
                title=str(step.get("title") or step.get("item") or step["name"])[:300],
                definition=step,
                kind=step["kind"],
                effect=step.get("effect") or "read",
                status=StepStatus.SKIPPED if reason else StepStatus.PENDING,
                skipped_reason=reason[:500],
            )
        )
    StepRun.objects.bulk_create(rows)
