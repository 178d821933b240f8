"""Words for the pages about people."""

from datetime import timedelta

from django import template

from timeline.models import Event

register = template.Library()


@register.filter
def lock_length(length: timedelta) -> str:
    """How long a lock-out lasts: "15 minutes", "2 hours"."""
    minutes = max(1, round(length.total_seconds() / 60))
    if minutes % 60 == 0:
        return "1 hour" if minutes == 60 else f"{minutes // 60} hours"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


@register.filter
def person_sentence(event: Event) -> str:
    """One line of a person's history."""
    data = event.data
    words = {
        "person.invited": f"Invited as {data.get('role', '')}",
        "person.role_set": f"Role: {data.get('old') or 'none'} → {data.get('new', '')}",
        "person.deactivated": "Deactivated",
        "person.reactivated": "Let in again",
        "person.password_reset": "New one-time password made",
        "person.password_changed": "Chose a password",
        "person.signed_in": "Signed in",
    }
    return words.get(event.kind, event.kind)
