"""Hints to the workers: a message that says only "look at this row". One that is lost costs a scan, nothing else."""

import logging
from typing import Any

log = logging.getLogger(__name__)


def put(task: Any, *row_ids: int, what: str, expires: float, **where: Any) -> bool:
    """Puts a task with ids of rows on its queue (or on `queue=`), for `expires` seconds.

    False when the broker cannot be reached: the log says that `what` waits, and the scan sends the hint again.
    """
    try:
        task.apply_async(args=row_ids, expires=expires, **where)
    except Exception as error:  # kombu raises many kinds when the broker goes away
        log.warning("%s %s waits for the next scan: %s", what, ", ".join(map(str, row_ids)), error)
        return False
    return True
