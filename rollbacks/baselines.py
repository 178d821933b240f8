"""What is kept at the start of a run: the figures just before it, and a healthy time to compare with afterwards.

The healthy time comes from the heartbeat alone, which is silent during incidents and watches. It ends a while before
the incident was told (its beginning is seldom noticed at once), and goes back until it is clean.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime

from rollbacks.findings import FEWEST_OF_BASELINE, Baseline
from rollbacks.intervals import Counts
from rollbacks.load import percentile
from rollbacks.models import FrozenBaseline, Run, Sample, Sampling
from rollbacks.statistics import THRESHOLD
from rollbacks.watch_terms import share_of, thresholds
from rollbacks.wording_of_numbers import percent
from timeline.models import Event

COUNTED = ("load", "prometheus")  # the probes whose signals are counts of requests and errors
LENGTH = timedelta(hours=2)
STEP = timedelta(hours=1)
FARTHEST = timedelta(hours=24)
HOUR = timedelta(hours=1)
KINDS = FrozenBaseline.Kind


def counted_signals(compiled: Mapping[str, Any]) -> dict[str, Any]:
    """The signals of a plan that are counted in requests and errors."""
    signals = compiled.get("signals") or {}
    return {name: one for name, one in signals.items() if one.get("probe", "load") in COUNTED}


def freeze_at_start(event: Event) -> None:
    """On `run.started`: both freezings. What they read was measured before the event, so being late does no harm."""
    related = ("stream", "revision", "target__service", "target__environment")
    run = Run.objects.select_related(*related).get(pk=event.data["run"])
    if run.kind != Run.Kind.EVIDENCE:
        _freeze_before(run, event)
        freeze(run, event.at)


def _freeze_before(run: Run, event: Event) -> None:
    """The figures before the first command, from the incident's own samples, kept as an event."""
    frozen = event.stream.events.filter(kind="before.frozen", data__run=run.pk)
    asked = Sampling.objects.filter(target_id=run.target_id, stream=run.stream).order_by("pk")
    for signal in dict.fromkeys(asked.values_list("signal", flat=True)):
        first = asked.filter(signal=signal).first()
        if first is None or frozen.filter(data__signal=signal).exists():
            continue
        rows = Sample.objects.of(run.target_id, signal).between(_since(run, first), event.at)
        if figures := figures_of(rows):
            Event.record(run.stream, "before.frozen", data=run.said(signal=signal, **figures))


def _since(run: Run, first: Sampling) -> datetime:
    """From the start of the measuring, or from the end of the run before: each rollback has its own *before*."""
    earlier = Run.objects.exclusive().filter(target_id=run.target_id, pk__lt=run.pk, finished_at__gte=first.started_at)
    ends = [one.finished_at for one in earlier if one.finished_at]
    return max([first.started_at, *ends])


def figures_of(rows: Any) -> dict[str, Any]:
    """Requests, errors, rate and latency of some samples; empty when nothing was counted."""
    counts = rows.counts()
    if not counts.requests:
        return {}
    latencies = [value for values in rows.values_list("latencies", flat=True) for value in values]
    return {
        "requests": counts.requests,
        "errors": counts.errors,
        "percent": round(100 * (counts.rate or 0), 2),
        "p50_ms": percentile(latencies, 0.5),
        "p95_ms": percentile(latencies, 0.95),
    }


def freeze(run: Run, now: datetime) -> list[FrozenBaseline]:
    """Keeps the healthy figures of each counted signal, and those of the same hour yesterday and a week ago."""
    onset = onset_of(run, now)
    own = thresholds(run.revision.compiled.get("checks", []))
    usual = share_of((run.revision.compiled.get("watch") or {}).get("errors")) or THRESHOLD
    made = []
    for signal in counted_signals(run.revision.compiled):
        found = [_last_healthy(run, signal, onset, own.get(signal, usual))]
        found += [_same_hour(run, signal, onset, kind, days) for kind, days in ((KINDS.DAY, 1), (KINDS.WEEK, 7))]
        for one in (one for one in found if one is not None):
            one.frozen_at = now
            values = {field: getattr(one, field) for field in FIELDS}
            row, is_new = FrozenBaseline.objects.get_or_create(run=run, signal=signal, kind=one.kind, defaults=values)
            if is_new:
                made.append(row)
    for row in made:
        if row.kind == KINDS.BEFORE:
            Event.record(run.stream, "baseline.frozen", data=run.said(**said(row)))
    return made


