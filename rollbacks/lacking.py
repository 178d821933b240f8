"""What a target lacks for a step, as sentences: asked before anybody can confirm, not when the step's turn has come."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from rollbacks import header_secrets


def lacking(
    step: Mapping[str, Any],
    *,
    env: Collection[str],
    secrets: Collection[str],
    flag_services: Collection[str],
) -> list[str]:
    """A sentence for each variable, secret or flag service that the step, its proof or its wait names and the target lacks."""
    if step.get("skip"):
        return []
    return [
        sentence
        for one in _with_proofs(step)
        for sentence in (
            *_variables(one, env),
            *_flag_service(one, flag_services),
            *header_secrets.problems_of(one, secrets),
        )
    ]


def _with_proofs(step: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield step
    for name in ("verify_step", "wait_check"):
        if step.get(name):
            yield step[name]


def _variables(step: Mapping[str, Any], known: Collection[str]) -> Iterator[str]:
    for name in step.get("env") or []:
        if name not in known:
            yield (
                f"Line {step.get('line', 0)}: “{step.get('title') or step.get('name')}” names the variable {name}, which this target "
                "does not have. Set it under Variables on the target's page."
            )


def _flag_service(step: Mapping[str, Any], known: Collection[str]) -> Iterator[str]:
    via, _, service = str(step.get("via") or "").partition(":")
    if via == "http" and service not in known:
        yield (
            f"Line {step.get('line', 0)}: via=http:{service} names no flag service of this target. "
            "Add it on the target's page."
        )
