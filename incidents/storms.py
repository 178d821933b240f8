"""Alerts by the thousand: rows for all of them, lines of the timeline for the first, one line that counts the rest."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from incidents.models import Alert, Incident

# On one incident's timeline within a minute; a person reads no more, and every line costs an open page a fetch.
MOST_LINES = 20
WINDOW = timedelta(minutes=1)
Line = tuple[str, dict[str, Any]]  # (kind, data)
KINDS = ("alert.received", "alert.resolved")


def say(incident: Incident, said: Iterable[Line], at: datetime) -> int:
    """Writes what came while there is room; the rest is counted. Returns how many were counted."""
    lines = list(said)
    if not lines:
        return 0
    since = at - WINDOW
    recent = incident.events.filter(at__gt=since).order_by()
    kinds = {"lines": Count("pk", filter=Q(kind__in=KINDS)), "storms": Count("pk", filter=Q(kind="alert.storm"))}
    written = recent.aggregate(**kinds)
    room = max(0, MOST_LINES - written["lines"])
    for kind, data in lines[:room]:
        incident.record(kind, at=at, data=data)
    rest = len(lines) - room
    if rest > 0 and not written["storms"]:
        total = Alert.objects.filter(incident_id=incident.pk).count()
        incident.record("alert.storm", at=at, data={"alerts": rest, "of_the_incident": total})
    return max(0, rest)
