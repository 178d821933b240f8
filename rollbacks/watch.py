"""The watch after a run: opened when its commands are done, looked at at fixed moments, ended with a verdict.

Checks are asked outside of any transaction; the verdict is written in one, guarded by the look that was claimed.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from rollbacks import sampling
from rollbacks.detection_answers import answers_of
from rollbacks.look import STALE_TITLE, ask_checks, find
from rollbacks.models import Run, Verdict, Watch
from rollbacks.promise import changed_at, cross_promises, newer_run, promise_of, recovery_of
from rollbacks.statistics import Finding
from rollbacks.watch_state import WatchState, state_of
from rollbacks.watch_terms import Terms
from timeline import domain_time
from timeline.models import Event

__all__ = ["WatchState", "cross_promises", "look_at", "open_watch", "promise_of", "state_of", "take_looks"]

log = logging.getLogger(__name__)
LOAD_AFTER_END = timedelta(minutes=10)


def open_watch(run: Run) -> Watch | None:
    """Opens the watch of a run that has succeeded; the same watch when it is open already. Evidence and dry runs have none."""
    if run.kind in (Run.Kind.EVIDENCE, Run.Kind.DRY_RUN) or run.status != Run.Status.SUCCEEDED:
        return None
    there = Watch.objects.filter(run=run).first()
    if there is not None or newer_run(run):
        return there
    terms = Terms.of(run.revision.compiled.get("watch"), run.target.watch, production=run.environment.is_production)
    opened = run.finished_at or domain_time.now()
    change = changed_at(run) or run.started_at or opened
    try:
        with transaction.atomic():
            for older in Watch.objects.open().filter(target=run.target).select_related("run", "stream"):
                _end(older, opened, reason=f"{run.what} has changed the service again.")
            watch = Watch.objects.create(
                run=run,
                stream=run.stream,
                target=run.target,
                terms=terms.to_json(),
                looks=list(terms.looks),
                shortened=terms.shortened,
                opened_at=opened,
                changed_at=change,
                warmup_until=change + timedelta(seconds=terms.warmup),
                before=_before(run),
                **_armed(opened, terms),
            )
            Event.record(
                watch.stream,
                "watch.opened",
                data=watch.said(
                    until=watch.ends_at,
                    good_from=watch.good_from_at,
                    looks=watch.looks,
                    warmup=terms.warmup,
                    threshold=terms.threshold,
                    count=terms.count,
                ),
            )
    except IntegrityError:  # two workers at once: the other one opened it
        return Watch.objects.filter(run=run).first()
    keep_load(watch)
    return watch


def _armed(at: datetime, terms: Terms, *, again: bool = False) -> dict[str, Any]:
    """The moments of a watch that begins at `at`. After a second red look (`again`) early bad news is no news any more."""
    first = next((look for look in terms.looks if look >= terms.good_from), terms.length) if again else terms.looks[0]
    return {
        "armed_at": at,
        "good_from_at": at + timedelta(seconds=terms.good_from),
        "ends_at": at + timedelta(seconds=terms.length),
        "next_look_at": at + timedelta(seconds=first),
        "look": 0,
    }


def _before(run: Run) -> dict[str, Any]:
    frozen = run.stream.events.filter(kind="before.frozen", data__run=run.pk)
    kept = ("requests", "errors", "percent", "p50_ms", "p95_ms")
    return {event.data["signal"]: {key: event.data.get(key) for key in kept} for event in frozen}


def keep_load(watch: Watch) -> None:
    """Sees that the signals are measured until the watch ends; a run outside of an incident has no load yet."""
    until = watch.ends_at + timedelta(seconds=30)
    sampling.start(watch.target, watch.stream, watch.run.revision.compiled, until=until)
    sampling.extend(watch.stream, until)


def take_looks(now: datetime) -> list[int]:
    """The watches whose look is due, for workers to take; ends those whose service is being changed again."""
    for watch in Watch.objects.open().select_related("run", "stream", "target"):
        if newer_run(watch.run):
            with transaction.atomic():
                _end(watch, now, reason="The service is being changed again.")
    return list(Watch.objects.due(now).values_list("pk", flat=True))


def look_at(watch_id: int, now: datetime | None = None) -> Verdict | None:
    """Takes the due look of a watch: asks the checks, counts, judges, writes. None when there is nothing to take."""
    now = now or domain_time.now()
    related = ("run__service", "run__environment", "run__revision", "run__stream", "stream", "target")
    watch = Watch.objects.select_related(*related).filter(pk=watch_id).first()
    if watch is None or not watch.claim_look(now):
        return None
    try:
        keep_load(watch)
        answers = [*ask_checks(watch), *answers_of(watch, now)]
        finding, data = find(watch, answers, now)
        return _write(watch, finding, data, now)
    finally:
        Watch.objects.filter(pk=watch.pk).update(lease_until=None)


def _write(watch: Watch, finding: Finding, data: dict[str, Any], now: datetime) -> Verdict | None:
    """The verdict, its event, and what follows: the next look, a watch armed anew, or its end."""
    terms = Terms.from_json(watch.terms)
    look = max(watch.look + 1, min(terms.looks_due((now - watch.armed_at).total_seconds()), len(terms.looks)))
    with transaction.atomic():
        held = (
            Watch.objects.select_for_update(of=("self",))
            .select_related("run__service", "run__environment", "stream", "target")
            .get(pk=watch.pk)
        )
        if not held.is_open or (held.look, held.armed_at) != (watch.look, watch.armed_at):
            return None  # the watch ended or was armed anew while the checks were asked
        held.look = look
        held.recovered_at = _recovered_at(held, finding, now)
        verdict = Verdict.objects.create(
            watch=held,
            at=now,
            round=held.rearmed,
            look=look,
            verdict=finding.verdict,
            passing=finding.passing,
            reason=_reason(held, finding)[:600],
            data=data,
        )
        Event.record(
            held.stream,
            "verdict.given",
            data=held.said(
                verdict=finding.verdict,
                reason=verdict.reason,
                passing=finding.passing,
                look=look,
                at_look=round((now - held.armed_at).total_seconds()),
                recovered_at=held.recovered_at,
                verdict_id=verdict.pk,
                **{key: data.get(key) for key in ("requests", "errors", "needed", "signal")},
            ),
        )
        _go_on(held, finding, data, terms, now)
    return verdict


def _reason(watch: Watch, finding: Finding) -> str:
    """A shortened watch says so beside every good word."""
    if finding.verdict == "recovered" and watch.shortened:
        return f"{finding.reason} The watch is shortened on this target."
    return finding.reason


def _recovered_at(watch: Watch, finding: Finding, now: datetime) -> datetime | None:
    if finding.verdict == "not_recovered":
        return None
    if finding.verdict == "recovered" and watch.recovered_at is None:
        since = watch.armed_at if watch.rearmed else None
        return recovery_of(watch.run, since=since, until=now) or now
    return watch.recovered_at


def _go_on(watch: Watch, finding: Finding, data: dict[str, Any], terms: Terms, now: datetime) -> None:
    """Plans the next look: a red one arms the watch anew, the last one ends it, too few requests ask for one more."""
    last_possible = watch.opened_at + timedelta(seconds=max(4 * terms.length, 3600.0))
    is_last = watch.look >= len(terms.looks)
    if finding.verdict == "not_recovered":
        if now + timedelta(seconds=terms.length) > last_possible:
            _end(watch, now, verdict=finding.verdict)
            return
        for name, value in _armed(now, terms, again=watch.rearmed > 0).items():
            setattr(watch, name, value)
        watch.rearmed += 1
        Event.record(watch.stream, "watch.rearmed", data=watch.said(reason=finding.reason, until=watch.ends_at))
    elif not is_last:
        watch.next_look_at = watch.armed_at + timedelta(seconds=terms.looks[watch.look])
    elif _too_few(finding, data) and now + _gap(terms) <= last_possible:
        # No verdict *recovered* was possible at this look: another one spends none of the five per cent.
        watch.next_look_at = watch.ends_at = now + _gap(terms)
    else:
        _end(watch, now, verdict=finding.verdict)
        return
    watch.save(update_fields=["look", "armed_at", "good_from_at", "ends_at", "next_look_at", "rearmed", "recovered_at"])
    sampling.extend(watch.stream, watch.ends_at + timedelta(seconds=30))


def _too_few(finding: Finding, data: dict[str, Any]) -> bool:
    counted = data.get("requests") is not None and data["requests"] < data.get("needed", 0)
    stale = f"“{STALE_TITLE}”" in finding.reason
    return finding.verdict == "inconclusive" and bool(data.get("signal")) and (counted or stale)


def _gap(terms: Terms) -> timedelta:
    """The distance between the last two looks."""
    before = terms.looks[-2] if len(terms.looks) > 1 else 0.0
    return timedelta(seconds=max(5.0, terms.looks[-1] - before))


def _end(watch: Watch, now: datetime, *, verdict: str = "", reason: str = "") -> None:
    """Closes the watch with its latest verdict; the load goes on for ten minutes, so that a relapse is seen."""
    latest = watch.latest
    watch.status, watch.ended_at, watch.next_look_at = Watch.Status.ENDED, now, None
    watch.save(update_fields=["status", "ended_at", "next_look_at", "look", "recovered_at"])
    word = verdict or (latest.verdict if latest else "inconclusive")
    Event.record(
        watch.stream, "watch.ended", data=watch.said(verdict=word, reason=reason, recovered_at=watch.recovered_at)
    )
    if not reason:
        sampling.shorten(watch.stream, now + LOAD_AFTER_END)


def close(stream_key: str, *, reason: str) -> int:
    """Ends the open watches of a stream before their time, for instance because its incident is over."""
    with transaction.atomic():
        open_ones = list(Watch.objects.open().filter(stream__key=stream_key).select_related("run", "stream", "target"))
        for watch in open_ones:
            _end(watch, domain_time.now(), reason=reason)
    return len(open_ones)


def open_after(event: Event) -> None:
    """On `run.succeeded`."""
    related = ("target", "service", "environment", "revision", "stream")
    run = Run.objects.select_related(*related).filter(pk=event.data.get("run")).first()
    if run is not None:
        open_watch(run)
