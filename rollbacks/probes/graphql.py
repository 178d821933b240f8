"""Asks a GraphQL document. Failures come as HTTP 200 with `errors`, so the status alone proves nothing."""

import json
from collections.abc import Mapping
from typing import Any

from rollbacks.context import Answer, Surroundings
from rollbacks.http_client import Reply, Request, ask_once, graphql_request
from rollbacks.probes.asserts import broken_assert, speaks_of_errors
from rollbacks.probes.http import longest, without_answer


def ask(step: Mapping[str, Any], around: Surroundings) -> Answer:
    """Sends the document once and judges status, errors, data and asserts."""
    try:
        request = request_of(step)
    except ValueError as error:
        return Answer("cannot_tell", str(error))
    return judge(step, ask_once(request, hosts=around.hosts, timeout=longest(step)))


def request_of(step: Mapping[str, Any]) -> Request:
    """The POST of a graphql fence. Raises ValueError with a sentence."""
    if not step.get("url"):
        raise ValueError("This graphql check has no url=.")
    return graphql_request(str(step["url"]), str(step.get("body") or ""))


def judge(step: Mapping[str, Any], reply: Reply) -> Answer:
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
    problem = problem or _graphql_problem(body, asserts) or broken_assert(asserts, body)
    if problem:
        return Answer("fail", problem, value, reply.seconds)
    said = _asserted(asserts)
    return Answer("pass", f"{said}, {value['ms']:g} ms.", value, reply.seconds)


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


def _asserted(asserts: list[str]) -> str:
    return json.dumps(asserts[0], ensure_ascii=False).strip('"') if len(asserts) == 1 else "Answered without errors"
