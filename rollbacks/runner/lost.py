"""Steps whose worker is gone: found by their lease, then looked after, so that a person settles them in half a minute."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from rollbacks.context import Answer
from rollbacks.models import Attempt, StepRun
from rollbacks.models.leases import expired_leases
from rollbacks.runner.adopting import adopt
from rollbacks.runner.perform import as_json
from rollbacks.runner.proving import ask
from timeline import domain_time
from timeline.models import Event

# How long an answer that speaks of living processes stands.
LOOK_AGAIN = timedelta(seconds=10)
SAID = ("result", "proposal", "because")


def reap() -> list[StepRun]:
    """Marks every step as lost whose lease ran out; returns them. Any number of reapers may run."""
    return [step for step in expired_leases().select_related("run") if not adopt(step) and step.lose()]


def needs_look(step: StepRun) -> bool:
    """True for a lost step that nobody looked after, or whose processes lived a moment ago: they may be gone by now."""
    if step.status != StepRun.Status.LOST:
        return False
    answer = step.verify_answer
    if answer is None:
        return True
    age = domain_time.now() - datetime.fromisoformat(answer["at"])
    return bool(answer["processes"]) and abs(age) > LOOK_AGAIN


def look_after(step: StepRun) -> bool:
    """Asks the lost step's `verify`, looks for living processes, and keeps both with the proposed settlement."""
    attempt = step.last_attempt
    if not needs_look(step) or attempt is None:
        return False
    before = step.verify_answer or {}
    answer = ask_verify(step, attempt)
    here, living = attempt.is_here, attempt.in_the_way
    found: dict[str, Any] = {
        **as_json(answer),
        "asked": bool(step.definition.get("verify_step")),
        "at": domain_time.now().isoformat(),
        "processes": [{"pid": one.pid, "command": one.command, "escaped": one.escaped} for one in living],
        "host": attempt.host,
        "host_seen": here,
    }
    found |= proposal(step, answer, alive=bool(living), here=here)
    with transaction.atomic():
        run = type(step.run).locked(step.run_id)
        rows = StepRun.objects.filter(pk=step.pk, status=StepRun.Status.LOST, token=step.token)
        if not rows.update(verify_answer=found):
            return False
        if [before.get(key) for key in SAID] == [found[key] for key in SAID]:
            return False  # the same as a moment ago: nothing for the timeline
        step.run = run
        said = {
            "result": answer.result,
            "sentence": answer.sentence,
            "proposal": found["proposal"],
            "processes": len(living),
        }
        Event.record(run.stream, "step.verified", data=step.said(**said))
    return True


def ask_verify(step: StepRun, attempt: Attempt) -> Answer:
    """What the step's `verify` says now, asked with the attempt's start."""
    if not step.definition.get("verify_step"):
        return Answer("cannot_tell", "The plan names no verify for this step: look yourself.")
    return ask(step, attempt)


def proposal(step: StepRun, answer: Answer, *, alive: bool, here: bool) -> dict[str, Any]:
    """How the engine would settle it, with its reason; a person decides."""
    if alive:
        return {"proposal": None, "because": "A process of it still lives: wait for it, or end it, then look again."}
    if answer.result == "pass":
        return {"proposal": "succeeded", "because": "Its effect is there."}
    unseen = (
        "" if here else f" Whether a process of it still lives on {step.owner or 'its host'} cannot be seen from here."
    )
    if answer.result == "fail":
        return {"proposal": "again", "because": "Its effect is not there, and nothing of it runs any more." + unseen}
    if step.effect in ("read", "idempotent"):
        return {"proposal": "again", "because": f"It is {step.effect}: running it twice does no harm." + unseen}
    return {"proposal": None, "because": "Nothing here can tell; look at the service before you decide." + unseen}
