"""Reads an incident's events once and keeps what drafts ask for. Pure: plain data in, plain data out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

UPDATE_AFTER = timedelta(minutes=30)


@dataclass(frozen=True)
class Line:
    """One event, as plain data."""

    kind: str
    at: datetime
    data: Mapping[str, Any]
    actor_name: str = ""
    seq: int = 0


@dataclass(frozen=True)
class DraftFacts:
    """Everything that a draft may use."""

    reference: str
    lines: Sequence[Line]
    now: datetime
    zone: tzinfo = UTC
    template: Mapping[str, Any] | None = None
    levels: Sequence[Mapping[str, Any]] = ()
    impact: str = ""
    corrects_sent_at: datetime | None = None
    sent_before: int = 0
    # What people wrote into the message before, by the name of the blank.
    earlier: Mapping[str, str] = field(default_factory=dict)
    audience: str = "stakeholders"
    where: str = ""  # "orders-api production"
    # The last message to this audience: the line of the timeline that sent it, and when; 0 = none yet.
    since_seq: int = 0
    since_at: datetime | None = None
    # As the first mail of the thread said it: mail clients keep a thread together by it.
    frozen_subject: str = ""


class Story:
    """Reads the events once and answers a template's questions from them."""

    def __init__(self, facts: DraftFacts) -> None:
        self.facts = facts
        self.detected_at: datetime | None = None
        self.resolved: Line | None = None
        self.declared: Line | None = None
        self.severity = self.title = self.symptom = ""
        self.manager: Line | None = None
        self.chosen: Line | None = None
        self.runs: dict[Any, Line] = {}
        self.verdict: Line | None = None
        self.watch: Line | None = None
        self.evidence: Line | None = None
        for line in facts.lines:
            self._read(line)

    @property
    def kind(self) -> str:
        if self.facts.corrects_sent_at:
            return "correction"
        if self.resolved:
            return "final"
        return "update" if self.facts.sent_before else "first"

    @property
    def next_update_at(self) -> datetime | None:
        """Promised in every message but the last, on a full five minutes."""
        if self.resolved:
            return None
        later = self.facts.now + UPDATE_AFTER
        return later.replace(minute=later.minute - later.minute % 5, second=0, microsecond=0)

    @property
    def lead(self) -> str:
        """State and severity in one line: the first line of a mail, and what a list of mails shows."""
        words = [self.state, self.severity.capitalize(), self.facts.where]
        if self.facts.corrects_sent_at:
            words.insert(0, "Correction")
        return " · ".join(word for word in words if word)

    @property
    def state(self) -> str:
        """What is going on, in the fewest words that the events bear."""
        if self.resolved:
            return "Resolved" if self.resolved.data.get("verified") else "Resolved, not verified by measurement"
        started = [line for line in self.runs.values() if line.kind == "run.started"]
        if started:
            return "Rolling back" if started[-1].data.get("run_kind") in ("rollback", "drill") else "Changing back"
        if self.verdict:
            words = {"recovered": "Recovered, still watched", "not_recovered": "Not recovered"}
            return words.get(str(self.verdict.data.get("verdict")), "Watching the effect")
        if self.watch or (self.chosen and self.chosen.data.get("level") is None):
            return "Watching the effect" if self.watch else "Watching"
        return "Preparing a rollback" if self.chosen and not self.runs else "Investigating"

    def at(self, moment: datetime) -> str:
        return clock_time(moment, self.facts.zone)

    def _read(self, line: Line) -> None:
        data, kind = line.data, line.kind
        if kind == "incident.declared":
            self.declared = line
            self.severity, self.title = str(data.get("severity", "")), str(data.get("title", ""))
            self.symptom = str(data.get("symptom", ""))
            self.detected_at = parsed(data.get("detected_at")) or line.at
        elif kind == "incident.corrected":
            self._correct(str(data.get("field")), data.get("new"))
        elif kind == "incident.resolved":
            self.resolved = line
        elif kind == "incident.reopened":
            self.resolved = None
        elif kind == "role.assigned" and data.get("role") == "manager":
            self.manager = line
        elif kind == "level.chosen":
            self.chosen = line
        elif kind.startswith("run.") and data.get("run_kind") in ("rollback", "undo", "restore", "drill"):
            if kind in ("run.started", "run.succeeded", "run.failed", "run.canceled", "run.timed_out"):
                self.runs[data.get("run")] = line
        elif kind == "verdict.given":
            self.verdict = line
        elif kind == "watch.opened":
            self.watch, self.verdict = line, None
        elif kind == "evidence.gathered":
            self.evidence = line

    def _correct(self, name: str, new: Any) -> None:
        if name == "detected_at":
            self.detected_at = parsed(new) or self.detected_at
        elif name in ("severity", "title", "symptom"):
            setattr(self, name, str(new))


def clock_time(at: datetime, zone: tzinfo) -> str:
    """ "2026-11-22 14:07 +01:00 (13:07 UTC)": the service's zone and UTC."""
    local, utc = at.astimezone(zone), at.astimezone(UTC)
    offset = local.strftime("%z")
    offset = f"{offset[:3]}:{offset[3:]}"
    if local.utcoffset() == timedelta(0):
        return utc.strftime("%Y-%m-%d %H:%M UTC")
    day = "" if utc.date() == local.date() else utc.strftime("%Y-%m-%d ")
    return f"{local.strftime('%Y-%m-%d %H:%M')} {offset} ({day}{utc.strftime('%H:%M')} UTC)"


def parsed(value: Any) -> datetime | None:
    """A time that an event keeps as text."""
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
