"""The incident: declared in one transaction; everything outward happens afterwards, from its events."""

from datetime import datetime
from typing import Any

from django.db import models, transaction

from incidents.models.contact import Contact
from incidents.models.decision import DecisionVerbs, revision_of
from incidents.models.ending import EndingVerbs
from incidents.models.incident_record import Kind, Severity, Status, clean, present
from incidents.models.notes import NoteVerbs
from incidents.models.people import PeopleVerbs
from incidents.models.phase import Phase
from plans.models import Refused


class IncidentQuerySet(models.QuerySet["Incident"]):
    def live(self) -> "IncidentQuerySet":
        """Open incidents, drills too."""
        return self.filter(status=Status.OPEN)

    def real(self) -> "IncidentQuerySet":
        """No drills."""
        return self.filter(kind=Kind.INCIDENT)

    def with_people(self) -> "IncidentQuerySet":
        """With target, service, environment, current roles and tasks, in four queries: what a line of a list shows."""
        from incidents.models.role import RoleAssignment
        from incidents.models.task import Task

        roles = models.Prefetch(
            "roles", queryset=RoleAssignment.objects.current().select_related("user"), to_attr="current_roles"
        )
        tasks = models.Prefetch(
            "tasks", queryset=Task.objects.select_related("phase").order_by("phase__position", "position")
        )
        related = self.select_related("target__service", "target__environment", "acknowledged_by", "revision")
        return related.defer("revision__text", "revision__reading").prefetch_related(roles, tasks, "phases")

    def for_dashboard(self) -> "IncidentQuerySet":
        """Live incidents, the worst and oldest first."""
        order = models.Case(
            *(models.When(severity=value, then=rank) for rank, value in enumerate(reversed(Severity.values))),
            default=9,
            output_field=models.IntegerField(),
        )
        return self.live().with_people().annotate(rank=order).order_by("rank", "detected_at")

    def recent(self) -> "IncidentQuerySet":
        """Incidents that ended, newest first."""
        return self.exclude(status=Status.OPEN).with_people().order_by("-detected_at")


class Incident(DecisionVerbs, NoteVerbs, PeopleVerbs, EndingVerbs):
    """What is happening to one target, who has it, and what was decided."""

    Status = Status
    Severity = Severity
    Kind = Kind

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-detected_at"]
        permissions = [("respond", "Can act on incidents")]
        indexes = [models.Index(fields=["status", "target"], name="incidents_by_status")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="resolved", resolved_at__isnull=False, verified__isnull=False)
                | ~models.Q(status="resolved"),
                name="resolved_says_when_and_whether_verified",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    def get_absolute_url(self) -> str:
        return f"/incidents/{self.pk}/"

    @classmethod
    def declare(
        cls,
        *,
        target: Any,
        title: str,
        severity: str,
        symptom: str = "",
        detected_at: datetime | None = None,
        by: Any = None,
        source: str = "person",
        matrix_line: int | None = None,
        alert: Any = None,
        kind: str = Kind.INCIDENT,
        impact: str = "",
        key: str | None = None,
        at: datetime | None = None,
    ) -> "Incident":
        """Declares an incident: its timeline, phases, tasks and contacts, in one transaction.

        Evidence, measuring, the recommendation and the page to contact 1 follow from the event, by a worker.
        `key` names the form that was sent: sent again, it gives the incident that it made. Raises Refused.
        """
        at = present(at)
        if key and (known := cls.objects.filter(declaration_key=key).first()):
            return known
        check_declaration(title=title, severity=severity, detected_at=detected_at, at=at)
        with transaction.atomic():
            incident = cls.objects.create(
                target=target,
                revision=revision_of(target),
                kind=kind,
                title=clean(title)[:200],
                severity=severity,
                symptom=clean(symptom)[:300],
                matrix_line=matrix_line,
                impact=clean(impact),
                source=source,
                detected_at=detected_at or at,
                declared_at=at,
                declared_by=by,
                declaration_key=key or None,
            )
            Phase.objects.snapshot(incident)
            Contact.objects.ensure_for(target, incident.compiled)
            if alert is not None:
                alert.incident = incident
                if alert.pk:  # else its row is written when all alerts of the notification have their place
                    alert.save(update_fields=["incident"])
            incident.record("incident.declared", by=by, at=at, data=incident.as_declared(alert))
        return incident

    def as_declared(self, alert: Any = None) -> dict[str, Any]:
        """What the first line of the timeline says."""
        return {
            "title": self.title,
            "severity": self.severity,
            "symptom": self.symptom,
            "service": self.target.service.name,
            "environment": self.target.environment.name,
            "target": self.target_id,
            "detected_at": self.detected_at,
            "source": self.source,
            "alert": alert.name if alert is not None else None,
            "kind": self.kind,
            "impact": self.impact,
            "plan": self.revision.number if self.revision else None,
        }


def check_declaration(*, title: str, severity: str, detected_at: datetime | None, at: datetime) -> None:
    """Refuses, with a sentence, what cannot be declared."""
    if not clean(title):
        raise Refused("The title is empty: say in a few words what is broken.")
    if severity not in Severity.values:
        raise Refused(f"{severity!r} is not a severity. Use {', '.join(Severity.values)}.")
    if detected_at and detected_at > at:
        raise Refused("The time of detection lies in the future.")
