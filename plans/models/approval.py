"""Who stands for the text of a revision. A new text is a new revision: an approval never covers words nobody read."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from plans.models.revision import Revision
from timeline import domain_time


class RevisionApproval(models.Model):
    """One person's approval of one revision; taken back by a mark, never deleted."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="approvals")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=domain_time.now, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_reason = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ["at", "pk"]
        # Double click: one person stands for a revision once.
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "by"], condition=Q(withdrawn_at=None), name="one_standing_approval_per_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.by} for {self.revision}"
