"""One immutable version of a plan: the text, what was understood of it, and who approved it."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse

from plans.document import read_plan
from plans.models.refused import Refused, Stale
from timeline import domain_time
from timeline.models import Event

MAX_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Reading:
    """What the reader made of a text, as the JSON that a revision keeps."""

    text: str
    sha256: str
    compiled: dict[str, Any]
    understood: dict[str, Any]
    problems: list[dict[str, Any]]
    lint: list[dict[str, Any]]


def check_text(text: str) -> None:
    """Refuses what cannot be kept at all: over 1 MiB, or with a NUL character. Everything else may be a draft."""
    size = len(text.encode())
    if size > MAX_BYTES:
        raise Refused(
            f"The text has {size / MAX_BYTES:.1f} MiB; a plan may have 1 MiB. "
            "Move logs and pictures to another file and link them."
        )
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise Refused(
            f"Line {line} holds a NUL character, so this is not a text file. "
            "Save the plan as UTF-8 Markdown and try again."
        )


class RevisionQuerySet(models.QuerySet["Revision"]):
    def light(self) -> "RevisionQuerySet":
        """Without the text and what was read from it: for lists."""
        return self.defer("text", "compiled", "reading")

    def update(self, **kwargs: Any) -> int:
        raise Refused("A revision never changes: add a new one.")


class Revision(models.Model):
    """One version of a plan. Added, never changed."""

    plan = models.ForeignKey("plans.Plan", on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    compiled = models.JSONField(default=dict)
    # What `plan read --json` prints: each part with its line. The plan's page shows it beside the document.
    reading = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    lint = models.JSONField(default=list)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True, default="")
    incident_ref = models.CharField(max_length=40, blank=True, default="")
    created_at = models.DateTimeField(default=domain_time.now, editable=False)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["plan_id", "-number"]
        constraints = [models.UniqueConstraint(fields=["plan", "number"], name="one_revision_per_number")]

    def __str__(self) -> str:
        return f"{self.plan.title}, revision {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not kwargs.get("force_insert"):
            raise Refused("A revision never changes: add a new one.")
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("revision", args=[self.plan.slug, self.number])

    @classmethod
    def read(cls, text: str, name: str = "plan.md") -> Reading:
        """Reads and compiles a text without keeping it. Never raises for text that `check_text` accepts."""
        document = read_plan(text, name)
        compilation = document.compile()
        return Reading(
            text=text,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            compiled=compilation.compiled,
            understood=document.to_json(),
            problems=[as_row(problem) for problem in compilation.problems],
            lint=[as_row(finding) for finding in compilation.lint],
        )

    @property
    def standing_approvals(self) -> list[Any]:
        """Approvals that were not taken back, oldest first."""
        return [approval for approval in self.approvals.all() if approval.withdrawn_at is None]

    @property
    def is_approved(self) -> bool:
        """True when enough people stand for it: one, or one who is not the author."""
        return any(self._counts(approval) for approval in self.standing_approvals)

    @property
    def may_run(self) -> bool:
        """True when a run may use this revision."""
        return not self.why_not

    @property
    def why_not(self) -> str:
        """Why no run may use this revision, as a sentence with what to do next; empty when one may."""
        if self.problems:
            first = self.problems[0]
            count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
            return f"Revision {self.number} cannot run: {count}, the first on line {first['line']}: {first['message']}"
        if self.is_approved:
            return ""
        if self.standing_approvals:
            return f"Revision {self.number} is approved only by its author. This plan asks for a second person."
        return f"Revision {self.number} is not approved yet. A plan author approves it on its page."

    def may_approve(self, user: Any) -> str:
        """Why this person cannot approve it, as a sentence; empty when they can."""
        if self.problems:
            return self.why_not
        if any(approval.by_id == user.pk for approval in self.standing_approvals):
            return f"You approved revision {self.number} already."
        if self.plan.second_person and self.author_id == user.pk:
            return "You wrote this revision, and this plan asks for a second person. Ask another plan author."
        return ""

    def approve(self, *, by: Any, sha256: str | None = None) -> Any:
        """A named person stands for this text. `sha256` is what they saw; another one means Stale."""
        from plans.models.approval import RevisionApproval

        if sha256 is not None and sha256 != self.sha256:
            raise Stale("The page showed another text than this revision. Nothing was approved; read it again.")
        with transaction.atomic():
            type(self).objects.select_for_update().get(pk=self.pk)
            self._forget_approvals()
            if no := self.may_approve(by):
                raise Refused(no)
            approval = RevisionApproval.objects.create(revision=self, by=by)
            Event.record(self.plan.stream, "revision.approved", actor=by, data=self._said())
        self._forget_approvals()
        return approval

    def withdraw_approval(self, *, by: Any, reason: str) -> None:
        """Takes every standing approval back; runs that are not queued yet are refused from now on."""
        if not reason.strip():
            raise Refused("Say why the approval is taken back; the timeline keeps it.")
        with transaction.atomic():
            type(self).objects.select_for_update().get(pk=self.pk)
            taken = self.approvals.filter(withdrawn_at=None).update(
                withdrawn_at=domain_time.now(), withdrawn_by=by, withdrawn_reason=reason.strip()[:500]
            )
            if not taken:
                raise Refused(f"Revision {self.number} has no approval to take back.")
            Event.record(
                self.plan.stream,
                "revision.approval_withdrawn",
                actor=by,
                data={**self._said(), "reason": reason.strip()[:500]},
            )
        self._forget_approvals()

    def _said(self) -> dict[str, Any]:
        return {"plan": self.plan.slug, "title": self.plan.title, "number": self.number, "sha256": self.sha256}

    def _counts(self, approval: Any) -> bool:
        return not self.plan.second_person or approval.by_id != self.author_id

    def _forget_approvals(self) -> None:
        getattr(self, "_prefetched_objects_cache", {}).pop("approvals", None)


def as_row(finding: Any) -> dict[str, Any]:
    """A problem or a lint finding as JSON: line, message, hint, and the code of a lint rule."""
    if isinstance(finding, dict):
        return finding
    return {key: getattr(finding, key, "") for key in ("line", "code", "message", "hint")}
