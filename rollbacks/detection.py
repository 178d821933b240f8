"""Watches the conditions of the matrix on what is measured, and says once when one holds. Declares nothing itself.

A look reads the samples of the last minute. What holds is raised as an event of the target's timeline; it ends after
two calm minutes. While a rollback changes the service, and in a maintenance window, nothing is raised.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from rollbacks import sampling
from rollbacks.detection_readings import (
    Moment,
    Reading,
    Stretch,
    read_crash,
    read_errors,
    read_gap,
    read_latency,
    read_memory,
)
from rollbacks.detection_rules import Condition, conditions
from rollbacks.models import Detected, Guard, Heartbeat, Maintenance, ProcessReading, Run, Sample, Sampling, Target
from rollbacks.statistics import THRESHOLD, Counts
from rollbacks.watch_terms import share_of
from timeline import domain_time
from timeline.models import Event

log = logging.getLogger(__name__)
WINDOW = timedelta(seconds=60)
SLOW_WINDOW = timedelta(minutes=5)  # for a heartbeat's few requests
FRESH = timedelta(seconds=90)  # older samples do not speak of now
CALM = timedelta(seconds=120)  # so long a condition must be calm until it is over
AFTER_CHANGE = timedelta(seconds=60)  # the warm-up of a restart is no fault
AGAIN = timedelta(minutes=30)  # what goes on holding is said again, for an incident may have ended meanwhile
HEARTBEAT = timedelta(minutes=15)
BASELINE = (timedelta(hours=24), timedelta(seconds=90))
BASELINE_ROWS = 60
PROCESS_WINDOW = timedelta(minutes=10)
CONFIRM = timedelta(seconds=90)  # a burst of labelled load that makes a suspicion a number
CONFIRM_PAUSE = timedelta(minutes=10)
ENOUGH = 300
GAP = "Errors that no row covers"
RANKS = {"critical": 0, "high": 1, "medium": 2, "low": 3}


def look_everywhere(now: datetime | None = None) -> list[str]:
    """One round over every target whose detection is on; returns what was raised."""
    now = now or domain_time.now()
    raised: list[str] = []
    for target in watched_targets(now):
        try:
            raised += look(target, now)
        except Exception:
            log.exception("The detection of %s failed; the next round tries again.", target)
    return raised


def watched_targets(now: datetime) -> list[Target]:
    """Targets with a plan whose detection is switched on, or that a heartbeat measures and that are not switched off."""
    ordered = Exists(Guard.objects.filter(target=OuterRef("pk"), detects=True))
    forbidden = Exists(Guard.objects.filter(target=OuterRef("pk"), detects=False))
    wanted = Target.objects.filter(ordered | (_is_measured(now) & ~forbidden), plan__isnull=False)
    return list(wanted.select_related("service", "environment", "plan").order_by("pk"))


def is_on(target: Target, now: datetime) -> bool:
    """Whether the conditions of this target are watched now."""
    detects = Guard.of(target).detects
    return bool(detects) if detects is not None else Target.objects.filter(_is_measured(now), pk=target.pk).exists()


def _is_measured(now: datetime) -> Q:
    """Samples of the last minutes, taken outside of an incident, or in one on a target that has a heartbeat."""
    recent = Sample.objects.filter(target=OuterRef("pk"), at__gt=now - HEARTBEAT)
    beats = Heartbeat.objects.filter(target=OuterRef("pk"), off=False)
    return Q(Exists(recent.filter(stream_key__startswith="target:"))) | (Q(Exists(recent)) & Q(Exists(beats)))


def look(target: Target, now: datetime) -> list[str]:
    """Reads every condition of one target; returns the symptoms that were raised."""
    compiled = compiled_of(target)
    if not compiled or why_silent(target, now):
        return []
    readings = read_all(target, compiled, now)
    _confirm(target, compiled, readings, now)
    order = sorted(readings, key=lambda one: RANKS.get(one.severity, 4))
    return [one.symptom for one in order if keep(target, one, readings[one], now)]


def compiled_of(target: Target) -> dict[str, Any]:
    """The plan's text that would run now; empty without one."""
    revision = (target.plan.runnable or target.plan.current) if target.plan else None
    return revision.compiled if revision else {}


