"""Builds the request of an http or graphql fence and judges its reply: the same words for a step that acts, a check and
the labelled load."""

import json
import re
from collections.abc import Mapping
from typing import Any

from rollbacks.asserts import broken_assert, needs_body, speaks_of_errors
from rollbacks.context import Answer
from rollbacks.http_client import OURS, Reply, Request, graphql_request, headers_of, parse_request
from rollbacks.measure import Measure, condition_holds, limit_in_words

# `header=` of a graphql fence may hold several: a semicolon ends one where another name follows.
HEADER_ENDS = re.compile(r";\s*(?=[A-Za-z0-9-]+:)")


def http_request_of(step: Mapping[str, Any]) -> Request:
    """The request of an http fence, or of `url=` alone. Raises ValueError with a sentence."""
    body = str(step.get("body") or "").strip()
    if body:
        return parse_request(body)
    if step.get("url"):
        return Request("GET", str(step["url"]))
    raise ValueError("This check has no request.")


def graphql_request_of(step: Mapping[str, Any]) -> Request:
    """The POST of a graphql fence. Raises ValueError with a sentence."""
    if not step.get("url"):
        raise ValueError("This graphql check has no url=.")
    headers = headers_of(HEADER_ENDS.split(step["header"])) if step.get("header") else {}
    return graphql_request(str(step["url"]), str(step.get("body") or ""), headers)


def without_answer(reply: Reply) -> Answer | None:
    """The answer for a reply that never came; None when there is one to look at."""
    if not reply.failure:
        return None
    value = {"failure": reply.failure, "ms": round(reply.seconds * 1000, 1)}
    ours = reply.failure in OURS or reply.failure == "too_large"
    return Answer("cannot_tell" if ours else "fail", reply.sentence, value, reply.seconds)


def judge_http(step: Mapping[str, Any], reply: Reply) -> Answer:
    """A reply as an answer: what failed on our side is never the service's failure."""
    no_answer = without_answer(reply)
    if no_answer is not None:
        return no_answer
    value: dict[str, Any] = {"status": reply.status, "ms": round(reply.seconds * 1000, 1)}
    expected = int(step.get("expect") or 200)
    if reply.status != expected:
        return Answer("fail", f"The answer was {reply.status}, not {expected}.", value, reply.seconds)
    problem = _asserts_problem(list(step.get("assert") or []), reply) or _too_slow(step, reply)
    if problem:
        return Answer("fail", problem, value, reply.seconds)
    return Answer("pass", f"{reply.status} after {value['ms']:g} ms.", value, reply.seconds)


def judge_graphql(step: Mapping[str, Any], reply: Reply) -> Answer:
    """A reply as an answer: errors fail unless an assert speaks of them, and so does an answer without data."""
    no_answer = without_answer(reply)
    if no_answer is not None:
        return no_answer
    value: dict[str, Any] = {"status": reply.status, "ms": round(reply.seconds * 1000, 1)}
    expected = int(step.get("expect") or 200)
    asserts = list(step.get("assert") or [])
    try:
        body = reply.json()
    except ValueError as error:
        return Answer("fail", f"{reply.status}: {error}", value, reply.seconds)
    problem = "" if reply.status == expected else f"The answer was {reply.status}, not {expected}."
    problem = problem or _graphql_problem(body, asserts) or broken_assert(asserts, body, reply.headers)
    problem = problem or _too_slow(step, reply)
    if problem:
        return Answer("fail", problem, value, reply.seconds)
    said = json.dumps(asserts[0], ensure_ascii=False).strip('"') if len(asserts) == 1 else "Answered without errors"
    return Answer("pass", f"{said}, {value['ms']:g} ms.", value, reply.seconds)


def _asserts_problem(asserts: list[str], reply: Reply) -> str:
    if not asserts:
        return ""
    try:
        return broken_assert(asserts, reply.json() if needs_body(asserts) else None, reply.headers)
    except ValueError as error:
        return str(error)


def _too_slow(step: Mapping[str, Any], reply: Reply) -> str:
    """`threshold="< 500ms"` without a signal is about the time of this one answer."""
    threshold = step.get("threshold")
    if not threshold or step.get("signal"):
        return ""
    took = Measure(round(reply.seconds * 1000, 1), "ms")
    return "" if condition_holds(threshold, took) else f"It took {took}; {limit_in_words(threshold)} was expected."


def _graphql_problem(body: Any, asserts: list[str]) -> str:
    """GraphQL's own failure; an empty `data` is one too: some servers swallow the error in production."""
    if not isinstance(body, dict):
        return "The answer is no GraphQL answer."
    if speaks_of_errors(asserts):
        return ""
    if body.get("errors"):
        first = body["errors"][0] if isinstance(body["errors"], list) else body["errors"]
        message = first.get("message") if isinstance(first, dict) else first
        return f"The answer holds errors: {str(message)[:200]}"
    if not body.get("data"):
        return "The answer holds no data."
    return ""
