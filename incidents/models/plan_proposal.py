"""A finding of an incident as an edit of the plan's own document: some lines, anchored where they stand."""

from difflib import SequenceMatcher
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse

from incidents.models.incident_record import clean, needs_reason, present
from plans.models import Refused, Stale


class ProposalStatus(models.TextChoices):
    PROPOSED = "proposed", "Proposed"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"


class PlanProposalQuerySet(models.QuerySet["PlanProposal"]):
    def waiting(self) -> "PlanProposalQuerySet":
        """Not decided yet."""
        return self.filter(status=ProposalStatus.PROPOSED)


class PlanProposal(models.Model):
    """Replace lines `first_line` to `last_line` of a revision by other words, because of what an incident taught."""

    Status = ProposalStatus

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="plan_proposals")
    plan = models.ForeignKey("plans.Plan", on_delete=models.CASCADE, related_name="proposals")
    base = models.ForeignKey("plans.Revision", on_delete=models.PROTECT, related_name="+")
    first_line = models.PositiveIntegerField()  # of the base's text, from 1
    last_line = models.PositiveIntegerField()  # below first_line: the words are put in before first_line
    old_text = models.TextField(blank=True, default="")
    new_text = models.TextField(blank=True, default="")
    why = models.CharField(max_length=500)
    status = models.CharField(max_length=10, choices=ProposalStatus.choices, default=ProposalStatus.PROPOSED)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True, default="")  # why it was declined
    revision = models.ForeignKey("plans.Revision", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = PlanProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.plan}, line {self.first_line}: {self.why}"

    def get_absolute_url(self) -> str:
        return reverse("plan-proposal", args=[self.pk])

    @classmethod
    def propose(
        cls, incident: Any, *, base: Any, first_line: int, last_line: int, new_text: str, why: str, by: Any
    ) -> "PlanProposal":
        """Keeps the edit; the plan stays as it is until somebody accepts it. Raises Refused."""
        why = needs_reason(why, "a change of the plan")[:500]
        lines = base.text.splitlines()
        if not 1 <= first_line <= len(lines) + 1 or not first_line - 1 <= last_line <= len(lines):
            raise Refused(f"The plan has lines 1 to {len(lines)}; {first_line} to {last_line} are not among them.")
        old = "\n".join(lines[first_line - 1 : last_line])
        new = new_text.replace("\r\n", "\n").replace("\x00", "").rstrip("\n")
        if old == new:
            raise Refused("The new words are the old ones: nothing would change.")
        with transaction.atomic():
            proposal = cls.objects.create(
                incident_id=incident.pk, plan=base.plan, base=base, first_line=first_line, last_line=last_line,
                old_text=old, new_text=new, why=why, by=by, at=present(None),
            )  # fmt: skip
            data = {"plan": base.plan.slug, "proposal": proposal.pk, "line": first_line, "reason": why}
            incident.record("plan.edit_proposed", by=by, data={**data, "incident": incident.reference})
        return proposal

    def text_on(self, current: Any) -> str:
        """The current text with this edit. Raises Stale when the anchored lines were changed since."""
        old, lines = self.old_text.split("\n") if self.old_text else [], current.text.splitlines()
        start = self._place_in(lines, old, current)
        after = lines[start + len(old) :]
        new = self.new_text.split("\n") if self.new_text else []
        return "\n".join([*lines[:start], *new, *after]) + "\n"

    def accept(self, *, by: Any) -> Any:
        """Adds the next revision of the plan; it cites the incident and waits for its own approval."""
        with transaction.atomic():
            current = self.plan.current
            if current is None:
                raise Refused("This plan has no text any more.")
            text = self.text_on(current)
            self._decide(ProposalStatus.ACCEPTED, by=by)
            revision = self.plan.add_revision(
                text=text, by=by, reason=self.why, incident_ref=self.incident.reference, after=current.number
            )
            type(self).objects.filter(pk=self.pk).update(revision=revision)
        self.refresh_from_db()
        return revision

    def decline(self, *, by: Any, reason: str) -> None:
        """Leaves the plan as it is."""
        reason = needs_reason(reason, "declining a change of the plan")
        with transaction.atomic():
            self._decide(ProposalStatus.DECLINED, by=by, answer=clean(reason)[:500])
            data = {"plan": self.plan.slug, "proposal": self.pk, "reason": clean(reason)[:500]}
            self.incident.record("plan.edit_declined", by=by, data=data)
        self.refresh_from_db()

    def _decide(self, status: ProposalStatus, *, by: Any, answer: str = "") -> None:
        """Compare-and-swap: two people who decide at once decide once."""
        waiting = type(self).objects.waiting().filter(pk=self.pk)
        if not waiting.update(status=status, decided_by=by, decided_at=present(None), answer=answer):
            raise Refused("Somebody has decided about this change already.")

    def _place_in(self, lines: list[str], old: list[str], current: Any) -> int:
        """Where the anchored lines stand now: moved by edits elsewhere, never guessed."""
        if current.pk == self.base_id:
            return self.first_line - 1
        base = self.base.text.splitlines()
        for block in SequenceMatcher(None, base, lines, autojunk=False).get_matching_blocks():
            # An insertion is anchored by the line before it.
            first, last = self.first_line - 1, self.first_line - 1 + len(old)
            if not old and block.a < first <= block.a + block.size:
                return block.b + first - block.a
            if old and block.a <= first and last <= block.a + block.size:
                return block.b + first - block.a
        raise Stale(
            f"The lines that this edit replaces were changed in revision {current.number}. "
            "Read both, and propose it anew on the present text."
        )
