"""How a service is when nothing is wrong: the slow heartbeat that measures it, and what a run keeps of it."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Q

from rollbacks.models.run import Run
from rollbacks.models.target import Target
from timeline.models import Event


class Heartbeat(models.Model):
    """When a target was last measured outside of incidents. Without a row it was never, and it is on."""

    target = models.OneToOneField(Target, on_delete=models.CASCADE, related_name="heartbeat")
    off = models.BooleanField(default=False)
    beat_at = models.DateTimeField(null=True, blank=True)
    # Why the last beat counted nothing, as a sentence; empty when all is well.
    problem = models.CharField(max_length=500, blank=True, default="")

    def __str__(self) -> str:
        return f"Heartbeat of {self.target}"

    @classmethod
    def of(cls, target: Target) -> "Heartbeat":
        """The heartbeat of a target, unsaved when it has never beaten."""
        return cls.objects.filter(target=target).first() or cls(target=target)

    @classmethod
    def claim(cls, target: Target, now: datetime, every: timedelta) -> bool:
        """Takes the beat that is due; False when it is not, or another worker took it."""
        one, made = cls.objects.get_or_create(target=target, defaults={"beat_at": now})
        if made:
            return True
        due = cls.objects.filter(Q(beat_at=None) | Q(beat_at__lte=now - every), pk=one.pk, off=False)
        return bool(due.update(beat_at=now))

    @classmethod
    def switch(cls, target: Target, *, on: bool, by: Any) -> bool:
        """Switches it on or off for a target; False when it is so already."""
        with transaction.atomic():
            one, _ = cls.objects.get_or_create(target=target)
            if not cls.objects.filter(pk=one.pk, off=on).update(off=not on, problem=""):
                return False
            Event.record(target.stream, "heartbeat.switched", actor=by, data={"target": target.pk, "on": on})
        return True


class FrozenBaseline(models.Model):
    """The figures of one signal in a healthy time before a run: kept at its start, never changed."""

    class Kind(models.TextChoices):
        BEFORE = "before", "Before the incident"
        DAY = "day", "The same hour yesterday"
        WEEK = "week", "The same hour a week ago"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="baselines")
    signal = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind)
    since = models.DateTimeField()
    until = models.DateTimeField()
    requests = models.PositiveBigIntegerField(default=0)
    errors = models.PositiveBigIntegerField(default=0)
    p50_ms = models.FloatField(null=True, blank=True)
    p95_ms = models.FloatField(null=True, blank=True)
    per_second = models.FloatField(null=True, blank=True)  # real traffic, where the service counts it itself
    blocks = models.JSONField(default=list, blank=True)  # milliseconds of each answer, one list for each beat
    problem = models.CharField(max_length=500, blank=True, default="")  # why nothing can be compared with it
    frozen_at = models.DateTimeField()

    class Meta:
        ordering = ["run_id", "signal", "kind"]
        constraints = [models.UniqueConstraint(fields=["run", "signal", "kind"], name="one_baseline_per_run_and_kind")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.signal} {self.errors} of {self.requests}"
