"""Checks what refers to something else: names, parameters, facts, levels, escalations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from plans.document.attributes import parse
from plans.document.blocks import every_fence
from plans.document.bodies import until_check
from plans.document.finding import Findings
from plans.document.header import Header

if TYPE_CHECKING:
    from plans.document.document import PlanDocument

MOST_STEPS = 200
_ASKED = frozenset({"check", "http", "graphql", "shell", "exec", "file"})


def every_step(compiled: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields all compiled steps, procedures first."""
    for level in compiled["levels"]:
        yield from level["steps"]
        yield from level["undo"]
    for place in ("restore", "evidence", "checks", "reads"):
        yield from compiled[place]


def names_in_use(document: PlanDocument) -> frozenset[str]:
    """Returns the step names that something refers to: `from:`, `verify=`, `undo=`, `goto:`, `until`, `query:`."""
    found: set[str] = set()
    for fence in every_fence(document.root):
        if fence.attributes:
            values = parse(fence.attributes).values
            found.update(
                values[key].removeprefix("goto:")
                for key in ("verify", "undo", "on_failure", "on_cancel")
                if key in values
            )
        match = re.match(r"\s*until\s+([\w.-]+)\s+within\b", fence.body)
        if match:
            found.add(match.group(1))
    data = document.header.data
    for part, key in (("params", "from"), ("params", "choices"), ("facts", "from"), ("signals", "query")):
        fields = data.get(part)
        for value in fields.values() if isinstance(fields, dict) else ():
            name = value.get(key) if isinstance(value, dict) else None
            if isinstance(name, str):
                found.add(name)
    return frozenset(found)


def check(compiled: dict[str, Any], header: Header, document: PlanDocument, findings: Findings) -> None:
    """Tells every reference that leads nowhere."""
    steps = list(every_step(compiled))
    by_name = _unique(steps, findings)
    _check_levels(compiled, document, findings)
    for step in steps:
        _check_step(step, by_name, compiled, findings)
    _check_gotos(compiled, findings)
    _check_header(header, by_name, findings)
    _check_escalations(compiled, document, findings)


def has_too_many(compiled: dict[str, Any], findings: Findings) -> bool:
    """Refuses a plan that nobody can oversee; its references are then not followed, so that the work stays bounded."""
    count = sum(1 for _ in every_step(compiled))
    if count > MOST_STEPS:
        findings.problem(
            1, f"The plan has {count} steps; at most {MOST_STEPS} can run.", "Split it into plans of their own."
        )
    return count > MOST_STEPS or len(compiled["levels"]) > MOST_STEPS


def _unique(steps: list[dict[str, Any]], findings: Findings) -> dict[str, dict[str, Any]]:
    by_name: dict[str, dict[str, Any]] = {}
    for step in steps:
        first = by_name.setdefault(step["name"], step)
        if first is not step:
            findings.problem(
                step["line"],
                f"The step name `{step['name']}` is used twice, first on line {first['line']}.",
                "Give each step a name of its own.",
            )
    return by_name


def _check_levels(compiled: dict[str, Any], document: PlanDocument, findings: Findings) -> None:
    if not compiled["levels"]:
        findings.problem(
            1,
            "No rollback level was found.",
            "Write a heading such as `### Level 1: Feature flag off (1 minute)` with numbered steps.",
        )
    seen: dict[int, int] = {}
    for level in compiled["levels"]:
        if level["number"] in seen:
            findings.problem(
                level["line"],
                f"Level {level['number']} stands twice, first on line {seen[level['number']]}.",
                "Number the levels 1, 2, 3.",
            )
        seen.setdefault(level["number"], level["line"])
        if not level["steps"]:
            findings.problem(
                level["line"], f"Level {level['number']} has no steps.", "Add a numbered list under **Procedure:**."
            )
        elif all(step["kind"] == "manual" and step["for"] for step in level["steps"]):
            findings.problem(
                level["line"], f"Level {level['number']} has no step for every target.", "Add what is done where."
            )


