"""A plan and its versions. The text is the team's; Firebreak adds numbers, hashes and approvals."""

from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import OuterRef, Prefetch, Subquery
from django.urls import reverse
from django.utils.text import slugify

from plans.models.refused import Refused, Stale
from plans.models.revision import Revision, check_text
from timeline import domain_time
from timeline.models import Event

SLUG_LENGTH = 60
NO_SERVICE = ""


class PlanQuerySet(models.QuerySet["Plan"]):
    def for_list(self) -> "PlanQuerySet":
        """Every plan with its source, its latest revision and that revision's approvals, in three queries."""
        newest = Revision.objects.filter(plan=OuterRef("plan")).order_by("-number").values("pk")[:1]
        latest = (
            Revision.objects.filter(pk=Subquery(newest))
            .defer("text", "reading")
            .select_related("author")
            .prefetch_related("approvals__by")
        )
        return self.select_related("source").prefetch_related(Prefetch("revisions", queryset=latest, to_attr="latest"))


class Plan(models.Model):
    """One rollback document of one service, as a sequence of immutable revisions."""

    slug = models.SlugField(max_length=SLUG_LENGTH, unique=True)
    title = models.CharField(max_length=200)
    service_name = models.CharField(max_length=100, blank=True, default=NO_SERVICE)
    # True: the author of a revision cannot be its only approver.
    second_person = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=domain_time.now, editable=False)

    objects = PlanQuerySet.as_manager()

    if TYPE_CHECKING:
        latest: list[Revision]  # set by `for_list()`: the newest revision, or none

    class Meta:
        ordering = ["title", "slug"]
        permissions = [
            ("edit_plan", "Can add plans and revisions"),
            ("approve_revision", "Can approve a revision for running"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("plan", args=[self.slug])

    @property
    def stream(self) -> str:
        """The key of the timeline that this plan's changes are written to."""
        return f"plan:{self.slug}"

    @property
    def current(self) -> Revision | None:
        """The latest revision, approved or not."""
        return self.revisions.select_related("author").order_by("-number").first()

    @property
    def runnable(self) -> Revision | None:
        """The latest revision that a run may use: approved, and without problems."""
        for revision in (
            self.revisions.filter(approvals__withdrawn_at=None, approvals__isnull=False).distinct().order_by("-number")
        ):
            if revision.may_run:
                return revision
        return None

    @property
    def followed(self) -> Any:
        """The file that this plan follows, or None for one that is written here, also once its file is gone."""
        source = getattr(self, "source", None)
        return source if source and source.missing_since is None else None

    @classmethod
    def create(
        cls,
        *,
        text: str,
        by: Any = None,
        title: str = "",
        slug: str = "",
        service_name: str = "",
        reason: str = "First version",
        incident_ref: str = "",
    ) -> "Plan":
        """A new plan with its first revision. Title and service come from the document where they are not given."""
        check_text(text)
        reading = Revision.read(text)
        title = (title or str(reading.compiled.get("title") or "") or "Untitled plan").strip()[:200]
        service_name = (service_name or str(reading.compiled.get("service") or "")).strip()[:100]
        with transaction.atomic():
            plan = cls.objects.create(
                slug=free_slug(slug or service_name or title), title=title, service_name=service_name
            )
            plan._append(reading, by=by, reason=reason, incident_ref=incident_ref)
        return plan

    def add_revision(
        self,
        *,
        text: str,
        by: Any = None,
        reason: str = "",
        incident_ref: str = "",
        after: int | None = None,
        synced: bool = False,
    ) -> Revision:
        """The text as a new revision. `after` is the number that the author started from: another one means Stale.

        Raises Refused for an unchanged text, a text over 1 MiB or one with a NUL character, and, unless it was
        `synced`, for a plan that follows a file: the next sync would take the words away again.
        """
        check_text(text)
        if not synced and (source := self.followed):
            raise Refused(f"This plan follows {source}. Change the file there; the next sync brings it here.")
        reading = Revision.read(text)
        with transaction.atomic():
            # The row is the lock: two authors cannot take the same number.
            type(self).objects.select_for_update().get(pk=self.pk)
            current = self.current
            if current is not None:
                self._refuse_stale(current, after)
                if current.sha256 == reading.sha256:
                    raise Refused(f"The text is the same as revision {current.number}; nothing was saved.")
            revision = self._append(reading, by=by, reason=reason, incident_ref=incident_ref)
            self._follow_document(reading.compiled)
        return revision

    def ask_second_person(self, asked: bool, *, by: Any) -> None:
        """Whether the author of a revision may be its only approver."""
        with transaction.atomic():
            self.second_person = asked
            self.save(update_fields=["second_person"])
            Event.record(self.stream, "plan.second_person_set", actor=by, data={"plan": self.slug, "asked": asked})

    def _refuse_stale(self, current: Revision, after: int | None) -> None:
        if after is not None and after != current.number:
            who = current.author.get_username() if current.author else "Firebreak"
            raise Stale(
                f"{who} added revision {current.number} while you were editing revision {after}. Nothing was saved."
            )

    def _append(self, reading: Any, *, by: Any, reason: str, incident_ref: str) -> Revision:
        last = self.revisions.order_by("-number").values_list("number", flat=True).first() or 0
        revision = Revision(
            plan=self,
            number=last + 1,
            text=reading.text,
            sha256=reading.sha256,
            compiled=reading.compiled,
            reading=reading.understood,
            problems=reading.problems,
            lint=reading.lint,
            author=by,
            reason=reason.strip()[:500],
            incident_ref=incident_ref.strip()[:40],
        )
        revision.save(force_insert=True)
        said = {
            "plan": self.slug,
            "title": self.title,
            "number": revision.number,
            "sha256": revision.sha256,
            "problems": len(revision.problems),
            "reason": revision.reason,
            "incident": revision.incident_ref,
        }
        Event.record(self.stream, "revision.added", actor=by, data=said)
        return revision

    def _follow_document(self, compiled: dict[str, Any]) -> None:
        """The document's own title is the plan's title; a text without one keeps the old."""
        self.title = str(compiled.get("title") or self.title)[:200]
        self.service_name = str(compiled.get("service") or self.service_name)[:100]
        self.save(update_fields=["title", "service_name"])


def free_slug(wish: str) -> str:
    """A slug that no plan has yet: the wish, else the wish with the next number."""
    # "new" and "check-up" are pages under /plans/.
    base = slugify(wish)[: SLUG_LENGTH - 5] or "plan"
    taken = {"new", "check-up", *Plan.objects.filter(slug__startswith=base).values_list("slug", flat=True)}
    if base not in taken:
        return base
    return next(slug for number in range(2, len(taken) + 3) if (slug := f"{base}-{number}") not in taken)
