"""One mail to one recipient: claimed before it is sent, so that nothing is sent twice by itself."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils import timezone

from incidents.channels.outcome import Fenced
from incidents.models.attempt import DeliveryAttempt
from plans.models import Refused
from timeline import domain_time

if TYPE_CHECKING:
    from incidents.models.message import Message
    from incidents.models.notice import Notice
    from incidents.models.page import Page

# A worker that claimed a mail this long ago is gone: nobody knows whether the server took it.
CLAIM_SECONDS = 120
# Seconds until the next try of what was certainly not taken; then it is *failed* and a person is needed.
RETRY_AFTER = (10, 20, 40, 80, 160)
# Up to this many recipients each mail has a line of its own on the timeline.
SPEAK_FOR_EACH = 20
HINT_AGAIN = timedelta(seconds=10)


class DeliveryStatus(models.TextChoices):
    PENDING = "pending", "Not sent yet"
    SENDING = "sending", "Sending"
    ACCEPTED = "accepted", "Accepted"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Outcome unknown"
    KEPT = "kept", "Kept in the outbox"
    BY_HAND = "by_hand", "Sent by hand"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, wall: datetime) -> "DeliveryQuerySet":
        """Pending rows whose time has come; a retry waits."""
        return self.filter(models.Q(not_before=None) | models.Q(not_before__lte=wall), status=DeliveryStatus.PENDING)

    def to_nudge(self, wall: datetime) -> "DeliveryQuerySet":
        """Pages and notices whose hint may be lost; the scan sends it again."""
        return self.due(wall).filter(_stale(wall), message=None).order_by("pk")

    def messages_to_nudge(self, wall: datetime) -> list[tuple[int, int]]:
        """(message, its first row) for every message with mails to send and no hint lately."""
        firsts = (
            self.due(wall).filter(message__isnull=False).order_by().values("message").annotate(first=models.Min("pk"))
        )
        rows = self.filter(_stale(wall), pk__in=[row["first"] for row in firsts])
        return [(row.message_id or 0, row.pk) for row in rows.only("message_id").order_by("pk")]

    def abandoned(self, wall: datetime) -> "DeliveryQuerySet":
        """Claimed by a worker that never came back."""
        return self.filter(status=DeliveryStatus.SENDING, claimed_at__lt=wall - timedelta(seconds=CLAIM_SECONDS))

    def outbox(self) -> "DeliveryQuerySet":
        """What would have been sent, had a mail server been configured; newest first."""
        related = ("message__incident", "page__incident", "notice__incident")
        kept = self.filter(status=DeliveryStatus.KEPT).select_related(*related)
        return kept.order_by("-pk")


def _stale(wall: datetime) -> models.Q:
    return models.Q(nudged_at=None) | models.Q(nudged_at__lt=wall - HINT_AGAIN)


class Delivery(models.Model):
    """`pending → sending → accepted | failed | unknown`, or `kept` where nothing may leave.

    What was certainly not taken goes back to `pending` by itself; only a person sends an unknown one again.
    """

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
        """The incident that this is about."""
        return (self.message or self.page or self.notice).incident  # type: ignore[union-attr]

    @property
    def is_waiting_to_retry(self) -> bool:
        """Tried, certainly not taken, and tried again by itself."""
        return self.status == DeliveryStatus.PENDING and bool(self.reason)

    @classmethod
    def queue(
        cls,
        *,
        recipients: list[str],
        message: "Message | None" = None,
        page: "Page | None" = None,
        notice: "Notice | None" = None,
        status: str = DeliveryStatus.PENDING,
    ) -> None:
        """Makes one row a recipient, many at a time; the queue is told once after the commit."""
        rows = [
            Delivery(message=message, page=page, notice=notice, recipient=recipient, status=status)
            for recipient in recipients
        ]
        Delivery.objects.bulk_create(rows, batch_size=500)
        if status == DeliveryStatus.PENDING:
            cls._send_all_later(rows, message)

    @classmethod
    def queue_channels(cls, *, channels: Iterable[Any], page: "Page | None" = None, notice: Any = None) -> None:
        """One row for each further way to a contact."""
        rows = [
            Delivery(page=page, notice=notice, channel=channel, kind=channel.kind, recipient=channel.label)
            for channel in channels
        ]
        Delivery.objects.bulk_create(rows)
        cls._send_all_later(rows, None)

    @classmethod
    def _send_all_later(cls, rows: list["Delivery"], message: "Message | None") -> None:
        from incidents.tasks import queue_message

        if message is not None:
            transaction.on_commit(lambda: queue_message(message.pk), robust=True)
            return
        for row in rows:
            row.send_later()

    def claim(self) -> bool:
        """Takes the row before anything is sent, with a row for the attempt; False when it is not to be had."""
        wall = timezone.now()
        due = models.Q(not_before=None) | models.Q(not_before__lte=wall)
        with transaction.atomic():
            claimed = Delivery.objects.filter(due, pk=self.pk, status=DeliveryStatus.PENDING).update(
                status=DeliveryStatus.SENDING, claimed_at=wall, body_at=None, attempts=models.F("attempts") + 1
            )
            if claimed:
                self.refresh_from_db(fields=["status", "claimed_at", "body_at", "attempts", "reason"])
                DeliveryAttempt.objects.create(delivery=self, number=self.attempts, started_at=wall)
        return bool(claimed)

    def begin_body(self) -> None:
        """Marks that from now on nobody can be sure; raises Fenced when the row was given to another worker."""
        mine = Delivery.objects.filter(pk=self.pk, status=DeliveryStatus.SENDING, attempts=self.attempts)
        if not mine.update(body_at=timezone.now()):
            raise Fenced(f"{self} was settled meanwhile")

    def finish(self, status: str, *, reason: str = "", mail: str = "", at: datetime | None = None) -> bool:
        """Keeps the outcome of a claimed row with its event; False when the row was settled meanwhile."""
        at = at or domain_time.now()
        reason = reason[:500]
        with transaction.atomic():
            # The number of the attempt is the fence: a worker that comes back late changes nothing.
            changed = Delivery.objects.filter(pk=self.pk, status=DeliveryStatus.SENDING, attempts=self.attempts).update(
                status=status, reason=reason, finished_at=at, mail=mail or self.mail, not_before=None
            )
            if not changed:
                return False
            self.refresh_from_db(fields=["status", "reason", "finished_at", "mail", "not_before"])
            self._end_attempt(status, reason)
            self._say(status, reason=reason, at=at)
        return True

    def try_again(self, reason: str, *, mail: str = "") -> bool:
        """The other side certainly did not take it: later again by itself, and *failed* after the last try."""
        with transaction.atomic():
            earlier = list(self.tries.exclude(number=self.attempts).order_by("-number").values_list("state", flat=True))
            done = next((place for place, state in enumerate(earlier) if state != "retry"), len(earlier))
            if done >= len(RETRY_AFTER):
                return self.finish(DeliveryStatus.FAILED, reason=f"{reason} (tried {done + 1} times)", mail=mail)
            then = timezone.now() + timedelta(seconds=RETRY_AFTER[done])
            changed = Delivery.objects.filter(pk=self.pk, status=DeliveryStatus.SENDING, attempts=self.attempts).update(
                status=DeliveryStatus.PENDING,
                reason=reason[:500],
                not_before=then,
                nudged_at=None,
                mail=mail or self.mail,
            )
            if changed:
                self.refresh_from_db(fields=["status", "reason", "not_before", "nudged_at", "mail"])
                self._end_attempt("retry", reason)
                if self.message_id is None:
                    self._say("retry", reason=reason, at=domain_time.now())
        return bool(changed)

    def resend(self, *, by: Any) -> None:
        """A person sends again what failed or whose outcome nobody knows; the recipient may get it twice."""
        with transaction.atomic():
            again = (DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN, DeliveryStatus.KEPT)
            if not Delivery.objects.filter(pk=self.pk, status__in=again).update(
                status=DeliveryStatus.PENDING, reason="", nudged_at=None, not_before=None
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

    def _end_attempt(self, state: str, reason: str) -> None:
        mine = DeliveryAttempt.objects.filter(delivery=self, number=self.attempts)
        mine.update(state=state, reason=reason[:500], ended_at=timezone.now())

    def _say(self, state: str, *, reason: str, at: datetime) -> None:
        """The event of an outcome. Of many mails of one message the first of a kind speaks for the rest."""
        if self.page:
            self.page.settle(self, state, reason=reason, at=at)
        elif self.notice:
            data = {"kind": self.notice.kind, "to": self.recipient, "text": self.notice.subject}
            self.incident.record("notice.sent", at=at, data={**data, "state": state, "reason": reason})
        elif state != DeliveryStatus.KEPT and self._speaks(state):
            told: dict[str, Any] = {"message": self.message_id, "recipient": self.recipient, "reason": reason}
            self.incident.record(f"message.{state}", at=at, data=told)

    def _speaks(self, state: str) -> bool:
        """Ten thousand recipients must not make ten thousand lines of timeline; the message's page counts them all."""
        assert self.message is not None  # noqa: S101  (the caller asked)
        if len(self.message.recipients) <= SPEAK_FOR_EACH:
            return True
        same = Delivery.objects.filter(message=self.message, status=state).exclude(pk=self.pk)
        return not same.exists()
