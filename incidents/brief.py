"""What the next person must know, on one screen and from the timeline alone: condition, done, running, waiting on, next."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from incidents import changes, clock, overview
from incidents.models import Delivery, Incident, Message, Page, Promise
from incidents.models.drafting import facts_of, zone_of
from incidents.story import Story
from rollbacks.models import Run

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


def brief_of(incident: Incident, now: datetime) -> Brief:
    """Reads one incident; `incident` comes from `with_people()`."""
    facts = facts_of(incident)
    states = overview.walk(incident, now)
    runs = list(Run.objects.filter(stream__key=incident.stream_key).exclude(kind="evidence").defer("snapshot"))
    told = changes.since(facts.lines, after=0, audience="team", zone=zone_of(incident.target))
    condition = [Story(facts).lead, *(part for part in (incident.impact, incident.symptom) if part)]
    return Brief(
        incident,
        condition=condition,
        done=told[-DONE_LINES:],
        running=[f"{_name(run)}: {run.get_status_display().lower()}" for run in runs if run.is_active],
        waiting=_waiting(incident, runs),
        deadline=clock.next_deadline(states, now),
        promised_at=Promise.next_of(incident.pk),
        day_after=[task for phase in states if phase.due_at > now for task in phase.tasks if task.is_open],
    )


def _name(run: Run) -> str:
    return run.level_name or run.what


def _waiting(incident: Incident, runs: Sequence[Run]) -> list[str]:
    """What stands still until a person does something."""
    held = {"awaiting_approval": "waits for a second person", "waiting": "waits at a step", "paused": "is held",
            "needs_operator": "has a step whose outcome nobody knows"}  # fmt: skip
    found = [f"{_name(run)} {held[run.status]}" for run in runs if run.status in held]
    if incident.is_live and incident.acknowledged_at is None:
        asked: Any = Page.objects.filter(incident=incident).order_by("-requested_at").first()
        found.append(f"Nobody has it; contact {asked.contact_order} was asked" if asked else "Nobody has it")
    for draft in Message.objects.drafts().filter(incident=incident):
        found.append(f"A draft for {draft.get_audience_display().lower()} is not sent")
    unsure = Delivery.objects.filter(message__incident=incident, status__in=("failed", "unknown")).count()
    if unsure:
        found.append(f"{unsure} {'mail' if unsure == 1 else 'mails'} failed or of unknown outcome")
    return found
