"""How many requests were answered, and how many with errors, in each of the last sixty seconds."""

import threading
import time
from collections import deque

SECONDS = 60


class Counts:
    """One bucket a second; labelled load is counted like everybody else's and once more apart."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: deque[list[int]] = deque()  # [second, requests, errors, labelled]

    def add(self, *, error: bool, labelled: bool, at: float | None = None) -> None:
        """Counts one answered query."""
        second = int(time.monotonic() if at is None else at)
        with self._lock:
            if not self._buckets or self._buckets[-1][0] != second:
                self._buckets.append([second, 0, 0, 0])
            bucket = self._buckets[-1]
            bucket[1] += 1
            bucket[2] += error
            bucket[3] += labelled
            while self._buckets[0][0] < second - SECONDS:
                self._buckets.popleft()

    def last(self, seconds: int, at: float | None = None) -> dict[str, int]:
        """Requests, errors and labelled requests of the last whole seconds (at most 60)."""
        since = int(time.monotonic() if at is None else at) - seconds
        with self._lock:
            rows = [bucket for bucket in self._buckets if bucket[0] > since]
        return {
            "seconds": seconds,
            "requests": sum(row[1] for row in rows),
            "errors": sum(row[2] for row in rows),
            "labelled": sum(row[3] for row in rows),
        }
