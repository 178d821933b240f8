"""What stands before a run, each reason by name: said on the confirm sheet before the click, and by the command
line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rollbacks.models import Run, Worker
from rollbacks.models.states import EXCLUSIVE, RunStatus, StepStatus
from timeline import domain_time
from timeline.doorbell import redis_is_up

State = Literal["ok", "warn", "stop"]


@dataclass(frozen=True)
class Reason:
    """One thing that was looked at. `stop`: the run cannot start; `warn`: it can, and this is what to know."""

    key: str
    state: State
    sentence: str
    run: Run | None = None  # the run that the sentence speaks of


def preflight(run: Run) -> list[Reason]:
    """Every reason for a draft, what stops it first."""
    found = [reason for look in LOOKS for reason in look(run)]
    order = {"stop": 0, "warn": 1, "ok": 2}
    return sorted(found, key=lambda reason: order[reason.state])


def may_start(reasons: list[Reason]) -> bool:
    return all(reason.state != "stop" for reason in reasons)


def state(run: Run) -> Iterator[Reason]:
    """A draft whose steps are rendered and complete."""
    if run.status not in (RunStatus.DRAFT, RunStatus.AWAITING_APPROVAL):
        yield Reason("state", "stop", f"This run is {run.get_status_display().lower()} already.", run)
    elif not run.prepared_at:
        yield Reason("prepared", "stop", "The steps are not rendered yet: the plan's reads are being asked.")
    for problem in run.problems:
        yield Reason("problem", "stop", problem)


def slot(run: Run) -> Iterator[Reason]:
    """One active run per service and environment."""
    if run.kind not in EXCLUSIVE:
        return
    others = (
        Run.objects.exclusive().active().filter(service=run.service, environment=run.environment).exclude(pk=run.pk)
    )
    other = others.first()
    if other is None:
        yield Reason("slot", "ok", f"No other run is active on {run.target}.")
    elif other.pk != run.supersedes_id:
        words = other.get_status_display().lower()
        yield Reason("slot", "stop", f"{other} is active ({words}). Stop it, or let this run take it over.", other)
    elif step := other.steps.filter(status__in=[StepStatus.RUNNING, StepStatus.LOST]).first():
        now = "is running" if step.status == StepStatus.RUNNING else "has an unknown outcome"
        yield Reason(
            "takeover", "stop", f"{other} cannot be taken over: {step} {now}. Stop it or settle it first.", other
        )
    else:
        yield Reason("takeover", "warn", f"{other} ends as taken over when this run starts.", other)


def revision(run: Run) -> Iterator[Reason]:
    """An approved text."""
    if why := run.revision.why_not:
        kind: State = "warn" if run.kind in ("undo", "evidence") else "stop"
        yield Reason("revision", kind, why)
    else:
        yield Reason("revision", "ok", f"Revision {run.revision.number} is approved.")
    if run.needs_second_person:
        yield Reason("second-person", "warn", "A second person must approve these exact steps before they run.")


def workers(run: Run) -> Iterator[Reason]:
    """Somebody who will do it: present, busy and absent are different words."""
    by_hand = f"manage.py rollback drive {run.pk} does it without one."
    serving = Worker.objects.serving(run.queue)
    if not redis_is_up():
        yield Reason("redis", "warn", f"Redis does not answer, so no worker can be told. {by_hand}")
    if not serving:
        yield Reason("worker", "warn", f"No worker listens to the queue {run.queue}: the run would wait. {by_hand}")
    elif all(worker.is_full for worker in serving):
        yield Reason(
            "worker", "warn", f"Every worker of the queue {run.queue} is busy: the run waits until one is free."
        )
    else:
        yield Reason("worker", "ok", f"A worker is ready on {', '.join(sorted({worker.host for worker in serving}))}.")


def evidence(run: Run) -> Iterator[Reason]:
    """What is gathered before the first step cannot be gathered after it."""
    if run.kind != "rollback" or not run.revision.compiled.get("evidence"):
        return
    gathered = Run.objects.filter(stream=run.stream, kind="evidence").order_by("-pk").first()
    if gathered is None:
        yield Reason("evidence", "warn", "No evidence was gathered. The rollback will change what could be seen now.")
    elif not gathered.is_over:
        yield Reason("evidence", "warn", "Evidence is still being gathered. It goes on beside the rollback.", gathered)
    else:
        yield Reason("evidence", "ok", "Evidence was gathered.", gathered)


def rehearsal(run: Run) -> Iterator[Reason]:
    """The last time this level was done here."""
    if run.level is None or run.kind not in ("rollback", "drill"):
        return
    done = Run.objects.filter(
        target=run.target, level=run.level, kind__in=["rollback", "drill"], status=RunStatus.SUCCEEDED
    )
    last = done.exclude(started_at=None).order_by("-finished_at").first()
    if last is None or last.started_at is None or last.finished_at is None:
        yield Reason("rehearsal", "warn", f"{run.level_name or run.what} was never done on {run.target}.")
        return
    seconds = (last.finished_at - last.started_at).total_seconds()
    days = (domain_time.now() - last.finished_at).days
    when = "today" if days <= 0 else f"{days} {'day' if days == 1 else 'days'} ago"
    yield Reason(
        "rehearsal", "ok", f"It was last done {when} and took {int(seconds // 60)}:{int(seconds % 60):02d}.", last
    )


LOOKS = (state, slot, revision, workers, evidence, rehearsal)
