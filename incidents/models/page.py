"""Asking a contact to take the incident, with a link that opens a page and never acts by itself."""

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction

from plans.models import Refused
from timeline import domain_time

if TYPE_CHECKING:
    from incidents.models.contact import Contact

DEFAULT_NEXT_AFTER = 300.0  # seconds until the next contact is asked, where the plan says nothing


class PageState(models.TextChoices):
    PENDING = "pending", "Not sent yet"
    ACCEPTED = "accepted", "Accepted"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Outcome unknown"
    KEPT = "kept", "Kept in the outbox"
    NO_ADDRESS = "no_address", "No address set"


class PageQuerySet(models.QuerySet["Page"]):
    def to_escalate(self, at: datetime) -> "PageQuerySet":
        """Nobody answered in time, the incident is live and nobody has it: the next contact is asked."""
        waiting = self.filter(wakes_at__lte=at, acknowledged_at=None, incident__status="open")
        return waiting.filter(incident__acknowledged_at=None)


class Page(models.Model):
    """One contact asked once; the outcome of its mail and who answered when."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="pages")
    contact = models.ForeignKey("incidents.Contact", on_delete=models.SET_NULL, null=True, related_name="pages")
    # As they were when the contact was asked.
    contact_order = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=120)
    address = models.EmailField(blank=True, default="")
    token = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=12, choices=PageState.choices, default=PageState.PENDING)
    requested_at = models.DateTimeField()
    wakes_at = models.DateTimeField(null=True, blank=True)  # when the next contact is asked
    # The path is walked this many times; then it stays quiet and the page is red.
    round = models.PositiveSmallIntegerField(default=1, db_default=1)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = PageQuerySet.as_manager()

    class Meta:
        ordering = ["requested_at", "pk"]
        indexes = [
            models.Index(fields=["wakes_at"], condition=models.Q(acknowledged_at=None), name="pages_to_escalate")
        ]

    def __str__(self) -> str:
        return f"Contact {self.contact_order} · {self.role}: {self.get_state_display()}"

    def get_absolute_url(self) -> str:
        return f"/pages/{self.token}/"

    @property
    def reached_somebody(self) -> bool:
        """True once the mail left; where no mail may leave (drill, not production) also when the outbox has it."""
        if self.state == PageState.ACCEPTED:
            return True
        return self.state == PageState.KEPT and not self.incident.must_reach_people

    @classmethod
    def request(
        cls, *, incident_id: int, contact: "Contact", at: datetime | None = None, round: int | None = None
    ) -> "Page":
        """Makes the page and one delivery for each way to the contact, in one transaction; they go out afterwards."""
        from incidents.models.delivery import Delivery
        from incidents.models.incident import Incident

        at = at or domain_time.now()
        with transaction.atomic():
            incident = Incident.objects.select_related("revision").get(pk=incident_id)
            channels = list(contact.channels.all())
            reachable = bool(contact.reachable_at or channels)
            round = round or cls.objects.filter(incident_id=incident_id).aggregate(top=models.Max("round"))["top"] or 1
            page = cls.objects.create(
                incident=incident,
                contact=contact,
                contact_order=contact.order,
                role=contact.role,
                address=contact.reachable_at,
                token=secrets.token_urlsafe(32),
                state=PageState.PENDING if reachable else PageState.NO_ADDRESS,
                requested_at=at,
                wakes_at=at + timedelta(seconds=wait_of(contact, incident)),
                round=round,
            )
            incident.record("contact.paged", at=at, data=page.said())
            if page.address:
                Delivery.queue(page=page, recipients=[page.address])
            Delivery.queue_channels(page=page, channels=channels)
        return page

    def settle(self, delivery: Any, state: str, *, reason: str = "", at: datetime | None = None) -> None:
        """Keeps what became of one way to the contact; called by the delivery, inside its transaction."""
        self.state = self._best_state()
        self.save(update_fields=["state"])
        data = {**self.said(), "reason": reason}
        if delivery.kind != "mail":
            data |= {"channel": delivery.recipient, "state": state, "counts": data["counts"] and state == "accepted"}
        elif state == "retry":
            data |= {"state": "retry"}
        else:
            data |= {"state": state}
        self.incident.record("contact.paged", at=at, data=data)

    def _best_state(self) -> str:
        """Of all the ways that were tried: one that was accepted is enough."""
        states = set(self.deliveries.values_list("status", flat=True))
        order = (PageState.ACCEPTED, PageState.PENDING, PageState.UNKNOWN, PageState.KEPT, PageState.FAILED)
        states = {PageState.PENDING if state == "sending" else state for state in states}
        return next((state for state in order if state in states), self.state)

    def mark_acknowledged(self, *, by: Any, at: datetime) -> None:
        """Keeps who answered; `Incident.acknowledge` is the verb."""
        if not Page.objects.filter(pk=self.pk, acknowledged_at=None).update(acknowledged_at=at, acknowledged_by=by):
            raise Refused("This page was answered already.")
        self.refresh_from_db()

    def said(self) -> dict[str, Any]:
        """What the timeline says of this page."""
        return {
            "contact": self.contact_order,
            "role": self.role,
            "address": self.address,
            "state": self.state,
            "counts": self.reached_somebody,
        }


def wait_of(contact: "Contact", incident: Any) -> float:
    """Seconds until the next contact is asked: the contact's own, else the plan's, else five minutes."""
    if contact.next_after_minutes is not None:
        return contact.next_after_minutes * 60.0
    return float(incident.compiled.get("contacts_next_after") or DEFAULT_NEXT_AFTER)
