"""What is to be done after an incident: by whom, by when, and what kind of good it does."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from incidents.models.incident_record import clean, present
from plans.models import Refused

# A reminder at most this often, once the day has come.
REMIND_EVERY = timedelta(days=7)


class ActionKind(models.TextChoices):
    PREVENT = "prevent", "Prevent"
    DETECT = "detect", "Detect"
    MITIGATE = "mitigate", "Mitigate"
    PLAN = "plan", "Plan"


class ActionItemQuerySet(models.QuerySet["ActionItem"]):
    def open(self) -> "ActionItemQuerySet":
        return self.filter(done_at=None)

    def overdue(self, day: date) -> "ActionItemQuerySet":
        """Open items past their day; for the front page."""
        return self.open().filter(due_on__lt=day).select_related("incident", "owner").order_by("due_on")

    def to_remind(self, at: datetime) -> "ActionItemQuerySet":
        """Open items whose day has come and whose owner was not reminded within a week; drills remind nobody."""
        due = self.open().filter(due_on__lte=at.date(), incident__kind="incident", owner__is_active=True)
        return due.filter(Q(reminded_at=None) | Q(reminded_at__lte=at - REMIND_EVERY)).select_related(
            "incident__target__service", "incident__target__environment", "owner"
        )


class ActionItem(models.Model):
    """Something to be done after the incident, with an owner and a day."""

    Kind = ActionKind

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="action_items")
    text = models.CharField(max_length=500)
    kind = models.CharField(
        max_length=10, choices=ActionKind.choices, default=ActionKind.PREVENT, db_default=ActionKind.PREVENT
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="action_items"
    )
    due_on = models.DateField(null=True, blank=True)
    # "rolled-back": made and ended by what happens, once an incident; empty for what people add.
    key = models.CharField(max_length=60, null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = ActionItemQuerySet.as_manager()

    class Meta:
        ordering = ["incident_id", "pk"]
        constraints = [models.UniqueConstraint(fields=["incident", "key"], name="one_action_item_per_key")]

    def __str__(self) -> str:
        return self.text

    def is_overdue(self, day: date) -> bool:
        return self.done_at is None and self.due_on is not None and self.due_on < day

    @classmethod
    def add(
        cls,
        incident: Any,
        *,
        text: str,
        owner: Any,
        due_on: date | None,
        by: Any,
        kind: str = ActionKind.PREVENT,
        key: str | None = None,
    ) -> "ActionItem":
        """A new item; without an owner or a day it would never be done, so both are asked for.

        `key` names an item that Firebreak makes itself: asked for again, the first one is given.
        """
        if not clean(text):
            raise Refused("Say what is to be done.")
        if owner is None or due_on is None:
            raise Refused("An action item needs an owner and a day, else nobody does it.")
        if kind not in ActionKind.values:
            raise Refused(f"{kind!r} is no kind of action item. Use {', '.join(ActionKind.values)}.")
        made = {"text": clean(text)[:500], "owner": owner, "due_on": due_on, "kind": kind, "created_at": present(None)}
        with transaction.atomic():
            if key and (known := cls.objects.filter(incident_id=incident.pk, key=key).first()):
                return known
            item = cls.objects.create(incident_id=incident.pk, key=key, **made)
            data = {"text": item.text, "owner": owner.get_username(), "due": due_on.isoformat(), "kind": str(kind)}
            incident.record("action_item.added", by=by, data={**data, "item": item.pk})
        return item

    def finish(self, *, by: Any) -> None:
        """Says that it is done."""
        at = present(None)
        with transaction.atomic():
            if not ActionItem.objects.filter(pk=self.pk, done_at=None).update(done_at=at, done_by=by):
                raise Refused("This action item is done already.")
            self.incident.record("action_item.done", by=by, at=at, data={"text": self.text, "item": self.pk})
        self.refresh_from_db()

    def move(self, *, by: Any, owner: Any, due_on: date | None) -> None:
        """Gives it another owner or day; the old ones stay on the timeline."""
        if owner is None or due_on is None:
            raise Refused("An action item needs an owner and a day, else nobody does it.")
        old = {"old_owner": self.owner.get_username() if self.owner else "", "old_due": self.due_on}
        with transaction.atomic():
            moved = ActionItem.objects.filter(pk=self.pk, done_at=None).update(
                owner=owner, due_on=due_on, reminded_at=None
            )
            if not moved:
                raise Refused("This action item is done already.")
            said = {"text": self.text, "owner": owner.get_username(), "due": due_on.isoformat(), "item": self.pk}
            self.incident.record("action_item.moved", by=by, data={**said, **old})
        self.refresh_from_db()
