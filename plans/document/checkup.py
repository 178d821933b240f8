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
Rows = list[dict[str, Any]]
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
    undo: str = ""
    """How it is taken back; empty for what changes nothing."""
    lacks: tuple[str, ...] = ()

    def does(self) -> str:
        """ "5 steps: 4 run by Firebreak, 1 by a person"."""
        shares = [f"{self.by_itself} run by Firebreak"] if self.by_itself else []
        shares += [f"{self.by_a_person} by a person"] if self.by_a_person else []
        return f"{_count(self.by_itself + self.by_a_person, 'step')}{': ' if shares else ''}{', '.join(shares)}"

    def sentence(self) -> str:
        said = [f"{self.name}: {self.does()}"]
        said += [f"promises {durations.spoken(self.promise_seconds)}"] if self.promise_seconds else []
        said += [f"undo: {self.undo}"] if self.undo else []
        return "; ".join([*said, *self.lacks])


@dataclass(frozen=True)
class Finding:
    line: int
    kind: str
    """One of WEIGHTS."""
    message: str
    mend: str
    code: str = ""
    """The rule of a warning."""

    def sentence(self, name: str) -> str:
        """One line for a person or for a team's CI."""
        return f"{name}:{self.line}: {self.message} {self.mend}".rstrip() + (f" [{self.code}]" if self.code else "")

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
    problems = [problem.to_json() for problem in compilation.problems]
    return look_over(compilation.compiled, problems, [lint.to_json() for lint in compilation.lint], measured)


def look_over(
    compiled: dict[str, Any], problems: Rows, lint: Rows, measured: Mapping[int, float] | None = None
) -> Checkup:
    """The same for a plan that was compiled before; `problems` and `lint` are rows of line, message, hint (and code)."""
    findings = [Finding(row["line"], "stops", row["message"], row.get("hint") or "") for row in problems]
    findings += [
        Finding(row["line"], _kind(row["code"]), row["message"], row.get("hint") or "", row["code"]) for row in lint
    ]
    findings += [*_missing(compiled), *_unmeasured(compiled, measured)]
    procedures = (*_procedures(compiled, measured or {}),)
    return Checkup(procedures, tuple(sorted(findings, key=lambda found: (found.weight, found.line, found.message))))


def _kind(code: str) -> str:
    return "cannot_fail" if code == "cannot-fail" else "unproved" if code in _UNPROVED else "unwise"


def _procedures(compiled: dict[str, Any], measured: Mapping[int, float]) -> Iterator[Procedure]:
    for level in compiled.get("levels", []):
        yield _level(level, compiled.get("checks", []), measured.get(level["number"]))
    names = (("evidence", "Evidence before a rollback"), ("checks", "Validation after it"), ("restore", "Restore"))
    for key, name in names:
        if steps := compiled.get(key, []):
            by_itself = _by_itself(steps)
            yield Procedure(steps[0]["line"], name, by_itself, len(steps) - by_itself, None, None)


def _level(level: dict[str, Any], checks: list[dict[str, Any]], took: float | None) -> Procedure:
    steps, by_itself = level["steps"], _by_itself(level["steps"])
    unproved = [
        str(step["number"])
        for step in steps
        if step["effect"] == "once" and step["kind"] in ACTING and not step["verify"]
    ]
    validated = any(not check.get("levels") or level["number"] in check["levels"] for check in checks)
    lacks = [] if steps else ["no step"]
    lacks += [] if level["promise_seconds"] else ["no promise"]
    lacks += [f"nothing proves step {', '.join(unproved)}"] if unproved else []
    lacks += [] if validated else ["no check after it"]
    name = f"Level {level['number']}: {level.get('title') or level['name']}"
    return Procedure(
        level["line"],
        name,
        by_itself,
        len(steps) - by_itself,
        level["promise_seconds"],
        took,
        _undo(level),
        tuple(lacks),
    )


def _by_itself(steps: list[dict[str, Any]]) -> int:
    return sum(step["kind"] in ACTING or step["kind"] in ("check", "wait") for step in steps)


def _undo(level: dict[str, Any]) -> str:
    if level.get("undo"):
        return _count(len(level["undo"]), "step")
    own = sum(bool(step.get("undo")) for step in level["steps"])
    return f"{_count(own, 'step')} back" if own else "none"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _missing(compiled: dict[str, Any]) -> Iterator[Finding]:
    for key, message, mend in _PARTS:
        if not compiled.get(key):
            yield Finding(1, "missing", message, mend)
    for level in compiled.get("levels", []):
        if level["steps"] and not level["undo"] and not any(step["undo"] for step in level["steps"]):
            message = f"Level {level['number']} cannot be taken back."
            yield Finding(level["line"], "missing", message, "Add an `**Undo:**` list, or `undo=` on its steps.")


def _unmeasured(compiled: dict[str, Any], measured: Mapping[int, float] | None) -> Iterator[Finding]:
    """Yields the promises that nobody measured, or, where no run is known, those that no rehearsal would measure."""
    rehearsed = {number for entry in compiled.get("schedule", []) for number in entry["levels"]}
    for level in compiled.get("levels", []):
        number, promise = level["number"], level["promise_seconds"]
        if not promise:
            continue
        spoken = durations.spoken(promise)
        if measured is None and compiled.get("schedule") and number not in rehearsed:
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
