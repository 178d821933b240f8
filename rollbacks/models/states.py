"""The states of runs and steps, and every move between them. The words are those of docs/glossary.md."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import models

from plans.models import Refused

if TYPE_CHECKING:
    from rollbacks.models.run import Run

__all__ = [
    "ACTIVE",
    "EXCLUSIVE",
    "RUN_MOVES",
    "STEP_MOVES",
    "Conflict",
    "Refused",
    "RunKind",
    "RunStatus",
    "StepStatus",
]


class Conflict(Refused):
    """Another run holds the slot of this service and environment; `run` is that run."""

    def __init__(self, sentence: str, run: "Run | None" = None) -> None:
        super().__init__(sentence)
        self.run = run


class RunKind(models.TextChoices):
    EVIDENCE = "evidence", "Evidence"
    ROLLBACK = "rollback", "Rollback"
    UNDO = "undo", "Undo"
    RESTORE = "restore", "Restore"
    DRILL = "drill", "Drill"
    # Shows a draft's commands and does only those that read: counts for nothing, takes no slot.
    DRY_RUN = "dry_run", "Dry run"


class RunStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    AWAITING_APPROVAL = "awaiting_approval", "Waiting for approval"
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting for you"
    PAUSED = "paused", "Paused"
    CANCELING = "canceling", "Stopping"
    NEEDS_OPERATOR = "needs_operator", "Outcome unknown"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Failed"
    TIMED_OUT = "timed_out", "Timed out"
    SUPERSEDED = "superseded", "Taken over"
    CANCELED = "canceled", "Stopped"
    REJECTED = "rejected", "Refused"
    EXPIRED = "expired", "Expired"


class StepStatus(models.TextChoices):
    PENDING = "pending", "Not started"
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting for you"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Failed"
    TIMED_OUT = "timed_out", "Timed out"
    CANCELED = "canceled", "Stopped"
    LOST = "lost", "Outcome unknown"
    REJECTED = "rejected", "Refused"
    EXPIRED = "expired", "Expired"
    SKIPPED = "skipped", "Skipped"


R, S = RunStatus, StepStatus

# Kinds that hold the slot of their service and environment; evidence never blocks a rollback.
EXCLUSIVE = (RunKind.ROLLBACK, RunKind.UNDO, RunKind.RESTORE, RunKind.DRILL)
# Kinds that only read: they never wait behind a rollback, nor it behind them.
BESIDE = (RunKind.EVIDENCE, RunKind.DRY_RUN)
# `one_active_run` counts these.
ACTIVE = (R.QUEUED, R.RUNNING, R.WAITING, R.PAUSED, R.CANCELING, R.NEEDS_OPERATOR)

_FROM_WORK = {R.WAITING, R.PAUSED, R.SUCCEEDED, R.FAILED, R.TIMED_OUT, R.SUPERSEDED, R.CANCELING, R.NEEDS_OPERATOR}
RUN_MOVES: Mapping[str, frozenset[str]] = {
    R.DRAFT: frozenset({R.AWAITING_APPROVAL, R.QUEUED, R.CANCELED}),
    R.AWAITING_APPROVAL: frozenset({R.QUEUED, R.REJECTED, R.EXPIRED, R.CANCELED}),
    R.QUEUED: frozenset({R.RUNNING, R.CANCELED, R.SUPERSEDED, R.NEEDS_OPERATOR}),
    R.RUNNING: frozenset(_FROM_WORK),
    R.WAITING: frozenset((_FROM_WORK - {R.WAITING}) | {R.RUNNING}),
    R.PAUSED: frozenset((_FROM_WORK - {R.PAUSED}) | {R.RUNNING}),
    R.CANCELING: frozenset({R.CANCELED, R.NEEDS_OPERATOR}),
    R.NEEDS_OPERATOR: frozenset({R.RUNNING, R.FAILED, R.CANCELING, R.SUPERSEDED}),
}
# Terminal runs have no row in RUN_MOVES; a database trigger keeps them as they are.
TERMINAL = tuple(status for status in R if status not in RUN_MOVES)

_SETTLED = {S.SUCCEEDED, S.FAILED, S.TIMED_OUT, S.CANCELED, S.LOST}
STEP_MOVES: Mapping[str, frozenset[str]] = {
    S.PENDING: frozenset({S.QUEUED, S.WAITING, S.SKIPPED}),
    S.QUEUED: frozenset({S.RUNNING, S.CANCELED, S.SKIPPED}),
    S.RUNNING: frozenset(_SETTLED),
    # An acting step that waited for its approval goes on to `queued`.
    S.WAITING: frozenset({S.QUEUED, S.SUCCEEDED, S.REJECTED, S.EXPIRED, S.CANCELED, S.SKIPPED}),
    # Only by a named person with a reason.
    S.LOST: frozenset({S.QUEUED, S.SUCCEEDED, S.FAILED, S.SKIPPED}),
    # While the run is open: the declared retries of a read or idempotent step, else a person.
    S.FAILED: frozenset({S.QUEUED, S.SKIPPED}),
    S.TIMED_OUT: frozenset({S.QUEUED, S.SKIPPED}),
    S.REJECTED: frozenset({S.WAITING, S.SKIPPED}),
    S.EXPIRED: frozenset({S.WAITING, S.SKIPPED}),
}
