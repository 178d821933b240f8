"""What every Celery worker of ours has besides Celery's own parts.

- `--beat-thread`: the beat table runs in a thread of this worker. `-B` would fork 46 MiB for a small loop.
- A pool of threads wakes the worker's loop when a task ends. Without it a worker that takes only what it can start looks
  for the next message at its next timer, up to a second later (https://github.com/celery/celery/issues/6941).
- The pool's processes die with their worker: without it they finish a task for a worker that is gone.
- A worker that is told to stop says which runs it still works on.
"""

import gc
import logging
import os
import sys
import threading
from typing import Any

from celery import Celery, bootsteps
from celery.concurrency.thread import TaskPool
from celery.signals import worker_init, worker_process_init, worker_shutting_down
from click import Option

log = logging.getLogger("config.worker")
PR_SET_PDEATHSIG = 1
SIGKILL = 9


def install(app: Celery) -> None:
    """Adds the option and the steps to the application."""
    app.user_options["worker"].add(
        Option(("--beat-thread",), is_flag=True, help="Run the beat table in a thread of this worker.")
    )
    app.steps["worker"].add(BeatThread)
    app.steps["worker"].add(WakeWhenFree)


class BeatThread(bootsteps.StartStopStep):
    """Starts and stops Celery's own threaded beat with the worker."""

    def __init__(self, parent: Any, beat_thread: bool = False, **options: Any) -> None:
        super().__init__(parent, **options)
        self.enabled = beat_thread
        self.beat: Any = None

    def start(self, parent: Any) -> None:
        """Two beats do no harm: every task of the table may run twice."""
        from celery.beat import EmbeddedService

        self.beat = EmbeddedService(parent.app, thread=True, scheduler_cls=parent.app.conf.beat_scheduler)
        self.beat.start()

    def stop(self, parent: Any) -> None:
        """Waits for at most a second: the loop wakes once a second."""
        if self.beat is not None:
            self.beat.stop()


class WakeWhenFree(bootsteps.StartStopStep):
    """The loop takes the next message as soon as a thread is free, not at its next timer."""

    requires = ("celery.worker.components:Hub", "celery.worker.components:Pool")

    def create(self, parent: Any) -> None:
        """Pools of processes need nothing: their results arrive in the loop."""
        if isinstance(parent.pool, TaskPool) and parent.hub is not None:
            wake_when_free(parent.pool, parent.hub)


def wake_when_free(pool: TaskPool, hub: Any) -> None:
    """From now on each end of a task in one of the pool's threads wakes the hub's loop once."""
    apply = pool.on_apply

    def on_apply(*args: Any, **options: Any) -> Any:
        result = apply(*args, **options)
        # The future is done after Celery has taken the task off its list.
        result.f.add_done_callback(lambda _done: hub.call_soon(_look_again))
        return result

    pool.on_apply = on_apply  # type: ignore[method-assign]


def _look_again() -> None:
    """The wake-up itself is the work."""


@worker_init.connect
def _settle_memory(**_: Any) -> None:
    # What is imported by now lives for ever; left out of collections it stays shared with the pool's processes.
    gc.collect()
    gc.freeze()


@worker_process_init.connect
def _die_with_the_worker(**_: Any) -> None:
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL)
    if os.getppid() == 1:  # the worker died before the line above
        os._exit(1)


@worker_shutting_down.connect
def _say_what_still_runs(**_: Any) -> None:
    # A thread of its own: this is called from a signal handler, and a locked database must not hold up the stop.
    threading.Thread(target=_report_runs, daemon=True).start()


def _report_runs() -> None:
    from config.still_running import sentences

    try:
        for sentence in sentences():
            log.warning("%s", sentence)
    except Exception:
        log.exception("What still runs could not be read; the worker stops after its step all the same.")
