"""The way back: from the plan's words where it has them, else from what the steps themselves recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Undone:
    """The run that is undone: its parameters, what it did in order, and what the state checks said before it."""

    level: int | None
    params: Mapping[str, str]
    done: tuple[Mapping[str, Any], ...]  # definitions of its succeeded steps; with `inverse` where one was recorded
    state_before: Mapping[str, Any] = field(default_factory=dict)
    one_step: bool = False  # then the level's own list does not apply


def undo_steps(compiled: Mapping[str, Any], undone: Undone, problems: list[str]) -> list[dict[str, Any]]:
    """The level's `**Undo:**` list; else the `undo=` keys of the steps that were done, last first."""
    written = (level_of(compiled, undone.level) or {}).get("undo")
    if written and not undone.one_step:
        return list(written)
    by_name = {step["name"]: step for step in every_step(compiled)}
    steps = []
    for done in reversed(undone.done):
        how = done.get("undo")
        if how == "auto":
            steps.append(inverse_step(done))
        elif how and how in by_name:
            steps.append(by_name[how])
        elif how:
            problems.append(
                f"Line {done.get('line', 0)}: the undo of {done['name']} is the step {how}, "
                "which the plan does not have."
            )
    return steps


def inverse_step(done: Mapping[str, Any]) -> dict[str, Any]:
    """`undo=auto`: the recorded inverse of a file or flag step, as a diff that a person can read."""
    inverse = done.get("inverse") or {}
    step = {
        "name": f"undo-{done['name']}",
        "number": done.get("number", ""),
        "item": f"Undo: {done.get('item') or done.get('title') or done['name']}",
        "title": f"Undo: {done.get('title') or done['name']}",
        "line": done.get("line", 0),
        "kind": "file",
        "effect": "idempotent",
        "timeout": done.get("timeout", 60.0),
        "ok": [0],
        "on_failure": "ask",
        "critical": True,
        "path": inverse.get("path") or done.get("path"),
        "body": inverse.get("diff", ""),
        "language": "diff",
        "ready": True,  # exact bytes: nothing is filled in
    }
    if inverse.get("flag"):
        # A flag of a service: its state before is set, and read back, as any flag step does it.
        return {
            **step,
            "kind": "flag",
            "via": inverse["via"],
            "body": f"set {inverse['flag']} {inverse['state']}",
            "language": "flag",
        }
    if not inverse.get("diff"):
        step["skip"] = "Nothing to undo: the step had found everything as it should be."
    return step


def brought_back(checks: list[dict[str, Any]], undone: tuple[Undone, ...]) -> list[dict[str, Any]]:
    """The state checks of an undo: each must answer again what it answered before the run that is undone."""
    answers = undone[-1].state_before if undone else {}
    return [{**check, "before": answers[check["name"]]} for check in checks if check["name"] in answers]


def level_of(compiled: Mapping[str, Any], level: int | None) -> dict[str, Any] | None:
    return next((one for one in compiled.get("levels", []) if one.get("number") == level), None)


def every_step(compiled: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every step of the plan, wherever it stands."""
    parts = [compiled.get(part, []) for part in ("reads", "evidence", "checks", "restore")]
    for level in compiled.get("levels", []):
        parts += [level.get("steps", []), level.get("undo", [])]
    return [step for part in parts for step in part]
