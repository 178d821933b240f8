"""A pool of threads wakes the worker's loop when a task ends; tests/faults sees it with whole workers."""

import threading

from celery.concurrency.thread import TaskPool

from config.worker_parts import wake_when_free


class Loop:
    """What a worker's loop is asked for."""

    def __init__(self, said: list[str]) -> None:
        self.said, self.woken = said, threading.Event()

    def call_soon(self, callback: object) -> None:
        self.said.append("woken")
        self.woken.set()


def test_the_loop_is_woken_after_the_task_was_taken_off_the_list() -> None:
    said: list[str] = []
    loop, pool = Loop(said), TaskPool(limit=1)
    wake_when_free(pool, loop)
    try:
        # Celery's `callback` is what takes the task off the list of those that hold a thread.
        pool.on_apply(
            lambda: said.append("done"), (), {}, lambda _: said.append("off"), lambda *_: said.append("taken")
        )
        assert loop.woken.wait(10), said
    finally:
        pool.on_stop()
    assert said == ["taken", "done", "off", "woken"]
