"""What a message may say, pure: fills the plan's template from the incident's events, and from nothing else.

What no event says stays blank for the author. An end time is never promised, the next update is.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from incidents import changes
from incidents.answers import NO_ROLLBACK, answer
from incidents.default_templates import default_for
from incidents.story import DraftFacts, Line, Story, clock_time, parsed
from incidents.template_fields import Blank, find

__all__ = ["Draft", "DraftFacts", "Line", "clock_time", "draft", "parsed"]

CORRECTION_LEAD = "This corrects our message of {when}: [what was wrong]\n\n"


@dataclass(frozen=True)
class Draft:
    """A message that a person completes."""

    kind: str  # "first" | "update" | "final" | "correction"
    subject: str
    body: str
    fields: list[dict[str, Any]] = field(default_factory=list)
    next_update_at: datetime | None = None
    changes: list[dict[str, Any]] = field(default_factory=list)
    lead: str = ""


def draft(facts: DraftFacts) -> Draft:
    """The template with every blank filled that an event answers; an update opens with what changed since the last."""
    story = Story(facts)
    template = facts.template or default_for(facts.audience)
    subject, body = str(template["subject"] or "[INCIDENT] [TITLE]"), str(template["body"])
    if facts.corrects_sent_at:
        subject = f"Correction: {subject}"
        body = CORRECTION_LEAD.format(when=clock_time(facts.corrects_sent_at, facts.zone)) + body
    # The ETA is either a time that an event states or "not known": the reminder in the template has done its work.
    body = body.replace(" (or ETA)", "")
    told = _changes(facts)
    if facts.since_at and not facts.corrects_sent_at:
        body = changes.block(told, last_at=facts.since_at, next_at=story.next_update_at, zone=facts.zone) + body
    # A frozen subject has no blanks: its brackets are what the first mail said.
    found = find("" if facts.frozen_subject else subject, body, template.get("fields") or [])
    return Draft(
        story.kind,
        facts.frozen_subject or subject,
        body,
        [_answered(blank, story).to_json() for blank in found],
        story.next_update_at,
        [change.to_json() for change in told],
        story.lead,
    )


def _changes(facts: DraftFacts) -> list[changes.Change]:
    if not facts.since_at:
        return []
    return changes.since(facts.lines, after=facts.since_seq, audience=facts.audience, zone=facts.zone)


def _answered(blank: Blank, story: Story) -> Blank:
    filled = answer(story, blank)
    if filled is None:
        said = story.facts.earlier.get(blank.name, "")
        return replace(blank, value=said, source="the message before") if said and not blank.choices else blank
    choices = blank.choices
    if choices and filled.value not in choices:
        # "No rollback" is an answer that a template's [1/2/3] forgot; anything else is the author's choice.
        if filled.value != NO_ROLLBACK:
            return blank
        choices = [*choices, NO_ROLLBACK]
    return Blank(blank.name, blank.raw, blank.label, choices, filled.value, filled.source, in_subject=blank.in_subject)
