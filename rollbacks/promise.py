"""The promise of a level: from the first command to the first good sample of the streak that a verdict confirms."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q

from plans.document.durations import spoken
from rollbacks.models import Run, Sample, StepRun, Watch
from rollbacks.statistics import THRESHOLD, streak_start
from rollbacks.watch_terms import thresholds


@dataclass(frozen=True)
class Promise:
    """The clock of a level at one moment, in seconds. It stands still while the service is good, proved or not."""

    promised: float | None
    elapsed: float | None  # None before the first command
    waited_for_people: float  # part of it; shown apart
    started_at: datetime | None
    good_since: datetime | None  # the candidate: a good stretch lasts until now, not proved yet
    recovered_at: datetime | None  # confirmed by a verdict
    is_over: bool  # confirmed, or the run and its watch have ended without
    crossed: bool
    disagreement: str = ""  # the level's own time and the matrix's, each with its line, where they differ

    @property
    def is_broken(self) -> bool:
        """True once more time was used than promised."""
        return self.crossed or bool(self.promised and self.elapsed is not None and self.elapsed > self.promised)

    @property
    def runs(self) -> bool:
        """True while the clock ticks."""
        return self.started_at is not None and not self.is_over and self.good_since is None

    @property
    def promised_at(self) -> datetime | None:
        """When the promised time is over."""
        if self.started_at is None or not self.promised:
            return None
        return self.started_at + timedelta(seconds=self.promised)


def promise_of(run: Run, now: datetime) -> Promise:
    """The promise's clock of a run."""
    watch = Watch.objects.filter(run=run).first() if run.started_at else None
    recovered_at = watch.recovered_at if watch else None
    ended = _ended_at(run, watch)
    good_since = None if recovered_at or ended else _candidate(run, watch, now)
    until = recovered_at or good_since or ended or now
    elapsed = max(0.0, (until - run.started_at).total_seconds()) if run.started_at else None
    return Promise(
        promised=run.promise_seconds,
        elapsed=elapsed,
        waited_for_people=_waited(run, until) if run.started_at else 0.0,
        started_at=run.started_at,
        good_since=good_since,
        recovered_at=recovered_at,
        is_over=bool(recovered_at or ended),
        crossed=run.promise_crossed_at is not None,
        disagreement=disagreement_of(run),
    )


def disagreement_of(run: Run) -> str:
    """ "Level 1 promises 1 min (line 54), the matrix 5 min (line 303): they disagree."; empty where they do not."""
    if not run.promise_seconds or not run.matrix_seconds or run.promise_seconds == run.matrix_seconds:
        return ""
    compiled = run.revision.compiled
    level: dict[str, Any] = next((one for one in compiled.get("levels", []) if one["number"] == run.level), {})
    rows = [row for row in compiled.get("matrix", []) if run.level in (row.get("levels") or [])]
    row: dict[str, Any] = next((row for row in rows if row.get("timeframe_seconds") == run.matrix_seconds), {})
    own = f"{spoken(run.promise_seconds)}{_line(level)}"
    return f"Level {run.level} promises {own}, the matrix {spoken(run.matrix_seconds)}{_line(row)}: they disagree."


def _line(part: dict[str, Any]) -> str:
    return f" (line {part['line']})" if part.get("line") else ""


def _candidate(run: Run, watch: Watch | None, now: datetime) -> datetime | None:
    """When it seems to have become good; None while changes are still to come."""
    if run.started_at is None or (watch is None and _has_changes_ahead(run)):
        return None
    return recovery_of(run, since=watch.armed_at if watch and watch.rearmed else None, until=now)


def changed_at(run: Run) -> datetime | None:
    """When the run's last changing step ended; a manual step counts, for a person may have changed anything."""
    done = run.steps.filter(section=StepRun.Section.STEPS).exclude(finished_at=None)
    ends = [step.finished_at for step in done if step.kind == "manual" or (step.changes_something and step.attempt)]
    return max((end for end in ends if end), default=None)


def newer_run(run: Run, *, until: datetime | None = None) -> Run | None:
    """The run that began to change the target after this one: then this one's effect cannot be measured any more.

    `until` asks as of a moment that is over, such as the end of an incident.
    """
    newer = Run.objects.exclusive().filter(target_id=run.target_id, pk__gt=run.pk, started_at__isnull=False)
    newer = newer.filter(started_at__lte=until) if until else newer
    return newer.order_by("-pk").first()


def recovery_of(run: Run, *, since: datetime | None = None, until: datetime | None = None) -> datetime | None:
    """When the good stretch began that lasts until now: never before the last change, for it cannot be its effect.

    A candidate until a verdict confirms it. `since` is a later moment before which nothing counts (a red look).
    """
    change = changed_at(run) or run.started_at
    if change is None or run.started_at is None:
        return None
    begins = []
    samples = Sample.objects.of(run.target_id).between(run.started_at, until)
    own = thresholds(run.revision.compiled.get("checks", []))
    for signal in samples.order_by().values_list("signal", flat=True).distinct():
        began = streak_start(samples.filter(signal=signal).buckets(), threshold=own.get(signal, THRESHOLD))
        if began is None:
            return None
        begins.append(datetime.fromtimestamp(began, UTC))
    if not begins:
        return None
    return max([change, *begins, *([since] if since else [])])


def cross_promises(now: datetime) -> list[int]:
    """Records, once a run, that the promised time has passed without a recovery that began in time."""
    counting = Q(status__in=[*_active()]) | Q(watch__status=Watch.Status.OPEN)
    late = Run.objects.filter(counting, promise_crossed_at=None, promise_seconds__gt=0, started_at__isnull=False)
    crossed = []
    for run in late.select_related("target", "service", "environment", "stream").distinct():
        deadline = (run.started_at or now) + timedelta(seconds=run.promise_seconds or 0)
        if deadline <= now and not _is_kept(run, deadline, now) and run.cross_promise():
            crossed.append(run.pk)
    return crossed


def _is_kept(run: Run, deadline: datetime, now: datetime) -> bool:
    """True while the good stretch that lasts until now began in time: a verdict may still confirm it."""
    watch = Watch.objects.filter(run=run).first()
    since = watch.recovered_at if watch and watch.recovered_at else _candidate(run, watch, now)
    return since is not None and since <= deadline


def _has_changes_ahead(run: Run) -> bool:
    ahead = run.steps.filter(
        section=StepRun.Section.STEPS, status__in=["pending", "queued", "running", "waiting", "lost"]
    )
    return any(step.changes_something or step.kind == "manual" for step in ahead)


def _ended_at(run: Run, watch: Watch | None) -> datetime | None:
    """When the clock stops without a recovery."""
    if watch is not None:
        return watch.ended_at
    return run.finished_at if run.is_over and run.status != Run.Status.SUCCEEDED else None


def _waited(run: Run, until: datetime) -> float:
    """Seconds that the run waited for people: manual and approval steps."""
    waits = run.steps.filter(kind__in=("manual", "approval")).exclude(started_at=None)
    total = timedelta()
    for began, ended in waits.values_list("started_at", "finished_at"):
        if began is not None:
            total += max(timedelta(), min(ended or until, until) - began)
    return total.total_seconds()


def _active() -> Any:
    from rollbacks.models.states import ACTIVE

    return ACTIVE
