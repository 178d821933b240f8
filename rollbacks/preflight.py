"""What stands before a run, each reason by name: said on the confirm sheet before the click, and by the command
line."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from rollbacks import callers, deploys
from rollbacks.hands import hands
from rollbacks.models import Refused, Run, Sample, approving
from rollbacks.models.states import EXCLUSIVE, RunStatus, StepStatus
from timeline import domain_time
from timeline.doorbell import redis_is_up

State = Literal["ok", "warn", "stop"]
MIB = 1024 * 1024
# Below the first a log or an atomic write of a file may fail half way; below the second a person should know.
NO_SPACE, LITTLE_SPACE = 16 * MIB, 512 * MIB
# What counts as "now" for the figures of the service.
LATELY = timedelta(seconds=60)


@dataclass(frozen=True)
class Reason:
    """One thing that was looked at. `stop`: the run cannot start; `warn`: it can, and this is what to know."""

    key: str
    state: State
    sentence: str
    run: Run | None = None  # the run that the sentence speaks of

    @property
    def blocks(self) -> bool:
        """True when the run cannot start because of it."""
        return self.state == "stop"


def preflight(run: Run) -> list[Reason]:
    """Every reason for a draft, what stops it first."""
    found = [reason for look in LOOKS for reason in look(run)]
    order = {"stop": 0, "warn": 1, "ok": 2}
    return sorted(found, key=lambda reason: order[reason.state])


def may_start(reasons: list[Reason]) -> bool:
    return not any(reason.blocks for reason in reasons)


def expect_unblocked(run: Run) -> None:
    """Raises Refused for a reason that the engine's verbs do not look at themselves."""
    for reason in space(run):
        if reason.blocks:
            raise Refused(reason.sentence)


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


def second_person(run: Run) -> Iterator[Reason]:
    """How many others must say yes, and who may go on alone when they do not."""
    if not run.needs_second_person:
        return
    left = approving.missing(run)
    if not left:
        yield Reason("second-person", "ok", "Enough people have approved these exact steps.")
        return
    first = left == 1 and run.target.approvals_needed <= 1
    who = "A second person" if first else approving.people(left).capitalize()
    at = approving.alone_from(run)
    alone = f" From {at:%H:%M:%S} on the incident manager may go on alone." if at else ""
    yield Reason("second-person", "warn", f"{who} must approve these exact steps before they run.{alone}")


def workers(run: Run) -> Iterator[Reason]:
    """Somebody who will do it: present, busy and absent are different words."""
    by_hand = f"manage.py rollback drive {run.pk} does it without one."
    there = [hand for hand in hands(run.queue) if hand.is_there]
    if not redis_is_up():
        yield Reason("redis", "warn", f"Redis does not answer, so no worker can be told. {by_hand}")
    if not there:
        yield Reason("worker", "warn", f"No worker listens to the queue {run.queue}: the run would wait. {by_hand}")
    elif all(hand.state == "busy" for hand in there):
        yield Reason(
            "worker", "warn", f"Every worker of the queue {run.queue} is busy: the run waits until one is free."
        )
    else:
        yield Reason("worker", "ok", f"A worker is ready on {', '.join(sorted({hand.host for hand in there}))}.")
    if other := [hand for hand in there if hand.is_other_version]:
        names = ", ".join(f"{hand.name} ({hand.version})" for hand in other)
        yield Reason(
            "worker-version", "warn", f"Other code than these pages' runs in {names}. Restart it when you can."
        )


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


def deploy(run: Run) -> Iterator[Reason]:
    """A deploy that goes on would put back what this run takes away."""
    if run.kind == "evidence":
        return
    mark = deploys.in_progress(run.target)
    if mark is not None:
        yield Reason("deploy", "warn", f"{mark.sentence} Stop it first, or it may undo this run.")


def space(run: Run) -> Iterator[Reason]:
    """The disks of the host where the commands run, as the worker saw them that rendered the steps."""
    seen = run.seen_there or {}
    for disk in seen.get("disks", []):
        left = f"{disk['free'] // MIB} MiB"
        if disk["free"] < NO_SPACE:
            yield Reason("disk", "stop", f"Only {left} are free for {disk['name']} on {seen['host']}. Make room first.")
        elif disk["free"] < LITTLE_SPACE:
            yield Reason("disk", "warn", f"Only {left} are free for {disk['name']} on {seen['host']}.")


def other_incidents(run: Run) -> Iterator[Reason]:
    """Two incidents of one service: two people might pull it in two directions."""
    for sentence in callers.others(run):
        yield Reason("other-incident", "warn", sentence)


def already_well(run: Run) -> Iterator[Reason]:
    """A rollback of a service that answers well is worth a second thought."""
    if run.kind != "rollback":
        return
    since = domain_time.now() - LATELY
    for signal in Sample.objects.filter(target=run.target, at__gte=since).values_list("signal", flat=True).distinct():
        lately = Sample.objects.of(run.target, signal).between(since, None)
        counts = lately.counts()
        if not counts.requests or counts.errors:
            return
        slowest = max((row.p95_ms for row in lately if row.p95_ms is not None), default=None)
        time = f", 95 % of them within {slowest:.0f} ms" if slowest is not None else ""
        yield Reason(
            "already-well",
            "warn",
            f"It answers well now: 0 {signal} in {counts.requests} requests of the last minute{time}. Are you sure?",
        )


LOOKS = (
    state,
    slot,
    revision,
    second_person,
    workers,
    deploy,
    space,
    other_incidents,
    already_well,
    evidence,
    rehearsal,
)
