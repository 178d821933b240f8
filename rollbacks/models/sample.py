"""Counts and times of one signal in one short interval. Raw figures: kept for a month, then deleted."""

from datetime import datetime

from django.db import models

from rollbacks.models.target import Target
from rollbacks.statistics import Bucket, Counts


class SampleQuerySet(models.QuerySet["Sample"]):
    def of(self, target: Target | int, signal: str | None = None) -> "SampleQuerySet":
        """The samples of a target, oldest first; of one signal when it is named."""
        rows = self.filter(target=target).order_by("at", "pk")
        return rows.filter(signal=signal) if signal else rows

    def between(self, since: datetime | None, until: datetime | None) -> "SampleQuerySet":
        """Those that began at or after `since` and before `until`."""
        rows = self.filter(at__gte=since) if since else self
        return rows.filter(at__lt=until) if until else rows

    def counts(self) -> Counts:
        """Everything counted in them."""
        total = self.order_by().aggregate(requests=models.Sum("requests"), errors=models.Sum("errors"))
        return Counts(total["requests"] or 0, total["errors"] or 0)

    def buckets(self) -> list[Bucket]:
        """As plain data for the statistics."""
        rows = self.values_list("at", "seconds", "requests", "errors")
        return [Bucket(at.timestamp(), seconds, Counts(requests, errors)) for at, seconds, requests, errors in rows]


class Sample(models.Model):
    """One interval of about five seconds."""

    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="samples")
    # Whose load counted it. Readers ask by target, signal and time: two incidents of one target share one load.
    stream_key = models.CharField(max_length=120)
    signal = models.CharField(max_length=60)
    at = models.DateTimeField()  # its beginning, domain time
    seconds = models.FloatField()
    requests = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    p50_ms = models.FloatField(null=True, blank=True)
    p95_ms = models.FloatField(null=True, blank=True)
    latencies = models.JSONField(default=list, blank=True)  # milliseconds of each answer
    error_kinds = models.JSONField(default=dict, blank=True)  # {"graphql_errors": 3, "timeout": 1}

    objects = SampleQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            # The chart, the counts of a look and the recommendation all ask for a target's signal in a stretch of time.
            models.Index(fields=["target", "signal", "at"], name="samples_by_time"),
            models.Index(fields=["target", "at"], name="samples_of_target"),
            models.Index(fields=["stream_key", "signal", "at"], name="samples_of_stream"),
            models.Index(fields=["at"], name="samples_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.signal} {self.at:%H:%M:%S}: {self.errors} of {self.requests}"
