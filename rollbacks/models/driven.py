"""What a worker keeps on the run that it drives, from step to step: no columns."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from timeline import statements
from timeline.statements import Statement

if TYPE_CHECKING:
    from rollbacks.models.run import Run
    from rollbacks.models.step_run import StepRun

# What others may change while a worker drives a run; the rest of its row is written before it is queued.
MOVING = (
    "status", "token", "detail", "snapshot_hash", "started_at", "finished_at", "cancel_requested_at", "kill_requested",
    "pause_requested_at",
)  # fmt: skip
# What a run refers to for ever.
LENT = ("target", "service", "environment", "stream")


class Driven:
    """The part of a run's object that only `claims`, `leases` and `flow` use."""

    proved_hash: str | None = None  # the hash that was compared with the snapshot that this object holds
    rows: "list[dict[str, Any]] | None" = None  # of that snapshot
    hands_free = False  # the worker that ends a step may take the next one at once
    opened: "StepRun | None" = None  # the step that `flow` opened for it
    taken: "StepRun | None" = None  # the step that it took
    began_here = False  # by this worker, a moment ago: nothing was done before

    @property
    def knows_its_place(self) -> bool:
        """True when what it refers to was read with it."""
        return all(self._state.fields_cache.get(name) for name in LENT)  # type: ignore[attr-defined]

    def to_look_again(self) -> Statement:
        """Locks the run's row and reads what others may have changed: asked with something else, and then `seen_again`."""
        model: Any = type(self)
        return statements.to_select(model, MOVING, f"WHERE id = %s{statements.lock()}", [self.pk])  # type: ignore[attr-defined]

    def seen_again(self, row: Sequence[Any] | None) -> None:
        """Takes over what `to_look_again` found."""
        model: Any = type(self)
        if row is None:
            raise model.DoesNotExist("The run is gone.")
        for name, value in zip(MOVING, statements.read(model, MOVING, row), strict=True):
            setattr(self, name, value)


def to_lock(run_id: int) -> list[Statement]:
    """Locks a run and its stream, in this order, and reads them with what the run refers to; then `locked_with`."""
    from rollbacks.models import Run

    mine = [statements.to_find(Run, f"WHERE id = %s{statements.lock()}", [run_id])]
    for name in LENT:
        field = Run._meta.get_field(name)
        model: Any = field.related_model
        locked = statements.lock() if name == "stream" else ""
        rest = f'WHERE id = (SELECT "{field.column}" FROM rollbacks_run WHERE id = %s){locked}'  # type: ignore[union-attr]  # noqa: S608
        mine.append(statements.to_find(model, rest, [run_id]))
    return list(mine)


def locked_with(asked: Sequence[Any]) -> "Run | None":
    """The run of `to_lock` with what it refers to; None when it is gone."""
    run, *lent = (one.first for one in asked)
    for name, there in zip(LENT, lent, strict=True):
        if run is not None:
            setattr(run, name, there)
    return run
