"""What was gathered before the rollback: each item with time, command and hash."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction

from incidents.models.incident_record import needs_reason, present


class EvidenceStatus(models.TextChoices):
    WAITING = "waiting", "Not gathered yet"
    GATHERED = "gathered", "Gathered"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Skipped"


class Evidence(models.Model):
    """One item of the plan's checklist; its full output stays with the step run."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="evidence")
    run_id = models.PositiveBigIntegerField()  # rollbacks.Run; a plain number keeps evidence when runs are pruned
    step_id = models.PositiveBigIntegerField()  # rollbacks.StepRun
    position = models.PositiveSmallIntegerField()
    item = models.CharField(max_length=200, blank=True, default="")  # the checklist's heading: "Application Logs"
    title = models.CharField(max_length=300)
    command = models.TextField(blank=True, default="")
    status = models.CharField(max_length=10, choices=EvidenceStatus.choices, default=EvidenceStatus.WAITING)
    detail = models.CharField(max_length=500, blank=True, default="")
    excerpt = models.TextField(blank=True, default="")  # the first lines, for the page
    hash = models.CharField(max_length=64, blank=True, default="")  # SHA-256 of the output as it was kept
    gathered_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    skipped_reason = models.TextField(blank=True, default="")
    skipped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["incident_id", "run_id", "position"]
        constraints = [models.UniqueConstraint(fields=["incident", "step_id"], name="one_evidence_per_step")]

    def __str__(self) -> str:
        return self.title

    def skip(self, *, by: Any, reason: str, at: datetime | None = None) -> None:
        """Goes on without this item; the reason stays on the timeline."""
        reason = needs_reason(reason, "skipping evidence")
        with transaction.atomic():
            self.status, self.skipped_reason, self.skipped_by = EvidenceStatus.SKIPPED, reason, by
            self.save(update_fields=["status", "skipped_reason", "skipped_by"])
            data = {"title": self.title, "reason": reason}
            self.incident.record("evidence.skipped", by=by, at=present(at), data=data)