def why_silent(target: Target, now: datetime) -> str:
    """Why nothing is raised at this moment, as a sentence; empty when detection listens."""
    window = Maintenance.objects.at(now).filter(target=target).first()
    if window:
        return f"Maintenance until {window.ends_at:%H:%M} UTC: {window.reason}"
    runs = Run.objects.exclusive().filter(target=target)
    if active := runs.active().filter(started_at__isnull=False).first():
        return f"{active.what} changes the service now."
    if runs.filter(finished_at__gt=now - AFTER_CHANGE).exists():
        return "A rollback has just changed the service: its warm-up is no fault."
    return ""


def read_all(target: Target, compiled: Mapping[str, Any], now: datetime) -> dict[Condition, Reading]:
    """Each condition that can be watched with its reading, and the gap between the rows with numbers."""
    rows = [one for one in conditions(compiled) if not one.why_not]
    healthy = share_of((compiled.get("watch") or {}).get("errors")) or THRESHOLD
    moments = moments_of(target, now)
    stretches = {name: stretch_of(target, name, now) for name in {one.signal for one in rows if one.signal}}
    every = Stretch() if not stretches else max(stretches.values(), key=lambda one: one.counts.requests)
    found: dict[Condition, Reading] = {}
    for one in rows:
        stretch = stretches.get(one.signal, every)
        if one.family == "errors":
            found[one] = read_errors(one, stretch, healthy=healthy)
        elif one.family == "latency":
            found[one] = read_latency(one, stretch)
        elif one.family == "restarts":
            found[one] = read_crash(every, moments)
        elif one.family == "memory":
            found[one] = read_memory(one, moments)
    return found | _gaps(compiled, stretches, healthy)


def _gaps(compiled: Mapping[str, Any], stretches: Mapping[str, Stretch], healthy: float) -> dict[Condition, Reading]:
    """What is over a healthy rate and under every row with a number, for each signal."""
    found = {}
    for name, stretch in stretches.items():
        numbered = [one for one in conditions(compiled) if one.signal == name and one.family == "errors" and one.limit]
        if numbered:
            gap = Condition(symptom=GAP, line=None, severity="medium", family="errors", signal=name)
            found[gap] = read_gap(numbered, stretch, healthy=healthy)
    return found


def stretch_of(target: Target, signal: str, now: datetime) -> Stretch:
    """The last minute of a signal, or five when it is measured by a heartbeat only; empty when nothing is fresh."""
    rows = Sample.objects.of(target, signal)
    fresh = list(rows.between(now - SLOW_WINDOW, now))
    if not fresh or fresh[-1].at + timedelta(seconds=fresh[-1].seconds) < now - FRESH:
        return Stretch()
    recent = [row for row in fresh if row.at >= now - WINDOW]
    length = WINDOW if sum(row.requests for row in recent) >= 30 else SLOW_WINDOW
    since = _after_change(target, now - length)
    used = [row for row in fresh if row.at >= since]
    half = since + (now - since) / 2
    healthy_until = min(now - BASELINE[1], since, _before_fault(target, now))
    before = rows.between(now - BASELINE[0], healthy_until).order_by("-at", "-pk")[:BASELINE_ROWS]
    return Stretch(
        seconds=round((now - since).total_seconds()),
        counts=_sum(used),
        older=_sum([row for row in used if row.at < half]),
        kinds=_kinds(used),
        latencies=[value for row in used for value in row.latencies],
        baseline=[value for latencies in before.values_list("latencies", flat=True) for value in latencies],
    )


def _before_fault(target: Target, now: datetime) -> datetime:
    """What holds began a little before it was raised: the time from then on is no baseline."""
    first = Detected.objects.filter(target=target, holds=True).order_by("held_since").first()
    return first.held_since - WINDOW if first and first.held_since else now


