"""What a monitoring system told us, once per fingerprint and start."""

from datetime import datetime
from typing import Any

from django.db import models, transaction

from plans.models import Refused
from timeline import domain_time
from timeline.models import Event


class AlertStatus(models.TextChoices):
    FIRING = "firing", "Firing"
    RESOLVED = "resolved", "Resolved"


class AlertQuerySet(models.QuerySet["Alert"]):
    def unassigned(self) -> "AlertQuerySet":
        """Firing alerts that no rule could place: a person decides; for the front page."""
        return self.filter(incident=None, status=AlertStatus.FIRING, set_aside_at=None).order_by("-last_seen_at")


class Alert(models.Model):
    """One firing of one alert; repeated notifications only move `last_seen_at` and the count."""

    source = models.CharField(max_length=20, default="alertmanager")
    fingerprint = models.CharField(max_length=128)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=AlertStatus.choices, default=AlertStatus.FIRING)
    labels = models.JSONField(default=dict)
    annotations = models.JSONField(default=dict)
    group_key = models.CharField(max_length=500, blank=True, default="")
    link = models.CharField(max_length=2000, blank=True, default="")  # generatorURL; shown as text unless http(s)
    value = models.FloatField(null=True, blank=True)
    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.SET_NULL, null=True, blank=True, related_name="alerts"
    )
    rule = models.ForeignKey(
        "incidents.IntakeRule", on_delete=models.SET_NULL, null=True, blank=True, related_name="alerts"
    )
    why_unassigned = models.CharField(max_length=300, blank=True, default="")
    set_aside_at = models.DateTimeField(null=True, blank=True)  # a person said: nothing to do
    received_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    seen = models.PositiveIntegerField(default=1)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at"]
        constraints = [
            models.UniqueConstraint(fields=["source", "fingerprint", "starts_at"], name="one_row_per_firing")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_status_display()})"

    @property
    def summary(self) -> str:
        """One line for people: the summary annotation, else the description, else the name."""
        text = self.annotations.get("summary") or self.annotations.get("description") or self.name
        return " ".join(str(text).split())[:200]

    def set_aside(self, *, by: Any, at: datetime | None = None) -> None:
        """A person says that there is nothing to do; the installation's timeline keeps who."""
        at = at or domain_time.now()
        with transaction.atomic():
            if not Alert.objects.filter(pk=self.pk, incident=None, set_aside_at=None).update(set_aside_at=at):
                raise Refused(f"{self.name} was placed or set aside already.")
            data = {"name": self.name, "fingerprint": self.fingerprint, "labels": self.labels}
            Event.record("installation", "alert.set_aside", actor=by, at=at, data=data)
        self.set_aside_at = at
