"""A stage of the plan's communication plan, as a row that wakes when it is due."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction

from timeline import domain_time


class PhaseQuerySet(models.QuerySet["Phase"]):
    def snapshot(self, incident: Any) -> None:
        """Makes the incident's phases and tasks from its plan's revision."""
        from incidents.models.task import Task

        for position, part in enumerate(incident.compiled.get("phases", [])):
            offset = float(part["offset_seconds"] or 0)
            phase = self.create(
                incident_id=incident.pk,
                position=position,
                name=part["name"],
                offset_seconds=offset,
                due_at=incident.detected_at + timedelta(seconds=offset),
            )
            Task.objects.snapshot(phase, part["tasks"], severity=incident.severity)

    def snapshot_again(self, incident: Any) -> None:
        """Replaces the phases after a change of plan; ticks on tasks of the same words are kept."""
        from incidents.models.task import Task

        kept = {task.text: task for task in Task.objects.filter(incident_id=incident.pk, ticked_at__isnull=False)}
        self.filter(incident_id=incident.pk).delete()
        self.snapshot(incident)
        for task in Task.objects.filter(incident_id=incident.pk, text__in=list(kept)):
            task.carry_over(kept[task.text])

    def move_to(self, incident: Any) -> None:
        """Follows a corrected time of detection; phases that were announced stay announced."""
        for phase in self.filter(incident_id=incident.pk):
            phase.due_at = incident.detected_at + timedelta(seconds=phase.offset_seconds)
            phase.save(update_fields=["due_at"])

    def to_announce(self, at: datetime) -> "PhaseQuerySet":
        """Phases that fell due and were never announced; a resolved incident still has its day-after phase."""
        live = ("open", "resolved")
        return self.filter(announced_at=None, due_at__lte=at, incident__status__in=live).order_by("due_at", "position")


class Phase(models.Model):
    """One stage with its offset from the detection."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="phases")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    offset_seconds = models.FloatField()
    due_at = models.DateTimeField()
    announced_at = models.DateTimeField(null=True, blank=True)  # when phase.due was written

    objects = PhaseQuerySet.as_manager()

    class Meta:
        ordering = ["incident_id", "position"]
        constraints = [models.UniqueConstraint(fields=["incident", "position"], name="one_phase_per_position")]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(announced_at=None), name="phases_to_announce")]

    def __str__(self) -> str:
        return f"{self.name} (T+{self.offset_seconds:.0f} s)"

    def announce_due(self, *, at: datetime | None = None) -> bool:
        """Writes `phase.due` once, also when it fires late after a restart; False when another scan was faster."""
        at = at or domain_time.now()
        with transaction.atomic():
            if not Phase.objects.filter(pk=self.pk, announced_at=None).update(announced_at=at):
                return False
            late = (at - self.due_at).total_seconds()
            self.incident.record("phase.due", at=at, data={"phase": self.name, "late_seconds": round(max(0.0, late))})
        return True
