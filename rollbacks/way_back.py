"""The run that takes another one back, or one step of it: one draft, however often it is asked for."""

from typing import Any

from rollbacks.models import Run


def way_back(found: Run, *, by: Any, **undone: Any) -> tuple[Run, bool]:
    """The draft that takes back `undoes=` a run or `undoes_step=` one step of it, and whether it is new.

    A draft that waits already serves again. Raises Refused when there is nothing to take back.
    """
    waiting = Run.objects.filter(status="draft", **undone).order_by("-pk").first()
    if waiting is not None:
        return waiting, False
    drafted = Run.draft(target=found.target, revision=found.revision, kind="undo", stream=found.stream, by=by, **undone)
    return drafted, True
