"""What earlier runs and drills of a level took on a target: the promise measured."""

from dataclasses import dataclass
from datetime import datetime

from rollbacks.models import Run, Target
from timeline import domain_time


@dataclass(frozen=True)
class Rehearsals:
    """Past runs of one level on one target; all lengths in seconds."""

    count: int
    last_at: datetime | None = None
    last_seconds: float | None = None
    shortest: float | None = None
    longest: float | None = None

    @property
    def days_ago(self) -> int | None:
        return (domain_time.now() - self.last_at).days if self.last_at else None


def rehearsals(target: Target, level: int | None, *, before: Run | None = None) -> Rehearsals:
    """Runs and drills that did all of their steps, up to the recovery where one was proved. One query."""
    done = Run.objects.filter(
        target=target, level=level, kind__in=("rollback", "drill"), status="succeeded", started_at__isnull=False
    )
    if before is not None:
        done = done.exclude(pk=before.pk)
    ends = done.order_by("-finished_at").values_list("started_at", "finished_at", "watch__recovered_at")[:50]
    times = [(end, ((good or end) - start).total_seconds()) for start, end, good in ends if start and end]
    if level is None or not times:
        return Rehearsals(0)
    lengths = [length for _end, length in times]
    return Rehearsals(len(times), times[0][0], times[0][1], min(lengths), max(lengths))
