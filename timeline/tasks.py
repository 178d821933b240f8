"""Announcing events: at once after the commit, and again by `scan` for those that were lost on the way."""

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
    # Lists listen to the whole room: "incident" rings for every incident.
    rings = [
        {"topic": one, "seq": seq, "kind": kind} for _, seq, kind in events for one in (topic, topic.partition(":")[0])
    ]
    if ring_all(rings):
        put(announce, *(pk for pk, _, _ in events), what="Event", expires=600)


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
