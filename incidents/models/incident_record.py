"""What one incident holds, and the two parts that every verb shares: recording an event, moving the status."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction

from plans.models import Refused
from timeline import domain_time
from timeline.models import Event


class Severity(models.TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"


class Status(models.TextChoices):
    OPEN = "open", "Open"
    RESOLVED = "resolved", "Resolved"
    CLOSED = "closed", "Closed"
    DISMISSED = "dismissed", "Dismissed"
    MERGED = "merged", "Merged"


class Kind(models.TextChoices):
    INCIDENT = "incident", "Incident"
    DRILL = "drill", "Drill"


MOVES: dict[str, set[str]] = {
    Status.OPEN: {Status.RESOLVED, Status.DISMISSED, Status.MERGED},
    Status.RESOLVED: {Status.OPEN, Status.CLOSED},
    Status.DISMISSED: {Status.OPEN},
    Status.CLOSED: set(),
    Status.MERGED: set(),
}
# What a person does first to make a refused move possible.
WAY_OUT: dict[str, str] = {
    Status.OPEN: "resolve it first.",
    Status.RESOLVED: "reopen it first.",
    Status.DISMISSED: "reopen it first.",
    Status.CLOSED: "declare a new incident if it is back.",
    Status.MERGED: "act on the incident that it was merged into.",
}


class IncidentRecord(models.Model):
    """The columns of an incident. Acknowledged, rolling back and watching are read from events, not kept as states."""

    target = models.ForeignKey("rollbacks.Target", on_delete=models.PROTECT, related_name="incidents")
    # The plan's text that the incident began with; empty when the target has no plan yet.
    revision = models.ForeignKey("plans.Revision", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.INCIDENT)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    title = models.CharField(max_length=200)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    symptom = models.CharField(max_length=300, blank=True, default="")
    matrix_line = models.PositiveIntegerField(null=True, blank=True)  # line of the plan's decision matrix
    impact = models.TextField(blank=True, default="")
    # {"query errors": {"value": 12.4, "unit": "%", "at": "…", "from": "alert HighErrors"}}: facts to recommend by.
    measured = models.JSONField(default=dict, blank=True)
    source = models.CharField(max_length=20, default="person")  # "person" or "alert"
    detected_at = models.DateTimeField()
    declared_at = models.DateTimeField()
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # One a form: a double click or a reload gets the first incident back.
    declaration_key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    # The present answer of the events acknowledged / acknowledgement withdrawn, for lists.
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    recommendation = models.JSONField(default=dict, blank=True)
    # A choice with level None is "no rollback: watch".
    chosen_level = models.PositiveSmallIntegerField(null=True, blank=True)
    chosen_at = models.DateTimeField(null=True, blank=True)
    choice_reason = models.TextField(blank=True, default="")
    next_update_at = models.DateTimeField(null=True, blank=True)  # promised to the stakeholders
    resolved_at = models.DateTimeField(null=True, blank=True)
    verified = models.BooleanField(null=True, blank=True)  # None until resolved
    verdict_id = models.PositiveBigIntegerField(null=True, blank=True)  # rollbacks.Verdict that proved it
    ending_reason = models.TextField(blank=True, default="")
    closed_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="merged")

    class Meta:
        abstract = True

    @property
    def reference(self) -> str:
        """What people call it: INC-42."""
        return f"INC-{self.pk}"

    @property
    def stream_key(self) -> str:
        """The key of the timeline that this incident owns."""
        return f"incident:{self.pk}"

    @property
    def events(self) -> "models.QuerySet[Event]":
        """The timeline, oldest first."""
        return Event.objects.filter(stream__key=self.stream_key).order_by("seq")

    @property
    def is_live(self) -> bool:
        """True while somebody must act: open, not resolved, closed, dismissed or merged."""
        return self.status == Status.OPEN

    @property
    def is_drill(self) -> bool:
        """A drill sends nothing outward and wears a mark everywhere."""
        return self.kind == Kind.DRILL

    @property
    def must_reach_people(self) -> bool:
        """True where a mail kept in the outbox told nobody; in a drill and outside production it counts as done."""
        return not self.is_drill and self.target.environment.is_production

    @property
    def compiled(self) -> dict[str, Any]:
        """The compiled plan that the incident began with; empty without a plan."""
        return self.revision.compiled if self.revision else {}

    @property
    def has_chosen(self) -> bool:
        """True once a person chose a level or "no rollback"."""
        return self.chosen_at is not None

    def elapsed(self, at: datetime) -> timedelta:
        """T+ at that moment; it stops when the incident is resolved."""
        return (min(at, self.resolved_at) if self.resolved_at else at) - self.detected_at

    def record(
        self, kind: str, *, by: Any = None, at: datetime | None = None, data: dict[str, Any] | None = None
    ) -> Event:
        """Writes one event and ticks the tasks that it answers; call inside the verb's transaction."""
        from incidents.models.task import Task

        event = Event.record(self.stream_key, kind, actor=by, at=at, data=data)
        Task.objects.tick_from(event, self.pk)
        return event

    def require_live(self) -> None:
        """Refuses with a sentence when the incident is no longer open."""
        if not self.is_live:
            raise Refused(f"{self.reference} is already {self.get_status_display().lower()}; {WAY_OUT[self.status]}")

    def _move_to(self, status: Status, **changes: Any) -> None:
        """Compare-and-swap from the status this object was read with; the database decides between two people."""
        if status not in MOVES[self.status]:
            word = self.get_status_display().lower()
            raise Refused(f"{self.reference} is already {word}; {WAY_OUT[self.status]}")
        with transaction.atomic():
            changed = (
                type(self)._default_manager.filter(pk=self.pk, status=self.status).update(status=status, **changes)
            )
        if not changed:
            self.refresh_from_db(fields=["status"])
            raise Refused(f"{self.reference} changed meanwhile: it is {self.get_status_display().lower()} now.")
        self.status = status
        for name, value in changes.items():
            setattr(self, name, value)

    def _change(self, **changes: Any) -> None:
        """Saves the named columns."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.save(update_fields=[*changes])


def clean(text: str) -> str:
    """What a person typed, as every database can keep it: no NUL, no half of a surrogate pair, no outer spaces."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode().strip()


def needs_reason(reason: str, act: str) -> str:
    """The reason, cleaned; refuses an empty one."""
    if not clean(reason):
        raise Refused(f"Say why: {act} needs a reason, it stays on the timeline.")
    return clean(reason)


def present(at: datetime | None) -> datetime:
    """The given domain time, or now."""
    return at or domain_time.now()
