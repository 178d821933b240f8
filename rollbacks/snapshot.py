"""Renders one procedure of a revision for one target: the exact steps that a person confirms, and their hash.

Pure: what must be asked of the target (`from:` reads) comes through the `read` callable. All problems come at once,
as sentences.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from plans.document.durations import strict
from rollbacks.lacking import lacking
from rollbacks.parameters import Read, Resolver, fill, placeholders, unbound
from rollbacks.sequence import sequence_of as sequence_of
from rollbacks.sequence import unique
from rollbacks.undoing import Undone, brought_back, every_step, level_of, undo_steps

FORMAT = 1
# Kinds that a run does not do by itself at its end: a person looks, or the watch measures.
NOT_ASKED = ("manual", "approval", "wait", "doc")


@dataclass(frozen=True)
class Place:
    """The target as plain data."""

    id: int
    service: str
    environment: str
    root: str = ""
    queue: str = ""
    hosts: tuple[str, ...] = ()
    deployment: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    flag_services: Mapping[str, Any] = field(default_factory=dict)
    output_limit: str = ""  # "halt": a command that says too much is ended

    @property
    def alternatives(self) -> set[str]:
        return {*alternatives_in(self.deployment)}


def alternatives_in(deployment: str) -> list[str]:
    """Gives both words of "systemd, pip"."""
    return [word.strip() for word in deployment.split(",") if word.strip()]


@dataclass(frozen=True)
class Rendered:
    """A snapshot, its hash, and every reason why it may not run."""

    snapshot: dict[str, Any]
    problems: list[str]

    @property
    def hash(self) -> str:
        return hash_of(self.snapshot)


def hash_of(snapshot: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of a snapshot."""
    text = json.dumps(snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def render(
    compiled: Mapping[str, Any],
    *,
    kind: str,
    level: int | None,
    place: Place,
    read: Read,
    given: Mapping[str, str] | None = None,
    undone: tuple[Undone, ...] = (),
) -> Rendered:
    """1. choose the steps, 2. find the values, 3. decide `only_if`, 4. fill in, 5. list what is missing."""
    problems: list[str] = []
    raw = chosen(procedure(compiled, kind, level, undone, problems), place, problems)
    checks = [check for check in compiled.get("checks", []) if check.get("kind") not in NOT_ASKED]
    resolver = Resolver(
        declared=compiled.get("params", {}),
        facts_declared=compiled.get("facts", {}),
        given=given or {},
        target_params=place.params,
        target_facts=place.facts,
        undone={name: value for one in reversed(undone) for name, value in one.params.items()} if undone else None,
        steps={step["name"]: step for step in every_step(compiled)},
        read=read,
        problems=problems,
    )
    resolver.refuse_unknown()
    steps = [rendered(step, resolver) for step in raw]
    own = [rendered(check, resolver) for check in chosen(own_checks(checks, kind, level), place, problems)]
    before = (
        [rendered(check, resolver) for check in chosen(state_checks(checks), place, problems)]
        if kind in ("rollback", "drill")
        else []
    )
    if kind in ("rollback", "drill"):
        read_for_the_way_back(compiled, level, resolver)
    if kind == "undo":
        own += brought_back([rendered(check, resolver) for check in state_checks(checks)], undone)
    for step in (*steps, *own, *before):
        problems += lacking(step, env=place.env, secrets=place.secrets, flag_services=place.flag_services)
    if not steps:
        problems.append(f"There is nothing to run: the plan has no steps for {kind} here.")
    snapshot = {
        "format": FORMAT,
        "kind": kind,
        "level": level,
        "plan": compiled.get("sha256", ""),
        "target": frozen(place),
        "params": resolver.params,
        "facts": resolver.facts,
        **({"choices": resolver.choices} if resolver.choices else {}),
        "steps": unique(steps),
        "checks": own if kind != "evidence" else [],
        "before": before,
    }
    return Rendered(json.loads(json.dumps(snapshot)), list(dict.fromkeys(problems)))


def read_for_the_way_back(compiled: Mapping[str, Any], level: int | None, resolver: Resolver) -> None:
    """An undo asks no read again, so what it will need is read now; what cannot be had is its own problem, later."""
    known = len(resolver.problems)
    for step in (level_of(compiled, level) or {}).get("undo", []):
        verify = resolver.steps.get(str(step.get("verify") or ""))
        resolver.need(placeholders(step) | (placeholders(verify) if verify else set()))
    del resolver.problems[known:]


def procedure(
    compiled: Mapping[str, Any], kind: str, level: int | None, undone: tuple[Undone, ...], problems: list[str]
) -> list[dict[str, Any]]:
    """The compiled steps of what is to be done."""
    if kind == "evidence":
        return list(compiled.get("evidence", []))
    if kind == "undo":
        return [step for one in undone for step in undo_steps(compiled, one, problems)]
    if kind == "restore" and compiled.get("restore"):
        return list(compiled["restore"])
    if kind == "restore":
        # No way back in the plan: the undos of the runs that stand, newest first.
        return [step for one in undone for step in undo_steps(compiled, one, problems)]
    return list((level_of(compiled, level) or {}).get("steps", []))


def own_checks(checks: Iterable[dict[str, Any]], kind: str, level: int | None) -> list[dict[str, Any]]:
    """The validation that belongs to this run. A signal over time belongs to the watch."""
    asked = [check for check in checks if not check.get("signal")]
    if kind == "undo":
        return [check for check in asked if check.get("purpose") != "state" and not check.get("levels")]
    key: int | str | None = "restore" if kind == "restore" else level
    return [check for check in asked if not check.get("levels") or key in check["levels"]]


def state_checks(checks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [check for check in checks if check.get("purpose") == "state" and not check.get("signal")]


def chosen(steps: list[dict[str, Any]], place: Place, problems: list[str]) -> list[dict[str, Any]]:
    """The steps for this target's alternatives; an item that has only others is a question, not a gap."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for step in steps:
        groups.setdefault(str(step.get("number") or step["name"]).split(".")[0], []).append(step)
    kept = []
    for number, group in groups.items():
        options = list(dict.fromkeys(str(step["for"]) for step in group if step.get("for")))
        fitting = [option for option in options if option in place.alternatives]
        if options and not fitting and all(step.get("for") for step in group):
            line, words = group[0].get("line", 0), ", ".join(options)
            problems.append(
                f"Line {line}: step {number} is written for {words}, and this target is "
                f"{place.deployment or 'not set to any of them'}. Choose one on the target's page."
            )
        if len(fitting) > 1:
            problems.append(
                f"Line {group[0].get('line', 0)}: step {number} has {' and '.join(fitting)}; "
                "this target must be one of them."
            )
        kept += [
            step for step in group if (not step.get("for") or step["for"] in fitting) and step.get("kind") != "doc"
        ]
    return kept


def rendered(step: Mapping[str, Any], resolver: Resolver) -> dict[str, Any]:
    """The step with its condition decided, its placeholders filled, and the steps that it leans on beside it."""
    if step.get("ready"):
        return dict(step)
    line = int(step.get("line") or 0)
    if step.get("only_if"):
        holds = resolver.holds(str(step["only_if"]), line)
        if holds is False:
            return {**fill(step, resolver.params), "skip": f"Only if {step['only_if']}, which is not so here."}
    filled = with_values(step, resolver)
    if filled.get("kind") == "wait":
        filled |= wait_of(filled, resolver)
    if filled.get("verify"):
        verify = resolver.steps.get(str(filled["verify"]))
        if verify is None:
            resolver.problems.append(f"Line {line}: verify={filled['verify']} names no step of this plan.")
        else:
            filled["verify_step"] = with_values(verify, resolver)
    return filled


def with_values(step: Mapping[str, Any], resolver: Resolver) -> dict[str, Any]:
    resolver.need(placeholders(step))
    filled = fill(step, resolver.params)
    resolver.problems += unbound(filled, resolver.declared)
    return filled


def wait_of(step: Mapping[str, Any], resolver: Resolver) -> dict[str, Any]:
    """`30s`, or `until <check-name> within 60s`."""
    words = str(step.get("body") or "").split()
    if len(words) == 1 and (seconds := strict(words[0])) is not None:
        return {"wait_seconds": seconds}
    line = int(step.get("line") or 0)
    if len(words) == 4 and words[0] == "until" and words[2] == "within" and (within := strict(words[3])) is not None:
        check = resolver.steps.get(words[1])
        if check is not None:
            return {"wait_check": with_values(check, resolver), "timeout": within}
        resolver.problems.append(f"Line {line}: the wait is for {words[1]}, which is no check of this plan.")
        return {}
    resolver.problems.append(
        f"Line {line}: “{' '.join(words)[:60]}” is no wait. Write 30s, or: until <check-name> within 60s."
    )
    return {}


def frozen(place: Place) -> dict[str, Any]:
    """What the run takes from its target; a later change of the target does not reach a run."""
    kept = ("id", "service", "environment", "root", "queue", "deployment")
    lists = {
        "hosts": list(place.hosts),
        "secrets": list(place.secrets),
        "env": {name: str(value) for name, value in place.env.items()},
    }
    # Only where they are set: a snapshot holds what its run may need, and people read it.
    more = {name: getattr(place, name) for name in ("flag_services", "output_limit") if getattr(place, name)}
    return {name: getattr(place, name) for name in kept} | lists | more
