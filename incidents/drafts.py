"""What a message may say, pure: fills the plan's template from the incident's events, and from nothing else.

What no event says stays blank for the author. An end time is never promised, the next update is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from incidents.template_fields import Blank, find

UPDATE_AFTER = timedelta(minutes=30)

DEFAULT_TEMPLATE: dict[str, Any] = {
    "subject": "[INCIDENT] [TITLE] - [SEVERITY]",
    "body": """Status: IN PROGRESS / RESOLVED
Rollback Level: [level]
Time Detected: [timestamp]
Time Resolved: [timestamp] (or ETA)

Impact:
- [Describe user-facing impact]

Actions Taken:
- [Rollback procedure executed]
- [Validation completed]

Next Steps:
- [Monitoring plan]

Incident Manager: [Name]
""",
    "fields": [{"raw": "IN PROGRESS / RESOLVED", "name": "status", "choices": ["IN PROGRESS", "RESOLVED"]}],
}
CORRECTION_LEAD = "This corrects our message of {when}: [what was wrong]\n\n"
NO_ROLLBACK = "none (no rollback)"


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


@dataclass(frozen=True)
class Draft:
    """A message that a person completes."""

    kind: str  # "first" | "update" | "final" | "correction"
    subject: str
    body: str
    fields: list[dict[str, Any]] = field(default_factory=list)
    next_update_at: datetime | None = None


@dataclass(frozen=True)
class Filled:
    """A value with the event that it comes from."""

    value: str
    source: str


def draft(facts: DraftFacts) -> Draft:
    """The template with every blank filled that an event answers."""
    story = Story(facts)
    template = facts.template or DEFAULT_TEMPLATE
    subject, body = str(template["subject"] or "[INCIDENT] [TITLE]"), str(template["body"])
    if facts.corrects_sent_at:
        subject = f"Correction: {subject}"
        body = CORRECTION_LEAD.format(when=clock_time(facts.corrects_sent_at, facts.zone)) + body
    # The ETA is either a time that an event states or "not known": the reminder in the template has done its work.
    body = body.replace(" (or ETA)", "")
    blanks = [_answered(blank, story) for blank in find(subject, body, template.get("fields") or [])]
    return Draft(story.kind, subject, body, [blank.to_json() for blank in blanks], story.next_update_at)


def clock_time(at: datetime, zone: tzinfo) -> str:
    """ "2026-11-22 14:07 +01:00 (13:07 UTC)": the service's zone and UTC."""
    local, utc = at.astimezone(zone), at.astimezone(UTC)
    offset = local.strftime("%z")
    offset = f"{offset[:3]}:{offset[3:]}"
    if local.utcoffset() == timedelta(0):
        return utc.strftime("%Y-%m-%d %H:%M UTC")
    day = "" if utc.date() == local.date() else utc.strftime("%Y-%m-%d ")
    return f"{local.strftime('%Y-%m-%d %H:%M')} {offset} ({day}{utc.strftime('%H:%M')} UTC)"


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

    def answer(self, blank: Blank) -> Filled | None:
        """What the events say for one blank; None = the author's."""
        words = f"{blank.label} {blank.raw}".lower()
        for keys, reader in READERS:
            if all(re.search(rf"\b{key}", words) for key in keys):
                return reader(self, blank)
        return None

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


def _status(story: Story, blank: Blank) -> Filled | None:
    done = [choice for choice in blank.choices or [] if "resolved" in choice.lower() and "un" not in choice.lower()]
    going = [choice for choice in blank.choices or [] if choice not in done]
    wanted = done if story.resolved else going
    # Two choices that both fit ("INVESTIGATING / IN PROGRESS / RESOLVED") are the author's.
    if len(wanted) != 1:
        return None
    return Filled(wanted[0], "incident.resolved" if story.resolved else "no incident.resolved yet")


def _level(story: Story, blank: Blank) -> Filled | None:
    started = [line for line in story.runs.values() if line.data.get("level")]
    line = started[-1] if started else story.chosen
    if line is None:
        return None
    number = line.data.get("level")
    if number is None:
        return Filled(NO_ROLLBACK, said(story, line, "no rollback chosen"))
    return Filled(str(number), said(story, line, f"Level {number}"))


def _detected(story: Story, blank: Blank) -> Filled | None:
    return Filled(story.at(story.detected_at), "incident.declared") if story.detected_at else None


def _resolved(story: Story, blank: Blank) -> Filled | None:
    if story.resolved:
        return Filled(story.at(story.resolved.at), "incident.resolved")
    when = story.next_update_at
    return Filled(f"not known; next update at {story.at(when)}", "never promised by the machine") if when else None


def _severity(story: Story, blank: Blank) -> Filled | None:
    return Filled(story.severity.capitalize(), "incident.declared") if story.severity else None


def _impact(story: Story, blank: Blank) -> Filled | None:
    """A person's own words; the plan's impact lines of the chosen level stand behind them."""
    said_by_plan = _impact_of_level(story)
    words = " ".join(part for part in (story.facts.impact.strip(), said_by_plan) if part)
    return Filled(words, "impact of the incident and of the level") if story.facts.impact.strip() else None


