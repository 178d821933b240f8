"""Every try to hand something over, with its state and reason: written before anything leaves, so that none is lost."""

from django.db import models


class DeliveryAttempt(models.Model):
    """One try of one delivery; `state` is empty while a worker is at it."""

    delivery = models.ForeignKey("incidents.Delivery", on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()  # wall time
    ended_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, blank=True, default="")  # accepted, failed, unknown, retry, kept
    reason = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ["delivery_id", "number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="one_try_per_number")]
        # The rate limit counts what began within the last minute.
        indexes = [models.Index(fields=["started_at"], name="attempts_by_start")]

    def __str__(self) -> str:
        return f"Attempt {self.number}: {self.state or 'under way'}"
