"""That somebody used what was known: an issue of the plan, or an incident that happened before."""

from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Q

from incidents.models.incident_record import present


class KnownUse(models.Model):
    """One incident took help from one known thing; counted, so that what helps often stands first."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="known_uses")
    key = models.CharField(max_length=200)  # "issue:orders:Stale schema", "incident:41"
    title = models.CharField(max_length=200)
    helped = models.BooleanField(null=True, blank=True)  # None until somebody says
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["incident", "key"], name="one_use_per_known_thing")]
        indexes = [models.Index(fields=["key"], name="known_uses_by_key")]

    def __str__(self) -> str:
        return f"{self.incident}: {self.title}"

    @classmethod
    def note(cls, incident: Any, *, key: str, title: str, by: Any, helped: bool | None = None) -> "KnownUse":
        """Says that it was used in this incident, and whether it helped; the timeline keeps both."""
        with transaction.atomic():
            use, _ = cls.objects.update_or_create(
                incident=incident,
                key=key[:200],
                defaults={"title": title[:200], "helped": helped, "by": by, "at": present(None)},
            )
            incident.record("known.used", by=by, data={"key": use.key, "title": use.title, "helped": helped})
        return use

    @classmethod
    def counts(cls, keys: list[str]) -> dict[str, dict[str, int]]:
        """`{key: {"used": 3, "helped": 2}}` for those that were used at all."""
        rows = cls.objects.filter(key__in=keys).order_by().values("key")
        counted = rows.annotate(used=Count("pk"), good=Count("pk", filter=Q(helped=True)))
        return {row["key"]: {"used": row["used"], "helped": row["good"]} for row in counted}
