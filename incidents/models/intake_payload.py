"""The last bodies that senders posted, with what became of each: to look at, and to take again."""

from typing import Any

from django.db import models, transaction

from timeline import domain_time
from timeline.models import Event

KEPT = 50  # of each sender
MAX_KEPT_BYTES = 256 * 1024  # a larger body is counted, not kept
PRUNE_EVERY = 25


class IntakePayload(models.Model):
    """One call of an intake address."""

    token = models.ForeignKey(
        "incidents.IntakeToken", on_delete=models.SET_NULL, null=True, blank=True, related_name="payloads"
    )
    kind = models.CharField(max_length=20)
    received_at = models.DateTimeField()
    size = models.PositiveIntegerField()
    body = models.BinaryField(null=True, blank=True)  # empty when it was too large to keep
    status = models.PositiveSmallIntegerField()  # of the answer
    answer = models.JSONField(default=dict, blank=True)
    replayed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind}, {self.status}, {self.received_at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def keep(cls, *, token: Any, kind: str, body: bytes, status: int, answer: dict[str, Any]) -> "IntakePayload":
        """Keeps the body; now and then the oldest of this sender go."""
        row = cls.objects.create(
            token=token, kind=kind, received_at=domain_time.now(), size=len(body),
            body=body if len(body) <= MAX_KEPT_BYTES else None, status=status, answer=answer,
        )  # fmt: skip
        if row.pk % PRUNE_EVERY == 0:
            cls.prune(token)
        return row

    @classmethod
    def prune(cls, token: Any) -> None:
        """Forgets all but the newest of one sender."""
        mine = cls.objects.filter(token=token).order_by("-pk")
        if oldest_kept := mine.values_list("pk", flat=True)[KEPT - 1 : KEPT].first():
            cls.objects.filter(token=token, pk__lt=oldest_kept).delete()

    def mark_replayed(self, *, by: Any, answer: dict[str, Any]) -> None:
        """Says who took it again and what became of it."""
        with transaction.atomic():
            type(self).objects.filter(pk=self.pk).update(replayed_at=domain_time.now(), answer=answer)
            data = {"payload": self.pk, "kind": self.kind, "answer": answer}
            Event.record("installation", "intake.replayed", actor=by, data=data)

    @property
    def text(self) -> str:
        """The body as text; odd bytes are marked."""
        return bytes(self.body).decode("utf-8", "replace") if self.body is not None else ""
