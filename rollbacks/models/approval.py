"""Who stands for a run's exact snapshot, or for one step of it."""

from django.conf import settings
from django.db import models

from rollbacks.models.run import Run
from rollbacks.models.step_run import StepRun


class RunApproval(models.Model):
    """One person's decision on a snapshot (or, with `step_run`, on one approval step)."""

    class Decision(models.TextChoices):
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Refused"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="approvals")
    step_run = models.ForeignKey(StepRun, on_delete=models.CASCADE, null=True, blank=True, related_name="approvals")
    # What was approved: another snapshot needs another approval.
    snapshot_hash = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision)
    reason = models.CharField(max_length=500, blank=True, default="")
    # Nobody else answered in time, and the person who leads went on alone.
    alone = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            # Double click: one person decides once about one thing.
            models.UniqueConstraint(
                fields=["run", "by"], condition=models.Q(step_run=None), name="one_decision_per_person"
            ),
            models.UniqueConstraint(
                fields=["step_run", "by"], condition=~models.Q(step_run=None), name="one_step_decision_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by}: {self.get_decision_display()}"
