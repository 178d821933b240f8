"""Going on to the next level: offered at the time that the plan names, begun by itself only where plan and target say so."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from plans.document.durations import spoken
from rollbacks.models import Escalation, Guard, Run, StepRun, Watch
from rollbacks.promise import changed_at, newer_run, recovery_of
from rollbacks.recommend import level_name
from rollbacks.watch_state import state_of
from timeline import domain_time

KINDS = ("rollback", "drill")
LOOKED_BACK = timedelta(hours=24)


def offer_due(now: datetime | None = None) -> list[int]:
    """Offers the next level for every run whose time is over without a good stretch; returns the runs."""
    now = now or domain_time.now()
    offered = []
    for run in _candidates(now):
        level = next_level_of(run)
        why = why_now(run, now) if level is not None else ""
        if not why or level is None:
            continue
        automatic = plan_says_so(run) and Guard.of(run.target).escalates
        if Escalation.offer(run, level=level, why=why, evidence=evidence_of(run, now), automatic=automatic, at=now):
            offered.append(run.pk)
    return offered


def begin_due(now: datetime | None = None) -> list[int]:
    """Says of every offer that may begin by itself that it begins; returns the runs that it follows."""
    now = now or domain_time.now()
    begun = []
    waiting = Escalation.objects.filter(automatic=True, begun_at=None, offered_at__gt=now - LOOKED_BACK)
    for offer in waiting.select_related(
        "run__target", "run__service", "run__environment", "run__revision", "run__stream"
    ):
        if not why_not(offer, now) and offer.begin(why=evidence_of(offer.run, now), at=now):
            begun.append(offer.run_id)
    return begun


def _candidates(now: datetime) -> list[Run]:
    """Rollbacks of the last day that are under way, watched, or ended without a proof, and have no offer yet."""
    runs = Run.objects.filter(
        kind__in=KINDS, level__isnull=False, started_at__gt=now - LOOKED_BACK, escalation=None
    ).select_related("target", "service", "environment", "revision", "stream")
    return [run for run in runs if newer_run(run) is None]


def next_level_of(run: Run) -> int | None:
    """The plan's "If it persists", else the path of a row that goes through this level, else the next number."""
    compiled = run.revision.compiled
    numbers = sorted(int(level["number"]) for level in compiled.get("levels", []))
    level = _level(run)
    if level.get("escalates_to"):
        return int(level["escalates_to"])
    for row in compiled.get("matrix", []):
        path = [int(stop["level"]) for stop in row.get("path") or []]
        if run.level in path[:-1]:
            return path[path.index(run.level) + 1]
    return next((number for number in numbers if run.level is not None and number > run.level), None)


def why_now(run: Run, now: datetime) -> str:
    """Why the next level is offered at this moment, in the plan's words; empty while it is not."""
    watch = Watch.objects.filter(run=run).first()
    latest = watch.latest if watch else None
    if latest and latest.verdict == "recovered":
        return ""
    if latest and latest.verdict == "not_recovered":
        return f"The verdict of {level_name(run.revision.compiled, run.level)} is: not recovered."
    if run.is_over and run.status != Run.Status.SUCCEEDED:
        return ""  # it was stopped or it failed: a person looks at that first
    for at, words in sorted(_named_times(run)):
        if at <= now and not _is_good_since(run, watch, at, now):
            return words
    return ""


def _named_times(run: Run) -> list[tuple[datetime, str]]:
    """The moments after which the plan no longer counts on this level."""
    times = []
    wait, change = _level(run).get("escalation_wait_seconds"), changed_at(run)
    if wait and change and not _changes_ahead(run):
        said = f"“If it persists after {spoken(float(wait))}” has passed since Level {run.level} was done."
        times.append((change + timedelta(seconds=float(wait)), said))
    if run.promise_seconds and run.started_at:
        said = f"Level {run.level} promises {spoken(run.promise_seconds)}, and that time has passed."
        times.append((run.started_at + timedelta(seconds=run.promise_seconds), said))
    return times


def _is_good_since(run: Run, watch: Watch | None, at: datetime, now: datetime) -> bool:
    """True while a good stretch lasts that began before that moment: a verdict may still confirm it."""
    if watch is None and _changes_ahead(run):
        return False
    began = recovery_of(run, since=watch.armed_at if watch and watch.rearmed else None, until=now)
    return began is not None and began <= at


def evidence_of(run: Run, now: datetime) -> str:
    """What was measured until now, in one sentence."""
    watch = Watch.objects.filter(run=run).select_related("run__revision", "target").first()
    if watch is None:
        return "Its commands are not done yet, and nothing was measured after the last change."
    return state_of(watch, now).sentence


def plan_says_so(run: Run) -> bool:
    """The plan's half of the permission: `watch: {escalate: automatic}`."""
    return bool((run.revision.compiled.get("watch") or {}).get("escalate") == "automatic")


def why_not(offer: Escalation, now: datetime) -> str:
    """Why an offered level does not begin by itself, as a sentence; empty when it may."""
    run = Run.objects.select_related("target", "revision").get(pk=offer.run_id)
    if not plan_says_so(run):
        return "The plan offers the next level and does not start it: it says no `escalate: automatic`."
    if not Guard.of(run.target).escalates:
        return "This target does not allow a level to begin by itself."
    if newer := newer_run(run):
        return f"{newer.what} has begun already."
    if lost := run.steps.filter(status="lost").first():
        return f"The outcome of “{lost.title}” is unknown: a person must settle it first."
    active = Run.objects.active().exclusive().filter(target_id=run.target_id).first()
    if active is not None:
        running = StepRun.objects.filter(run=active, status="running").first()
        doing = f"“{running.title}” is running" if running else f"it is {active.get_status_display().lower()}"
        return f"{active.what} is not over: {doing}."
    if run.status != Run.Status.SUCCEEDED:
        return f"{run.what} ended {run.get_status_display().lower()}: a person looks at that first."
    return "" if why_now(run, now) else "The service got better meanwhile."


def _level(run: Run) -> dict[str, Any]:
    levels = run.revision.compiled.get("levels", [])
    return next((level for level in levels if level["number"] == run.level), {})


def _changes_ahead(run: Run) -> bool:
    ahead = Q(status__in=["pending", "queued", "running", "waiting", "lost"])
    return any(step.changes_something or step.kind == "manual" for step in run.steps.filter(ahead, section="steps"))
