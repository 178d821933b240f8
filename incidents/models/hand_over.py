"""Handing an incident, or a whole shift, to the next person: asked, then accepted; never by mail alone."""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

# Who has not answered by then is paged on every channel.
ANSWER_WITHIN = timedelta(minutes=5)


class HandOverQuerySet(models.QuerySet["HandOver"]):
    def waiting(self) -> "HandOverQuerySet":
        """Asked, and neither accepted nor taken back."""
        return self.filter(accepted_at=None, withdrawn_at=None)

    def to_page(self, at: datetime) -> "HandOverQuerySet":
        """Nobody answered in five minutes, and nobody was paged for it yet."""
        return self.waiting().filter(paged_at=None, wakes_at__lte=at)


class HandOver(models.Model):
    """One question "do you take it?"; without an incident it is the whole shift."""

    token = models.CharField(max_length=64, unique=True, default=secrets.token_urlsafe)
    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, null=True, blank=True, related_name="hand_overs"
    )
    from_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="handed_over")
    to_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="asked_to_take")
    note = models.TextField(blank=True, default="")
    asked_at = models.DateTimeField()
    wakes_at = models.DateTimeField()
    paged_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = HandOverQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["from_user", "incident"],
                condition=models.Q(accepted_at=None, withdrawn_at=None, incident__isnull=False),
                name="one_open_hand_over_per_incident",
            ),
            models.UniqueConstraint(
                fields=["from_user"],
                condition=models.Q(accepted_at=None, withdrawn_at=None, incident__isnull=True),
                name="one_open_shift_per_person",
            ),
        ]

    def __str__(self) -> str:
        what = self.incident.reference if self.incident else "the shift"
        return f"{self.from_user} hands {what} to {self.to_user}"

    def get_absolute_url(self) -> str:
        return f"/hand-overs/{self.token}/"

    @property
    def is_waiting(self) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None
