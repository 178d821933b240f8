"""A mail to one of our own people about their duty: a promised update is due, a shift is handed over."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction

from timeline import domain_time


class Notice(models.Model):
    """What one person is told; its deliveries say what became of it."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="notices")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=30)  # promise_before, promise_after, hand_over, hand_over_page
    subject = models.CharField(max_length=300)
    text = models.TextField()
    path = models.CharField(max_length=200, blank=True, default="")  # where its link leads
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.subject

    @classmethod
    def tell(
        cls,
        incident: Any,
        *,
        user: Any,
        kind: str,
        subject: str,
        text: str,
        path: str = "",
        at: datetime | None = None,
        loudly: bool = False,
    ) -> "Notice":
        """Queues one mail, and with `loudly` every further channel of that person; says on the timeline who was told."""
        from incidents.models.contact_channel import ContactChannel
        from incidents.models.delivery import Delivery

        at = at or domain_time.now()
        with transaction.atomic():
            notice = cls.objects.create(
                incident=incident, user=user, kind=kind, subject=subject[:300], text=text, path=path, created_at=at
            )
            if user is not None and user.email:
                Delivery.queue(notice=notice, recipients=[user.email])
            if loudly and user is not None:
                mine = ContactChannel.objects.filter(contact__user=user, contact__target_id=incident.target_id)
                Delivery.queue_channels(notice=notice, channels=mine)
            who = user.get_username() if user is not None else ""
            state = "queued" if user is not None and user.email else "no_address"
            incident.record("notice.sent", at=at, data={"kind": kind, "to": who, "text": subject, "state": state})
        return notice
