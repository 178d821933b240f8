"""Tells a person in plain lines what was understood of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plans.document import durations
from plans.document.plan import Level
from plans.document.step import Step

if TYPE_CHECKING:
    from plans.document.document import PlanDocument


def summary(document: PlanDocument) -> str:
    """Returns the readable summary that `plan read` prints."""
    parts = document.parts
    lines = [document.title or document.name, ""]
    lines += [line for level in parts.levels for line in _level(level)]
    counts = (
        ("decision matrix rows", parts.matrix), ("risks", parts.risks), ("triggers", parts.triggers), ("checks before", parts.pre_checks),
        ("checks after", parts.validations), ("phases", parts.phases), ("message templates", parts.templates), ("rehearsals", parts.schedule),
        ("known issues", parts.known_issues), ("contacts", parts.contacts), ("resources", parts.resources), ("revisions", parts.revisions),
    )  # fmt: skip
    lines += [f"{len(found):4} {name}" for name, found in counts if found]
    lines += [
        "",
        f"Not understood: {', '.join(_range(line, end) for line, end in document.not_understood) or 'nothing'}",
    ]
    lines += (
        ["", "Inferred:", *(f"  line {found.line}: {found.message}" for found in document.inferences)]
        if document.inferences
        else []
    )
    compilation = document.compile()
    lines += [
        "",
        f"{len(compilation.problems)} problems and {len(compilation.lint)} warnings: `manage.py plan check` lists them.",
    ]
    return "\n".join(lines)


def _level(level: Level) -> list[str]:
    promise = (
        f", back within {durations.spoken(level.promise.seconds)}" if level.promise and level.promise.seconds else ""
    )
    return [
        f"Level {level.number}: {level.title} (line {level.line}{promise})",
        *(_step(step) for step in level.steps),
        "",
    ]


def _step(step: Step) -> str:
    ways = f" [{' | '.join(step.alternatives)}]" if step.alternatives else ""
    return f"  {step.number:>4}. {step.title} – {step.kind}{ways}"


def _range(line: int, end: int) -> str:
    return str(line) if line == end else f"{line}–{end}"
