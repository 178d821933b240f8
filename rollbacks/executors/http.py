"""One request that acts. Never repeated here: the engine's `retries` decide, and only for steps that may run twice."""

import hashlib
from typing import Any

from rollbacks.context import Answer, Outcome, Sink, Stop, Surroundings
from rollbacks.header_secrets import filled
from rollbacks.http_client import Reply, ask_once

# An acting request is judged exactly as a check is: the same words for the same answers.
from rollbacks.replies import http_request_of, judge_http

SHOWN = 4000  # characters of the answer that are kept as output


def execute(step: dict[str, Any], around: Surroundings, sink: Sink, stop: Stop) -> Outcome:
    """Sends the step's request to a listed host of the target and judges status and asserts."""
    try:
        request = filled(http_request_of(step), around.secrets)
    except ValueError as error:
        return Outcome("failed", detail=str(error))
    reply = ask_once(request, hosts=around.hosts, timeout=float(step.get("timeout") or 60.0))
    return outcome_of(reply, judge_http(step, reply), sink)


def outcome_of(reply: Reply, answer: Answer, sink: Sink) -> Outcome:
    """The answer as an outcome, with status, milliseconds and the body's hash; the body's start becomes output."""
    if reply.body:
        sink("stdout", reply.body[:SHOWN].decode("utf-8", errors="replace") + "\n")
    data = {
        "status": reply.status,
        "ms": round(reply.seconds * 1000, 1),
        "bytes": len(reply.body),
        "body_sha256": hashlib.sha256(reply.body).hexdigest(),
    }
    if reply.failure == "timeout":
        return Outcome("timed_out", detail=answer.sentence, data=data)
    return Outcome("succeeded" if answer.result == "pass" else "failed", detail=answer.sentence, data=data)
