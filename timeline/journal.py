"""How lines get into the timeline: numbered and chained under the lock of their stream, announced after the commit."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from django.db import connection, transaction

from timeline import statements
from timeline.statements import Statement

if TYPE_CHECKING:
    from timeline.models import Event, Stream
    from timeline.tasks import Announcements

_open = threading.local()  # .held: what `together` holds back in this thread; .announcements: see `announced_by`


class Held:
    """What one transaction writes at its end, with one message to the database."""

    def __init__(self) -> None:
        self.lines: list[Event] = []
        self.within = list(connection.savepoint_ids)
        self.heads: dict[int, tuple[int, str]] = {}  # by stream: last number and hash, of a row that we have locked
        self.last: list[Statement] = []
        self.then: list[Callable[[], None]] = []

    def write(self) -> None:
        """The events of each stream, and with the first of them the other statements."""
        while self.lines:
            stream = self.lines[0].stream_id
            events = [event for event in self.lines if event.stream_id == stream]
            self.lines = [event for event in self.lines if event.stream_id != stream]
            append(events, head=self.heads.get(stream), besides=self.last)
            self.last = []
        if self.last:
            statements.ask(*self.last)
        for look in self.then:
            look()


@contextlib.contextmanager
def together() -> Iterator[None]:
    """One transaction whose events are written as one statement at its end, and announced by one message.

    The change and its events still commit together or not at all.
    """
    if getattr(_open, "held", None) is not None:
        yield  # the outer one writes
        return
    with transaction.atomic():
        held = _open.held = Held()
        try:
            yield
        finally:
            _open.held = None
        held.write()


def at_the_end(statement: Statement, then: Callable[[], None] | None = None) -> None:
    """Within `together`: asks this with the events, at the end of the transaction, and calls `then` afterwards: it looks
    what came of the statement, and raises an error where that must not be committed."""
    _open.held.last.append(statement)
    _open.held.then += [then] if then else []


def head_of(stream: "Stream") -> Statement:
    """Locks the stream and reads its last number and hash: asked together with something else, and then `knows`."""
    return statements.to_select(
        type(stream), ("last_seq", "last_hash"), f"WHERE id = %s{statements.lock()}", [stream.pk]
    )


def knows(stream: "Stream", row: Sequence[int | str] | None) -> None:
    """Within `together`: this is the head of a stream that is locked until the transaction ends."""
    if row is not None:
        _open.held.heads[stream.pk] = (int(row[0]), str(row[1]))


def add(event: "Event") -> None:
    """Adds the event to its stream: at the end of the transaction that `together` opened, else now."""
    if (held := getattr(_open, "held", None)) is None:
        with transaction.atomic():
            append([event])
    elif connection.savepoint_ids != held.within:
        # A savepoint may be rolled back alone, and its event with it: it is written now, before those that are held back.
        held.heads.pop(event.stream_id, None)
        append([event])
    else:
        held.lines.append(event)


def append(events: "list[Event]", *, head: tuple[int, str] | None = None, besides: Sequence[Statement] = ()) -> None:
    """Numbers, chains and inserts events of one stream, and remembers its new head."""
    from timeline.models import Stream

    stream = events[0].stream
    if head is None:
        asked = head_of(stream)
        statements.ask(asked)
        if asked.row is None:
            raise Stream.DoesNotExist(f"The stream {stream} is gone.")
        head = (asked.row[0], asked.row[1])
    seq, last = head
    for event in events:
        event.seq, event.prev_hash = seq + 1, last
        seq, last = event.seq, event.compute_hash()
        event.hash = last
    written = statements.to_insert(events)
    moved = statements.to_update(Stream, {"id": stream.pk}, {"last_seq": seq, "last_hash": last})
    statements.ask(*besides, written, moved)
    statements.inserted(events, written)
    announce_later(events)


def announce_later(events: "list[Event]") -> None:
    """Rings the doorbell for open pages and queues the followers, after the commit. Losing both costs one scan."""
    from timeline.tasks import ring_and_queue

    topic = events[0].stream.key
    told = [(event.pk, event.seq, event.kind) for event in events]
    tell = _open.announcements.add if getattr(_open, "announcements", None) else ring_and_queue
    transaction.on_commit(lambda: tell(topic, told), robust=True)


@contextlib.contextmanager
def announced_by(announcements: "Announcements | None") -> Iterator[None]:
    """What this thread commits within the block is announced by whoever sends these announcements; None: by this thread."""
    _open.announcements = announcements
    try:
        yield
    finally:
        _open.announcements = None
