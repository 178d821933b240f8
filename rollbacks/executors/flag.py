"""A feature flag in a file: `set <name> on|off|absent` with `via=file:<path>` or `via=env:<path>`; read back after
the write."""

import re
from typing import Any

from rollbacks.context import Outcome, Sink, Stop, Surroundings
from rollbacks.executors import lines
from rollbacks.executors.edit import change

_SET = re.compile(r"set\s+(\S+)\s+(on|off|absent)")


def execute(step: dict[str, Any], around: Surroundings, sink: Sink, stop: Stop) -> Outcome:
    """Turns the flag; a flag that stands so already is a success that changes nothing."""
    match = _SET.fullmatch(" ".join(str(step.get("body") or "").split()))
    if match is None:
        return Outcome("failed", detail="The step is no flag: write set <name> on, off or absent.")
    via, _, path = str(step.get("via") or "").partition(":")
    if via not in ("file", "env"):
        return Outcome(
            "failed", detail=f"A flag via {via or 'nothing'} is not known here: use via=file:<path> or via=env:<path>."
        )
    name, state = match.groups()
    outcome = change(around, path, lambda old: flagged(old, name, state), sink)
    if outcome.status != "succeeded":
        return outcome
    words = f"{name} was {state} already." if not outcome.data["changed"] else f"{name} is {state} in {path}."
    return Outcome("succeeded", detail=words, data={**outcome.data, "flag": name, "state": state})


def flagged(old: str, name: str, state: str) -> str:
    """The text with the flag as wanted. Raises ValueError when no line sets it (except for `absent`)."""
    return lines.remove(old, name) if state == "absent" else lines.set_flag(old, name, state == "on")
