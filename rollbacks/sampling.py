"""Measures the plan's signals while an incident or a watch lasts: starts, drives and stops the labelled load."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from rollbacks import real_counts
from rollbacks.baselines import counted_signals
from rollbacks.context import Surroundings
from rollbacks.load import Load, Tally, percentile, request_of
from rollbacks.models import Sample, Sampling, Target
from rollbacks.parameters import fill, unbound
from rollbacks.snapshot import every_step
from timeline import domain_time
from timeline.doorbell import ring
from timeline.models import Event, Stream

log = logging.getLogger(__name__)
LONGEST = timedelta(hours=2)  # without a watch that asks for more
SLICE_SECONDS = 5.0
TURN_SECONDS = 20.0  # one task's share: then mails and looks that wait for a slot come first
REDRAW_SECONDS = 10  # how often open pages are told of new samples
# Requests after which "measured" is said on the timeline: the recommendation is asked anew then.
MARKS = (30, 299)


def start(
    target: Target, stream: Stream | str, compiled: Mapping[str, Any], *, by: Any = None, until: datetime | None = None
) -> list[Sampling]:
    """Measures every signal of the plan that is counted, until then (default two hours). Twice is harmless."""
    stream = Stream.named(stream) if isinstance(stream, str) else stream
    until = until or domain_time.now() + LONGEST
    return [
        start_one(target, stream, compiled, name, signal, by=by, until=until)
        for name, signal in counted_signals(compiled).items()
    ]


def stop(stream: Stream | str, *, reason: str = "") -> int:
    """Ends the load of a stream; returns how many there were. Another stream's load of the same target goes on."""
    key = stream if isinstance(stream, str) else stream.key
    stopped = 0
    for one in Sampling.objects.filter(stream__key=key, active=True).select_related("stream"):
        with transaction.atomic():
            if Sampling.objects.filter(pk=one.pk, active=True).update(active=False, stopped_at=domain_time.now()):
                Event.record(one.stream, "sampling.stopped", data=one.said(reason=reason))
                stopped += 1
    return stopped


def extend(stream: Stream, until: datetime) -> None:
    """A watch lasts longer than the load was asked for."""
    Sampling.objects.filter(stream=stream, active=True, until__lt=until).update(until=until)


def shorten(stream: Stream, until: datetime) -> None:
    """The watch is over: the load ends soon, or when its incident does."""
    Sampling.objects.filter(stream=stream, active=True, until__gt=until).update(until=until)


