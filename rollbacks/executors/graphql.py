"""One GraphQL document that acts. HTTP 200 with errors is a failure, unless an assert speaks of them."""

from typing import Any

from rollbacks.context import Outcome, Sink, Stop, Surroundings
from rollbacks.executors.http import outcome_of
from rollbacks.header_secrets import filled
from rollbacks.http_client import ask_once
from rollbacks.replies import graphql_request_of, judge_graphql


def execute(step: dict[str, Any], around: Surroundings, sink: Sink, stop: Stop) -> Outcome:
    """Sends the step's document to `url=` and judges errors, data and asserts."""
    try:
        request = filled(graphql_request_of(step), around.secrets)
    except ValueError as error:
        return Outcome("failed", detail=str(error))
    reply = ask_once(request, hosts=around.hosts, timeout=float(step.get("timeout") or 60.0))
    return outcome_of(reply, judge_graphql(step, reply), sink)
