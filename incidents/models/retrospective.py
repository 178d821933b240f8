"""The report after an incident: drafted from the timeline, completed by people, published once."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction

from incidents.models.incident_record import clean, present
from incidents.models.retrospective_history import RetrospectiveVersion
from incidents.models.retrospective_report import report_of
from incidents.report_lines import Report, from_json
from incidents.retrospective_words import drafted
from plans.models import Refused, Stale

__all__ = ["FIELDS", "Conflict", "Retrospective", "RetrospectiveStatus", "report_of"]

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


class Conflict(Stale):
    """Two people wrote at once; both texts are shown."""


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

    @property
    def is_published(self) -> bool:
        return self.status == RetrospectiveStatus.PUBLISHED

    def change(self, *, by: Any, version: int | None = None, **values: Any) -> None:
        """Saves what a person wrote. `version` is what the form was drawn from: another one is refused."""
        self._require_unpublished()
        unknown = set(values) - {*FIELDS, "starred"}
        if unknown:
            raise Refused(f"A retrospective has no field {', '.join(sorted(unknown))}.")
        values = {name: clean(value) if isinstance(value, str) else value for name, value in values.items()}
        expected = version if version is not None else self.version
        with transaction.atomic():
            mine = Retrospective.objects.filter(pk=self.pk, version=expected).exclude(
                status=RetrospectiveStatus.PUBLISHED
            )
            before = self._words_of(mine.first())
            if not mine.update(version=expected + 1, **values):
                raise Conflict(
                    "Somebody else saved this retrospective meanwhile. Nothing of theirs was overwritten, and your text "
                    "is below beside theirs: bring both together, then save again."
                )
            self.refresh_from_db()
            changed = [name for name in FIELDS if before.get(name) != getattr(self, name)]
            self._keep_version(changed, by=by)
            self.incident.record("retrospective.changed", by=by, data={"fields": changed, "version": self.version})

    def ask_review(self, *, by: Any) -> None:
        """Says that it is written and wants other eyes; anybody may still change it."""
        self._move(RetrospectiveStatus.DRAFT, RetrospectiveStatus.REVIEW, "retrospective.review_asked", by=by)

    def take_back(self, *, by: Any) -> None:
        """Back to draft: there is more to write."""
        self._move(RetrospectiveStatus.REVIEW, RetrospectiveStatus.DRAFT, "retrospective.taken_back", by=by)

    def publish(self, *, by: Any, at: datetime | None = None) -> None:
        """Freezes figures and chronology; later corrections are notes."""
        at = present(at)
        self._require_unpublished()
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
            drafts = drafted(report, self.known_issues())
            unpublished = Retrospective.objects.filter(pk=self.pk).exclude(status=RetrospectiveStatus.PUBLISHED)
            changed = unpublished.update(
                status=RetrospectiveStatus.PUBLISHED,
                published_at=at,
                published_by=by,
                report={**report.to_json(), "drafted": drafts},
            )
            if not changed:
                raise Refused("This retrospective was published already.")
        self.refresh_from_db()

    # What it shows

    def facts(self) -> Report:
        """The timeline's report: frozen once published, else of now."""
        if self.is_published and self.report:
            return from_json(self.report)
        return report_of(self.incident, starred=self.starred)

    def drafts(self, report: Report) -> dict[str, str]:
        """The timeline's own words for every field, as they stood when it was published."""
        if self.is_published and self.report:
            return dict(self.report.get("drafted") or {})
        return drafted(report, self.known_issues())

    def words(self, report: Report) -> dict[str, str]:
        """What each part says: what a person wrote, else what the timeline says."""
        drafts = self.drafts(report)
        return {name: getattr(self, name) or drafts.get(name, "") for name in FIELDS}

    def known_issues(self) -> list[dict[str, Any]]:
        """Issues of the plan that somebody used in this incident, or whose words stand in its symptom."""
        used = set(self.incident.known_uses.values_list("title", flat=True))
        issues = self.incident.compiled.get("known_issues") or []
        return [issue for issue in issues if issue["title"] in used]

    # The plan

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

    # Private parts

    def _move(self, old: str, new: str, kind: str, *, by: Any) -> None:
        self._require_unpublished()
        with transaction.atomic():
            if not Retrospective.objects.filter(pk=self.pk, status=old).update(status=new):
                self.refresh_from_db(fields=["status"])
                raise Refused(f"This retrospective is {self.get_status_display().lower()} already.")
            self.incident.record(kind, by=by, data={})
        self.refresh_from_db()

    def _keep_version(self, changed: list[str], *, by: Any) -> None:
        RetrospectiveVersion.objects.create(
            retrospective=self,
            number=self.version,
            words=self._words_of(self),
            changed=changed,
            by=by,
            at=present(None),
        )

    @staticmethod
    def _words_of(row: "Retrospective | None") -> dict[str, str]:
        return {name: getattr(row, name) for name in FIELDS} if row else {}

    def _require_unpublished(self) -> None:
        if self.is_published:
            raise Refused("This retrospective is published; add a note to the timeline instead.")
