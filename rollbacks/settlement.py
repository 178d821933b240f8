"""What became of a step that nobody saw end: what is known, the proposed settlement, and what each one leads to."""

from dataclasses import dataclass
from typing import Any

from rollbacks.models import StepRun


@dataclass(frozen=True)
class Choice:
    """One settlement: its value, its words, its consequence, whether it is proposed and why not possible."""

    value: str
    words: str
    consequence: str
    is_proposed: bool = False
    button: str = ""


@dataclass(frozen=True)
class Settlement:
    """Everything that the settle page shows."""

    happened: str
    last_output: str
    living: str
    is_alive: bool
    verify: str
    conclusion: str
    is_known: bool
    choices: list[Choice]


def settlement(step: StepRun) -> Settlement:
    """Gathers the facts of a lost step. Reads only: the engine asked `verify` and looked for processes."""
    answer: dict[str, Any] = step.verify_answer or {}
    living = answer.get("processes") or []
    return Settlement(
        happened=_happened(step),
        last_output=_last_output(step),
        living=_living(answer, living),
        is_alive=bool(living),
        verify=_verify(step, answer),
        conclusion=_conclusion(answer),
        is_known=bool(answer),
        choices=_choices(step, answer, bool(living)),
    )


def _happened(step: StepRun) -> str:
    attempt = step.last_attempt
    who = f"The worker on {attempt.host}" if attempt and attempt.host else "The worker"
    return f"{who} stopped answering after this command began, and nobody saw how it ended. It was not run again."


def _last_output(step: StepRun) -> str:
    attempt = step.last_attempt
    chunk = attempt.output.exclude(stream="note").order_by("-seq").first() if attempt else None
    lines = [line for line in (chunk.text if chunk else "").splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def _living(answer: dict[str, Any], living: list[dict[str, Any]]) -> str:
    host = answer.get("host") or "its host"
    if not answer:
        return "Being looked for; this page shows the answer as soon as it comes."
    if living:
        said = ", ".join(f"{one['pid']} ({one['command']})" for one in living[:5])
        return f"Still running on {host}: {said}. End it first, or wait until it ends."
    if not answer.get("host_seen", True):
        return f"Cannot be seen from here: look on {host} before you run anything again."
    return f"No process of this step is left on {host}."


def _verify(step: StepRun, answer: dict[str, Any]) -> str:
    if not step.definition.get("verify"):
        return "The plan names no check that proves this step (verify=), so look at the service yourself."
    return str(answer.get("sentence") or "The check is being asked; this page shows its answer as soon as it comes.")


def _conclusion(answer: dict[str, Any]) -> str:
    if not answer.get("asked"):
        return ""
    words = {"pass": "It took place.", "fail": "It did not take place.", "cannot_tell": "That does not tell."}
    return words.get(answer.get("result", ""), "")


def _choices(step: StepRun, answer: dict[str, Any], alive: bool) -> list[Choice]:
    proposed, because = answer.get("proposal") or "", str(answer.get("because") or "")

    def choice(value: str, words: str, consequence: str, button: str) -> Choice:
        if value != proposed:
            return Choice(value, words, consequence, False, button)
        return Choice(value, words, f"Proposed: {because} {consequence}", True, button)

    choices = [choice("succeeded", "It was done", _after_done(step), "Settle as done")]
    if not alive and not step.run.cancel_requested_at:
        choices.append(choice("again", "Run it again", _after_again(step), "Run it again"))
    choices.append(choice("failed", "It failed", _after_failure(step), "Settle as failed"))
    words = "Its effect is taken as not there; the next step begins."
    choices.append(choice("skipped", "Go on without it", words, "Settle as skipped"))
    return sorted(choices, key=lambda one: not one.is_proposed)


def _after_again(step: StepRun) -> str:
    if step.effect == "once":
        return "The plan says that it runs once: a second start may do it twice."
    return "It may be repeated without harm."


def _after_done(step: StepRun) -> str:
    if step.run.cancel_requested_at:
        return "The run then stops, as asked."
    following = step.run.steps.filter(position__gt=step.position, status="pending").order_by("position").first()
    return f"Goes on with {following}." if following else "It was the last step: the run ends as done."


def _after_failure(step: StepRun) -> str:
    if step.run.cancel_requested_at:
        return "The run then stops, as asked."
    policy = str(step.definition.get("on_failure") or "ask")
    if policy == "abort":
        return "The run ends as failed; nothing more is started."
    if policy == "continue" or not step.definition.get("critical", True):
        return "The plan goes on without it."
    if policy.startswith("goto:"):
        return f"The plan goes on with {policy.removeprefix('goto:')}."
    return "The run pauses and asks: again, skip, or stop."
