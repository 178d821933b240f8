"""One click where a watch counts too little: more of the plan's own read queries, labelled, bounded in rate and time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from rollbacks import sampling
from rollbacks.baselines import counted_signals
from rollbacks.load import MOST_RATE
from rollbacks.models import Refused, Sampling, Target, Watch
from rollbacks.promise import newer_run
from rollbacks.watch_state import WatchState
from timeline import domain_time
from timeline.models import Event, Stream

LENGTH = timedelta(minutes=10)
SIGNAL = "labelled load"
RATES = (10, 20, 50)  # requests a second that the page offers
SETTLED = timedelta(seconds=30)  # counted for less, nobody can say where a count will end


@dataclass(frozen=True)
class Thin:
    """A count that will not be enough at the next look, in one sentence; `until` when more is under way already."""

    sentence: str
    until: datetime | None = None


def thin(watch: Watch, state: WatchState, now: datetime) -> Thin | None:
    """Whether the open watch counts too little; asks the database only when it does."""
    begun = max(watch.warmup_until, watch.armed_at) if watch.rearmed else watch.warmup_until
    if not watch.is_open or state.next_look_at is None or now - begun < SETTLED or state.requests >= state.needed:
        return None
    ahead = (state.next_look_at - begun) / (now - begun)
    expected = int(state.requests * max(1.0, ahead))
    raised = Sampling.objects.filter(stream_id=watch.stream_id, active=True, raised_until__gt=now)
    until = raised.order_by("-raised_until").values_list("raised_until", flat=True).first()
    if expected >= state.needed and until is None:
        return None
    said = f"At this pace about {expected} of {state.needed} requests are counted at the next look: too few to tell."
    return Thin(said, until)


def top_up(watch: Watch, *, by: Any, rate: float = RATES[0], at: datetime | None = None) -> list[Sampling]:
    """Sends the plan's own read queries at this rate for ten minutes, said on the timeline. Raises Refused."""
    at = at or domain_time.now()
    if not 0 < rate <= MOST_RATE:
        raise Refused(f"The rate must be over 0 and at most {MOST_RATE:g} requests a second, not {rate:g}.")
    with transaction.atomic():
        related = ("stream", "target__service", "target__environment", "run__revision")
        held = Watch.objects.select_for_update(of=("self",)).select_related(*related).get(pk=watch.pk)
        if not held.is_open:
            raise Refused("The watch is over: nothing more is counted. It can be opened again for ten more minutes.")
        if newer := newer_run(held.run):
            raise Refused(f"{newer.what} is changing the service: its own watch will count.")
        loads = _started(held.target, held.stream, held.run.revision.compiled, by=by, until=at + LENGTH)
        if not loads:
            raise Refused("The plan has no read query and no health check that could be sent as load.")
        ids = [one.pk for one in loads]
        Sampling.objects.filter(pk__in=ids).update(raised_to=rate, raised_until=at + LENGTH)
        signals = [one.signal for one in loads]
        data = held.said(rate=rate, until=at + LENGTH, signals=signals, label="synthetic")
        Event.record(held.stream, "sampling.topped_up", actor=by, at=at, data=data)
    return list(Sampling.objects.filter(pk__in=ids))


def _started(
    target: Target, stream: Stream, compiled: Mapping[str, Any], *, by: Any, until: datetime
) -> list[Sampling]:
    """The loads of the plan's signals, running until then at least. Empty when the plan has nothing to send.

    A plan whose signals are counted by the service's monitoring alone gets the first health check that is a request:
    the monitoring counts it like any other request.
    """
    signals = {name: one for name, one in counted_signals(compiled).items() if one.get("probe", "load") == "load"}
    if not signals:
        checks = [one for one in compiled.get("checks", []) if one.get("kind") in ("graphql", "http")]
        reads = [one for one in checks if one.get("effect", "read") == "read" and one.get("purpose") != "state"]
        signals = {SIGNAL: {"probe": "load", "query": reads[0]["name"]}} if reads else {}
    return [
        sampling.start_one(target, stream, compiled, name, signal, by=by, until=until)
        for name, signal in signals.items()
    ]
