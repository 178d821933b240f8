"""`installation`: real workers, a real broker and a real database for tests that kill, stop and cut them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.installation import Installation, running_installation


@pytest.fixture(scope="session")
def standing_installation(django_db_blocker: Any) -> Iterator[Installation]:
    """Made once: database, folder and Redis. Each test starts the workers that it needs."""
    with django_db_blocker.unblock(), running_installation() as installation:
        yield installation


@pytest.fixture
def installation(standing_installation: Installation) -> Iterator[Installation]:
    """The installation with Redis up and no worker."""
    if not standing_installation.redis_answers():
        standing_installation.start_redis()
    yield standing_installation
    standing_installation.end_workers()
    from rollbacks.models import Worker

    Worker.objects.all().delete()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A target's root."""
    return tmp_path