def _after_change(target: Target, since: datetime) -> datetime:
    """What was counted before the last change of the service says nothing about it now."""
    ended = Run.objects.exclusive().filter(target=target, finished_at__gt=since).order_by("-finished_at").first()
    return ended.finished_at if ended and ended.finished_at else since


def _sum(rows: Sequence[Sample]) -> Counts:
    return Counts(sum(row.requests for row in rows), sum(row.errors for row in rows))


def _kinds(rows: Sequence[Sample]) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for row in rows:
        for kind, count in row.error_kinds.items():
            kinds[kind] = kinds.get(kind, 0) + count
    return kinds


def moments_of(target: Target, now: datetime) -> list[Moment]:
    """The readings of the main process since the last rollback, oldest first."""
    since = _after_change(target, now - PROCESS_WINDOW)
    rows = ProcessReading.objects.filter(target=target, at__gt=since, at__lte=now).order_by("at", "pk")
    return [
        Moment(
            at=row.at.timestamp(),
            alive=row.alive,
            started_at=row.started_at.timestamp() if row.started_at else None,
            rss_mb=row.rss_kb / 1024 if row.rss_kb is not None else None,
        )
        for row in rows
    ]


def keep(target: Target, one: Condition, reading: Reading, now: datetime) -> bool:
    """Moves one condition's state; True when it was raised at this look.

    It is raised when it holds, ended after two calm minutes, and said again after half an hour of holding.
    """
    state, _ = Detected.objects.get_or_create(target=target, key=one.symptom[:300], defaults={"looked_at": now})
    raised = bool(reading.holds) and (not state.holds or _said_at(state) <= now - AGAIN)
    calm_since = (state.calm_since or now) if reading.holds is False else None
    if reading.holds is None:
        calm_since = state.calm_since  # what cannot be told changes nothing
    ends = state.holds and calm_since is not None and now - calm_since >= CALM
    with transaction.atomic():
        mine = Detected.objects.filter(pk=state.pk, holds=state.holds, looked_at=state.looked_at)
        changed = {"looked_at": now, "words": reading.words[:500], "calm_since": calm_since}
        if raised:
            changed |= {"holds": True, "held_since": state.held_since if state.holds else now, "calm_since": None}
            changed["data"] = {
                "said_at": now.isoformat(),
                "value": reading.value,
                "unit": reading.unit,
                "line": one.line,
            }
        elif ends:
            changed |= {"holds": False, "held_since": None, "calm_since": None, "data": {}}
        if not mine.update(**changed):
            return False  # another scan looked in this moment
        if raised:
            Event.record(target.stream, "detection.raised", at=now, data=said(target, one, reading, again=state.holds))
        elif ends:
            Event.record(target.stream, "detection.cleared", at=now, data=said(target, one, reading))
    return raised


def _said_at(state: Detected) -> datetime:
    said_at = state.data.get("said_at")
    return datetime.fromisoformat(said_at) if said_at else state.looked_at


def said(target: Target, one: Condition, reading: Reading, **more: Any) -> dict[str, Any]:
    """What the event carries: enough to declare an incident, and to read it a year later."""
    return {
        "target": target.pk,
        "symptom": one.symptom,
        "line": one.line,
        "severity": one.severity,
        "family": one.family,
        "signal": one.signal,
        "limit": one.limit_words,
        "words": reading.words,
        "value": reading.value,
        "unit": reading.unit,
        **more,
    }


def _confirm(target: Target, compiled: Mapping[str, Any], readings: Mapping[Condition, Reading], now: datetime) -> None:
    """A few failures of a heartbeat are no number yet: a bounded burst of labelled load makes them one."""
    suspicious = any(one.is_suspicious and one.holds is not True for one in readings.values())
    if not suspicious or Sampling.objects.filter(target=target).wanted(now).exists():
        return
    recent = Sampling.objects.filter(target=target, stream__key=target.stream, started_at__gt=now - CONFIRM_PAUSE)
    if recent.exists() or Sample.objects.of(target).between(now - WINDOW, now).counts().requests >= ENOUGH:
        return
    sampling.start(target, target.stream, compiled, until=now + CONFIRM)
