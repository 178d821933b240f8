"""What the auditor found at its last round: the one row behind the health page and the heartbeat."""

from django.db import models


class AuditReport(models.Model):
    """One row (pk 1): how many due actions are late, and what became of the heartbeat."""

    checked_at = models.DateTimeField()  # wall time
    late = models.PositiveIntegerField(default=0)
    worst = models.CharField(max_length=300, blank=True, default="")
    beat_at = models.DateTimeField(null=True, blank=True)  # wall time of the last heartbeat that was taken
    beat_state = models.CharField(max_length=12, blank=True, default="")  # sent, withheld, failed, off
    beat_reason = models.CharField(max_length=300, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.late} late at {self.checked_at:%H:%M:%S} UTC"
