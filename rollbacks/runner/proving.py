"""A command that ends with exit status 0 has not said that its effect is there: a `once` step's `verify` is asked for it."""

from dataclasses import replace

from rollbacks import probes
from rollbacks.context import Answer, Outcome, Stop, Surroundings
from rollbacks.models import Attempt, StepRun
from rollbacks.runner.perform import as_json


def proved(step: StepRun, attempt: Attempt, outcome: Outcome, stop: Stop, *, patient: bool = True) -> Outcome:
    """The outcome after its `verify` was asked: *not so* makes a failure of it, *cannot tell* is only said.

    Patient: within the time-out of the verify, because a service that was restarted needs a moment.
    """
    verify = step.definition.get("verify_step")
    if outcome.status != "succeeded" or step.effect != "once" or not verify:
        return outcome
    answer = ask(step, attempt, stop, patient=patient)
    data = {**outcome.data, "verify": as_json(answer)}
    if answer.result == "pass":
        return replace(outcome, data=data)
    if answer.result == "fail":
        said = f"The command ended well, but its verify says that it is not so: {answer.sentence}"
        return replace(outcome, status="failed", detail=said, data=data)
    return replace(outcome, detail=f"{outcome.detail} Its verify cannot tell: {answer.sentence}".strip(), data=data)


def ask(step: StepRun, attempt: Attempt, stop: Stop | None = None, *, patient: bool = False) -> Answer:
    """What the step's `verify` says, asked with the attempt's start."""
    started = attempt.started_at.timestamp()
    around = Surroundings.for_snapshot(step.run.snapshot, since=started).with_(attempt_since=started)
    return probes.ask(step.definition["verify_step"], around, patient=patient, stop=stop)
