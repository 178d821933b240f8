"""Asks a GraphQL document. Failures come as HTTP 200 with `errors`, so the status alone proves nothing."""

from collections.abc import Mapping
from typing import Any

from rollbacks.context import Answer, Surroundings
from rollbacks.header_secrets import filled
from rollbacks.http_client import ask_once
from rollbacks.probes.http import longest
from rollbacks.replies import graphql_request_of, judge_graphql


def ask(step: Mapping[str, Any], around: Surroundings) -> Answer:
    """Sends the document once and judges status, errors, data and asserts."""
    try:
        request = filled(graphql_request_of(step), around.secrets)
    except ValueError as error:
        return Answer("cannot_tell", str(error))
    return judge_graphql(step, ask_once(request, hosts=around.hosts, timeout=longest(step)))
