"""Raw figures are kept for a while and then deleted, in slices: no page waits for a long delete."""

from datetime import datetime, timedelta

from django.conf import settings

from rollbacks.models import Sample

SLICE = 2_000  # rows of one delete
SLICES = 10  # of one round; the scan comes again


def forget_old(now: datetime) -> int:
    """Deletes raw samples after their time; what was concluded from them stands in verdicts, baselines and events."""
    old = Sample.objects.filter(at__lt=now - timedelta(days=settings.SAMPLE_DAYS)).order_by("at")
    deleted = 0
    for _ in range(SLICES):
        slice_of_them = list(old.values_list("pk", flat=True)[:SLICE])
        if not slice_of_them:
            break
        deleted += Sample.objects.filter(pk__in=slice_of_them).delete()[0]
    return deleted
