"""One changing command at a time for a service on this host: a file lock, where FIREBREAK_HOST_LOCKS names a folder.

The lease keeps two workers of one installation apart. This keeps apart what shares no database: two installations, or
a command that outlives its worker. The guard of a command holds the lock too, so that it is free only when the
command's group is gone.
"""

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from rollbacks.context import Stop

WAIT_SECONDS = 5.0
LOOK_SECONDS = 0.1


class Locked(Exception):
    """Somebody else changes this service on this host; the message is a sentence."""


def place_of(service: str) -> Path | None:
    """The lock's file; None where no folder is set."""
    if not settings.HOST_LOCKS or not service:
        return None
    return Path(settings.HOST_LOCKS) / f"firebreak-{re.sub(r'[^A-Za-z0-9._-]+', '-', service)}.lock"


@contextlib.contextmanager
def held(service: str, stop: Stop) -> Iterator[int | None]:
    """The lock's descriptor while the block runs; None where locks are not used. Raises Locked."""
    place = place_of(service)
    if place is None:
        yield None
        return
    try:
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise Locked(f"The lock {place} cannot be opened: {error.strerror}. Nothing was started.") from error
    try:
        take(descriptor, place, service, stop)
        yield descriptor
    finally:
        os.close(descriptor)


def take(descriptor: int, place: Path, service: str, stop: Stop) -> None:
    ends = time.monotonic() + WAIT_SECONDS
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if stop() or time.monotonic() > ends:
            raise Locked(f"Another command is changing {service} on this host (it holds {place}). Nothing was started.")
        time.sleep(LOOK_SECONDS)
