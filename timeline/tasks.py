"""Announcing events: at once after the commit, and again by `scan` for those that were lost on the way."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from timeline import followers
from timeline.doorbell import ring
from timeline.hints import put
from timeline.models import Event

LOST_AFTER = timedelta(seconds=5)
AT_ONCE = 200


def ring_and_queue(event_id: int, topic: str, seq: int, kind: str) -> None:
    """Called after the commit. Redis may be down: then nothing is lost, `scan` announces the event later."""
    if not ring(topic, seq=seq, kind=kind):
        return
    # Lists listen to the whole room: "incident" rings for every incident.
    ring(topic.partition(":")[0], seq=seq, kind=kind)
    put(announce, event_id, what="Event", expires=600)


@shared_task(name="timeline.announce")
def announce(event_id: int) -> None:
    """Tells the followers of one event, then marks it announced."""
    event = Event.objects.select_related("stream", "actor").filter(pk=event_id, announced_at=None).first()
    if event is None:
        return
    if followers.dispatch(event):
        Event.objects.filter(pk=event_id).update(announced_at=timezone.now())


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
