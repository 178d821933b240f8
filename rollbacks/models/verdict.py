"""What the service did, three-valued, with its reason. Rows are added and never changed; the latest wins."""

from typing import Any

from django.db import models

from rollbacks.models.watch import Watch


class VerdictIsAppendOnly(RuntimeError):
    """Somebody tried to change or delete a verdict."""


class Verdict(models.Model):
    """The answer of one look."""

    class Word(models.TextChoices):
        RECOVERED = "recovered", "Recovered"
        NOT_RECOVERED = "not_recovered", "Not recovered"
        INCONCLUSIVE = "inconclusive", "Cannot tell yet"

    watch = models.ForeignKey(Watch, on_delete=models.CASCADE, related_name="verdicts")
    at = models.DateTimeField()
    round = models.PositiveIntegerField(default=0)  # how often the watch had been armed anew
    look = models.PositiveIntegerField()  # 1 for the first look since it was armed
    verdict = models.CharField(max_length=20, choices=Word)
    passing = models.BooleanField(default=False)  # nothing but the time speaks against *recovered*
    reason = models.CharField(max_length=600)  # one sentence
    data = models.JSONField(default=dict)  # counts, bounds, and each check's answer

    class Meta:
        ordering = ["watch_id", "pk"]
        constraints = [models.UniqueConstraint(fields=["watch", "round", "look"], name="one_verdict_per_look")]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}: {self.reason}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise VerdictIsAppendOnly("A verdict is never changed: the next look gives another one.")
        super().save(*args, **kwargs)
