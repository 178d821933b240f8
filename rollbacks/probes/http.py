"""Asks by HTTP: the status and what the asserts say about a JSON body."""

from collections.abc import Mapping
from typing import Any

from rollbacks.context import Answer, Surroundings
from rollbacks.http_client import OURS, Reply, Request, ask_once, parse_request
from rollbacks.probes.asserts import broken_assert

# One request never takes longer; a check that waits for readiness asks again.
LONGEST_REQUEST = 10.0


def ask(step: Mapping[str, Any], around: Surroundings) -> Answer:
    """Sends the step's request once and judges the reply."""
    try:
        request = request_of(step)
    except ValueError as error:
        return Answer("cannot_tell", str(error))
    reply = ask_once(request, hosts=around.hosts, timeout=longest(step))
    return judge(step, reply)


def longest(step: Mapping[str, Any]) -> float:
    """Seconds that one request of this step may take."""
    return min(float(step.get("timeout") or LONGEST_REQUEST), LONGEST_REQUEST)


def request_of(step: Mapping[str, Any]) -> Request:
    """The request of an http fence, or of `url=` alone. Raises ValueError with a sentence."""
    body = str(step.get("body") or "").strip()
    if body:
        return parse_request(body)
    if step.get("url"):
        return Request("GET", str(step["url"]))
    raise ValueError("This check has no request.")


def judge(step: Mapping[str, Any], reply: Reply) -> Answer:
    """A reply as an answer: what failed on our side is never the service's failure."""
    no_answer = without_answer(reply)
    if no_answer is not None:
        return no_answer
    value: dict[str, Any] = {"status": reply.status, "ms": round(reply.seconds * 1000, 1)}
    expected = int(step.get("expect") or 200)
    if reply.status != expected:
        return Answer("fail", f"The answer was {reply.status}, not {expected}.", value, reply.seconds)
    asserts = list(step.get("assert") or [])
    if asserts:
        try:
            problem = broken_assert(asserts, reply.json())
        except ValueError as error:
            problem = str(error)
        if problem:
            return Answer("fail", problem, value, reply.seconds)
    return Answer("pass", f"{reply.status} after {value['ms']:g} ms.", value, reply.seconds)


def without_answer(reply: Reply) -> Answer | None:
    """The answer for a reply that never came; None when there is one to look at."""
    if not reply.failure:
        return None
    value = {"failure": reply.failure, "ms": round(reply.seconds * 1000, 1)}
    ours = reply.failure in OURS or reply.failure == "too_large"
    return Answer("cannot_tell" if ours else "fail", reply.sentence, value, reply.seconds)
