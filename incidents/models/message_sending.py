"""Sending a message: its words are frozen, one delivery a recipient, the promise renewed; or told by hand."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import make_msgid
from django.db import models, transaction

from incidents.models.incident_record import present
from incidents.models.promise import Promise
from incidents.models.role import RoleName
from plans.models import Refused

FROZEN = ("sent_subject", "sent_text", "sent_html", "lead", "reply_to", "header_id", "in_reply_to", "by_hand_at")


class SendingVerbs(models.Model):
    """Send, or say that it was sent by hand."""

    class Meta:
        abstract = True

    def send(self: Any, *, by: Any, at: datetime | None = None) -> None:
        """Freezes the words, one delivery a recipient; refuses empty fields, unchosen choices, no recipients."""
        from incidents.models.delivery import Delivery

        at = self._freeze(at=at)
        if self.needs_review:
            raise Refused("Another person must read exactly these words before they go out: ask for a review.")
        with transaction.atomic():
            self._mark_sent(by=by, at=at)
            Delivery.queue(message=self, recipients=self.recipients)
            self._say_sent(by=by, at=at, by_hand=False)

    def sent_by_hand(self: Any, *, by: Any, happened_at: datetime | None = None, at: datetime | None = None) -> None:
        """Keeps that a person told the stakeholders outside Firebreak, with the words and the time."""
        from incidents.models.delivery import Delivery

        if self.status == "sent":
            at = present(at)
            with transaction.atomic():
                type(self).objects.filter(pk=self.pk).update(by_hand_at=happened_at or at)
                self.refresh_from_db(fields=["by_hand_at"])
                # What a worker holds at this moment keeps its own outcome.
                Delivery.objects.filter(message=self).exclude(status__in=("accepted", "sending")).update(
                    status="by_hand", finished_at=at, not_before=None
                )
                self._say_sent(by=by, at=self.by_hand_at, by_hand=True)
            return
        at = self._freeze(at=at)
        with transaction.atomic():
            self.by_hand_at = happened_at or at
            self._mark_sent(by=by, at=at)
            Delivery.queue(message=self, recipients=self.recipients, status="by_hand")
            self._say_sent(by=by, at=self.by_hand_at, by_hand=True)

    @property
    def leaves_the_house(self: Any) -> bool:
        """False in a drill, and without a mail server: the outbox then shows what would have been sent."""
        return settings.MAIL_CONFIGURED and not self.incident.is_drill

    def _freeze(self: Any, *, at: datetime | None) -> datetime:
        """Checks that it may go out and sets what exactly will."""
        self._require_draft()
        if self.missing:
            raise Refused(" ".join(self.missing))
        first = self._first_of_thread()
        self.refresh_lead()
        manager = self.incident.role(RoleName.MANAGER)
        self.reply_to = manager.user.email if manager else ""
        # Mail clients thread by subject too: the first mail decides it, the first line of each says what is new.
        self.sent_subject = first.sent_subject if first else self.rendered_subject[:300]
        self.sent_text = self.rendered_text
        self.sent_html = self.rendered_html
        self.header_id = make_msgid(idstring=f"{self.incident.reference.lower()}.{self.pk}", domain="firebreak")
        self.in_reply_to = first.header_id if first else ""
        return present(at)

    def _first_of_thread(self: Any) -> Any:
        """The first message that this audience got."""
        sent = type(self).objects.sent().filter(incident_id=self.incident_id, audience=self.audience)
        return sent.order_by("sent_at", "pk").first()

    def _mark_sent(self: Any, *, by: Any, at: datetime) -> None:
        """Compare-and-swap from draft: a double click sends once."""
        frozen = {name: getattr(self, name) for name in FROZEN}
        if (
            not type(self)
            .objects.filter(pk=self.pk, status="draft")
            .update(status="sent", sent_at=at, sent_by=by, **frozen)
        ):
            raise Refused("This message was sent already.")
        if self.kind == "final":
            type(self).objects.filter(pk=self.pk).update(next_update_at=None)
        self.refresh_from_db()
        Promise.renew(self, at=at)
        self.incident._change(next_update_at=Promise.next_of(self.incident_id))

    def _say_sent(self: Any, *, by: Any, at: datetime, by_hand: bool) -> None:
        data = {
            "message": self.pk,
            "subject": self.sent_subject,
            "recipients": len(self.recipients),
            "by_hand": by_hand,
            "outbox": not by_hand and not self.leaves_the_house,
            # A mail that leaves counts when a server accepts it; one that cannot leave, where nobody must be told.
            "counts": by_hand or not (self.leaves_the_house or self.incident.must_reach_people),
            "next_update_at": self.next_update_at,
            "audience": self.audience,
            "kind": self.kind,
        }
        self.incident.record("message.sent", by=by, at=at, data=data)
