"""Tasks of the proof: drive a load, take a look. A task finds the row, calls a verb and returns; twice is harmless."""

import os
import socket
import time
from datetime import datetime

from celery import shared_task

from rollbacks import detection, detection_process, escalation, heartbeats, retention, sampling, watch
from rollbacks.models import Target, Watch
from rollbacks.models.target import DEFAULT_QUEUE
from timeline import domain_time
from timeline.hints import put

FORGET_EVERY = 3600.0  # seconds
FORGOTTEN = {"at": 0.0}
HINT_SECONDS = 20  # an older hint is worth nothing: the scan has sent another one


def worker_stops() -> bool:
    """True when this worker was asked to end: a turn stops between two requests."""
    from celery.worker import state as worker_state  # only a worker has loaded it

    return worker_state.should_stop is not None or worker_state.should_terminate is not None


@shared_task(name="rollbacks.probe")
def probe(sampling_id: int) -> None:
    """One turn of a labelled load, then a hint for the next."""
    if sampling.drive(sampling_id, owner=f"{socket.gethostname()}:{os.getpid()}", stopping=worker_stops):
        hint_probe(sampling_id)


def hint_probe(sampling_id: int) -> bool:
    """Asks a worker to drive a load; False when the broker cannot be reached (the scan asks again)."""
    return put(probe, sampling_id, what="Load", queue="probe", expires=HINT_SECONDS)


@shared_task(name="rollbacks.beat")
def beat(target_id: int) -> None:
    """One beat of a target's slow heartbeat."""
    heartbeats.beat(target_id, stopping=worker_stops)


def hint_beat(target_id: int) -> bool:
    """Asks a worker for the beat that is due; the scan asks again until it was taken."""
    return put(beat, target_id, what="The heartbeat of target", queue="probe", expires=HINT_SECONDS)


@shared_task(name="rollbacks.look")
def look(watch_id: int) -> None:
    """Takes the due look of a watch."""
    watch.look_at(watch_id)


def queue_of(watch_id: int) -> str:
    """Where a look is taken: a target with a queue of its own has its logs and processes on that worker's host."""
    queue = Watch.objects.filter(pk=watch_id).values_list("target__queue", flat=True).first() or DEFAULT_QUEUE
    return "probe" if queue == DEFAULT_QUEUE else str(queue)


def hint_look(watch_id: int) -> bool:
    """Asks a worker to take a look; the scan asks again until it was taken."""
    return put(look, watch_id, what="Watch", queue=queue_of(watch_id), expires=HINT_SECONDS)


@shared_task(name="rollbacks.read_process")
def read_process(target_id: int) -> None:
    """Reads the main process of a target, for memory and restarts."""
    target = Target.objects.select_related("service", "environment", "plan").filter(pk=target_id).first()
    if target is not None:
        detection_process.read(target)


def hint_process(target_id: int) -> bool:
    """Asks a worker to read a process; the next scan asks again."""
    return put(read_process, target_id, what="The process of target", queue="probe", expires=HINT_SECONDS)


def detect(now: datetime) -> None:
    """A round of the detection, and readings of the processes that it asks for."""
    detection.look_everywhere(now)
    for target_id in detection_process.due(detection.watched_targets(now), now):
        hint_process(target_id)


def scan_proof() -> None:
    """Called by `rollbacks.scan`: whatever should be measured and is not."""
    now = domain_time.now()
    sampling.end_overdue(now)
    for sampling_id in sampling.undriven(now):
        hint_probe(sampling_id)
    for watch_id in watch.take_looks(now):
        hint_look(watch_id)
    watch.cross_promises(now)
    for target_id in heartbeats.due(now):
        hint_beat(target_id)
    escalation.offer_due(now)
    escalation.begin_due(now)
    detect(now)
    forget_old_samples()


def forget_old_samples() -> None:
    """Once in an hour of this process."""
    if time.monotonic() - FORGOTTEN["at"] > FORGET_EVERY:
        FORGOTTEN["at"] = time.monotonic()
        retention.forget_old(domain_time.now())
