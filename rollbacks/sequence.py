"""The rows of a run, in order, from its snapshot: the state before, the steps, the own checks; and what a dry run does of them. Pure."""

from collections.abc import Mapping
from typing import Any

BEFORE_NAME = "state-before"
# In a dry run nobody is asked and nothing is waited for.
DRY = {
    "manual": "Dry run: a person does this.",
    "approval": "Dry run: a person is asked here.",
    "wait": "Dry run: not waited for.",
}
MANUAL_EVIDENCE = "A person looks at this; add what you see as a note."


def sequence_of(snapshot: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All rows of the run, in order: the state before, the steps, the own checks. Names stay unique."""
    before = list(snapshot.get("before", []))
    manual = snapshot.get("kind") == "evidence"
    rows: list[dict[str, Any]] = []
    if before:
        seconds = sum(float(check.get("timeout") or 10.0) for check in before)
        title = f"Record the state before ({len(before)} {'check' if len(before) == 1 else 'checks'})"
        row = {
            "name": BEFORE_NAME,
            "title": title,
            "kind": "check",
            "effect": "read",
            "timeout": seconds,
            "checks": before,
        }
        rows.append({**row, "section": "before"})
    for step in snapshot.get("steps", []):
        skip = {"skip": MANUAL_EVIDENCE} if manual and step.get("kind") in ("manual", "approval") else {}
        rows.append({**step, **skip, "section": "steps"})
    rows += [{**check, "section": "checks"} for check in snapshot.get("checks", [])]
    return unique([dry(row) for row in rows] if snapshot.get("dry_run_of") else rows)


def dry(row: dict[str, Any]) -> dict[str, Any]:
    """The row in a dry run: what reads is done once and stops nothing; everything else is shown, with why it is not
    done."""
    if row.get("skip"):
        return row
    if row["kind"] in DRY:
        return {**row, "skip": DRY[row["kind"]]}
    if row["kind"] != "check" and row["section"] != "checks" and row.get("effect") != "read":
        return {**row, "skip": "Dry run: shown, not done."}
    return {**row, "dry": True, "on_failure": "continue", "on_cancel": None, "retries": 0, "approve": None}


def unique(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Names are a run's handles; two undone runs may have brought the same step."""
    seen: dict[str, int] = {}
    for step in steps:
        seen[step["name"]] = seen.get(step["name"], 0) + 1
        if seen[step["name"]] > 1:
            step["name"] = f"{step['name']}-{seen[step['name']]}"
    return steps