def query_of(target: Target, compiled: Mapping[str, Any], signal: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The step that measures a signal, filled in for the target, and why it cannot be sent (a sentence, or empty)."""
    wanted = signal.get("query")
    step = next((one for one in every_step(compiled) if one.get("name") == wanted), None)
    if step is None:
        return {}, f"The signal asks for the query {wanted}, which the plan does not have."
    declared = compiled.get("params") or {}
    params = {name: str(how["default"]) for name, how in declared.items() if how.get("default") is not None}
    params.update({name: str(value) for name, value in (target.params or {}).items()})
    filled = fill(step, params)
    if problems := unbound(filled, declared):
        return filled, problems[0]
    try:
        if signal.get("probe", "load") == "load":
            request_of(filled)
    except ValueError as error:
        return filled, str(error)
    return filled, ""


def start_one(
    target: Target,
    stream: Stream,
    compiled: Mapping[str, Any],
    name: str,
    signal: Mapping[str, Any],
    *,
    by: Any,
    until: datetime,
) -> Sampling:
    """Measures one signal until then; the load that is there already goes on for as long."""
    there = Sampling.objects.filter(target=target, stream=stream, signal=name, active=True).first()
    query, problem = query_of(target, compiled, signal)
    if there is not None:
        extend(stream, until)
        if there.problem and (problem or query != there.query):  # what was missing on the target may be there by now
            Sampling.objects.filter(pk=there.pk).update(query=query, problem=problem[:500])
        there.refresh_from_db()
        return there
    try:
        with transaction.atomic():
            one = Sampling.objects.create(
                target=target,
                stream=stream,
                signal=name,
                query=query,
                rate=float(signal.get("rate") or 10.0),
                until=until,
                problem=problem[:500],
            )
            Event.record(stream, "sampling.started", actor=by, data=one.said(until=until, problem=problem))
    except IntegrityError:  # somebody started it at the same moment
        return Sampling.objects.get(target=target, stream=stream, signal=name, active=True)
    if not problem:
        hint_later(one)
    return one


def hint_later(one: Sampling) -> None:
    """Tells a worker after the commit; the scan tells it again when that was lost."""
    from rollbacks import proof_tasks

    transaction.on_commit(lambda: proof_tasks.hint_probe(one.pk), robust=True)


def undriven(now: datetime) -> list[int]:
    """Loads that should run and that nobody drives: after a restart, a lost hint or the end of a turn."""
    return list(Sampling.objects.undriven(now).exclude(query={}).values_list("pk", flat=True))


def end_overdue(now: datetime) -> None:
    """Loads whose time is over stop, whoever forgot them."""
    over = Sampling.objects.filter(active=True, until__lte=now).values_list("stream__key", flat=True).distinct()
    for key in over:
        remaining = Sampling.objects.filter(stream__key=key, active=True, until__gt=now)
        if not remaining.exists():
            stop(key, reason="Its time was over.")


def drive(
    sampling_id: int, *, owner: str, stopping: Callable[[], bool] = lambda: False, seconds: float = TURN_SECONDS
) -> bool:
    """Sends one turn of slices under a lease; True when the load should go on with another turn."""
    one = Sampling.objects.select_related("target", "stream").filter(pk=sampling_id).first()
    if one is None or not one.query or not one.claim(owner):
        return False
    if real_counts.is_meant(one.query):
        return _read_once(one)
    try:
        around = Surroundings.for_target(one.target)
        load = Load(one.query, hosts=around.hosts, rate=one.rate_at(domain_time.now()), secrets=around.secrets)
    except ValueError as error:
        Sampling.objects.filter(pk=one.pk).update(problem=str(error)[:500])
        one.release()
        return False
    try:
        return _turn(one, load, seconds, stopping)
    finally:
        load.close()
        one.release()


def _turn(one: Sampling, load: Load, seconds: float, stopping: Callable[[], bool]) -> bool:
    slices = max(1, round(seconds / SLICE_SECONDS))
    for number in range(1, slices + 1):
        if stopping() or not one.renew():
            return False
        at = domain_time.now()
        tally = load.slice(min(SLICE_SECONDS, seconds), stopping)
        if number == slices or stopping():
            load.finish(tally, stopping)
        if not keep(one, tally, at):
            return False
        if tally.problem:
            return False  # the scan tries again: what is missing on our side does not come back within a slice
    return not stopping()


def _read_once(one: Sampling) -> bool:
    """One reading of real counts a minute; the scan asks for the next one."""
    try:
        now, minute = domain_time.now(), timedelta(seconds=real_counts.SECONDS)
        # A reading of the minute before begins a minute before it was taken.
        recent = Sample.objects.of(one.target_id, one.signal).between(now - 2 * minute, None)
        if not recent.filter(stream_key=one.stream.key).exists():
            keep(one, real_counts.read(one.query, Surroundings.for_target(one.target)), now)
    finally:
        one.release()
    return False


def keep(one: Sampling, tally: Tally, at: datetime) -> bool:
    """Writes one bucket under the token; False when another worker took the load over meanwhile."""
    with transaction.atomic():
        mine = Sampling.objects.filter(pk=one.pk, token=one.token)
        if not mine.update(problem=tally.problem[:500]):
            return False
        if not tally.requests:
            return True
        had = Sample.objects.of(one.target_id, one.signal).between(one.started_at, None).counts()
        Sample.objects.create(
            target_id=one.target_id,
            stream_key=one.stream.key,
            signal=one.signal,
            at=at - timedelta(seconds=tally.seconds),
            seconds=tally.seconds or max(0.1, (domain_time.now() - at).total_seconds()),
            requests=tally.requests,
            errors=tally.errors,
            p50_ms=percentile(tally.latencies, 0.5),
            p95_ms=percentile(tally.latencies, 0.95),
            latencies=tally.latencies[:500],
            error_kinds=tally.kinds,
        )
        total, errors = had.requests + tally.requests, had.errors + tally.errors
        if any(had.requests < mark <= total for mark in MARKS):
            rate = round(100 * errors / total, 2)
            data = one.said(requests=total, errors=errors, percent=rate)
            Event.record(one.stream, "signal.measured", data=data)
    if int(at.timestamp()) // REDRAW_SECONDS != int(at.timestamp() - SLICE_SECONDS) // REDRAW_SECONDS:
        ring(one.stream.key, kind="sample")  # no event: open pages draw their charts anew
    return True
