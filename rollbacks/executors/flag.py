"""A feature flag: `set <name> on|off|absent`, in a file (`via=file:<path>`, `via=env:<path>`) or of a service that the
target describes (`via=http:<name>`). Read back after it was set."""

import re
from collections.abc import Mapping
from typing import Any

from rollbacks.context import Outcome, Sink, Stop, Surroundings
from rollbacks.executors import flag_service, lines
from rollbacks.executors.edit import change, way_back
from rollbacks.executors.file import edited

_SET = re.compile(r"set\s+(\S+)\s+(on|off|absent)")


def execute(step: dict[str, Any], around: Surroundings, sink: Sink, stop: Stop) -> Outcome:
    """Turns the flag; a flag that stands so already is a success that changes nothing."""
    match = _SET.fullmatch(" ".join(str(step.get("body") or "").split()))
    if match is None:
        return Outcome("failed", detail="The step is no flag: write set <name> on, off or absent.")
    via, _, path = str(step.get("via") or "").partition(":")
    name, state = match.groups()
    if via == "http":
        service = around.flag_services.get(path)
        if service is None:
            return Outcome("failed", detail=f"This target has no flag service {path}. Add it on the target's page.")
        return flag_service.turn(name, state, service=service, step=step, around=around, sink=sink, stop=stop)
    if via not in ("file", "env"):
        known = "use via=file:<path>, via=env:<path> or via=http:<service>"
        return Outcome("failed", detail=f"A flag via {via or 'nothing'} is not known here: {known}.")
    outcome = change(around, path, lambda old: flagged(old, name, state), sink)
    if outcome.status != "succeeded":
        return outcome
    words = f"{name} was {state} already." if not outcome.data["changed"] else f"{name} is {state} in {path}."
    return Outcome("succeeded", detail=words, data={**outcome.data, "flag": name, "state": state})


def flagged(old: str, name: str, state: str) -> str:
    """The text with the flag as wanted. Raises ValueError when no line sets it (except for `absent`)."""
    return lines.remove(old, name) if state == "absent" else lines.set_flag(old, name, state == "on")


def recorded_way_back(definition: Mapping[str, Any], mark: str, *, since: float) -> dict[str, str] | None:
    """What takes back a file or flag step whose outcome nobody saw: from the backup that its attempt made on this
    host."""
    body = str(definition.get("body") or "")
    via, _, path = str(definition.get("via") or "").partition(":")
    match = _SET.fullmatch(" ".join(body.split()))
    if definition.get("kind") == "flag" and via in ("file", "env") and match:
        name, state = match.groups()
        return way_back(mark, path, lambda old: flagged(old, name, state), since=since)
    if definition.get("kind") == "file":
        return way_back(mark, str(definition.get("path") or ""), lambda old: edited(old, body), since=since)
    return None
