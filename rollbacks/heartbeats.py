"""The slow heartbeat: a handful of labelled queries a minute to each target while nothing is wrong there.

Only so is there a healthy time to compare with after a rollback. It is silent while an incident, a watch or a run
measures or changes the target, on targets without a plan or hosts, and where somebody switched it off.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef

from rollbacks import real_counts
from rollbacks.baselines import counted_signals
from rollbacks.context import Surroundings
from rollbacks.load import Load, Tally, percentile
from rollbacks.models import Heartbeat, Run, Sample, Sampling, Target, Watch
from rollbacks.sampling import query_of
from timeline import domain_time

log = logging.getLogger(__name__)
QUERIES = 5  # a beat, of each signal
RATE = 5.0  # queries a second: the pace of a load, for a second


def every() -> timedelta:
    return timedelta(seconds=settings.BASELINE_SECONDS)


def due(now: datetime, target_id: int | None = None) -> list[int]:
    """The targets whose next beat has come; of one, whether its has."""
    if not settings.BASELINE_SECONDS:
        return []
    loads = Sampling.objects.wanted(now).filter(target=OuterRef("pk"))
    watches = Watch.objects.open().filter(target=OuterRef("pk"))
    runs = Run.objects.exclusive().active().filter(target=OuterRef("pk"))
    targets = Target.objects.filter(plan__isnull=False).exclude(hosts=[])
    targets = targets.filter(pk=target_id) if target_id is not None else targets
    targets = targets.exclude(Exists(Heartbeat.objects.filter(target=OuterRef("pk"), off=True)))
    recent = Heartbeat.objects.filter(target=OuterRef("pk"), beat_at__gt=now - every())
    targets = targets.exclude(Exists(recent)).exclude(Exists(loads)).exclude(Exists(watches)).exclude(Exists(runs))
    return list(targets.order_by("pk").values_list("pk", flat=True))


def beat(target_id: int, stopping: Callable[[], bool] = lambda: False) -> int:
    """One beat of a target, when it is due and nobody else took it; returns how many samples it wrote."""
    now = domain_time.now()
    target = Target.objects.select_related("plan").filter(pk=target_id, plan__isnull=False).first()
    if target is None or target.plan is None or not due(now, target_id):
        return 0
    if not Heartbeat.claim(target, now, every()):
        return 0
    revision = target.plan.runnable or target.plan.current
    compiled = revision.compiled if revision else {}
    written, problem = 0, ""
    for name, signal in counted_signals(compiled).items():
        if stopping():
            break
        at = domain_time.now()
        tally = _tally(target, compiled, signal, stopping)
        problem = problem or tally.problem
        if tally.requests:
            _keep(target, name, at, tally)
            written += 1
    Heartbeat.objects.filter(target=target).update(problem=problem[:500])
    return written


def _tally(
    target: Target, compiled: Mapping[str, Any], signal: Mapping[str, Any], stopping: Callable[[], bool]
) -> Tally:
    """What one signal counts in this beat; why it cannot is its problem."""
    query, problem = query_of(target, compiled, signal)
    if problem:
        return Tally(problem=problem)
    around = Surroundings.for_target(target)
    if signal.get("probe", "load") != "load":
        return real_counts.read(query, around)
    try:
        rate = min(RATE, float(signal.get("rate") or RATE))
        load = Load(query, hosts=around.hosts, rate=rate, secrets=around.secrets)
    except ValueError as error:
        return Tally(problem=str(error))
    try:
        return load.finish(load.slice(min(1.0, (QUERIES - 0.5) / rate), stopping), stopping)
    finally:
        load.close()


def _keep(target: Target, signal: str, at: datetime, tally: Tally) -> None:
    """Writes the beat on the target's own stream: that marks it as taken outside of incidents."""
    length = max(0.1, (domain_time.now() - at).total_seconds())
    Sample.objects.create(
        target=target,
        stream_key=target.stream,
        signal=signal,
        at=at - timedelta(seconds=tally.seconds),
        seconds=tally.seconds or length,
        requests=tally.requests,
        errors=tally.errors,
        p50_ms=percentile(tally.latencies, 0.5),
        p95_ms=percentile(tally.latencies, 0.95),
        latencies=tally.latencies,
        error_kinds=tally.kinds,
    )
