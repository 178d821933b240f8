"""Asks by HTTP: the status, what the asserts say about headers and a JSON body, and how long it took."""

from collections.abc import Mapping
from typing import Any

from rollbacks.context import Answer, Surroundings
from rollbacks.header_secrets import filled
from rollbacks.http_client import ask_once
from rollbacks.replies import http_request_of, judge_http

# One request never takes longer; a check that waits for readiness asks again.
LONGEST_REQUEST = 10.0


def ask(step: Mapping[str, Any], around: Surroundings) -> Answer:
    """Sends the step's request once and judges the reply."""
    try:
        request = filled(http_request_of(step), around.secrets)
    except ValueError as error:
        return Answer("cannot_tell", str(error))
    return judge_http(step, ask_once(request, hosts=around.hosts, timeout=longest(step)))


def longest(step: Mapping[str, Any]) -> float:
    """Seconds that one request of this step may take."""
    return min(float(step.get("timeout") or LONGEST_REQUEST), LONGEST_REQUEST)
