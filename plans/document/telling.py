"""Tells a person in plain lines what was understood of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plans.document import durations
from plans.document.plan import Level
from plans.document.step import Step

if TYPE_CHECKING:
    from plans.document.document import PlanDocument


_COUNTED = (
    ("matrix", "decision matrix rows"),
    ("risks", "risks"),
    ("triggers", "triggers"),
    ("pre_checks", "checks before"),
    ("validations", "checks after"),
    ("phases", "phases"),
    ("templates", "message templates"),
    ("schedule", "rehearsals"),
    ("known_issues", "known issues"),
    ("contacts", "contacts"),
    ("resources", "resources"),
    ("revisions", "revisions"),
)


def summary(document: PlanDocument) -> str:
    """Returns the readable summary that `plan read` prints."""
    parts = document.parts
    lines = [document.title or document.name, ""]
    lines += [line for level in parts.levels for line in _level(level)]
    lines += [f"{len(getattr(parts, part)):4} {name}" for part, name in _COUNTED if getattr(parts, part)]
    left = ", ".join(_range(line, end) for line, end in document.not_understood)
    lines += ["", f"Not understood: {left or 'nothing'}"]
    inferred = [f"  line {found.line}: {found.message}" for found in document.all_inferences()]
    lines += ["", "Inferred:", *inferred] if inferred else []
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
