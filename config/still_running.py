"""What would be cut off by a stop, one sentence each, from the database."""

from datetime import datetime

from django.utils import timezone

from rollbacks.models import Run, StepRun


def sentences(at: datetime | None = None) -> list[str]:
    """The steps at work now, then the runs that wait and go on after the next start."""
    at = at or timezone.now()
    working = StepRun.objects.filter(status=StepRun.Status.RUNNING).select_related("run__service", "run__environment")
    said = [_of_step(step, at) for step in working.order_by("run_id")]
    if said:
        said.append("Ctrl-C once more kills what runs: the outcome is then unknown, and a person has to settle it.")
    busy = {step.run_id for step in working}
    resting = Run.objects.active().exclude(pk__in=busy).select_related("service", "environment").order_by("pk")
    return [*said, *(f"{_named(run)} is not finished; it goes on after the next start." for run in resting)]


def _of_step(step: StepRun, at: datetime) -> str:
    since = int((at - step.started_at).total_seconds()) if step.started_at else 0
    return (
        f"Still running: {_named(step.run)}, step {step.number or step.position} “{step.title}”, for {since} s. "
        "The worker stops when this step has ended."
    )


def _named(run: Run) -> str:
    what = run.level_name or Run.Kind(run.kind).label
    return f"run {run.pk} ({what}) on {run.service} {run.environment}"
