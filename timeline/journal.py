"""How lines get into the timeline: numbered and chained under the lock of their stream, announced after the commit."""

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db import connection, transaction

from timeline import statements

if TYPE_CHECKING:
    from timeline.models import Event

_open = threading.local()  # .lines: what `together` holds back in this thread


@contextlib.contextmanager
def together() -> Iterator[None]:
    """One transaction whose events are written as one statement at its end, and announced by one message.

    The change and its events still commit together or not at all.
    """
    if getattr(_open, "lines", None) is not None:
        yield  # the outer one writes
        return
    with transaction.atomic():
        lines: list[Event] = []
        _open.lines, _open.within = lines, list(connection.savepoint_ids)
        try:
            yield
        finally:
            _open.lines = None
        while lines:
            stream = lines[0].stream_id
            append([event for event in lines if event.stream_id == stream])
            lines = [event for event in lines if event.stream_id != stream]


def add(event: "Event") -> None:
    """Adds the event to its stream: at the end of the transaction that `together` opened, else now."""
    if (lines := getattr(_open, "lines", None)) is None:
        with transaction.atomic():
            append([event])
    elif connection.savepoint_ids != _open.within:
        # A savepoint may be rolled back alone, and its event with it: it is written now, before those that are held back.
        append([event])
    else:
        lines.append(event)


def append(events: "list[Event]") -> None:
    """Numbers, chains and inserts events of one stream, and remembers its new head."""
    from timeline.models import Stream

    stream = events[0].stream
    head = statements.select(Stream, ("last_seq", "last_hash"), f"WHERE id = %s{statements.lock()}", [stream.pk])
    if head is None:
        raise Stream.DoesNotExist(f"The stream {stream} is gone.")
    seq, last = head
    for event in events:
        event.seq, event.prev_hash = seq + 1, last
        seq, last = event.seq, event.compute_hash()
        event.hash = last
    statements.insert(events)
    statements.update(Stream, {"id": stream.pk}, {"last_seq": seq, "last_hash": last})
    announce_later(events)


def announce_later(events: "list[Event]") -> None:
    """Rings the doorbell for open pages and queues the followers, after the commit. Losing both costs one scan."""
    from timeline.tasks import ring_and_queue

    topic = events[0].stream.key
    told = [(event.pk, event.seq, event.kind) for event in events]
    transaction.on_commit(lambda: ring_and_queue(topic, told), robust=True)
