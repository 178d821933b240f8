"""The worker's first verb on a step: claim it under a lease. See `leases.py` for the others.

A claim is one guarded UPDATE: of many workers one wins. Leases use the database's clock.
"""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from rollbacks.models import flow
from rollbacks.models.driven import locked_with, to_lock
from rollbacks.models.states import RunStatus, StepStatus
from rollbacks.snapshot import hash_of, sequence_of
from timeline import domain_time, journal, statements
from timeline.models import Event

if TYPE_CHECKING:
    from rollbacks.models.run import Run
    from rollbacks.models.step_run import StepRun

SNAPSHOT_CHANGED = "The snapshot is not the one that was approved. Nothing was started; make a new draft."


class TakenByOthers(Exception):
    """Somebody else has changed the step since it was read; the transaction of this claim must be undone."""


@dataclass(frozen=True)
class Hands:
    """Who claims: the worker's name, its host and that host's boot, and the queue where it heard of the run."""

    owner: str
    host: str
    boot_id: str = ""
    queue: str = ""


def claim(run_id: int, *, owner: str, host: str, boot_id: str = "") -> "StepRun | None":
    """See `claim_for`."""
    return claim_for(Hands(owner, host, boot_id), run_id)


def claim_for(hands: Hands, run_id: int, *, at_work: bool = False) -> "StepRun | None":
    """The next step of a run, running under these hands' lease, with its Attempt row as `claimed`; None when there is
    nothing to claim. `at_work`: they have just done a step of this run, so that there is probably another."""
    if not at_work and not something_to_claim(run_id):
        return None  # 49 of 50 duplicate hints end here, without the write lock
    try:
        with journal.together():
            step = queued_step(run_id, hands.queue)
            return step if step is not None and take(step, step.run, hands) else None
    except TakenByOthers:
        return None


def something_to_claim(run_id: int) -> bool:
    """A cheap look without a lock."""
    from rollbacks.models import Run

    waits = "EXISTS (SELECT 1 FROM rollbacks_steprun WHERE run_id = rollbacks_run.id AND status = 'queued')"
    return statements.exists(Run, f"WHERE id = %s AND (status = 'queued' OR {waits})", [run_id])


def queued_step(run_id: int, queue: str) -> "StepRun | None":
    """The step that waits for a worker, with its run, whose row is locked; a run that was queued begins with it."""
    asked = to_lock(run_id)
    ahead = flow.to_find_next(run_id)
    started = statements.to_select(
        Event,
        ("data",),
        "WHERE kind = 'run.queued' AND stream_id = (SELECT stream_id FROM rollbacks_run WHERE id = %s) ORDER BY seq DESC",
        [run_id],
    )
    statements.ask(*asked, ahead, started)
    run = locked_with(asked)
    if run is None:
        return None
    if queue and queue != run.queue:
        # A stray hint: these hands cannot reach the service, or reach another one under the same path.
        flow.hint_after_commit(run)
        return None
    journal.knows(run.stream, (run.stream.last_seq, run.stream.last_hash))
    step = ahead.first
    if run.status == RunStatus.QUEUED:
        said = (statements.read(Event, ("data",), row)[0] for row in started.rows)
        step = begin(run, step, next((data.get("hash") for data in said if data.get("run") == run.pk), None))
    elif step is not None and step.status != StepStatus.QUEUED:
        return None
    if step is not None:
        step.run = run
    return step


def begin(run: "Run", step: "StepRun | None", queued_hash: str | None) -> "StepRun | None":
    """queued → running, by whoever claims first; gives back the first step if a worker is to do it.

    The message that brought us here held the run's number only: what is executed is compared with the hash that the
    timeline, which is chained, kept when a person started the run.
    """
    run.move_to(RunStatus.RUNNING)
    Event.record(run.stream, "run.started", data=run.said())
    if hash_of(run.snapshot) != run.snapshot_hash or queued_hash != run.snapshot_hash:
        refuse_changed(run)
        return None
    run.proved_hash = run.snapshot_hash
    run.began_here = run.hands_free = True
    flow.go_on(run, ahead=lambda: step)
    return run.opened


def take(step: "StepRun", run: "Run", hands: Hands) -> bool:
    """The step becomes this worker's, with its attempt's row and its event, at the end of the transaction; False when its
    text is not the approved one. Raises TakenByOthers then if somebody else has it by now."""
    from rollbacks.models import Attempt, Run

    if not is_approved(step, run):
        return False
    changes = claimed_by(step, hands.owner)
    # The row as we read it under the run's lock, or nothing.
    mine = {"id": step.pk, "status": step.status, "token": step.token, "attempt": step.attempt}
    taken = statements.to_update(type(step), mine, changes, plus=lease_until(), only=RUN_ALLOWS)
    journal.at_the_end(taken, partial(expect_taken, taken))
    for name, value in changes.items():
        setattr(step, name, value)
    step.claimed = attempt = Attempt(
        step_run=step,
        number=step.attempt,
        token=step.token,
        owner=hands.owner,
        host=hands.host,
        boot_id=hands.boot_id,
        started_at=timezone.now(),
    )
    begun = statements.to_insert([attempt])
    journal.at_the_end(begun, partial(statements.inserted, [attempt], begun))
    if run.started_at is None and step.section == step.Section.STEPS:
        run.started_at = step.started_at
        journal.at_the_end(statements.to_update(Run, {"id": run.pk}, {"started_at": run.started_at}))
    Event.record(run.stream, "step.started", data=step.said(owner=hands.owner, effect=step.effect))
    return True


def claimed_by(step: "StepRun", owner: str) -> dict[str, Any]:
    """What a claim changes of a step. One that `flow.open_step` has just opened for this worker was never written as queued:
    it is still pending."""
    return {
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


def expect_taken(statement: statements.Statement) -> None:
    """Compare-and-swap: one of many wins."""
    if statement.count != 1:
        raise TakenByOthers


def is_approved(step: "StepRun", run: "Run") -> bool:
    """Looked at before each step: its text is the one of the snapshot, and the snapshot has the run's hash."""
    if run.rows is None or run.proved_hash != run.snapshot_hash:
        # Once for each look at the run's row: the snapshot that this worker holds in memory does not change any more.
        known = run.proved_hash is not None and run.proved_hash == run.snapshot_hash
        run.proved_hash = run.snapshot_hash if known or hash_of(run.snapshot) == run.snapshot_hash else None
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


def lease_until() -> str:
    """ "lease_until = …" in the database's own words: its now plus the lease."""
    seconds = float(settings.LEASE_SECONDS)
    if connection.vendor == "sqlite":
        return f"lease_until = strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '{seconds:+f} seconds')"
    return f"lease_until = STATEMENT_TIMESTAMP() + interval '{seconds:f} seconds'"
