"""What the next person must know, on one screen and from the timeline alone: condition, done, running, waiting on, next."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count

from incidents import changes, clock, overview
from incidents.models import Delivery, Incident, Message, Page, Promise
from incidents.models.drafting import zone_of
from incidents.story import DraftFacts, Line, Story
from rollbacks.models import Run
from timeline.models import Event

DONE_LINES = 6


@dataclass(frozen=True)
class Brief:
    """One incident for the next person; every line is a sentence."""

    incident: Incident
    condition: list[str] = field(default_factory=list)
    done: list[changes.Change] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    deadline: clock.Deadline | None = None
    promised_at: datetime | None = None
    day_after: list[clock.TaskState] = field(default_factory=list)


def briefs_of(incidents: Sequence[Incident], now: datetime) -> list[Brief]:
    """Reads incidents that come from `with_people()`: six queries, however many they are."""
    found = Found(incidents)
    return [_brief_of(incident, found, now) for incident in incidents]


class Found:
    """What the briefs of these incidents are made from, each kind read at once."""

    def __init__(self, incidents: Sequence[Incident]) -> None:
        keys, pks = [incident.stream_key for incident in incidents], [incident.pk for incident in incidents]
        self.lines: dict[str, list[Line]] = {}
        said = Event.objects.filter(stream__key__in=keys).order_by("stream_id", "seq")
        for key, *line in said.values_list("stream__key", "kind", "at", "data", "actor_name", "seq"):
            self.lines.setdefault(key, []).append(Line(*line))
        self.runs: dict[str, list[Run]] = {}
        runs = Run.objects.filter(stream__key__in=keys).exclude(kind="evidence").select_related("stream")
        for run in runs.defer("snapshot"):
            self.runs.setdefault(run.stream.key, []).append(run)
        # The earliest promise and the newest page: the last one of the order stays.
        open_ones = Promise.objects.filter(incident_id__in=pks, kept_at=None).order_by("-due_at")
        self.promised = dict(open_ones.values_list("incident_id", "due_at"))
        asked = Page.objects.filter(incident_id__in=pks).order_by("requested_at", "pk")
        self.asked = dict(asked.values_list("incident_id", "contact_order"))
        self.drafts: dict[int, list[str]] = {}
        for draft in Message.objects.drafts().filter(incident_id__in=pks).order_by("pk"):
            self.drafts.setdefault(draft.incident_id, []).append(draft.get_audience_display().lower())
        mails = Delivery.objects.filter(message__incident_id__in=pks, status__in=("failed", "unknown")).order_by()
        counted = mails.values("message__incident_id").annotate(mails=Count("pk"))
        self.unsure = {row["message__incident_id"]: row["mails"] for row in counted}


def _brief_of(incident: Incident, found: Found, now: datetime) -> Brief:
    target, lines = incident.target, found.lines.get(incident.stream_key, [])
    where = f"{target.service.name} {target.environment.name}"
    story = Story(DraftFacts(incident.reference, lines, now, zone_of(target), impact=incident.impact, where=where))
    states = overview.walk(incident, now)
    runs = found.runs.get(incident.stream_key, [])
    told = changes.since(lines, after=0, audience="team", zone=zone_of(target))
    return Brief(
        incident,
        condition=[story.lead, *(part for part in (incident.impact, incident.symptom) if part)],
        done=told[-DONE_LINES:],
        running=[f"{_name(run)}: {run.get_status_display().lower()}" for run in runs if run.is_active],
        waiting=_waiting(incident, runs, found),
        deadline=clock.next_deadline(states, now),
        promised_at=found.promised.get(incident.pk),
        day_after=[task for phase in states if phase.due_at > now for task in phase.tasks if task.is_open],
    )


def _name(run: Run) -> str:
    return run.level_name or run.what


def _waiting(incident: Incident, runs: Sequence[Run], known: Found) -> list[str]:
    """What stands still until a person does something."""
    held = {"awaiting_approval": "waits for a second person", "waiting": "waits at a step", "paused": "is held",
            "needs_operator": "has a step whose outcome nobody knows"}  # fmt: skip
    found = [f"{_name(run)} {held[run.status]}" for run in runs if run.status in held]
    if incident.is_live and incident.acknowledged_at is None:
        asked = known.asked.get(incident.pk)
        found.append(f"Nobody has it; contact {asked} was asked" if asked else "Nobody has it")
    found += [f"A draft for {audience} is not sent" for audience in known.drafts.get(incident.pk, [])]
    if unsure := known.unsure.get(incident.pk, 0):
        found.append(f"{unsure} {'mail' if unsure == 1 else 'mails'} failed or of unknown outcome")
    return found
