"""What changed since a form was drawn: every acting form carries the last line of the timeline that its author saw."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from incidents import sentences
from incidents.models import Incident

# A change of one of these makes a decision look different. Notes, output and ticks never do.
DECIDING = frozenset(
    {
        "incident.acknowledged",
        "incident.acknowledgement_withdrawn",
        "incident.corrected",
        "incident.resolved",
        "incident.reopened",
        "incident.dismissed",
        "incident.closed",
        "level.chosen",
        "run.queued",
        "run.started",
        "run.failed",
        "run.timed_out",
        "run.canceled",
        "run.needs_operator",
        "verdict.given",
    }
)
# Runs of these kinds only read: that one began or failed is no reason to decide anew.
ONLY_READING = ("evidence", "dry_run")


def changed_since(incident: Incident, seen: str | None, *, kinds: Iterable[str] = DECIDING) -> str:
    """Names what happened after line `seen` and who did it; empty when nothing did, or when the form did not say."""
    if not seen or not seen.isdigit():
        return ""
    since = incident.events.filter(seq__gt=int(seen), kind__in=[*kinds]).select_related(None)
    events = [event for event in since[:20] if event.data.get("run_kind") not in ONLY_READING][:3]
    if not events:
        return ""
    said = "; ".join(_said(event) for event in events)
    return f"Nothing was done, because this changed while you were looking: {said}. Look again, then decide."


def _said(event: Any) -> str:
    line = sentences.line_of(event)
    who = f"{line.actor} " if line.actor else ""
    return f"{timezone.localtime(event.at):%H:%M:%S} {who}{line.text}"


def is_repeated(incident: Incident, seen: str | None, *, kind: str, by: Any) -> bool:
    """True when this person did the same act since the form was drawn: a double click, Back or reload."""
    if not seen or not seen.isdigit():
        return False
    return incident.events.filter(seq__gt=int(seen), kind=kind, actor=by).exists()
