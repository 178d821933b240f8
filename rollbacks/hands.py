"""The workers of a queue as pages show them before a click: who they are, whether they are free, when they last spoke."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from rollbacks.models import Worker
from rollbacks.models.worker import SILENT_AFTER
from rollbacks.version import VERSION

State = Literal["ready", "busy", "ending", "silent"]
WORDS: dict[State, str] = {
    "ready": "Ready",
    "busy": "Busy",
    "ending": "Stopping",
    "silent": "No sign of life",
}
ORDER: tuple[State, ...] = ("ready", "busy", "ending", "silent")


@dataclass(frozen=True)
class Hand:
    """One worker that listens, or lately listened, to the queue."""

    name: str
    host: str
    version: str
    state: State
    busy: int
    slots: int
    last_beat: datetime  # by the database's clock

    @property
    def word(self) -> str:
        return WORDS[self.state]

    @property
    def is_there(self) -> bool:
        """True when a run would be done by it, now or as soon as it is free."""
        return self.state in ("ready", "busy")

    @property
    def is_other_version(self) -> bool:
        """True when it runs other code than this process."""
        return bool(self.version) and self.version != VERSION


def hands(queue: str) -> list[Hand]:
    """Those that serve the queue, the ready ones first, then the busy, the stopping and the silent (for a day). One query."""
    late = models.ExpressionWrapper(Q(last_beat__lte=Now() - SILENT_AFTER), output_field=models.BooleanField())
    found = [_hand(worker) for worker in Worker.objects.annotate(is_silent=late) if queue in worker.queues]
    return sorted(found, key=lambda hand: (ORDER.index(hand.state), hand.name))


def _hand(worker: Worker) -> Hand:
    return Hand(
        name=worker.name,
        host=worker.host,
        version=worker.version,
        state=_state(worker),
        busy=worker.busy,
        slots=worker.slots,
        last_beat=worker.last_beat,
    )


def _state(worker: Worker) -> State:
    if worker.is_silent:  # type: ignore[attr-defined]
        return "silent"
    if worker.stopping:
        return "ending"
    return "busy" if worker.is_full else "ready"
