"""The time after a run in which its effect is measured, at fixed looks. The rules stand in `rollbacks/watch.py`."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from rollbacks.models.run import Run
from rollbacks.models.target import Target
from timeline.models import Stream

if TYPE_CHECKING:
    from rollbacks.models.verdict import Verdict

# A look asks every check of the plan; longer than this and its worker counts as gone.
LOOK_LEASE = timedelta(minutes=3)


class WatchQuerySet(models.QuerySet["Watch"]):
    def open(self) -> "WatchQuerySet":
        """Watches that go on."""
        return self.filter(status=Watch.Status.OPEN)

    def due(self, at: datetime) -> "WatchQuerySet":
        """Open watches whose next look has come and that no worker is taking."""
        free = Q(lease_until=None) | Q(lease_until__lt=Now())
        return self.open().filter(free, next_look_at__lte=at)


class Watch(models.Model):
    """One watch of one run. All times are domain time, except the lease."""

    class Status(models.TextChoices):
        OPEN = "open", "Watching"
        ENDED = "ended", "Ended"

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="watch")
    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="+")
    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="watches")
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    shortened = models.BooleanField(default=False)  # by a target that is not production
    terms = models.JSONField(default=dict)  # warm-up, looks, good_from, threshold, count: as they held at its opening
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()  # end of the run's last changing step
    armed_at = models.DateTimeField()  # its looks count from here; a red look sets it anew
    warmup_until = models.DateTimeField()  # what was measured before does not count
    good_from_at = models.DateTimeField()  # the first look at or after it may say *recovered*
    ends_at = models.DateTimeField()
    looks = models.JSONField(default=list)  # seconds after `armed_at`
    look = models.PositiveIntegerField(default=0)  # looks taken since it was armed
    rearmed = models.PositiveIntegerField(default=0)
    next_look_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    recovered_at = models.DateTimeField(
        null=True, blank=True
    )  # first good sample of the streak that a verdict confirmed
    before = models.JSONField(default=dict, blank=True)  # {signal: {"requests", "errors", "p95_ms"}} of before.frozen
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = WatchQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "watches"
        constraints = [
            # The next level changes the service again: what was watched before it is over.
            models.UniqueConstraint(fields=["target"], condition=Q(status="open"), name="one_open_watch_per_target")
        ]
        indexes = [models.Index(fields=["status", "next_look_at"], name="watches_to_look_at")]

    def __str__(self) -> str:
        return f"Watch of {self.run}"

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def latest(self) -> "Verdict | None":
        """The verdict that counts: the newest."""
        return self.verdicts.order_by("-pk").first()

    def claim_look(self, now: datetime) -> bool:
        """Takes the next look for this worker; False when it is not due, or somebody else has it."""
        end = models.ExpressionWrapper(Now() + LOOK_LEASE, output_field=models.DateTimeField())
        claimed = type(self).objects.due(now).filter(pk=self.pk, look=self.look, armed_at=self.armed_at)
        return bool(claimed.update(lease_until=end))

    def said(self, **more: Any) -> dict[str, Any]:
        """What every event of this watch carries."""
        return self.run.said(watch=self.pk, shortened=self.shortened, **more)
