"""What Firebreak may do on a target without being asked, when it must not, and what it has found there."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q

from rollbacks.models.states import Refused
from rollbacks.models.target import Target
from timeline import domain_time
from timeline.models import Event


class Guard(models.Model):
    """The standing orders of one target; without a row nothing is allowed that a person did not ask for."""

    target = models.OneToOneField(Target, on_delete=models.CASCADE, related_name="guard")
    # None: on as long as a heartbeat measures the target, and off where nothing does.
    detects = models.BooleanField(null=True, blank=True)
    # Half of the permission to go on to the next level; the plan's own word is the other half.
    escalates = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"Guard of {self.target}"

    @classmethod
    def of(cls, target: Target) -> "Guard":
        """The standing orders, unsaved when nobody gave any yet."""
        return cls.objects.filter(target=target).first() or cls(target=target)

    def order(self, *, detects: bool | None, escalates: bool, by: Any) -> bool:
        """Keeps new orders; False when they are the same."""
        if (self.detects, self.escalates) == (detects, escalates):
            return False
        old = {"detects": self.detects, "escalates": self.escalates}
        with transaction.atomic():
            type(self).objects.update_or_create(
                target=self.target, defaults={"detects": detects, "escalates": escalates}
            )
            new = {"detects": detects, "escalates": escalates}
            Event.record(self.target.stream, "guard.ordered", actor=by, data={"old": old, "new": new})
        self.detects, self.escalates = detects, escalates
        return True


class MaintenanceQuerySet(models.QuerySet["Maintenance"]):
    def at(self, moment: datetime) -> "MaintenanceQuerySet":
        """Windows that hold at that moment."""
        return self.filter(begins_at__lte=moment, ends_at__gt=moment).filter(
            Q(canceled_at=None) | Q(canceled_at__gt=moment)
        )

    def ahead(self, moment: datetime) -> "MaintenanceQuerySet":
        """Windows that hold or are still to come, the next one first."""
        return self.filter(canceled_at=None, ends_at__gt=moment).order_by("begins_at")


class Maintenance(models.Model):
    """A stretch of time in which what is found is expected: nothing is declared. It ends by itself."""

    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="maintenance")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    planned_at = models.DateTimeField()
    canceled_at = models.DateTimeField(null=True, blank=True)

    objects = MaintenanceQuerySet.as_manager()

    class Meta:
        ordering = ["-begins_at"]
        verbose_name_plural = "maintenance windows"
        indexes = [models.Index(fields=["target", "ends_at"], name="maintenance_by_end")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="maintenance_ends_after_it_begins")
        ]

    def __str__(self) -> str:
        return f"{self.target}: {self.reason}"

    @classmethod
    def plan(cls, *, target: Target, begins_at: datetime, ends_at: datetime, reason: str, by: Any) -> "Maintenance":
        """Plans a window; raises Refused for one that is over, has no length or no reason."""
        now = domain_time.now()
        if ends_at <= begins_at:
            raise Refused("The window ends before it begins: correct one of the two times.")
        if ends_at <= now:
            raise Refused("The window is over already: give an end in the future.")
        if (ends_at - begins_at).total_seconds() > 7 * 86_400:
            raise Refused("A window lasts seven days at most: longer, and nobody remembers that nothing is declared.")
        if not reason.strip():
            raise Refused("Say why: whoever is called at night must know what was going on.")
        with transaction.atomic():
            window = cls.objects.create(
                target=target,
                begins_at=begins_at,
                ends_at=ends_at,
                reason=reason.strip()[:300],
                planned_by=by,
                planned_at=now,
            )
            Event.record(target.stream, "maintenance.planned", actor=by, data=window.said())
        return window

    def cancel(self, *, by: Any) -> None:
        """Ends the window now; raises Refused when it is over already."""
        now = domain_time.now()
        with transaction.atomic():
            still = type(self).objects.filter(pk=self.pk, canceled_at=None, ends_at__gt=now)
            if not still.update(canceled_at=now):
                raise Refused("This window is over already.")
            Event.record(self.target.stream, "maintenance.canceled", actor=by, data=self.said())
        self.canceled_at = now

    def said(self) -> dict[str, Any]:
        return {
            "maintenance": self.pk,
            "begins_at": self.begins_at,
            "ends_at": self.ends_at,
            "reason": self.reason,
        }


class Detected(models.Model):
    """One condition of the matrix on one target: whether it holds, since when, and the value that said so."""

    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="detected")
    # The row's words, not its line: the line moves with every edit of the plan.
    key = models.CharField(max_length=300)
    holds = models.BooleanField(default=False)
    held_since = models.DateTimeField(null=True, blank=True)  # when it was raised
    calm_since = models.DateTimeField(
        null=True, blank=True
    )  # first moment of the calm that lasts; ends it after a while
    looked_at = models.DateTimeField()
    words = models.CharField(max_length=500, blank=True, default="")  # "12.4 % of 600 requests in 60 s"
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["target", "key"]
        constraints = [models.UniqueConstraint(fields=["target", "key"], name="one_state_per_condition")]

    def __str__(self) -> str:
        return f"{self.key} of {self.target}: {'holds' if self.holds else 'calm'}"


class ProcessReading(models.Model):
    """The main process of a target at one moment: for memory slopes and restarts. Kept for a day."""

    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="process_readings")
    at = models.DateTimeField()
    alive = models.BooleanField(default=True)
    pid = models.PositiveIntegerField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    rss_kb = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["target", "at"], name="process_readings_by_time")]

    def __str__(self) -> str:
        return f"{self.target} {self.at:%H:%M:%S}: {self.rss_kb} kB"
