"""Reads a stream's chain again and names the first line that does not hold."""

from timeline.models import Event, Stream


def first_broken_event(stream: Stream) -> Event | None:
    """The first event whose number, link or hash is wrong; None when the chain holds to its end."""
    expected_seq, expected_prev = 1, ""
    for event in stream.events.order_by("seq").iterator():
        event.stream = stream
        if (event.seq, event.prev_hash) != (expected_seq, expected_prev) or event.hash != event.compute_hash():
            return event
        expected_seq, expected_prev = expected_seq + 1, event.hash
    return None


def chain_holds(stream: Stream) -> bool:
    """True when every line links to the one before it and the last line is the one the stream remembers."""
    stream.refresh_from_db()
    last = stream.events.order_by("-seq").first()
    at_end = (last.seq, last.hash) == (stream.last_seq, stream.last_hash) if last else stream.last_seq == 0
    return at_end and first_broken_event(stream) is None
