"""Hints for the workers.

A task finds the row, calls a verb and returns; twice is harmless, and never is one scan late.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from celery import shared_task
from celery.worker import state
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

# connection, proof_tasks and heartbeat: imported so that every worker knows their tasks and says that it lives.
from rollbacks import connection, heartbeat, process, proof_tasks, runner
from rollbacks.models import Refused, Run, StepRun, Worker
from rollbacks.models.states import RunStatus, StepStatus
from timeline import domain_time, statements
from timeline.doorbell import redis_is_up
from timeline.hints import put
from timeline.models import Event

__all__ = ["advance", "connection", "heartbeat", "hint", "hint_prepare", "look_after", "prepare", "proof_tasks", "scan"]

log = logging.getLogger(__name__)
# A run keeps its place in a full queue that long; after that its newest hint counts.
FIRST_EXPIRES = 600.0
LONGEST_NUDGE = 60  # seconds
# A run may last longer than the hard time limit of one task, which would kill a step in the middle: a task begins no
# further step after this time and passes the run on. Shorter turns would let a waiting run begin sooner, and one that has
# begun, whose promise counts, wait half done: with four runs of 12 s on two slots a turn of 2 s makes them last 22 s.
TURN_SECONDS = 60.0


def send(task: Any, run_id: int, *, queue: str, expires: float) -> bool:
    """Puts a task with one id on a queue; False when the broker cannot be reached (the scan sends it again)."""
    # Asked first: half a second, where a broker that swallows packets would hold a page for ten.
    return redis_is_up() and put(task, run_id, what=task.name, queue=queue, expires=expires)


def hint(run_id: int, queue: str, expires: float = FIRST_EXPIRES) -> bool:
    """Tells a worker of that queue to look at a run."""
    return send(advance, run_id, queue=queue, expires=expires)


def hint_prepare(run_id: int, queue: str, expires: float = FIRST_EXPIRES) -> bool:
    """Tells a worker to prepare a run. It must not wait behind a long step: see `Run.preparing_queue`."""
    return send(prepare, run_id, queue=queue, expires=expires)


@shared_task(name="rollbacks.advance", bind=True)
def advance(self: Any, run_id: int) -> None:
    """Does the steps of a run that nobody has claimed."""
    if self.request.delivery_info and self.request.delivery_info.get("redelivered"):
        note_redelivery(run_id)
    arrived = str((self.request.delivery_info or {}).get("routing_key") or "")
    name = str(self.request.hostname or process.host_name())
    asked, ends = stopping(name), time.monotonic() + TURN_SECONDS
    runner.advance(run_id, owner=name, should_stop=lambda: time.monotonic() > ends or asked(), queue=arrived)
    if time.monotonic() > ends and not asked():
        hint(run_id, arrived or "rollback")


def note_redelivery(run_id: int) -> None:
    """A hint that Redis delivered twice is harmless, and worth a line: it tells of a visibility time-out that is too short."""
    run = Run.objects.filter(pk=run_id).select_related("service", "environment", "stream").first()
    if run is not None:
        Event.record(run.stream, "run.hint_redelivered", data=run.said())


def stopping(name: str) -> Callable[[], bool]:
    """True once a warm shutdown has begun: a pool's process learns it from its worker's row, within a second."""
    noted = runner.slowly(lambda: statements.exists(Worker, "WHERE name = %s AND stopping", [name]))
    return lambda: state.should_stop is not None or noted()


@shared_task(name="rollbacks.prepare")
def prepare(run_id: int) -> None:
    """Renders a draft's snapshot; a failure becomes its problem, in a sentence."""
    run = Run.objects.select_related("target", "revision", "undoes").filter(pk=run_id, status=RunStatus.DRAFT).first()
    if run is None or run.prepared_at:
        return
    try:
        run.prepare()
    except Refused as refusal:
        log.info("Run %s was not prepared: %s", run_id, refusal)
    except Exception as error:
        log.exception("Run %s could not be prepared.", run_id)
        # Said on the page; without it the scan would ask again for ever and the page would say "wait a moment".
        sentence = f"The steps could not be rendered: {type(error).__name__}: {error}. This is a mistake of Firebreak."
        drafts = Run.objects.filter(pk=run_id, status=RunStatus.DRAFT)
        drafts.update(problems=[sentence[:500]], prepared_at=domain_time.now())


@shared_task(name="rollbacks.look_after")
def look_after(step_id: int) -> None:
    """Asks a lost step's `verify` and looks for its processes."""
    step = StepRun.objects.select_related("run").filter(pk=step_id).first()
    if step is not None:
        runner.look_after(step)


@shared_task(name="rollbacks.scan", bind=True)
def scan(self: Any) -> None:
    """Everything that time brings. One part's failure does not stop the others; two scans at once do no harm."""
    if self.request.hostname:
        Worker.objects.filter(name=self.request.hostname).update(last_task_at=Now())
    scan_once()


def scan_once() -> None:
    """One round of the scan, also without a broker."""
    for part in (runner.reap, nudge, look_again, wake, expire, proof_tasks.scan_proof, forget_silent_workers):
        try:
            part()
        except Exception:
            log.exception("The scan's part %s failed; it is tried again.", part.__name__)


def nudge() -> int:
    """Sends the hints again that were lost: older than 5 s, then 10 s, … 60 s. Returns how many."""
    work = Q(status=RunStatus.QUEUED) | Q(
        status__in=[RunStatus.RUNNING, RunStatus.CANCELING], steps__status=StepStatus.QUEUED
    )
    preparing = Q(status=RunStatus.DRAFT, prepared_at=None) & ~Q(prepare_requested_at=None)
    sent = 0
    for run in Run.objects.filter(work | preparing).select_related("target").distinct():
        due = run.nudged_at is None or run.nudged_at + timedelta(seconds=run.nudge_seconds) <= timezone.now()
        mine = Run.objects.filter(pk=run.pk, nudged_at=run.nudged_at)
        if not due or not mine.update(
            nudged_at=timezone.now(), nudge_seconds=min(LONGEST_NUDGE, run.nudge_seconds * 2)
        ):
            continue
        seconds = float(run.nudge_seconds)
        sent += (
            hint_prepare(run.pk, run.preparing_queue, seconds)
            if run.status == RunStatus.DRAFT
            else hint(run.pk, run.queue, seconds)
        )
    return sent


def look_again() -> None:
    """Lost steps whose processes lived at the last look: a person waits for them to be gone."""
    for step in (
        StepRun.objects.filter(status=StepStatus.LOST).exclude(verify_answer__isnull=True).select_related("run")
    ):
        if runner.needs_look(step):
            send(look_after, step.pk, queue=step.run.queue, expires=10)


def wake() -> None:
    """Timed waits that are over."""
    for step in StepRun.objects.to_wake(domain_time.now()).select_related("run"):
        step.wake()


def expire() -> None:
    """Approvals nobody gave in time."""
    at = domain_time.now()
    for step in StepRun.objects.expired(at).select_related("run"):
        step.expire()
    for run in Run.objects.filter(status=RunStatus.AWAITING_APPROVAL, expires_at__lte=at):
        try:
            run.expire()
        except Refused:
            continue  # somebody approved it in this moment


def forget_silent_workers() -> int:
    """Rows of workers that were silent for a day are only noise."""
    return Worker.objects.filter(last_beat__lt=Now() - timedelta(days=1)).delete()[0]
