"""What the confirm sheet shows, gathered once: the exact steps, where, what it costs, and what speaks against it."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from rollbacks.models import Run
from rollbacks.snapshot import sequence_of

Json = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A parameter as the sheet shows it, with where its value came from."""

    name: str
    value: str
    source: str
    pattern: str
    may_change: bool
    choices: tuple[str, ...] = ()  # what the target has: offered, never enforced


def level_of(run: Run) -> Json:
    """The compiled level; empty for a run without one."""
    return next((one for one in run.revision.compiled.get("levels", []) if one["number"] == run.level), {})


def lint_of(run: Run) -> list[Json]:
    """The findings on the lines of this level, then those on the steps that it leans on."""
    level = level_of(run)
    lines = {step.get("line") for step in run.snapshot.get("steps", [])} if run.snapshot else set()
    first, last = level.get("line", 0), level.get("end_line", 0)
    return [one for one in run.revision.lint if first <= one["line"] <= last or one["line"] in lines]


def sections(run: Run) -> list[tuple[str, list[Json]]]:
    """The rendered rows by heading, in the order that they run."""
    if not run.snapshot:
        return []
    rows = sequence_of(run.snapshot)
    titles = {"before": "First", "steps": "Steps", "checks": "Then it proves itself"}
    return [
        (title, found) for key, title in titles.items() if (found := [row for row in rows if row["section"] == key])
    ]


def parameters(run: Run) -> list[Asked]:
    """Every parameter that the snapshot uses or still lacks."""
    declared = run.revision.compiled.get("params", {})
    missing = [
        name
        for name in declared
        if name not in run.params
        and any(
            f"<{name}>" in problem or problem.startswith(f"{name} ") or problem.startswith(f"{name}:")
            for problem in run.problems
        )
    ]
    rows, offered = [], run.snapshot.get("choices", {})
    for name in [*run.params, *missing]:
        how = declared.get(name, {})
        may_change = run.kind != "undo" and not how.get("from")
        rows.append(
            Asked(
                name,
                str(run.params.get(name, "")),
                _source(run, name, how),
                how.get("pattern") or "",
                may_change,
                tuple(offered.get(name, ())),
            )
        )
    return rows


def _source(run: Run, name: str, how: Json) -> str:
    if run.kind == "undo":
        return "as in the run that is undone"
    if name in run.given:
        return "given here"
    if name in (run.target.params or {}):
        return "of the target"
    return f"read by {how['from']}" if how.get("from") else "default of the plan"


def fingerprint(run: Run) -> Json:
    """What a form carries, so that a stale one can say what changed: values, and a short hash of each step."""
    steps = (
        {row["name"]: [row.get("title", ""), _short(row)] for row in sequence_of(run.snapshot)} if run.snapshot else {}
    )
    return {
        "params": dict(run.params),
        "facts": {name: str(value) for name, value in run.snapshot.get("facts", {}).items()},
        "steps": steps,
    }


def what_changed(seen: Json, run: Run) -> list[str]:
    """The differences between what a person saw and what stands there now, as sentences."""
    now = fingerprint(run)
    sentences = []
    for word in ("params", "facts"):
        old, new = seen.get(word, {}), now[word]
        sentences += [
            f"{name}: {old.get(name, 'no value')} → {new.get(name, 'no value')}"
            for name in sorted({*old, *new})
            if old.get(name) != new.get(name)
        ]
    old_steps, new_steps = seen.get("steps", {}), now["steps"]
    sentences += [f"New: {new_steps[name][0]}" for name in new_steps if name not in old_steps]
    sentences += [f"Gone: {old_steps[name][0]}" for name in old_steps if name not in new_steps]
    changed = [name for name in new_steps if name in old_steps and new_steps[name][1] != old_steps[name][1]]
    return sentences + [f"Changed: {new_steps[name][0]}" for name in changed]


def _short(row: Json) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:12]
