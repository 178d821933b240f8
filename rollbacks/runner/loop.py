"""`advance`: the only thing that acts. A duplicate, late or redelivered call finds nothing to claim and returns."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db import DatabaseError, InterfaceError, connection

from rollbacks import process
from rollbacks.context import Outcome
from rollbacks.executors.detached import LET_GO, Detached
from rollbacks.models import StepRun, leases
from rollbacks.runner.keeper import Keeper, Watchman
from rollbacks.runner.output import OutputWriter
from rollbacks.runner.perform import perform, since_last_change, surroundings
from rollbacks.runner.proving import proved
from timeline.journal import announced_by

log = logging.getLogger(__name__)
RETRY_SECONDS = 0.5


def advance(run_id: int, *, owner: str, should_stop: Callable[[], bool] = lambda: False, queue: str = "") -> int:
    """Claims and does the steps of a run, one after the other; returns how many it did.

    Returns at a wait, at the end, and between two steps when `should_stop()` (a warm shutdown): the rest stays queued.
    `queue`: where the hint came from; a run of another one is passed on.
    """
    hands = leases.Hands(owner, process.host_name(), process.boot_id(), queue)
    done, since, step = 0, None, None
    with Watchman() as watchman, announced_by(watchman.announcements):
        while step or not should_stop():
            claimed = step.claimed_at if step else time.monotonic()
            step = step or leases.claim_for(hands, run_id, at_work=done > 0)
            if step is None:
                break
            if not done and not step.run.began_here:
                since = since_last_change(run_id)
            turn = Turn(watchman, hands, should_stop)
            ended = carry_out(step, since=since, claimed=claimed, turn=turn)
            since = ended if step.changes_something else since
            done += 1
            run, step = step.run, step.run.taken
            if step is None and run.is_over:
                break
    return done


@dataclass(frozen=True)
class Turn:
    """What the steps of one drive share: the thread that keeps their leases, who does them, whether to go on."""

    watchman: Watchman
    hands: leases.Hands
    should_stop: Callable[[], bool]


def carry_out(step: StepRun, *, since: float | None, claimed: float, turn: Turn) -> float:
    """Does a claimed step under its lease and records the outcome; gives back when its work ended (epoch seconds).

    `since` is the end of the run's last changing step before. No transaction is open while it runs. The next step, where
    it could be claimed in the transaction that recorded this one, is `step.run.taken`.
    """
    attempt = step.claimed or step.attempts.get(number=step.attempt)
    around = surroundings(step, attempt, since=since)
    writer = OutputWriter(attempt, step_id=step.pk, token=step.token, secrets=around.secrets.values())
    step.run.taken = None
    with Keeper(step, writer, claimed=claimed, watchman=turn.watchman) as keeper:
        leaving = slowly(turn.should_stop)
        outcome = perform(step, around.with_(started=keeper.started, leaving=leaving), writer, keeper.stop)
        ended = time.time()
        if outcome.data.get(LET_GO):
            keeper.flush()
            return ended  # it goes on without us; whoever finds its lease run out collects its end
        outcome = proved(step, attempt, outcome, keeper.stop)
        outcome = told(outcome, writer, keeper)
        if keeper.gave_up:
            # Nobody else can know what we saw: the lease runs out, the step is lost, a person looks.
            log.error("%s of run %s: the lease could not be renewed; its command was ended.", step, step.run_id)
            note_late(step, outcome)
            return ended
        write_down(step, outcome, keeper, turn)
    if step.definition.get("detached") and not keeper.gave_up:
        Detached.of(attempt.mark).forget()
    return ended


def slowly(question: Callable[[], bool]) -> Callable[[], bool]:
    """The same question, asked once a second at most."""
    asked, answer = 0.0, False

    def ask() -> bool:
        nonlocal asked, answer
        if not answer and time.monotonic() - asked > 1.0:
            asked, answer = time.monotonic(), question()
        return answer

    return ask


def note_late(step: StepRun, outcome: Outcome) -> None:
    """Leaves a trace where somebody else has decided about the step meanwhile; never an outcome."""
    try:
        leases.note_late(step, outcome, token=step.token)
    except (DatabaseError, InterfaceError):
        connection.close()


def told(outcome: Outcome, writer: OutputWriter, keeper: Keeper) -> Outcome:
    """The outcome without secrets, with the hash of its output. A stop nobody asked for is a failure."""
    masked = replace(outcome, detail=writer.redactor.mask(outcome.detail), data=writer.redactor.mask_all(outcome.data))
    if masked.data.get("inverse") != outcome.data.get("inverse"):
        # A way back with a masked secret in it would write the mask into the file.
        masked.data.pop("inverse", None)
    masked.data["output_sha256"] = writer.finish()
    if masked.status == "canceled" and not (keeper.killed or keeper.fenced or keeper.gave_up):
        return replace(masked, status="failed")
    return masked


def write_down(step: StepRun, outcome: Outcome, keeper: Keeper, turn: Turn) -> None:
    """Writes output and outcome; a database that is away for a moment is asked again while the lease lasts."""
    then = None if turn.should_stop() else turn.hands
    while True:
        asked = time.monotonic()  # before the next lease begins: what we believe of it is never too long
        try:
            keeper.flush()
            step.record(outcome, token=step.token, then=then)
            if step.run.taken:
                step.run.taken.claimed_at = asked
            return
        except (DatabaseError, InterfaceError) as error:
            step.run.taken = None
            log.warning("%s of run %s: the outcome waits for the database (%s).", step, step.run_id, error)
            if connection.in_atomic_block:
                raise
            connection.close()
        if keeper.gave_up:
            return
        time.sleep(RETRY_SECONDS)
