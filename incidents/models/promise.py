"""The promise that every message but the last makes: when the next one comes, and who was reminded of it."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction

# People are reminded this long before it is due, and when it is late by this much.
BEFORE = timedelta(minutes=5)
AFTER = timedelta(minutes=2)


class PromiseQuerySet(models.QuerySet["Promise"]):
    def open(self) -> "PromiseQuerySet":
        """Neither kept nor overtaken by the end of the incident."""
        return self.filter(kept_at=None, incident__status="open")

    def to_remind_before(self, at: datetime) -> "PromiseQuerySet":
        return self.open().filter(before_at=None, after_at=None, due_at__lte=at + BEFORE, due_at__gt=at)

    def to_remind_after(self, at: datetime) -> "PromiseQuerySet":
        return self.open().filter(after_at=None, due_at__lte=at - AFTER)


class Promise(models.Model):
    """ "The next update comes at 14:45", made by one message to one audience."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="promises")
    message = models.ForeignKey("incidents.Message", on_delete=models.CASCADE, related_name="promises")
    audience = models.CharField(max_length=20, default="stakeholders")
    due_at = models.DateTimeField()
    kept_at = models.DateTimeField(null=True, blank=True)
    before_at = models.DateTimeField(null=True, blank=True)  # when people were reminded before it was due
    after_at = models.DateTimeField(null=True, blank=True)  # … and after it was broken

    objects = PromiseQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(kept_at=None), name="promises_to_keep")]

    def __str__(self) -> str:
        return f"Next update to {self.audience} due {self.due_at:%Y-%m-%d %H:%M} UTC"

    @classmethod
    def renew(cls, message: Any, *, at: datetime) -> None:
        """A message keeps what was promised to its audience, and makes the next promise."""
        with transaction.atomic():
            mine = cls.objects.filter(incident_id=message.incident_id, audience=message.audience, kept_at=None)
            mine.update(kept_at=at)
            if message.next_update_at:
                cls.objects.create(
                    incident_id=message.incident_id,
                    message=message,
                    audience=message.audience,
                    due_at=message.next_update_at,
                )

    @classmethod
    def next_of(cls, incident_id: int) -> datetime | None:
        """The earliest promise that is still to be kept."""
        open_ones = cls.objects.filter(incident_id=incident_id, kept_at=None).order_by("due_at")
        return open_ones.values_list("due_at", flat=True).first()
