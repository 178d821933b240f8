"""The one table of what happened. Rows are added and never changed, except for the mark that they were announced."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from timeline import domain_time, journal
from timeline.models.stream import Stream


class EventIsAppendOnly(RuntimeError):
    """Somebody tried to change or delete a line of the timeline."""


class EventQuerySet(models.QuerySet["Event"]):
    def unannounced(self, before: datetime) -> "EventQuerySet":
        """Committed events whose announcement never took place; `scan` sends them again."""
        return self.filter(announced_at=None, recorded_at__lt=before)

    def update(self, **kwargs: Any) -> int:
        if set(kwargs) != {"announced_at"}:
            raise EventIsAppendOnly("Events are append-only: record a new event that corrects the old one.")
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        raise EventIsAppendOnly("Events are append-only: they cannot be deleted.")


class Event(models.Model):
    """One line of a timeline, chained to the line before it by hash."""

    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=60)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Kept beside the key: the timeline still says who it was when the account is gone. Empty = the system.
    actor_name = models.CharField(max_length=150, blank=True, default="")
    at = models.DateTimeField()  # domain time: when it happened
    recorded_at = models.DateTimeField(auto_now_add=True)  # wall time: when the row was written
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    prev_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)
    announced_at = models.DateTimeField(null=True, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["stream_id", "seq"]
        constraints = [models.UniqueConstraint(fields=["stream", "seq"], name="one_event_per_seq")]
        indexes = [
            models.Index(fields=["recorded_at"], condition=models.Q(announced_at=None), name="events_to_announce"),
            models.Index(fields=["stream", "kind"], name="events_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.stream_id}#{self.seq} {self.kind}"

    @classmethod
    def record(
        cls,
        stream: Stream | str,
        kind: str,
        *,
        actor: Any = None,
        at: datetime | None = None,
        data: dict[str, Any] | None = None,
    ) -> "Event":
        """Adds one event to the stream and announces it after the commit.

        Call it inside the transaction that makes the change, after the change's own rows were locked (lock order: run, then stream).
        `actor` is a user or None for the system; `at` is domain time; `data` must be JSON.
        """
        stream = Stream.named(stream) if isinstance(stream, str) else stream
        event = cls(
            stream=stream,
            kind=kind,
            actor=actor,
            actor_name=actor.get_username() if actor is not None else "",
            at=(at or domain_time.now()).astimezone(UTC),
            data=json.loads(json.dumps(data or {}, cls=DjangoJSONEncoder)),
        )
        journal.add(event)
        return event

    def compute_hash(self) -> str:
        """SHA-256 over everything that the line says and the hash of the line before it."""
        said = [
            self.stream.key,
            self.seq,
            self.kind,
            self.actor_name,
            self.at.astimezone(UTC).isoformat(),
            self.data,
            self.prev_hash,
        ]
        return hashlib.sha256(
            json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        ).hexdigest()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not kwargs.get("force_insert"):
            raise EventIsAppendOnly("Events are append-only: record a new event that corrects the old one.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise EventIsAppendOnly("Events are append-only: they cannot be deleted.")
