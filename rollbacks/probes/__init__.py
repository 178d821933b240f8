"""Read-only questions to a service: one file a kind, one dict that names them, one three-valued answer."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rollbacks.context import Answer, Surroundings
from rollbacks.probes import command, file, graphql, http, log, process, prometheus, signal
from rollbacks.probes.signal import Count
from rollbacks.redaction import Redactor

__all__ = ["PROBES", "ask", "kind_of"]

Stop = Callable[[], bool]
PROBES: dict[str, Callable[[Mapping[str, Any], Surroundings], Answer]] = {
    "command": command.ask,
    "file": file.ask,
    "graphql": graphql.ask,
    "http": http.ask,
    "log": log.ask,
    "process": process.ask,
    "prometheus": prometheus.ask,
}
BY_KIND = {"http": "http", "graphql": "graphql", "shell": "command", "exec": "command", "file": "file"}
EVERY = 5.0  # seconds between two tries
TIMEOUT = 10.0


def ask(
    step: Mapping[str, Any],
    around: Surroundings,
    *,
    patient: bool = True,
    stop: Stop | None = None,
    count: Count | None = None,
) -> Answer:
    """Asks a step of a plan until it passed `passes` times in a row or its `timeout` is over; never raises.

    `patient=False` asks for the answer of this moment: the first that is not a pass is it. `count` gives the counts of
    a signal where the caller has them.
    """
    began = time.monotonic()
    deadline = began + float(step.get("timeout") or TIMEOUT)
    every = float(step.get("every") or EVERY)
    wanted = max(1, int(step.get("passes") or 1))
    passed = 0
    while True:
        answer = _ask_once(step, around, stop, count)
        passed = passed + 1 if answer.result == "pass" else 0
        over = time.monotonic() + every > deadline
        if passed >= wanted or (answer.result != "pass" and not patient) or (over and answer.result != "pass"):
            break
        # Passes that the plan asks for in a row may take longer than the time-out of a single try.
        if not _rest(every, stop):
            answer = Answer("cannot_tell", "The check was stopped.", answer.value)
            break
    return masked(replace(answer, seconds=round(time.monotonic() - began, 3)), around)


def masked(answer: Answer, around: Surroundings) -> Answer:
    """The answer without the target's secrets: it becomes a verdict, a parameter, a line of the timeline."""
    if not around.secrets:
        return answer
    redactor = Redactor(around.secrets.values())
    return replace(answer, sentence=redactor.mask(answer.sentence), value=redactor.mask_all(answer.value))


def kind_of(step: Mapping[str, Any]) -> str:
    """The probe that answers this step; empty when none does."""
    kind = str(step.get("kind") or "")
    if kind != "check":
        return BY_KIND.get(kind, "")
    if step.get("signal"):
        return "signal"
    if step.get("log"):
        return "log"
    if step.get("path"):
        return "file"
    body = str(step.get("body") or "").lstrip()
    if body.startswith(prometheus.WORD):
        return "prometheus"
    return "process" if body.startswith(process.WORD) else "http"


def _ask_once(step: Mapping[str, Any], around: Surroundings, stop: Stop | None, count: Count | None) -> Answer:
    kind = kind_of(step)
    try:
        if kind == "signal":
            return signal.ask(step, count)
        if kind == "command":
            return command.ask(step, around, stop)
        if kind in PROBES:
            return PROBES[kind](step, around)
    except Exception as error:  # a check must never take the watch down with it: our own mistake is no verdict
        return Answer("cannot_tell", f"The check itself failed: {type(error).__name__}: {error}.")
    return Answer("cannot_tell", f"A {step.get('kind')} step is no question.")


def _rest(seconds: float, stop: Stop | None) -> bool:
    """Waits between two tries; False when it was asked to stop."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if stop and stop():
            return False
        time.sleep(min(0.2, left))
    return True
