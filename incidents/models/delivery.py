"""One mail to one recipient: claimed before it is sent, so that nothing is sent twice by itself."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils import timezone

from plans.models import Refused
from timeline import domain_time

if TYPE_CHECKING:
    from incidents.models.message import Message
    from incidents.models.page import Page

# A worker that claimed a mail this long ago is gone: nobody knows whether the server took it.
CLAIM_SECONDS = 120


class DeliveryStatus(models.TextChoices):
    PENDING = "pending", "Not sent yet"
    SENDING = "sending", "Sending"
    ACCEPTED = "accepted", "Accepted"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Outcome unknown"
    KEPT = "kept", "Kept in the outbox"
    BY_HAND = "by_hand", "Sent by hand"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def to_nudge(self, wall: datetime) -> "DeliveryQuerySet":
        """Pending rows whose queue message may be lost; the scan sends the hint again."""
        stale = models.Q(nudged_at=None) | models.Q(nudged_at__lt=wall - timedelta(seconds=10))
        return self.filter(stale, status=DeliveryStatus.PENDING).order_by("pk")

    def abandoned(self, wall: datetime) -> "DeliveryQuerySet":
        """Claimed by a worker that never came back."""
        return self.filter(status=DeliveryStatus.SENDING, claimed_at__lt=wall - timedelta(seconds=CLAIM_SECONDS))

    def outbox(self) -> "DeliveryQuerySet":
        """What would have been sent, had a mail server been configured; newest first."""
        kept = self.filter(status=DeliveryStatus.KEPT).select_related("message__incident", "page__incident")
        return kept.order_by("-pk")


class Delivery(models.Model):
    """`pending → sending → accepted | failed | unknown`, or `kept` without a mail server. Only a person sends again."""

    Status = DeliveryStatus

    message = models.ForeignKey(
        "incidents.Message", on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries"
    )
    page = models.ForeignKey(
        "incidents.Page", on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries"
    )
    notice = models.ForeignKey(
        "incidents.Notice", on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries"
    )
    # Empty = mail; else the way to a contact that is used.
    channel = models.ForeignKey(
        "incidents.ContactChannel", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=10, default="mail", db_default="mail")  # mail, apprise, webhook
    recipient = models.CharField(max_length=254)  # an address, or the label of a channel
    status = models.CharField(max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.PENDING)
    reason = models.CharField(max_length=500, blank=True, default="")  # the server's own words on a refusal
    attempts = models.PositiveSmallIntegerField(default=0)
    nudged_at = models.DateTimeField(null=True, blank=True)  # wall time: when the queue was last told
    claimed_at = models.DateTimeField(null=True, blank=True)  # wall time: when a worker took it
    # Wall time: the body began to leave. Before that moment nothing can have been taken, and a retry is safe.
    body_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)  # wall time of the next try by itself
    finished_at = models.DateTimeField(null=True, blank=True)
    # Exactly what was handed over, or would have been.
    mail = models.TextField(blank=True, default="")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["message", "recipient"],
                condition=models.Q(message__isnull=False),
                name="one_delivery_per_recipient",
            ),
            models.CheckConstraint(
                condition=models.Q(message__isnull=False, page=None, notice=None)
                | models.Q(message=None, page__isnull=False, notice=None)
                | models.Q(message=None, page=None, notice__isnull=False),
                name="message_page_or_notice",
            ),
        ]
        indexes = [
            models.Index(
                fields=["status"], condition=models.Q(status__in=("pending", "sending")), name="deliveries_to_do"
            )
        ]

    def __str__(self) -> str:
        return f"{self.recipient}: {self.get_status_display()}"

    @property
    def incident(self) -> Any:
        """The incident that this mail is about."""
        return (self.message or self.page).incident  # type: ignore[union-attr]

    @classmethod
    def queue(
        cls,
        *,
        recipients: list[str],
        message: "Message | None" = None,
        page: "Page | None" = None,
        status: str = DeliveryStatus.PENDING,
    ) -> None:
        """Makes one row a recipient; the queue is told after the commit."""
        for recipient in recipients:
            delivery = cls.objects.create(message=message, page=page, recipient=recipient, status=status)
            if status == DeliveryStatus.PENDING:
                delivery.send_later()

    def claim(self) -> bool:
        """Takes the row before anything is sent; False when another worker has it or it is done."""
        claimed = Delivery.objects.filter(pk=self.pk, status=DeliveryStatus.PENDING).update(
            status=DeliveryStatus.SENDING, claimed_at=timezone.now(), attempts=models.F("attempts") + 1
        )
        if claimed:
            self.refresh_from_db()
        return bool(claimed)

    def finish(self, status: str, *, reason: str = "", mail: str = "", at: datetime | None = None) -> bool:
        """Keeps the outcome of a claimed row with its event; False when the row was settled meanwhile."""
        at = at or domain_time.now()
        reason = reason[:500]
        with transaction.atomic():
            # The number of the attempt is the fence: a worker that comes back late changes nothing.
            changed = Delivery.objects.filter(pk=self.pk, status=DeliveryStatus.SENDING, attempts=self.attempts).update(
                status=status, reason=reason, finished_at=at, mail=mail or self.mail
            )
            if not changed:
                return False
            self.refresh_from_db()
            if self.page:
                self.page.settle(status, reason=reason, at=at)
            elif status != DeliveryStatus.KEPT:
                data = {"message": self.message_id, "recipient": self.recipient, "reason": reason}
                self.incident.record(f"message.{status}", at=at, data=data)
        return True

    def resend(self, *, by: Any) -> None:
        """A person sends again what failed or whose outcome nobody knows; the recipient may get it twice."""
        with transaction.atomic():
            again = (DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN, DeliveryStatus.KEPT)
            if not Delivery.objects.filter(pk=self.pk, status__in=again).update(
                status=DeliveryStatus.PENDING, reason="", nudged_at=None
            ):
                raise Refused(f"The mail to {self.recipient} is {self.get_status_display().lower()}; nothing was sent.")
            self.refresh_from_db()
            data = {"message": self.message_id, "page": self.page_id, "recipient": self.recipient}
            self.incident.record("message.resent", by=by, data=data)
            self.send_later()

    def send_later(self) -> None:
        """Tells the queue after the commit; a lost hint costs one scan."""
        from incidents.tasks import queue_delivery

        transaction.on_commit(lambda: queue_delivery(self.pk), robust=True)
