"""Examines a plan as a whole: what would run, what cannot fail, what is missing, what nobody measured; worst first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plans.document import durations
from plans.document.attributes import ACTING

if TYPE_CHECKING:
    from plans.document.document import PlanDocument

WEIGHTS = ("stops", "cannot_fail", "unproved", "missing", "unmeasured", "unwise")
"""Kinds of findings, the worst first: what stops the plan, what misleads, what is unproved, absent, never tried, unwise."""
_UNPROVED = frozenset({"once-unverified", "no-validation", "no-check-after", "sed-unverified"})
_PARTS = (
    ("matrix", "The plan has no decision matrix: no level can be recommended.", "Add a table of symptom, severity, level and timeframe."),
    ("checks", "The plan has no validation: a rollback can never be called recovered.", "Add checks under *Post-rollback validation*."),
    ("evidence", "The plan has no checklist before the rollback: what is lost with it stays unknown.", "Add *Pre-rollback checklist*."),
    ("phases", "The plan has no communication plan: no task is ever due.", "Add phases such as `**1. Immediate (T+0 minutes):**`."),
    ("contacts", "The plan names nobody to call.", "Add *Escalation path* with an ordered list of roles."),
    ("template", "The plan has no message template.", "Add a block with a `Subject:` line under *Stakeholder template*."),
    ("schedule", "The plan is never rehearsed.", "Add *Testing schedule* with `**Quarterly:**` and the level to try."),
    ("restore", "The plan does not lead back to the normal state.", "Add `### Restore` under the levels."),
    ("signals", "The plan measures nothing: errors are not counted after a rollback.", "Declare `signals:` in the front matter."),
)  # fmt: skip


@dataclass(frozen=True)
class Procedure:
    """What one procedure would do on the day."""

    line: int
    name: str
    by_itself: int
    by_a_person: int
    promise_seconds: float | None
    measured_seconds: float | None
    """The slowest run or drill that is known; None where nobody tried."""

    def sentence(self) -> str:
        said = f"{self.name}: {self.by_itself} steps by itself, {self.by_a_person} by a person"
        return said + (f", promised within {durations.spoken(self.promise_seconds)}" if self.promise_seconds else "")


@dataclass(frozen=True)
class Finding:
    line: int
    kind: str
    """One of WEIGHTS."""
    message: str
    mend: str

    @property
    def weight(self) -> int:
        return WEIGHTS.index(self.kind)


@dataclass(frozen=True)
class Checkup:
    procedures: tuple[Procedure, ...]
    findings: tuple[Finding, ...]
    """The worst first, then in the order of the lines."""


def examine(document: PlanDocument, measured: Mapping[int, float] | None = None) -> Checkup:
    """Returns the check-up of a plan; `measured` gives the seconds that a level took in runs and drills, where that is known."""
    compilation = document.compile()
    compiled = compilation.compiled
    findings = [Finding(problem.line, "stops", problem.message, problem.hint) for problem in compilation.problems]
    findings += [Finding(lint.line, _kind(lint.code), lint.message, lint.hint) for lint in compilation.lint]
    findings += [*_missing(compiled), *_unmeasured(compiled, measured)]
    procedures = (*_procedures(compiled, measured or {}),)
    return Checkup(procedures, tuple(sorted(findings, key=lambda found: (found.weight, found.line, found.message))))


def _kind(code: str) -> str:
    return "cannot_fail" if code == "cannot-fail" else "unproved" if code in _UNPROVED else "unwise"


def _procedures(compiled: dict[str, Any], measured: Mapping[int, float]) -> Iterator[Procedure]:
    for level in compiled["levels"]:
        name = f"Level {level['number']}, {level['title']}"
        yield _procedure(name, level["line"], level["steps"], level["promise_seconds"], measured.get(level["number"]))
    for key, name in (("evidence", "Evidence"), ("checks", "Validation"), ("restore", "Restore")):
        if compiled[key]:
            yield _procedure(name, compiled[key][0]["line"], compiled[key], None, None)


def _procedure(
    name: str, line: int, steps: list[dict[str, Any]], promise: float | None, took: float | None
) -> Procedure:
    by_itself = sum(step["kind"] in ACTING or step["kind"] in ("check", "wait") for step in steps)
    return Procedure(line, name, by_itself, len(steps) - by_itself, promise, took)


def _missing(compiled: dict[str, Any]) -> Iterator[Finding]:
    for key, message, mend in _PARTS:
        if not compiled[key]:
            yield Finding(1, "missing", message, mend)
    for level in compiled["levels"]:
        if level["steps"] and not level["undo"] and not any(step["undo"] for step in level["steps"]):
            message = f"Level {level['number']} cannot be taken back."
            yield Finding(level["line"], "missing", message, "Add an `**Undo:**` list, or `undo=` on its steps.")


def _unmeasured(compiled: dict[str, Any], measured: Mapping[int, float] | None) -> Iterator[Finding]:
    """Yields the promises that nobody measured, or, where no run is known, those that no rehearsal would measure."""
    rehearsed = {number for entry in compiled["schedule"] for number in entry["levels"]}
    for level in compiled["levels"]:
        number, promise = level["number"], level["promise_seconds"]
        if not promise:
            continue
        spoken = durations.spoken(promise)
        if measured is None and compiled["schedule"] and number not in rehearsed:
            yield Finding(
                level["line"],
                "unmeasured",
                f"No rehearsal measures whether level {number} takes {spoken}.",
                "Name the level in the testing schedule.",
            )
        elif measured is not None and number not in measured:
            yield Finding(
                level["line"],
                "unmeasured",
                f"Nobody measured whether level {number} takes {spoken}.",
                "Run a drill of it.",
            )
        elif measured is not None and measured[number] > promise:
            took = durations.spoken(measured[number])
            yield Finding(
                level["line"],
                "unmeasured",
                f"Level {number} promises {spoken} and took {took}.",
                "Correct the promise, or make the level faster.",
            )
