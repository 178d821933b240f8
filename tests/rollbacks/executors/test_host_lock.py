"""One command at a time changes a service on a host, also where nothing shares a database."""

import fcntl
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from rollbacks import process
from rollbacks.context import Outcome, Surroundings
from rollbacks.executors import EXECUTORS, host_lock

SERVICE = "orders/api production"


@pytest.fixture
def lock(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lock's file, in a folder that the settings name."""
    settings.HOST_LOCKS = str(tmp_path)
    monkeypatch.setattr(host_lock, "WAIT_SECONDS", 0.3)
    place = host_lock.place_of(SERVICE)
    assert place is not None
    assert place.name == "firebreak-orders-api-production.lock"
    return place


def execute(root: Path, body: str, effect: str = "once") -> Outcome:
    around = Surroundings(root=root, service=SERVICE, marks={"FIREBREAK_TOKEN": f"lock.{os.getpid()}.1"})
    definition = {"kind": "shell", "body": body, "effect": effect, "timeout": 20.0, "ok": [0]}
    return EXECUTORS["shell"](definition, around, lambda stream, text: None, lambda: False)


def is_free(place: Path) -> bool:
    descriptor = os.open(place, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def test_a_second_command_is_refused_and_a_reading_one_is_not(tmp_path: Path, lock: Path) -> None:
    assert execute(tmp_path, "true").status == "succeeded"
    descriptor = os.open(lock, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    refused = execute(tmp_path, "touch made")
    assert refused.status == "failed"
    assert f"Another command is changing {SERVICE} on this host" in refused.detail
    assert not (tmp_path / "made").exists()
    assert execute(tmp_path, "true", effect="read").status == "succeeded"
    os.close(descriptor)
    assert execute(tmp_path, "touch made").status == "succeeded"
    assert is_free(lock)


def test_a_service_that_a_step_leaves_does_not_keep_the_lock(tmp_path: Path, lock: Path) -> None:
    outcome = execute(tmp_path, "setsid sleep 300 >/dev/null 2>&1 & sleep 0.2")
    assert outcome.status == "succeeded"
    assert is_free(lock)
    for left in outcome.data["left"]:
        os.kill(left["pid"], signal.SIGKILL)


def test_the_lock_of_a_killed_worker_is_free_when_its_command_is_gone(tmp_path: Path, lock: Path) -> None:
    pids = tmp_path / "pids"
    worker = os.fork()
    if worker == 0:  # a worker, from here on: it must never return into the tests
        try:
            execute(tmp_path, f"sleep 300 & echo $$ $! > {pids}.new; mv {pids}.new {pids}; wait")
        finally:
            os._exit(0)
    deadline = time.monotonic() + 20
    while not pids.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    leader, child = (int(word) for word in pids.read_text().split())
    assert not is_free(lock)
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    while not is_free(lock) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert is_free(lock)
    alive = [pid for pid in (leader, child) if (fields := process.stat_fields(pid)) and fields[0] not in ("Z", "X")]
    assert alive == []


def test_without_a_folder_there_are_no_locks(tmp_path: Path, settings: Any) -> None:
    settings.HOST_LOCKS = ""
    assert host_lock.place_of(SERVICE) is None
    assert execute(tmp_path, "true").status == "succeeded"


def test_a_folder_that_is_not_there_starts_nothing(tmp_path: Path, settings: Any) -> None:
    settings.HOST_LOCKS = str(tmp_path / "missing")
    assert "cannot be opened" in execute(tmp_path, "touch made").detail
    assert not (tmp_path / "made").exists()
