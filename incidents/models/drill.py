"""A rehearsal that the plan's testing schedule asks for, with its due date."""

from datetime import date

from django.db import models


class DrillQuerySet(models.QuerySet["Drill"]):
    def open(self) -> "DrillQuerySet":
        """Not held yet."""
        return self.filter(held_at=None)

    def due(self, by: date) -> "DrillQuerySet":
        """Open drills whose day is not after `by`, the longest overdue first; for the front page."""
        return self.open().filter(due_on__lte=by).select_related("plan", "incident").order_by("due_on", "level")


class Drill(models.Model):
    """One level to be rehearsed by a day; links the plan's schedule entry and the drill incident."""

    plan = models.ForeignKey("plans.Plan", on_delete=models.CASCADE, related_name="drills")
    line = models.PositiveIntegerField()  # of the schedule entry in the revision that made it due
    level = models.PositiveSmallIntegerField()
    environment = models.CharField(max_length=60, blank=True, default="")  # "staging" where the plan says so
    recurrence = models.CharField(max_length=60, blank=True, default="")  # "quarterly"
    tasks = models.JSONField(default=list, blank=True)
    due_on = models.DateField()
    announced_at = models.DateTimeField(null=True, blank=True)  # when drill.due was written
    incident = models.OneToOneField(
        "incidents.Incident", on_delete=models.SET_NULL, null=True, blank=True, related_name="drill"
    )
    held_at = models.DateTimeField(null=True, blank=True)

    objects = DrillQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "plan_id", "level"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "level", "environment"], condition=models.Q(held_at=None), name="one_open_drill"
            )
        ]

    def __str__(self) -> str:
        return f"Level {self.level} of {self.plan}, due {self.due_on:%Y-%m-%d}"

    def is_overdue(self, day: date) -> bool:
        return self.held_at is None and self.due_on < day
