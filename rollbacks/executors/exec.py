"""One program with its arguments, split as a shell would split them, without any shell."""

import shlex
from typing import Any

from rollbacks.context import Outcome, Sink, Stop, Surroundings
from rollbacks.executors.shell import run_argv


def execute(step: dict[str, Any], around: Surroundings, sink: Sink, stop: Stop) -> Outcome:
    """Runs the step's one command in the target's root."""
    try:
        argv = shlex.split(str(step.get("body") or ""), comments=True)
    except ValueError as error:
        return Outcome("failed", detail=f"The command cannot be split into words: {error}.")
    if not argv:
        return Outcome("failed", detail="The step has no command.")
    return run_argv(argv, step, around, sink, stop)