def _impact_of_level(story: Story) -> str:
    level = _level(story, Blank("level", "", ""))
    for part in story.facts.levels:
        if level and str(part.get("number")) == level.value and story.runs:
            warnings = [str(item["text"]) for item in part.get("impact", []) if item.get("mark") == "warn"]
            return " ".join(f"{text.rstrip('.')}." for text in warnings)
    return ""


def _rollback(story: Story, blank: Blank) -> Filled | None:
    words = {
        "run.started": "started {at}",
        "run.succeeded": "carried out {at}",
        "run.failed": "failed {at}",
        "run.timed_out": "ran out of time {at}",
        "run.canceled": "stopped {at}",
    }
    lines = []
    for line in story.runs.values():
        name = line.data.get("level_name") or f"Level {line.data.get('level')}"
        act = {"undo": "Undo of ", "restore": "Restore "}.get(str(line.data.get("run_kind")), "")
        lines.append(f"{act}{name} {words[line.kind].format(at=story.at(line.at))}")
    if lines:
        return Filled("; ".join(lines), "run events")
    if story.chosen and story.chosen.data.get("level") is None:
        return Filled("No rollback: we watch the service", said(story, story.chosen, "level.chosen"))
    if story.chosen:
        return Filled(f"Level {story.chosen.data.get('level')} is being prepared", "level.chosen")
    return Filled("None yet; we are investigating", "no run on the timeline")


def _validation(story: Story, blank: Blank) -> Filled | None:
    if story.verdict:
        word = str(story.verdict.data.get("verdict", "")).replace("_", " ").capitalize()
        word = {"Inconclusive": "Cannot tell yet"}.get(word, word)
        reason = str(story.verdict.data.get("reason", "")).strip()
        unverified = story.resolved and not story.resolved.data.get("verified")
        tail = " The incident was resolved without that proof." if unverified and word != "Recovered" else ""
        return Filled(f"{word} ({story.at(story.verdict.at)}){': ' + reason if reason else ''}{tail}", "verdict.given")
    if story.resolved and not story.resolved.data.get("verified"):
        return Filled("Not verified by measurement", "incident.resolved")
    if story.watch:
        return Filled("Not finished; the effect is being measured", "watch.opened")
    return Filled("None yet", "no verdict on the timeline")


def _monitoring(story: Story, blank: Blank) -> Filled | None:
    until = parsed(story.watch.data.get("until")) if story.watch else None
    if until and until > story.facts.now:
        return Filled(f"We measure errors until {story.at(until)}", "watch.opened")
    if story.resolved:
        return Filled("Usual monitoring", "incident.resolved")
    when = story.next_update_at
    return Filled(f"Next update at {story.at(when)}", "next update") if when else None


def _fix(story: Story, blank: Blank) -> Filled | None:
    when = story.next_update_at
    tail = f"; next update at {story.at(when)}" if when else "; it follows in the retrospective"
    return Filled(f"not known{tail}", "never promised by the machine")


def _manager(story: Story, blank: Blank) -> Filled | None:
    return Filled(str(story.manager.data.get("user", "")), "role.assigned") if story.manager else None


def _title(story: Story, blank: Blank) -> Filled | None:
    return Filled(story.title, "incident.declared") if story.title else None


def _incident(story: Story, blank: Blank) -> Filled | None:
    return Filled(f"[{story.facts.reference}]" if blank.in_subject else story.facts.reference, "incident.declared")


def _service(story: Story, blank: Blank) -> Filled | None:
    if not story.declared:
        return None
    return Filled(f"{story.declared.data.get('service')} {story.declared.data.get('environment')}", "incident.declared")


def _next_update(story: Story, blank: Blank) -> Filled | None:
    when = story.next_update_at
    return Filled(story.at(when), "half an hour from now") if when else Filled("none planned", "incident.resolved")


# Words of label and blank → who answers. The first line whose words all occur wins; no line = the author's.
READERS: tuple[tuple[tuple[str, ...], Any], ...] = (
    (("next update",), _next_update),
    (("incident manager",), _manager),
    (("status",), _status),
    (("time detected",), _detected),
    (("detected",), _detected),
    (("started at",), _detected),
    (("time resolved",), _resolved),
    (("resolved",), _resolved),
    (("eta",), _resolved),
    (("severity",), _severity),
    (("affected",), lambda story, blank: None),
    (("impact",), _impact),
    (("rollback level",), _level),
    (("validation",), _validation),
    (("rollback",), _rollback),
    (("actions taken",), _rollback),
    (("monitor",), _monitoring),
    (("fix",), _fix),
    (("title",), _title),
    (("service",), _service),
    (("level",), _level),
    (("incident",), _incident),
)


def _answered(blank: Blank, story: Story) -> Blank:
    filled = story.answer(blank)
    if filled is None:
        return blank
    choices = blank.choices
    if choices and filled.value not in choices:
        # "No rollback" is an answer that a template's [1/2/3] forgot; anything else is the author's choice.
        if filled.value != NO_ROLLBACK:
            return blank
        choices = [*choices, NO_ROLLBACK]
    return Blank(blank.name, blank.raw, blank.label, choices, filled.value, filled.source, in_subject=blank.in_subject)


def said(story: Story, line: Line, words: str) -> str:
    """Names the event of a value: "level.chosen by ana: Level 2"."""
    return f"{line.kind}{' by ' + line.actor_name if line.actor_name else ''}: {words}"


def parsed(value: Any) -> datetime | None:
    """A time that an event keeps as text."""
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
