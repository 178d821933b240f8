"""The report after an incident: drafted from the timeline, completed by people, published once."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction

from incidents import clock, reports
from incidents.models.incident_record import clean, present
from incidents.models.message import lines_of
from incidents.models.task import Task
from plans.models import Refused

FIELDS = (
    "summary",
    "impact",
    "contributing_factors",
    "root_cause",
    "went_well",
    "lucky",
    "surprised",
    "bug_report",
    "permanent_fix",
)


class RetrospectiveStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    REVIEW = "review", "In review"
    PUBLISHED = "published", "Published"


class RetrospectiveQuerySet(models.QuerySet["Retrospective"]):
    def published(self) -> "RetrospectiveQuerySet":
        return self.filter(status=RetrospectiveStatus.PUBLISHED)


class Retrospective(models.Model):
    """What people add to the timeline's report; figures and chronology are read from events until published."""

    incident = models.OneToOneField("incidents.Incident", on_delete=models.CASCADE, related_name="retrospective")
    status = models.CharField(max_length=10, choices=RetrospectiveStatus.choices, default=RetrospectiveStatus.DRAFT)
    summary = models.TextField(blank=True, default="")
    impact = models.TextField(blank=True, default="", db_default="")
    contributing_factors = models.TextField(blank=True, default="")
    root_cause = models.TextField(blank=True, default="")
    went_well = models.TextField(blank=True, default="")
    lucky = models.TextField(blank=True, default="")
    surprised = models.TextField(blank=True, default="")
    bug_report = models.TextField(blank=True, default="")
    permanent_fix = models.TextField(blank=True, default="")
    starred = models.JSONField(default=list, blank=True)  # seq of events that a person marked
    version = models.PositiveIntegerField(default=1)  # two authors: the second is told, nothing is overwritten
    report = models.JSONField(default=dict, blank=True)  # figures and chronology as they were when published
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = RetrospectiveQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Retrospective of {self.incident.reference}"

    def get_absolute_url(self) -> str:
        return f"/incidents/{self.incident_id}/retrospective/"

    @classmethod
    def draft_for(cls, incident: Any, *, by: Any = None) -> "Retrospective":
        """The incident's retrospective; the first call makes it and says so on the timeline."""
        with transaction.atomic():
            retrospective, made = cls.objects.get_or_create(incident=incident, defaults={"created_at": present(None)})
            if made:
                incident.record("retrospective.drafted", by=by, data={})
        return retrospective

    def change(self, *, by: Any, version: int | None = None, **values: Any) -> None:
        """Saves what a person wrote. `version` is what the form was drawn from: another one is refused."""
        self._require_draft()
        unknown = set(values) - {*FIELDS, "starred"}
        if unknown:
            raise Refused(f"A retrospective has no field {', '.join(sorted(unknown))}.")
        values = {name: clean(value) if isinstance(value, str) else value for name, value in values.items()}
        expected = version if version is not None else self.version
        changed = Retrospective.objects.filter(pk=self.pk, version=expected, status=RetrospectiveStatus.DRAFT).update(
            version=expected + 1, **values
        )
        if not changed:
            raise Refused(
                "Somebody else saved this retrospective meanwhile. Your text is still here: compare, then save again."
            )
        self.refresh_from_db()
        written = [name for name in FIELDS if values.get(name)]
        with transaction.atomic():
            self.incident.record("retrospective.changed", by=by, data={"fields": written})

    def publish(self, *, by: Any, at: datetime | None = None) -> None:
        """Freezes figures and chronology; later corrections are notes."""
        at = present(at)
        self._require_draft()
        if self.incident.is_live:
            raise Refused(f"{self.incident.reference} is still open; resolve it first.")
        if not (self.root_cause.strip() or self.contributing_factors.strip()):
            raise Refused("Write at least the contributing factors or the root cause; “not known” is an answer.")
        with transaction.atomic():
            # The event comes first: the report that is frozen says that it was published.
            data = {
                "root_cause": self.root_cause,
                "bug_report": self.bug_report,
                "permanent_fix": self.permanent_fix,
            }
            self.incident.record("retrospective.published", by=by, at=at, data=data)
            report = report_of(self.incident, starred=self.starred)
            changed = Retrospective.objects.filter(pk=self.pk, status=RetrospectiveStatus.DRAFT).update(
                status=RetrospectiveStatus.PUBLISHED, published_at=at, published_by=by, report=report.to_json()
            )
            if not changed:
                raise Refused("This retrospective was published already.")
        self.refresh_from_db()

    def propose_plan_change(self, *, revision: Any, by: Any) -> None:
        """Keeps that a new text of the plan came out of this incident."""
        with transaction.atomic():
            data = {"plan": revision.plan.slug, "revision": revision.number, "incident": self.incident.reference}
            self.incident.record("plan.change_proposed", by=by, data=data)

    def keep_plan(self, *, by: Any, reason: str) -> None:
        """Keeps that somebody looked at the plan and found nothing to change."""
        if not reason.strip():
            raise Refused("Say why the plan stays as it is.")
        with transaction.atomic():
            data = {"plan": "", "revision": None, "incident": self.incident.reference, "reason": reason.strip()}
            self.incident.record("plan.change_proposed", by=by, data=data)

    def _require_draft(self) -> None:
        if self.status != RetrospectiveStatus.DRAFT:
            raise Refused("This retrospective is published; add a note to the timeline instead.")


def report_of(incident: Any, *, starred: list[int] | None = None) -> reports.Report:
    """What the timeline says of an incident, as it stands now."""
    return reports.report(
        reference=incident.reference,
        lines=lines_of(incident),
        levels=incident.compiled.get("levels") or [],
        duties=duties_of(incident),
        starred=starred or [],
    )


def duties_of(incident: Any) -> list[reports.Duty]:
    """The tasks of the communication plan as they stand."""
    at = present(None)
    duties = []
    for task in (
        Task.objects.filter(incident_id=incident.pk).select_related("phase").order_by("phase__position", "position")
    ):
        state = clock.state_of_task(
            clock.TaskFacts(task.pk, task.text, task.required_from, task.ticked_at, task.how),
            task.phase.due_at, at, severity=incident.severity,
        )  # fmt: skip
        late = state.seconds if state.word in ("done", "overdue") else None
        duties.append(reports.Duty(task.phase.name, task.text, state.word, task.how, late))
    return duties
