"""The offer to go on to the next level: made once for a run, at the time that the plan names, with the evidence."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction

from rollbacks.models.run import Run
from timeline.models import Event


class Escalation(models.Model):
    """What the plan says follows a run that has not helped in its time. An offer, never a start."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="escalation")
    level = models.PositiveSmallIntegerField()  # the one that follows
    offered_at = models.DateTimeField()
    why = models.CharField(max_length=300)  # the time that passed, in the plan's words
    evidence = models.CharField(max_length=600)  # what was measured until then, in one sentence
    # True where plan and target both say so: then it begins by itself, as soon as nothing runs.
    automatic = models.BooleanField(default=False)
    begun_at = models.DateTimeField(null=True, blank=True)  # of its own accord; a person's start is the run's own

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Level {self.level} after {self.run}"

    @classmethod
    def offer(cls, run: Run, *, level: int, why: str, evidence: str, automatic: bool, at: datetime) -> bool:
        """Makes the offer; False when it was made before."""
        if cls.objects.filter(run=run).exists():
            return False
        said: dict[str, Any] = {"to_level": level, "why": why[:300], "evidence": evidence[:600], "automatic": automatic}
        try:
            with transaction.atomic():
                cls.objects.create(
                    run=run, level=level, why=said["why"], evidence=said["evidence"], automatic=automatic, offered_at=at
                )
                Event.record(run.stream, "escalation.offered", at=at, data=run.said(**said))
        except IntegrityError:  # another scan made it in this moment
            return False
        return True

    def begin(self, *, why: str, at: datetime) -> bool:
        """Says, once, that the next level begins by itself; whoever owns the timeline starts it."""
        with transaction.atomic():
            if not type(self).objects.filter(pk=self.pk, automatic=True, begun_at=None).update(begun_at=at):
                return False
            Event.record(self.run.stream, "escalation.begun", at=at, data=self.run.said(to_level=self.level, why=why))
        self.begun_at = at
        return True
