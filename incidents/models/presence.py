"""Who is here: rows with a short life, renewed by open pages."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

# Open pages renew their row every 20 seconds; after this long without a sign the person is gone.
LIFE = timedelta(seconds=50)


class PresenceQuerySet(models.QuerySet["Presence"]):
    def here(self, wall: datetime | None = None) -> "PresenceQuerySet":
        """Those who gave a sign of life lately; wall time."""
        return self.filter(seen_at__gt=(wall or timezone.now()) - LIFE)


class Presence(models.Model):
    """One person on one page of an incident: `place` is "incident" or "message:12"."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    place = models.CharField(max_length=40)
    seen_at = models.DateTimeField()
    editing = models.BooleanField(default=False, db_default=False)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        ordering = ["user_id"]
        constraints = [models.UniqueConstraint(fields=["incident", "user", "place"], name="one_row_a_place")]

    def __str__(self) -> str:
        return f"{self.user} at {self.place}"

    @classmethod
    def sign(cls, incident: Any, user: Any, place: str, *, editing: bool = False, wall: datetime | None = None) -> bool:
        """Renews the row; True when the others' view changes: somebody came, or began or ended editing."""
        wall = wall or timezone.now()
        mine = cls.objects.filter(incident=incident, user=user, place=place)
        before = mine.values_list("seen_at", "editing").first()
        cls.objects.update_or_create(
            incident=incident, user=user, place=place, defaults={"seen_at": wall, "editing": editing}
        )
        cls.objects.filter(incident=incident, seen_at__lt=wall - 10 * LIFE).delete()
        return before is None or before[0] <= wall - LIFE or before[1] != editing
