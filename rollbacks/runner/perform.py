"""Does one step: hands it to its executor or its probe, and gives back an outcome. Writes nothing."""

import logging
import time
from typing import TYPE_CHECKING, Any

from django.db.models import Max

from rollbacks import probes, process
from rollbacks.context import Answer, Outcome, Sink, Stop, Surroundings
from rollbacks.executors import EXECUTORS
from rollbacks.models import Attempt
from rollbacks.models.step_run import NO_CHANGE
from rollbacks.runner.limit import Limit

if TYPE_CHECKING:
    from rollbacks.models import StepRun

log = logging.getLogger(__name__)
# A service that fails now and then answers for its state by chance only: over the network the best of a few counts.
NETWORK_TRIES = 8
NETWORK_SECONDS = 5.0


def perform(step: "StepRun", around: Surroundings, sink: Sink, stop: Stop) -> Outcome:
    """The outcome of one step. Our own mistakes are outcomes too: a run never ends in a traceback."""
    try:
        if step.run.snapshot.get("target", {}).get("output_limit") == "halt":
            limit = Limit(sink, stop)
            return limit.said(_perform(step, around, limit.sink, limit.stop))
        return _perform(step, around, sink, stop)
    except Exception as error:
        log.exception("%s of run %s failed in the runner itself.", step, step.run_id)
        return Outcome("failed", detail=f"The runner itself failed: {type(error).__name__}: {error}"[:500])


def _perform(step: "StepRun", around: Surroundings, sink: Sink, stop: Stop) -> Outcome:
    definition = step.definition
    if step.section == step.Section.BEFORE:
        return record_before(definition["checks"], around, sink, stop)
    if step.section == step.Section.CHECKS or step.kind == "check":
        return judged(definition, ask_again(definition, around, stop), sink)
    if step.kind == "wait":
        check = {**definition["wait_check"], "timeout": definition["timeout"]}
        return judged({}, probes.ask(check, around, stop=stop), sink)
    if step.kind not in EXECUTORS:
        return Outcome("failed", detail=f"No executor knows the kind {step.kind}.")
    return EXECUTORS[step.kind](definition, around, sink, stop)


def ask_again(check: dict[str, Any], around: Surroundings, stop: Stop) -> Answer:
    """The check's answer. After an undo one that did not pass before is not waited for until its time is over, and in a
    dry run none is: nothing was changed."""
    failed_before = check.get("before") and check["before"]["result"] != "pass"
    return ask_now(check, around, stop) if failed_before or check.get("dry") else probes.ask(check, around, stop=stop)


def ask_now(check: dict[str, Any], around: Surroundings, stop: Stop) -> Answer:
    """The answer of this moment."""
    over_network = probes.kind_of(check) in ("http", "graphql")
    ends = time.monotonic() + NETWORK_SECONDS
    answer = probes.ask(check, around, patient=False, stop=stop)
    for _ in range(NETWORK_TRIES - 1 if over_network else 0):
        if answer.result == "pass" or stop() or time.monotonic() > ends:
            break
        answer = probes.ask(check, around, patient=False, stop=stop)
    return answer


def record_before(checks: list[dict[str, Any]], around: Surroundings, sink: Sink, stop: Stop) -> Outcome:
    """The state checks' answers of this moment; none of them is a failure here."""
    answers = {}
    for check in checks:
        if stop():
            return Outcome("canceled", detail="It was stopped.")
        answer = ask_now(check, around, stop)
        answers[check["name"]] = as_json(answer)
        sink("stdout", f"{check.get('title') or check['name']}: {answer.sentence}\n")
    return Outcome("succeeded", detail=f"{len(answers)} recorded.", data={"answers": answers})


def judged(definition: dict[str, Any], answer: Answer, sink: Sink) -> Outcome:
    """An answer as an outcome. Cannot tell is never a pass; after an undo the same answer as before is what counts."""
    sink("stdout", answer.sentence + "\n")
    data = {"answer": as_json(answer)}
    if definition.get("dry") and answer.result != "cannot_tell":
        # Nothing was changed, so neither answer is a failure; that it can be asked is what a dry run shows.
        words = "it passes already" if answer.result == "pass" else "it does not pass yet"
        return Outcome("succeeded", detail=f"Now {words}: {answer.sentence}", data=data)
    before = definition.get("before")
    if before is not None:
        same = answer.result == before["result"] and answer.result != "cannot_tell"
        words = "As before the rollback" if same else f"Not as before the rollback (then: {before['sentence']})"
        return Outcome("succeeded" if same else "failed", detail=f"{words}: {answer.sentence}", data=data)
    if answer.result == "cannot_tell":
        return Outcome("failed", detail=f"Cannot tell: {answer.sentence}", data=data)
    return Outcome("succeeded" if answer.result == "pass" else "failed", detail=answer.sentence, data=data)


def as_json(answer: Answer) -> dict[str, Any]:
    return {"result": answer.result, "sentence": answer.sentence, "value": answer.value, "seconds": answer.seconds}


def surroundings(step: "StepRun", attempt: "Attempt", *, since: float | None) -> Surroundings:
    """The run's frozen target, with this attempt's marks. `since`: see `since_last_change`."""
    around = Surroundings.for_snapshot(step.run.snapshot, since=since)
    marks = {
        "FIREBREAK_RUN": str(step.run_id),
        "FIREBREAK_STEP": step.name,
        process.TOKEN: process.token_of(step.run_id, step.pk, attempt.token),
    }
    return around.with_(marks=marks)


def since_last_change(run_id: int) -> float | None:
    """Epoch seconds: the end of the run's last changing step, by the clock that processes see; None before any."""
    ended = Attempt.objects.filter(step_run__run=run_id, finished_at__isnull=False).exclude(step_run__effect="read")
    last = ended.exclude(step_run__kind__in=NO_CHANGE).aggregate(last=Max("finished_at"))["last"]
    return last.timestamp() if last else None
