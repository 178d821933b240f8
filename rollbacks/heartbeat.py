"""Each worker's main process says every few seconds that it lives, what it listens to and how busy it is."""

import logging
import os
import shutil
import threading
from typing import Any

from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
from celery.worker import state
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from rollbacks import process
from rollbacks.models import Worker
from rollbacks.version import VERSION

log = logging.getLogger(__name__)


class Heartbeat:
    """The timer of one worker."""

    def __init__(self, consumer: Any) -> None:
        self.name = str(consumer.hostname)
        pool = consumer.pool
        self._facts = {
            "host": process.host_name(),
            "boot_id": process.boot_id(),
            "pid": os.getpid(),
            "queues": sorted(consumer.app.amqp.queues.consume_from),
            "slots": int(getattr(pool, "num_processes", None) or getattr(pool, "limit", None) or 1),
            "version": VERSION,
        }
        self._wake = threading.Event()
        self._over = self._stopping = False
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stopping(self) -> None:
        """A warm shutdown has begun. Called from a signal handler: only marks it."""
        self._stopping = True
        self._wake.set()

    def end(self) -> None:
        """The worker is gone: pages say so at once, not after half a minute."""
        self._over = True
        self._wake.set()
        self._thread.join(timeout=3)

    def _run(self) -> None:
        while not self._over:
            self._safely(self._beat)
            self._wake.wait(settings.LEASE_RENEW_SECONDS)
            self._wake.clear()
        self._safely(lambda: Worker.objects.filter(name=self.name, pid=os.getpid()).delete())
        connection.close()

    def _beat(self) -> None:
        busy, free = len(state.active_requests), free_bytes()
        Worker.beat(self.name, **self._facts, busy=busy, free_bytes=free, stopping=self._stopping)

    def _safely(self, act: Any) -> None:
        try:
            act()
        except (DatabaseError, InterfaceError) as error:
            log.warning("%s could not say that it lives: %s", self.name, error)
            connection.close()


def free_bytes() -> int | None:
    """Left where this worker keeps its logs."""
    try:
        return shutil.disk_usage(settings.DATA_DIR).free
    except OSError:
        return None


HEARTS: list[Heartbeat] = []


@worker_ready.connect
def _begin(sender: Any = None, **_: Any) -> None:
    heart = Heartbeat(sender)
    HEARTS.append(heart)
    heart.start()
    tell_before_soft_shutdown(getattr(sender, "controller", None), heart)


def tell_before_soft_shutdown(worker: Any, heart: Heartbeat) -> None:
    """QUIT makes Celery sleep inside its signal handler first and announce the shutdown afterwards: until then a run
    would begin one step after the other, and the last of them would be killed."""
    wait = getattr(worker, "wait_for_soft_shutdown", None)
    if wait is None:
        return

    def tell_and_wait() -> Any:
        heart.stopping()
        return wait()

    worker.wait_for_soft_shutdown = tell_and_wait


@worker_shutting_down.connect
def _stopping(**_: Any) -> None:
    for heart in HEARTS:
        heart.stopping()


@worker_shutdown.connect
def _end(**_: Any) -> None:
    for heart in HEARTS:
        heart.end()
