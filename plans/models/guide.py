"""A plan's text on its way from "read" to "can run": the answers of one person, kept until they are saved or dropped."""

from typing import Any

from django.conf import settings
from django.db import models, transaction

from plans.edits import Edit, between, carry, take_back
from plans.models.plan import Plan
from plans.models.refused import Refused
from plans.models.revision import Revision, check_text
from timeline import domain_time


class Guide(models.Model):
    """One person's working text of one plan. Nobody else sees it, so only saving it leaves an Event: the revision's."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="guides")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    base = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="+")
    text = models.TextField()
    # Oldest first: {"question": sentence, "answer": sentence, "edits": [[line, [gone], [new]]]}.
    answers = models.JSONField(default=list)
    # Keys of questions that may stay open and were put aside.
    skipped = models.JSONField(default=list)
    # Counts changes: an act that saw another number does nothing.
    version = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(default=domain_time.now, editable=False)
    changed_at = models.DateTimeField(default=domain_time.now)

    class Meta:
        # Coming back finds the same text, also in a second tab.
        constraints = [models.UniqueConstraint(fields=["plan", "author"], name="one_guide_per_plan_and_person")]

    def __str__(self) -> str:
        return f"{self.plan.title}, {len(self.answers)} answers by {self.author}"

    @classmethod
    def of(cls, plan: Plan, *, by: Any) -> "Guide":
        """This person's working text of the plan; begins from the latest revision where there is none.

        A text without answers follows the latest revision; one with answers stays what it is, and saving tells.
        """
        current = plan.current
        if current is None:
            raise Refused("This plan has no text yet.")
        guide, _made = cls.objects.get_or_create(plan=plan, author=by, defaults={"base": current, "text": current.text})
        if not guide.answers and guide.base_id != current.pk:
            guide.base, guide.text, guide.skipped = current, current.text, []
            guide.save(update_fields=["base", "text", "skipped"])
        return guide

    @property
    def last(self) -> dict[str, Any] | None:
        """The newest answer, with its edits."""
        return self.answers[-1] if self.answers else None

    @property
    def last_edits(self) -> list[Edit]:
        return [Edit(*edit) for edit in self.last["edits"]] if self.last else []

    def answer(self, *, question: str, answer: str, text: str, seen: int) -> None:
        """Keeps an answer with the text that it leads to. `seen` is the version that the page showed."""
        check_text(text)
        edits = [list(edit) for edit in between(self.text, text)]
        if not edits:
            raise Refused("That answer would not change the text. Choose another, or edit the lines yourself.")
        kept = [*self.answers, {"question": question[:300], "answer": answer[:300], "edits": edits}]
        self._change(seen, text=text, answers=kept)

    def undo(self, *, seen: int) -> dict[str, Any]:
        """Takes the newest answer back and returns it."""
        if not self.answers:
            raise Refused("There is no answer to take back.")
        last = self.answers[-1]
        self._change(seen, text=take_back(self.text, self.last_edits), answers=self.answers[:-1])
        return dict(last)

    def skip(self, key: str) -> None:
        """Puts a question aside that may stay open."""
        self.skipped = [*dict.fromkeys([*self.skipped, key])][-200:]
        self.save(update_fields=["skipped"])

    def save_revision(self, *, by: Any, reason: str, seen: int) -> Revision:
        """All answers as one new revision; the working text is gone then. Raises Stale where the plan went on.

        `seen` is the version that the page showed: what another tab changed meanwhile is not saved unseen.
        """
        with transaction.atomic():
            if not type(self).objects.select_for_update().filter(pk=self.pk, version=seen).exists():
                raise Refused("Your answers changed meanwhile, perhaps in another tab. Nothing was saved; look again.")
            revision = self.plan.add_revision(text=self.text, by=by, reason=reason, after=self.base.number)
            self.delete()
        return revision

    def rebase(self) -> bool:
        """Takes the answers over onto the latest revision, as one; False where both changed the same lines."""
        current = self.plan.current
        text = carry(self.base.text, self.text, current.text) if current else None
        if current is None or text is None:
            return False
        count = "1 answer" if len(self.answers) == 1 else f"{len(self.answers)} answers"
        edits = [list(edit) for edit in between(current.text, text)]
        kept = [{"question": f"{count} to revision {self.base.number}", "answer": "taken over", "edits": edits}]
        self.base = current
        self.save(update_fields=["base"])
        self._change(self.version, text=text, answers=kept if edits else [])
        return True

    def _change(self, seen: int, *, text: str, answers: list[dict[str, Any]]) -> None:
        """Writes only over the state that the page showed: a double click answers once."""
        now = domain_time.now()
        same = type(self).objects.filter(pk=self.pk, version=seen)
        if not same.update(text=text, answers=answers, changed_at=now, version=seen + 1):
            raise Refused("This was answered meanwhile, perhaps in another tab. Nothing was changed; go on from here.")
        self.text, self.answers, self.changed_at, self.version = text, answers, now, seen + 1
