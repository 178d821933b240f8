"""Whether a target has what its plan asks for, before anybody needs it: alternatives, values, variables, secrets. Reads only."""

from dataclasses import dataclass
from typing import Any

from plans.models import Revision
from rollbacks.lacking import lacking
from rollbacks.models import Target
from rollbacks.parameters import placeholders
from rollbacks.preparing import place_of
from rollbacks.snapshot import Place, chosen
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
    place = place_of(target)
    return Readiness(
        revision, "", [_row(level, revision.compiled, place) for level in revision.compiled.get("levels", [])]
    )


def _row(level: dict[str, Any], compiled: dict[str, Any], place: Place) -> Row:
    name = f"Level {level['number']}: {level.get('title') or level['name']}"
    problems: list[str] = []
    steps = chosen(level["steps"], place, problems)
    if not steps and not problems:
        return Row(name, False, "No step of this level is meant for this target.")
    leaned = _leaned_on(steps, level, compiled)
    problems += _unbound(leaned, compiled.get("params", {}), place)
    for step in leaned:
        problems += lacking(step, env=place.env, secrets=place.secrets, flag_services=place.flag_services)
    if problems:
        return Row(name, False, " ".join(dict.fromkeys(problems)))
    count = "1 step" if len(steps) == 1 else f"{len(steps)} steps"
    return Row(name, True, f"{count}; every parameter has a value or is asked at start.")


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


def _unbound(steps: list[dict[str, Any]], params: dict[str, Any], place: Place) -> list[str]:
    """Parameters that must come from the target, and do not. Those with a default or `from:` are filled at start."""
    used = {name for step in steps for name in placeholders(step)}
    bound = {name for name, said in params.items() if said.get("bind") == "target"}
    missing = sorted(name for name in used & bound if name not in place.params and not params[name].get("default"))
    if not missing:
        return []
    names = " and ".join(f"<{one}>" for one in missing)
    return [f"{names} {'has' if len(missing) == 1 else 'have'} no value here. Add it under Parameters."]
