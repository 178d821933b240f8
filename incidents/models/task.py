"""One duty of a phase: ticked by an event of the incident's timeline, or by a person."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction

from incidents import clock
from incidents.models.incident_record import needs_reason, present
from plans.models import Refused
from timeline.models import Event


class TaskQuerySet(models.QuerySet["Task"]):
    def snapshot(self, phase: Any, parts: list[dict[str, Any]], *, severity: str) -> None:
        """Makes the rows of one phase; a task whose condition is false waits until the severity is raised."""
        for position, part in enumerate(parts):
            condition = part.get("if")
            required = clock.is_required(condition, severity)
            self.create(
                incident_id=phase.incident_id,
                phase=phase,
                position=position,
                text=part["text"],
                key=part.get("key") or "",
                condition=condition,
                ticked_by=part.get("ticked_by") or [],
                choices=part.get("choices"),
                required_from=phase.due_at if required else None,
            )

    def require_for(self, incident: Any, *, at: datetime) -> None:
        """Applies a corrected severity: what became required is due at once, never before its phase."""
        for task in self.filter(incident_id=incident.pk, condition__isnull=False).select_related("phase"):
            required = clock.is_required(task.condition, incident.severity)
            if required == (task.required_from is not None):
                continue
            task.required_from = max(at, task.phase.due_at) if required else None
            task.save(update_fields=["required_from"])

    def open(self) -> "TaskQuerySet":
        """Required and not ticked."""
        return self.filter(ticked_at=None, required_from__isnull=False)

    def overdue(self, at: datetime) -> "TaskQuerySet":
        """Open tasks of live incidents whose time has passed; for the front page."""
        due = models.Q(phase__due_at__lte=at, required_from__lte=at)
        found = self.open().filter(due, incident__status__in=("open", "resolved")).select_related("phase", "incident")
        return found.order_by("phase__due_at", "position")

    def tick_from(self, event: Event, incident_id: int) -> int:
        """Ticks what this event answers; safe to call again for the same event. Returns how many were ticked."""
        ticked = 0
        for task in self.filter(incident_id=incident_id, ticked_at=None).select_related("phase", "incident"):
            if clock.answers(task.ticked_by, event.kind, event.data) and task.may_be_ticked_by(event):
                ticked += task.tick_by_event(event)
        return ticked


class Task(models.Model):
    """One duty with its phase's due time; who or what ticked it, and how late, stays visible."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="tasks")
    phase = models.ForeignKey("incidents.Phase", on_delete=models.CASCADE, related_name="tasks")
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=300)
    key = models.CharField(max_length=120, blank=True, default="")
    condition = models.JSONField(null=True, blank=True)  # {"field": "severity", "in": ["high", "critical"]}
    ticked_by = models.JSONField(default=list, blank=True)  # kinds of events that tick it
    choices = models.JSONField(null=True, blank=True)
    required_from = models.DateTimeField(null=True, blank=True)  # None while the condition is false
    ticked_at = models.DateTimeField(null=True, blank=True)
    ticked_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    how = models.CharField(max_length=300, blank=True, default="")  # "by run 17: Level 1 done", "by Ana"
    late_seconds = models.FloatField(null=True, blank=True)  # negative = early
    event_seq = models.PositiveBigIntegerField(null=True, blank=True)  # the line of the timeline that ticked it
    unticked_at = models.DateTimeField(null=True, blank=True)  # events before this moment do not tick it again
    unticked_reason = models.TextField(blank=True, default="")

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["phase__position", "position"]
        constraints = [models.UniqueConstraint(fields=["phase", "position"], name="one_task_per_position")]

    def __str__(self) -> str:
        return self.text

    @property
    def due_at(self) -> datetime:
        """The phase's time, or the moment a raised severity made the task required."""
        return max(self.phase.due_at, self.required_from) if self.required_from else self.phase.due_at

    def may_be_ticked_by(self, event: Event) -> bool:
        """False for what was said before a person took the tick away."""
        return self.unticked_at is None or event.at > self.unticked_at

    def tick(self, *, by: Any, choice: str = "", at: datetime | None = None) -> None:
        """Ticks the task in a person's name."""
        if self.choices and choice and choice not in self.choices:
            raise Refused(f"{choice!r} is not one of {', '.join(self.choices)}.")
        how = f"by {by.get_username()}" + (f": {choice}" if choice else "")
        if not self._tick(at=present(at), how=how, user=by, seq=None):
            raise Refused(f"“{self.text}” is already ticked.")

    def tick_by_event(self, event: Event) -> bool:
        """Ticks the task because the timeline says that it was done; False when somebody was faster."""
        return self._tick(
            at=event.at, how=clock.how_it_was_done(event.kind, event.data), user=event.actor, seq=event.seq
        )

    def untick(self, *, by: Any, reason: str, at: datetime | None = None) -> None:
        """Takes the tick back; what happened before does not tick it again."""
        at = present(at)
        reason = needs_reason(reason, "taking a tick back")
        with transaction.atomic():
            changed = Task.objects.filter(pk=self.pk, ticked_at__isnull=False).update(
                ticked_at=None, ticked_user=None, how="", late_seconds=None, event_seq=None, unticked_at=at,
                unticked_reason=reason,
            )  # fmt: skip
            if not changed:
                raise Refused(f"“{self.text}” is not ticked.")
            data = {"phase": self.phase.name, "task": self.text, "reason": reason}
            self.incident.record("task.unticked", by=by, at=at, data=data)
        self.refresh_from_db()

    def carry_over(self, old: "Task") -> None:
        """Takes the tick of the same duty from before a change of plan."""
        self.ticked_at, self.ticked_user, self.how = old.ticked_at, old.ticked_user, old.how
        self.late_seconds, self.event_seq = old.late_seconds, old.event_seq
        self.save(update_fields=["ticked_at", "ticked_user", "how", "late_seconds", "event_seq"])

    def _tick(self, *, at: datetime, how: str, user: Any, seq: int | None) -> bool:
        late = (at - self.due_at).total_seconds()
        with transaction.atomic():
            changed = Task.objects.filter(pk=self.pk, ticked_at=None).update(
                ticked_at=at, ticked_user=user, how=how[:300], late_seconds=late, event_seq=seq
            )
            if changed:
                data = {"phase": self.phase.name, "task": self.text, "how": how, "late_seconds": round(late)}
                Event.record(self.incident.stream_key, "task.ticked", actor=user, at=at, data=data)
        if changed:
            self.refresh_from_db()
        return bool(changed)
