"""The parts of a report as plain data, and their words. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from incidents.clock import length, punctuality

RECORDED, PENDING, NOT_APPLICABLE, INVALID = "recorded", "pending", "not_applicable", "invalid"
STATE_WORDS = {RECORDED: "", PENDING: "pending", NOT_APPLICABLE: "not applicable", INVALID: "invalid"}


@dataclass(frozen=True)
class Figure:
    """One duration from the detection; blank with its state and reason when the timeline does not say."""

    key: str
    label: str
    seconds: float | None
    blank: str = ""
    state: str = RECORDED

    @property
    def why(self) -> str:
        """ "pending: it is not resolved"; empty for a recorded figure."""
        return "" if self.seconds is not None else f"{STATE_WORDS[self.state]}: {self.blank}"

    @property
    def text(self) -> str:
        return length(self.seconds) if self.seconds is not None else f"– ({self.why})"


@dataclass(frozen=True)
class RunLine:
    """One run: what was promised, what was measured."""

    run: int
    kind: str
    name: str
    level: int | None
    outcome: str
    started_at: datetime | None
    promised_seconds: float | None
    commands_seconds: float | None
    recovered_seconds: float | None
    verdict: str
    reason: str
    shortened: bool
    crossed: bool

    @property
    def kept(self) -> bool | None:
        """True when the service recovered within the promise; None when that cannot be said."""
        if self.promised_seconds is None or self.recovered_seconds is None:
            return False if self.crossed else None
        return self.recovered_seconds <= self.promised_seconds


@dataclass(frozen=True)
class Signal:
    """One signal before the rollback and at the last look."""

    name: str
    run: int | None
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One line of the chronology."""

    seq: int
    at: datetime
    since: float  # seconds since the detection
    actor: str
    text: str
    quote: str
    starred: bool


@dataclass(frozen=True)
class SentMessage:
    """One message and what became of it."""

    message: int
    at: datetime
    subject: str
    recipients: int
    accepted: int
    failed: int
    unknown: int
    how: str
    kind: str = ""  # "first", "update", "final", "correction"
    said: str = ""  # the text as it was sent


@dataclass(frozen=True)
class Duty:
    """One task of the communication plan as it stands."""

    phase: str
    text: str
    state: str
    how: str
    late_seconds: float | None


@dataclass(frozen=True)
class Report:
    """Everything that the timeline says about the incident."""

    reference: str
    title: str
    service: str
    severity: str
    detected_at: datetime
    resolved_at: datetime | None
    figures: list[Figure]
    runs: list[RunLine]
    signals: list[Signal]
    recommended: list[dict[str, Any]]
    chosen: list[dict[str, Any]]
    worked: str
    caveats: list[str]
    messages: list[SentMessage]
    duties: list[Duty]
    evidence: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    plan_changes: list[dict[str, Any]]
    impact: dict[str, Any] = field(default_factory=dict)  # of impact.Impact: minutes, said, counted sentences
    symptom: str = ""
    plan: int | None = None  # the revision that it began with
    manager: str = ""
    chronology: list[Entry] = field(default_factory=list)

    @property
    def starred(self) -> list[Entry]:
        """The lines that tell the story."""
        return [entry for entry in self.chronology if entry.starred]

    @property
    def late(self) -> list[Duty]:
        """Tasks that were done late or are still open."""
        return [duty for duty in self.duties if (duty.late_seconds or 0) > 1 or duty.state in ("open", "overdue")]

    def to_json(self) -> dict[str, Any]:
        """Plain data, frozen when the retrospective is published."""
        return _plain(asdict(self))


def from_json(frozen: Mapping[str, Any]) -> Report:
    """A frozen report as it was; fields that a younger version added stay empty."""
    data = {field.name: frozen[field.name] for field in fields(Report) if field.name in frozen}
    data["detected_at"], data["resolved_at"] = _time(frozen["detected_at"]), _time(frozen.get("resolved_at"))
    for name, kind in PARTS.items():
        data[name] = [_part(kind, row) for row in frozen.get(name) or []]
    for name in ("recommended", "chosen", "evidence", "actions", "plan_changes"):
        data[name] = [{**row, "at": _time(row.get("at"))} for row in frozen.get(name) or []]
    return Report(**data)


def _part(kind: Any, row: Mapping[str, Any]) -> Any:
    known = {field.name for field in fields(kind)}
    return kind(**{name: _time(value) if name in TIMES else value for name, value in row.items() if name in known})


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


PARTS: dict[str, Any] = {
    "figures": Figure, "runs": RunLine, "signals": Signal, "messages": SentMessage, "duties": Duty, "chronology": Entry,
}  # fmt: skip
TIMES = frozenset({"at", "started_at"})


def _plain(value: Any) -> Any:
    """JSON: times as text."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def late_words(duty: Duty) -> str:
    """ "3:58 late", "on time", or the state of an open one."""
    return punctuality(duty.late_seconds) if duty.state == "done" and duty.late_seconds is not None else duty.state
