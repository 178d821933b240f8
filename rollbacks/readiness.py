"""Whether a target has what its plan asks for, before anybody needs it. Reads only."""

from dataclasses import dataclass
from typing import Any

from plans.models import Revision
from rollbacks.models import Target
from rollbacks.parameters import placeholders
from rollbacks.undoing import every_step


@dataclass(frozen=True)
class Row:
    """One level: can it run here, and if not, why."""

    name: str
    ok: bool
    sentence: str


@dataclass(frozen=True)
class Readiness:
    """What the target's page shows above the form."""

    revision: Revision | None
    sentence: str
    rows: list[Row]

    @property
    def ok(self) -> bool:
        return not self.sentence and all(row.ok for row in self.rows)


def readiness(target: Target) -> Readiness:
    """The plan's approved revision against this target's parameters and alternatives."""
    if target.plan is None:
        return Readiness(None, "No plan is chosen, so nothing can be rolled back here.", [])
    revision = target.plan.runnable
    if revision is None:
        current = target.plan.current
        return Readiness(current, current.why_not if current else "The plan has no revision.", [])
    return Readiness(
        revision, "", [_row(level, revision.compiled, target) for level in revision.compiled.get("levels", [])]
    )


def _row(level: dict[str, Any], compiled: dict[str, Any], target: Target) -> Row:
    name = f"Level {level['number']}: {level.get('title') or level['name']}"
    chosen = {word.strip() for word in target.deployment.split(",") if word.strip()}
    alternatives = sorted({step["for"] for step in level["steps"] if step.get("for")})
    steps = [step for step in level["steps"] if not step.get("for") or step["for"] in chosen]
    if alternatives and not chosen & set(alternatives):
        return Row(name, False, f"Choose how it is deployed: the plan knows {', '.join(alternatives)}.")
    if not steps:
        return Row(name, False, "No step of this level is meant for this target.")
    unbound = sorted(_unbound(_leaned_on(steps, level, compiled), compiled.get("params", {}), target))
    if unbound:
        missing = " and ".join(f"<{one}>" for one in unbound)
        return Row(
            name, False, f"{missing} {'has' if len(unbound) == 1 else 'have'} no value here. Add it under Parameters."
        )
    count = "1 step" if len(steps) == 1 else f"{len(steps)} steps"
    return Row(name, True, f"{count}, every parameter has a value or is asked at start.")


def _leaned_on(steps: list[dict[str, Any]], level: dict[str, Any], compiled: dict[str, Any]) -> list[dict[str, Any]]:
    """The steps, the checks at their end, and every read and proof that any of them names."""
    by_name = {step["name"]: step for step in every_step(compiled)}
    checks = [
        check for check in compiled.get("checks", []) if not check.get("levels") or level["number"] in check["levels"]
    ]
    found, queue = [], [*steps, *checks]
    while queue:
        step = queue.pop()
        if step in found:
            continue
        found.append(step)
        froms = [compiled.get("params", {}).get(name, {}).get("from") for name in placeholders(step)]
        waited = str(step.get("body") or "").split()[1:2] if step.get("kind") == "wait" else []
        queue += [by_name[name] for name in [step.get("verify"), *froms, *waited] if name in by_name]
    return found


def _unbound(steps: list[dict[str, Any]], params: dict[str, Any], target: Target) -> set[str]:
    """Parameters that must come from the target, and do not. Those with a default or `from:` are filled at start."""
    used = {name for step in steps for name in placeholders(step)}
    bound = {name for name, said in params.items() if said.get("bind") == "target"}
    return {name for name in used & bound if name not in target.params and not params[name].get("default")}
