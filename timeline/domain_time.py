"""The domain clock: what people and plans mean by "now". Leases use the database's clock instead.

`DOMAIN_TIME_OFFSET_SECONDS` moves it for tests and acceptance; settings refuse an offset in production.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """The aware present moment in UTC, moved by the configured offset."""
    return timezone.now() + timedelta(seconds=settings.DOMAIN_TIME_OFFSET_SECONDS)