FIELDS = ("since", "until", "requests", "errors", "p50_ms", "p95_ms", "per_second", "blocks", "problem", "frozen_at")


def onset_of(run: Run, now: datetime) -> datetime:
    """When the trouble was first told: the first event of the run's stream, or an earlier `detected_at` that it names.

    A run outside of an incident stands on its target's own stream, and its trouble begins with it.
    """
    told = run.started_at or now
    first = run.stream.events.order_by("seq").first()
    if run.stream.key == run.target.stream or first is None:
        return told
    detected = first.data.get("detected_at")
    at = parse_datetime(detected) if isinstance(detected, str) else detected
    return min([told, first.at, *([at] if isinstance(at, datetime) else [])])


def _last_healthy(run: Run, signal: str, onset: datetime, threshold: float) -> FrozenBaseline | None:
    """The newest clean stretch before the onset; one that is not clean, with its problem, when there is no other."""
    dirty: FrozenBaseline | None = None
    latest = onset - timedelta(minutes=settings.BASELINE_LEAD_MINUTES)
    for until in _ends(latest):
        one = _measured(run, signal, KINDS.BEFORE, until - LENGTH, until)
        if one is None or one.requests < FEWEST_OF_BASELINE:
            continue
        one.problem = plain(one).problem_at(threshold)
        if not one.problem:
            return one
        dirty = dirty or one
    return dirty


def _ends(latest: datetime) -> Iterator[datetime]:
    until = latest
    while latest - until <= FARTHEST:
        yield until
        until -= STEP


def _same_hour(run: Run, signal: str, onset: datetime, kind: str, days: int) -> FrozenBaseline | None:
    until = onset - timedelta(days=days) + HOUR / 2
    return _measured(run, signal, kind, until - HOUR, until)


def _measured(run: Run, signal: str, kind: str, since: datetime, until: datetime) -> FrozenBaseline | None:
    """What the heartbeat counted in a stretch of time; None when that is nothing."""
    rows = Sample.objects.filter(stream_key=run.target.stream, target_id=run.target_id, signal=signal)
    rows = rows.between(since, until).order_by("at")
    figures = figures_of(rows)
    if not figures:
        return None
    figures.pop("percent")
    seconds = sum(rows.values_list("seconds", flat=True))
    real = (run.revision.compiled["signals"][signal].get("probe") or "load") != "load"
    return FrozenBaseline(
        run=run,
        signal=signal,
        kind=kind,
        since=since,
        until=until,
        per_second=figures["requests"] / seconds if real and seconds else None,
        blocks=[values for values in rows.values_list("latencies", flat=True) if values],
        **figures,
    )


def of(run: Run, signal: str) -> FrozenBaseline | None:
    """The healthy time that this run's effect on a signal is compared with."""
    return FrozenBaseline.objects.filter(run=run, signal=signal, kind=KINDS.BEFORE).first()


def plain(row: FrozenBaseline) -> Baseline:
    """A kept baseline as the statistics want it."""
    words = f"{row.since:%H:%M} to {row.until:%H:%M} UTC on {row.until.day} {row.until:%B}"
    return Baseline(Counts(row.requests, row.errors), words, row.per_second, row.problem)


def said(row: FrozenBaseline) -> dict[str, Any]:
    """What a page or a report shows of a baseline."""
    rate = Counts(row.requests, row.errors).rate
    return {
        "signal": row.signal,
        "baseline": row.kind,
        "since": row.since,
        "until": row.until,
        "requests": row.requests,
        "errors": row.errors,
        "rate": percent(rate or 0),
        "p50_ms": row.p50_ms,
        "p95_ms": row.p95_ms,
        "problem": row.problem,
    }


def beside(run: Run, signal: str) -> list[dict[str, Any]]:
    """Every kept time of a signal, the healthy one first, then yesterday and a week ago: for the page and the report."""
    order = [KINDS.BEFORE, KINDS.DAY, KINDS.WEEK]
    rows = FrozenBaseline.objects.filter(run=run, signal=signal).defer("blocks")
    return [said(row) for row in sorted(rows, key=lambda row: order.index(KINDS(row.kind)))]