def _check_step(
    step: dict[str, Any], by_name: dict[str, dict[str, Any]], compiled: dict[str, Any], findings: Findings
) -> None:
    line = step["line"]
    verify = by_name.get(step["verify"] or "")
    if step["verify"] and (verify is None or verify["effect"] != "read"):
        _missing(line, "verify", step["verify"], verify, findings)
    if step["undo"] and step["undo"] != "auto" and step["undo"] not in by_name:
        findings.problem(line, f"`undo={step['undo']}` names no step.", "Write the name of a step of this plan.")
    asked = until_check(step)
    if asked is not None and (
        asked not in by_name or by_name[asked]["kind"] not in _ASKED or by_name[asked]["effect"] != "read"
    ):
        findings.problem(
            line,
            f"The wait asks for `{asked}`, which is no check of this plan.",
            "Write the name of a check or of a read step.",
        )
    numbers = {level["number"] for level in compiled["levels"]}
    for number in step["levels"] or []:
        if number != "restore" and number not in numbers:
            findings.problem(
                line, f"`levels=` names level {number}, which the plan does not have.", "Write levels of this plan."
            )


def _missing(line: int, key: str, name: str, found: dict[str, Any] | None, findings: Findings) -> None:
    if found is None:
        findings.problem(line, f"`{key}={name}` names no step.", "Write the name of a `read` step of this plan.")
    else:
        findings.problem(
            line,
            f"`{key}={name}` names a step that changes something.",
            "A proof only reads: say `effect=read` there if that is true.",
        )


def _check_gotos(compiled: dict[str, Any], findings: Findings) -> None:
    """A jump stays inside its own procedure and leads forward."""
    procedures = [steps for level in compiled["levels"] for steps in (level["steps"], level["undo"])]
    procedures += [compiled["restore"], compiled["evidence"], compiled["checks"], compiled["reads"]]
    for steps in procedures:
        places = {step["name"]: place for place, step in enumerate(steps)}
        for place, step in enumerate(steps):
            for key in ("on_failure", "on_cancel"):
                value = step[key] or ""
                if value.startswith("goto:") and places.get(value[5:], place + 1) <= place:
                    findings.problem(
                        step["line"],
                        f"`{key}={value}` leads back: a run could circle for ever.",
                        "Jump forward only, to a step below this one; use `retries=` to try again.",
                    )
                elif value.startswith("goto:") and value[5:] not in places:
                    findings.problem(
                        step["line"],
                        f"`{key}={value}` leads to no step of this procedure.",
                        "Write `goto:` with the name of a step beside this one.",
                    )


def _check_header(header: Header, by_name: dict[str, dict[str, Any]], findings: Findings) -> None:
    for part, fields in (("params", header.params), ("facts", header.facts)):
        for name, said in fields.items():
            for key in ("from", "choices"):
                source = said.get(key)
                step = by_name.get(source or "")
                if source and (step is None or step["effect"] != "read" or step["kind"] not in _ASKED):
                    line = header.line(part, name)
                    what = "names no step" if step is None else "names a step that is no `read`"
                    findings.problem(
                        line, f"`{key}: {source}` of `{name}` {what}.", "Write the name of a fence with `effect=read`."
                    )
    for name, signal in header.signals.items():
        query = signal["query"]
        kinds, hint = _SIGNAL_QUERIES.get(signal["probe"], _SIGNAL_QUERIES["load"])
        if query and (query not in by_name or by_name[query]["kind"] not in kinds):
            findings.problem(
                header.line("signals", name, "query"), f"`query: {query}` of the signal `{name}` names no query.", hint
            )


_SIGNAL_QUERIES = {
    "load": (("graphql", "http"), "Write the name of a graphql or http fence."),
    "process": (
        ("check", "shell", "exec"),
        "Write the name of a `process` check, or of a fence that prints the process id.",
    ),
    "log": (("check",), "Write the name of a check with `log=` and `pattern=`."),
    "prometheus": (("check",), "Write the name of a check with `url=`, `promql ERRORS` and `of REQUESTS`."),
}


def _check_escalations(compiled: dict[str, Any], document: PlanDocument, findings: Findings) -> None:
    numbers = {level["number"] for level in compiled["levels"]}
    edges: dict[int, int] = {}
    for level in document.parts.levels:
        if level.persists is None:
            continue
        if level.persists.level is None:
            findings.problem(
                level.persists.line,
                "“If it persists” does not say which level follows.",
                "Write such as `**If it persists:** → Level 2`.",
            )
        elif level.persists.level not in numbers:
            findings.problem(
                level.persists.line, f"Level {level.persists.level} does not exist.", "Write a level of this plan."
            )
        else:
            edges[level.number] = level.persists.level
            if _circles(level.number, edges):
                findings.problem(
                    level.persists.line, "The levels escalate in a circle.", "One of them must be the last."
                )


def _circles(start: int, edges: dict[int, int]) -> bool:
    seen, at = {start}, edges.get(start)
    while at is not None:
        if at in seen:
            return True
        seen.add(at)
        at = edges.get(at)
    return False
