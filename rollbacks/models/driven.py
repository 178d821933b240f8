"""What a worker keeps on the run that it drives, from step to step: no columns."""

from typing import TYPE_CHECKING, Any

from timeline import statements

if TYPE_CHECKING:
    from rollbacks.models.step_run import StepRun

# What others may change while a worker drives a run; the rest of its row is written before it is queued.
MOVING = (
    "status", "token", "detail", "snapshot_hash", "started_at", "finished_at", "cancel_requested_at", "kill_requested",
    "pause_requested_at",
)  # fmt: skip


class Driven:
    """The part of a run's object that only `leases` and `flow` use."""

    proved_hash: str | None = None  # the hash that was compared with the snapshot that this object holds
    rows: "list[dict[str, Any]] | None" = None  # of that snapshot
    hands_free = False  # the worker that ends a step may take the next one at once
    opened: "StepRun | None" = None  # the step that `flow` opened for it
    taken: "StepRun | None" = None  # the step that it took

    def look_again(self) -> None:
        """Locks the run's row and reads what others may have changed."""
        model: Any = type(self)
        row = statements.select(model, MOVING, f"WHERE id = %s{statements.lock()}", [self.pk])  # type: ignore[attr-defined]
        if row is None:
            raise model.DoesNotExist("The run is gone.")
        for name, value in zip(MOVING, row, strict=True):
            setattr(self, name, value)
