"""What a reader understood of a plan: frozen parts, each with the lines it was read from."""

from __future__ import annotations

from dataclasses import dataclass, field

from plans.document.matrix import Condition, Turn
from plans.document.step import Step, StepFence


@dataclass(frozen=True)
class Said:
    """A text with the line it stands on."""

    line: int
    text: str

    def to_json(self) -> dict[str, object]:
        return {"line": self.line, "text": self.text}


@dataclass(frozen=True)
class Impact:
    line: int
    mark: str
    """ok, warn, time or none."""
    text: str


@dataclass(frozen=True)
class Persists:
    """`**If it persists after 10 minutes:** → Level 2`."""

    line: int
    text: str
    level: int | None
    wait: float | None


@dataclass(frozen=True)
class Promise:
    """The time to recover that a level states; `seconds` is its upper bound."""

    line: int
    text: str
    seconds: float | None


@dataclass(frozen=True)
class Level:
    line: int
    end_line: int
    depth: int
    name: str
    title: str
    number: int
    promise: Promise | None
    promises: tuple[Promise, ...]
    when_to_use: tuple[Said, ...]
    impact: tuple[Impact, ...]
    steps: tuple[Step, ...]
    undo: tuple[Step, ...]
    persists: Persists | None
    group: str = ""
    stray: tuple[StepFence, ...] = ()
    """Fences of the procedure that belong to no step."""
    prerequisites: tuple[Said, ...] = ()

    def to_json(self) -> dict[str, object]:
        return {
            "line": self.line,
            "end_line": self.end_line,
            "name": self.name,
            "number": self.number,
            "time_to_recover": self.promise.text if self.promise else None,
            "time_to_recover_seconds": _whole(self.promise.seconds) if self.promise else None,
            "when_to_use": [said.text for said in self.when_to_use],
            "prerequisites": [said.text for said in self.prerequisites],
            "impact": [f"{_MARKS[impact.mark]}{impact.text}" for impact in self.impact],
            "steps": self._steps(),
        }

    def _steps(self) -> list[dict[str, object]]:
        """Returns the steps; a fence in front of the first one is shown with it, though it is documentation."""
        told = [step.to_json() for step in self.steps]
        if told and self.stray:
            told[0]["fences"] = [fence.to_json() for fence in (*self.stray, *self.steps[0].fences)]
        return told


_MARKS = {"ok": "✅ ", "warn": "⚠️ ", "time": "⏱️ ", "bad": "❌ ", "none": ""}


def _whole(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value


@dataclass(frozen=True)
class MatrixRow:
    line: int
    symptom: str
    severity: str
    action: str
    timeframe: str
    timeframe_seconds: float | None
    levels: tuple[int, ...]
    path: tuple[Turn, ...]
    condition: Condition | None

    def to_json(self) -> dict[str, object]:
        return {
            "line": self.line,
            "symptom": self.symptom or None,
            "severity": self.severity or None,
            "action": self.action or None,
            "timeframe": self.timeframe or None,
            "levels": list(self.levels),
            "condition": self.condition.to_json() if self.condition else None,
        }


@dataclass(frozen=True)
class Risk:
    line: int
    risk: str
    scenario: str
    probability: str
    impact: str
    rollback: str
    levels: tuple[int, ...]
    answer: str
    """rollback, none or not_applicable."""

    def to_json(self) -> dict[str, object]:
        return {**{name: getattr(self, name) for name in ("line", "risk", "scenario", "probability", "impact", "rollback", "answer")},
                "levels": list(self.levels)}  # fmt: skip


@dataclass(frozen=True)
class Phase:
    line: int
    name: str
    offset_seconds: float | None
    tasks: tuple[Said, ...]

    def to_json(self) -> dict[str, object]:
        return {
            "line": self.line,
            "name": self.name,
            "offset_seconds": _whole(self.offset_seconds),
            "tasks": [task.text for task in self.tasks],
        }


@dataclass(frozen=True)
class Field:
    """A blank of a message template; `start` counts characters in the subject or the body."""

    raw: str
    name: str
    choices: tuple[str, ...] | None
    place: str
    start: int

    def to_json(self) -> dict[str, object]:
        return {
            "raw": self.raw,
            "name": self.name,
            "choices": list(self.choices) if self.choices else None,
            "place": self.place,
            "start": self.start,
        }


@dataclass(frozen=True)
class Template:
    line: int
    title: str
    subject: str
    body: str
    fields: tuple[Field, ...]

    def to_json(self) -> dict[str, object]:
        return {
            "line": self.line,
            "subject": self.subject or None,
            "placeholders": [blank.raw for blank in self.fields],
        }


@dataclass(frozen=True)
class ScheduleEntry:
    line: int
    recurrence: str
    months: int | None
    levels: tuple[int, ...]
    environment: str | None
    tasks: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        return {
            "line": self.line,
            "recurrence": self.recurrence,
            "months": self.months,
            "levels": list(self.levels),
            "tasks": list(self.tasks),
        }


@dataclass(frozen=True)
class KnownIssue:
    line: int
    title: str
    when: str | None
    workaround: str | None
    permanent_fix: str | None

    def to_json(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in ("line", "title", "when", "workaround", "permanent_fix")}


@dataclass(frozen=True)
class Contact:
    line: int
    order: int
    role: str
    contact: str | None
    is_placeholder: bool = False

    def to_json(self) -> dict[str, object]:
        return {"line": self.line, "order": self.order, "role": self.role, "contact": self.contact}


@dataclass(frozen=True)
class Resource:
    line: int
    text: str
    url: str | None

    def to_json(self) -> dict[str, object]:
        return {"line": self.line, "text": self.text, "url": self.url}


@dataclass(frozen=True)
class RevisionRow:
    line: int
    version: str
    date: str
    changes: str
    author: str

    def to_json(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in ("line", "version", "date", "changes", "author")}


@dataclass(frozen=True)
class Script:
    line: int
    body: str

    def to_json(self) -> dict[str, object]:
        return {"line": self.line, "body": self.body}


@dataclass(frozen=True)
class Inference:
    line: int
    message: str

    def to_json(self) -> dict[str, object]:
        return {"line": self.line, "message": self.message}


@dataclass(frozen=True)
class Parts:
    """All parts of a plan, in the order of the document."""

    levels: tuple[Level, ...] = ()
    restore: tuple[Step, ...] = ()
    matrix: tuple[MatrixRow, ...] = ()
    risks: tuple[Risk, ...] = ()
    triggers: tuple[Said, ...] = ()
    negative_triggers: tuple[Said, ...] = ()
    pre_checks: tuple[Step, ...] = ()
    validations: tuple[Step, ...] = ()
    reads: tuple[Step, ...] = ()
    phases: tuple[Phase, ...] = ()
    templates: tuple[Template, ...] = ()
    schedule: tuple[ScheduleEntry, ...] = ()
    known_issues: tuple[KnownIssue, ...] = ()
    contacts: tuple[Contact, ...] = ()
    resources: tuple[Resource, ...] = ()
    revisions: tuple[RevisionRow, ...] = ()
    summary: tuple[Said, ...] = ()
    follow_up: tuple[Said, ...] = ()
    notes: tuple[Said, ...] = ()
    test_script: Script | None = None
    metadata: dict[str, str] = field(default_factory=dict)
