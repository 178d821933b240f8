"""Reminders of promised updates: before they are due, and after they were broken. Each goes out once."""

from datetime import datetime

from django.db import transaction

from incidents import clock
from incidents.models import Incident, Notice, Promise, RoleName

# Who writes to people outside; the first of these who is there is reminded.
WRITERS = (RoleName.COMMUNICATIONS, RoleName.MANAGER, RoleName.ON_CALL)


def remind(at: datetime) -> int:
    """Tells the person who writes; returns how many reminders went out. Missed ones go out late, never twice."""
    related = ("incident__target__service", "incident__target__environment")
    told = 0
    for promise in Promise.objects.to_remind_before(at).select_related(*related):
        told += _tell(promise, at, mark="before_at")
    for promise in Promise.objects.to_remind_after(at).select_related(*related):
        told += _tell(promise, at, mark="after_at")
    return told


def _tell(promise: Promise, at: datetime, *, mark: str) -> bool:
    with transaction.atomic():
        # The mark first: two scans remind once.
        if not Promise.objects.filter(pk=promise.pk, kept_at=None, **{mark: None}).update(**{mark: at}):
            return False
        incident = promise.incident
        late = (at - promise.due_at).total_seconds()
        when = f"is {clock.length(late)} late" if late > 0 else f"is due in {clock.length(-late)}"
        subject = f"[{incident.reference}] The promised update {when}"
        text = (
            f"You promised the {promise.audience} an update at {promise.due_at:%H:%M} UTC; it {when}. "
            "The draft says what changed since the last message, or that nothing did: read it and send it."
        )
        Notice.tell(
            incident,
            user=writer_of(incident),
            kind=f"promise_{mark.removesuffix('_at')}",
            subject=subject,
            text=text,
            path=f"{incident.get_absolute_url()}messages/",
            at=at,
            loudly=late > 0,
        )
    return True


def writer_of(incident: Incident) -> object:
    """Who holds communications, else who leads, else who is on call; None when nobody holds anything."""
    held = {role.role: role.user for role in incident.roles.filter(ended_at=None).select_related("user")}
    return next((held[role] for role in WRITERS if role in held), None)
