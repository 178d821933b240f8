"""Hints for the workers. A task finds the row, calls a verb and returns; twice is harmless, and never is one scan late."""

import logging

log = logging.getLogger(__name__)


def hint(run_id: int, queue: str, expires: float = 60.0) -> bool:
    """Tells a worker of that queue to look at a run; False when the broker cannot be reached (the scan tells it again)."""
    return False


def hint_prepare(run_id: int, expires: float = 60.0) -> bool:
    """Tells a worker to prepare a run."""
    return False
