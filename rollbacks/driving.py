"""Finishes a run from a terminal, with no broker and no worker: an emergency tool must work in the emergency."""

import os
import time
from collections.abc import Callable, Iterator

from rollbacks import process, runner, sampling, tasks, watch
from rollbacks.models import Run, Sampling, StepRun, Watch
from rollbacks.models.states import RunStatus
from rollbacks.preflight import workers
from timeline import domain_time
from timeline.models import Event
from timeline.tasks import announce

LOOK_SECONDS = 0.5
LOAD_SECONDS = 5.0  # one turn of the load between two looks around
HELP = {
    RunStatus.DRAFT: "It is a draft. Start it: manage.py rollback start {run} --by NAME",
    RunStatus.AWAITING_APPROVAL: "It waits for a second person: manage.py rollback approve {run} --by NAME",
    RunStatus.PAUSED: "It is paused. manage.py rollback retry|skip|resume|cancel {run} --by NAME",
    RunStatus.NEEDS_OPERATOR: (
        "Settle the unknown outcome: "
        "manage.py rollback settle {run} --as succeeded|failed|skipped|again --reason WHY --by NAME"
    ),
    RunStatus.WAITING: "It waits for you: manage.py rollback approve {run} --by NAME",
}


def drive(run: Run, say: Callable[[str], None], *, wait: bool = False) -> bool:
    """Does what can be done until the run is over (True) or needs a person (False; with `wait` it waits for that
    person)."""
    owner = f"drive@{process.host_name()}:{os.getpid()}"
    told: dict[int, str] = {}
    asked = ""
    while True:
        runner.advance(run.pk, owner=owner)
        look_around(run)
        run.refresh_from_db()
        report(run, told, say)
        if run.is_over:
            return True
        if needs_person(run):
            words = HELP.get(RunStatus(run.status), "").format(run=run.pk)
            if words != asked:
                say(words)
                asked = words
            if not wait:
                return False
        time.sleep(LOOK_SECONDS)


def look_around(run: Run) -> None:
    """What beat and the other workers would do: leases, waits, looks of the watch, the load, followers of this run's
    events."""
    runner.reap()
    tasks.wake()
    tasks.expire()
    for step in run.steps.filter(status=StepRun.Status.LOST).select_related("run"):
        runner.look_after(step)
    now = domain_time.now()
    for watch_id in watch.take_looks(now):
        watch.look_at(watch_id)
    lost = Event.objects.filter(stream=run.stream, announced_at=None).order_by("seq")
    for event_id in lost.values_list("pk", flat=True):
        announce(event_id)


def stay_with_watch(run: Run, say: Callable[[str], None]) -> None:
    """Drives the load and takes the looks until the run's watch ends."""
    owner = f"drive@{process.host_name()}:{os.getpid()}"
    said = 0
    while opened := Watch.objects.filter(run=run).first():
        look_around(run)
        for verdict in opened.verdicts.order_by("pk")[said:]:
            said += 1
            say(f"{verdict.get_verdict_display()}: {verdict.reason}")
        if opened.status != Watch.Status.OPEN:
            return
        for one in Sampling.objects.filter(stream=run.stream, active=True):
            sampling.drive(one.pk, owner=owner, seconds=LOAD_SECONDS)
        time.sleep(LOOK_SECONDS)


def needs_person(run: Run) -> bool:
    """True when neither this process nor time brings the run on."""
    return run.status in HELP and run.waiting_until is None


def what_next(run: Run) -> Iterator[str]:
    """What a person in a terminal needs for the next word: an unknown outcome as its page shows it, a queue where nobody
    listens, the command."""
    for step in run.steps.filter(status=StepRun.Status.LOST).order_by("position"):
        yield from about_lost(step)
    if run.status == RunStatus.QUEUED:
        yield from (reason.sentence for reason in workers(run) if reason.state != "ok")
    if run.status != RunStatus.DRAFT and needs_person(run):
        yield HELP[RunStatus(run.status)].format(run=run.pk)


def about_lost(step: StepRun) -> Iterator[str]:
    """What its verify says, what of it still lives, and how the engine would settle it."""
    answer = step.verify_answer
    if answer is None:
        yield f"{step}: nobody has looked after it yet. Ask again in a few seconds."
        return
    yield f"{step}: {answer['sentence']}"
    for one in answer["processes"]:
        yield f"Still lives on {answer['host']}: {one['pid']} {one['command']}"
    proposed = f"Proposed: --as {answer['proposal']}. " if answer["proposal"] else ""
    yield f"{proposed}{answer['because']}"


def report(run: Run, told: dict[int, str], say: Callable[[str], None]) -> None:
    """Says each step's change once."""
    for step in run.steps.order_by("position"):
        if step.status != "pending" and told.get(step.pk) != step.status:
            told[step.pk] = step.status
            words = f"{step.number} {step.title}: {step.get_status_display()}. {step.detail or step.skipped_reason}"
            say(words.strip())
