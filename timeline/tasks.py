"""Announcing events: at once after the commit, and again by `scan` for those that were lost on the way."""

import threading
from collections.abc import Sequence
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from timeline import followers
from timeline.doorbell import ring_all
from timeline.hints import put
from timeline.models import Event

LOST_AFTER = timedelta(seconds=5)
AT_ONCE = 200


def ring_and_queue(topic: str, events: Sequence[tuple[int, int, str]]) -> None:
    """Called after the commit with (id, seq, kind) of a stream's new events. Redis may be down: then nothing is lost,
    `scan` announces them later."""
    announce_soon([(topic, *event) for event in events])


def announce_soon(events: Sequence[tuple[str, int, int, str]]) -> None:
    """(topic, id, seq, kind) of committed events: one round trip for the rings, one message for the followers."""
    # Lists listen to the whole room: "incident" rings for every incident.
    rings = [
        {"topic": one, "seq": seq, "kind": kind}
        for topic, _, seq, kind in events
        for one in (topic, topic.partition(":")[0])
    ]
    if ring_all(rings):
        put(announce, *(pk for _, pk, _, _ in events), what="Event", expires=600)


class Announcements:
    """What one thread has committed and another one announces, as much at once as has come meanwhile."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, int, int, str]] = []
        self._lock = threading.Lock()

    def add(self, topic: str, events: Sequence[tuple[int, int, str]]) -> None:
        """Called after the commit, as `ring_and_queue` is."""
        with self._lock:
            self._waiting += [(topic, *event) for event in events]

    def send(self) -> None:
        """Announces what waits."""
        with self._lock:
            events, self._waiting = self._waiting, []
        if events:
            announce_soon(events)


@shared_task(name="timeline.announce")
def announce(*event_ids: int) -> None:
    """Tells the followers of these events, in order, then marks them announced."""
    waiting = Event.objects.select_related("stream", "actor").filter(pk__in=event_ids, announced_at=None)
    told = [event.pk for event in waiting.order_by("pk") if followers.dispatch(event)]
    if told:
        Event.objects.filter(pk__in=told).update(announced_at=timezone.now())


@shared_task(name="timeline.scan")
def scan() -> None:
    """Announces what was committed and never announced. Harmless when two run at once."""
    announce_lost_events()


def announce_lost_events() -> int:
    """Announces, in order, at most `AT_ONCE` events older than `LOST_AFTER`; returns how many were found."""
    lost = list(
        Event.objects.unannounced(timezone.now() - LOST_AFTER)
        .order_by("recorded_at", "pk")
        .values_list("pk", flat=True)[:AT_ONCE]
    )
    for event_id in lost:
        announce(event_id)
    return len(lost)
