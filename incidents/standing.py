"""Services as they stand now: rolled back since when, and the last good word about each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, OuterRef, Subquery

from rollbacks.models import Run, Sample, Target


@dataclass(frozen=True)
class Standing:
    """One target on the front page."""

    target: Target
    run: Run | None = None  # the rollback that is still in force
    last_good_at: datetime | None = None

    @property
    def is_rolled_back(self) -> bool:
        return self.run is not None


def standings() -> list[Standing]:
    """Every target, those that run rolled back first; three queries whatever their number."""
    targets = list(
        Target.objects.select_related("service", "environment").order_by("service__name", "environment__name")
    )
    back = _restored()
    rolled: dict[int, Run] = {}
    # A drill leaves the service rolled back as well, until its undo or a restore.
    done = Run.objects.filter(kind__in=("rollback", "drill"), status__in=("succeeded", "superseded")).exclude(
        undone_by__status="succeeded"
    )
    for run in done.select_related("requested_by", "stream").defer("snapshot").order_by("pk"):
        if run.pk > back.get(run.target_id, 0):
            rolled[run.target_id] = run
    good = _last_good()
    found = [Standing(target, rolled.get(target.pk), good.get(target.pk)) for target in targets]
    return sorted(found, key=lambda standing: not standing.is_rolled_back)


def _restored() -> dict[int, int]:
    rows = (
        Run.objects.filter(kind="restore", status="succeeded").values("target_id").annotate(last=Max("pk")).order_by()
    )
    return {row["target_id"]: row["last"] for row in rows}


def _last_good() -> dict[int, Any]:
    """When a sample of each target was last free of errors: the newest one only, however many there are."""
    good = Sample.objects.filter(target=OuterRef("pk"), errors=0, requests__gt=0).order_by("-at").values("at")[:1]
    return dict(Target.objects.annotate(good_at=Subquery(good)).order_by().values_list("pk", "good_at"))
