"""Times that people type."""

from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime


def read(text: str) -> datetime | None:
    """A datetime-local value in the installation's zone; None for anything else."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    if found is None:
        return None
    return found if timezone.is_aware(found) else timezone.make_aware(found)
