"""The labelled load: who asked for it, what it sends, how fast and until when. One worker at a time drives it."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from rollbacks.models.target import Target
from timeline import domain_time
from timeline.models import Stream

# Longer than a slice and its slowest request: then its worker counts as gone and another one takes over.
LEASE = timedelta(seconds=20)


class SamplingQuerySet(models.QuerySet["Sampling"]):
    def wanted(self, at: datetime) -> "SamplingQuerySet":
        """Loads that should be running at this moment (domain time)."""
        return self.filter(active=True, until__gt=at)

    def undriven(self, at: datetime) -> "SamplingQuerySet":
        """Wanted loads whose target and signal no worker drives (database clock): two incidents share one load."""
        held = Sampling.objects.filter(
            target=models.OuterRef("target"), signal=models.OuterRef("signal"), active=True, lease_until__gte=Now()
        )
        return self.wanted(at).filter(~models.Exists(held))


class Sampling(models.Model):
    """One signal of one target, measured for one stream by the plan's own query."""

    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="samplings")
    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="+")
    signal = models.CharField(max_length=60)
    # The step of the plan that is sent, with its parameters filled in; kept, so that a changed plan changes no load.
    query = models.JSONField(default=dict)
    rate = models.FloatField(default=10.0)  # requests a second
    # A person asked for more, for a while: a count was too thin.
    raised_to = models.FloatField(null=True, blank=True)
    raised_until = models.DateTimeField(null=True, blank=True)
    active = models.BooleanField(default=True)
    started_at = models.DateTimeField(default=domain_time.now)
    until = models.DateTimeField()  # bounded in time, whoever forgets it
    stopped_at = models.DateTimeField(null=True, blank=True)
    # Why nothing is sent, as a sentence; empty when all is well.
    problem = models.CharField(max_length=500, blank=True, default="")
    # The lease of the one worker that drives it, by the database's clock; the token fences a late one off.
    owner = models.CharField(max_length=150, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    token = models.PositiveIntegerField(default=0)

    objects = SamplingQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            # Two hints or two followers at once: one load.
            models.UniqueConstraint(
                fields=["target", "stream", "signal"], condition=Q(active=True), name="one_active_sampling"
            )
        ]

    def __str__(self) -> str:
        return f"{self.signal} of {self.target}"

    def rate_at(self, at: datetime) -> float:
        """Requests a second at this moment; what was raised never falls below the plan's own rate."""
        if self.raised_to is None or self.raised_until is None or self.raised_until <= at:
            return self.rate
        return max(self.rate, self.raised_to)

    def claim(self, owner: str) -> bool:
        """Takes the lease when nobody holds it; False when somebody does."""
        free = type(self).objects.undriven(domain_time.now()).filter(pk=self.pk)
        if not free.update(owner=owner, token=F("token") + 1, lease_until=_lease_end()):
            return False
        self.refresh_from_db()
        return True

    def renew(self) -> bool:
        """Keeps the lease for another slice; False when it was lost, or the load is over."""
        mine = type(self).objects.filter(pk=self.pk, token=self.token, active=True, until__gt=domain_time.now())
        return bool(mine.update(lease_until=_lease_end()))

    def release(self) -> None:
        """Gives the lease back, so that the next worker need not wait for its end."""
        type(self).objects.filter(pk=self.pk, token=self.token).update(lease_until=None, owner="")

    def said(self, **more: Any) -> dict[str, Any]:
        """What every event of this load carries."""
        return {"sampling": self.pk, "signal": self.signal, "target": self.target_id, "rate": self.rate, **more}


def _lease_end() -> models.ExpressionWrapper:
    return models.ExpressionWrapper(Now() + LEASE, output_field=models.DateTimeField())
