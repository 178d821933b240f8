"""Whether the secrets that a snapshot names can be had in this process: asked when a run is prepared, where its commands would run."""

from collections.abc import Mapping
from typing import Any

from rollbacks.context import secrets_from_environment
from rollbacks.header_secrets import named_by
from rollbacks.models import Secret
from rollbacks.sequence import sequence_of


def names_in(snapshot: Mapping[str, Any]) -> set[str]:
    """Every secret that the snapshot's rows name, with the checks and proofs that they lean on."""
    found: set[str] = set()
    for row in sequence_of(snapshot):
        leaning = [row, *row.get("checks", []), row.get("verify_step") or {}, row.get("wait_check") or {}]
        for step in leaning if not row.get("skip") else ():
            found |= named_by(step)
    # The header of a flag service: it may be asked by any flag step.
    services = snapshot.get("target", {}).get("flag_services") or {}
    return found.union(*(named_by({"body": service.get("header", "")}) for service in services.values()))


def why_not(snapshot: Mapping[str, Any]) -> list[str]:
    """A sentence for each secret that the target has and that cannot be had here."""
    target = snapshot.get("target", {})
    names = sorted(names_in(snapshot) & set(target.get("secrets", [])))
    if not names:
        return []
    sealed = {one.name: one for one in Secret.objects.filter(target_id=target.get("id"), name__in=names)}
    here = secrets_from_environment(names)
    sentences = [sealed[name].problem if name in sealed else "" for name in names]
    return [sentence for name, sentence in zip(names, sentences, strict=True) if sentence and name not in here] + [
        f"The secret {name} has no value here. Set it on the target's page, "
        f"or give every worker FIREBREAK_SECRET_{name.upper()}."
        for name in names
        if name not in sealed and name not in here
    ]
