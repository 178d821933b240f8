"""Reads a stream's chain again and names the first line that does not hold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from timeline.models import Event, Stream


@dataclass(frozen=True)
class Broken:
    """The first place where a stream's chain does not hold, and how it shows."""

    key: str
    seq: int
    why: str

    def __str__(self) -> str:
        return f"{self.key}, line {self.seq}: {self.why}"


def broken_place(stream: Stream, known: tuple[int, str] | None = None) -> Broken | None:
    """Where the chain breaks; None when it holds to its end.

    `known` is (seq, hash) of a line as somebody wrote it down earlier: without it a chain that was forged from one line
    to the end, with every hash computed anew, cannot be told from a true one.
    """
    stream.refresh_from_db()
    seq, prev = 0, ""
    for event in stream.events.order_by("seq").iterator():
        event.stream = stream
        if event.seq != seq + 1:
            return Broken(stream.key, seq + 1, f"it is missing; line {event.seq} follows line {seq}.")
        if event.prev_hash != prev:
            return Broken(stream.key, event.seq, "it does not link to the line before it.")
        if event.hash != event.compute_hash():
            return Broken(stream.key, event.seq, "its words are not those that its hash was made of.")
        if known and known[0] == event.seq and known[1] != event.hash:
            return Broken(stream.key, event.seq, "its hash is another than the one that was written down.")
        seq, prev = event.seq, event.hash
    if (seq, prev) != (stream.last_seq, stream.last_hash):
        return Broken(stream.key, seq + 1, f"the stream had {stream.last_seq} lines; those after line {seq} are gone.")
    if known and known[0] > seq:
        return Broken(stream.key, seq + 1, f"line {known[0]} was written down and is gone.")
    return None


def broken_places(streams: Iterable[Stream], known: Mapping[str, tuple[int, str]]) -> list[Broken]:
    """The first broken place of every stream; a stream that was written down and is not there is broken as a whole."""
    seen, found = set(), []
    for stream in streams:
        seen.add(stream.key)
        if place := broken_place(stream, known.get(stream.key)):
            found.append(place)
    gone = [Broken(key, 1, "the whole stream is gone.") for key in known if key not in seen]
    return [*found, *gone]


def first_broken_event(stream: Stream) -> Event | None:
    """The first event whose number, link or hash is wrong; None when the chain holds to its end."""
    place = broken_place(stream)
    return stream.events.filter(seq__gte=place.seq).order_by("seq").first() if place else None


def chain_holds(stream: Stream) -> bool:
    """True when every line links to the one before it and the last line is the one the stream remembers."""
    return broken_place(stream) is None
