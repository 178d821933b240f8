"""How a retrospective became what it is: its older versions, and what people said about it."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction

from incidents.models.incident_record import clean, present
from plans.models import Refused


class RetrospectiveVersion(models.Model):
    """The words as one person saved them. Added with every save, never changed."""

    retrospective = models.ForeignKey("incidents.Retrospective", on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    words = models.JSONField(default=dict)  # every written field, by name
    changed = models.JSONField(default=list)  # names of the fields that differ from the version before
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["retrospective_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["retrospective", "number"], name="one_retrospective_version_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.retrospective}, version {self.number}"


class RetrospectiveComment(models.Model):
    """What somebody said about one part of a retrospective; settled by a mark, never deleted."""

    retrospective = models.ForeignKey("incidents.Retrospective", on_delete=models.CASCADE, related_name="comments")
    part = models.CharField(max_length=40, blank=True, default="")  # the name of a field; empty = the whole
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["retrospective_id", "at", "pk"]

    def __str__(self) -> str:
        return f"{self.by}: {self.text[:40]}"

    @classmethod
    def add(cls, retrospective: Any, *, text: str, by: Any, part: str = "") -> "RetrospectiveComment":
        """One more voice, also after publishing: a comment changes no word of the report."""
        if not clean(text):
            raise Refused("The comment is empty: say what you would write instead.")
        with transaction.atomic():
            comment = cls.objects.create(
                retrospective=retrospective, part=part[:40], text=clean(text)[:5000], by=by, at=present(None)
            )
            retrospective.incident.record("retrospective.commented", by=by, data={"part": part, "text": comment.text})
        return comment

    def settle(self, *, by: Any, at: datetime | None = None) -> None:
        """Says that it was answered."""
        if not type(self).objects.filter(pk=self.pk, settled_at=None).update(settled_at=present(at), settled_by=by):
            raise Refused("This comment is settled already.")
        self.refresh_from_db()
