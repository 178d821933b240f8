"""Logs that rotate while they are watched, and what a main process shows: memory, children, restarts."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rollbacks import probes
from rollbacks.context import Answer, Surroundings
from rollbacks.probes.log import time_of

pytestmark = pytest.mark.one_database
BAD = "Initializing schema registry"
CHANGE = time_of("2026-11-22T13:00:00Z") or 0.0


def ask(root: Path, since: float | None = CHANGE, **step: Any) -> Answer:
    return probes.ask({"kind": "check", "timeout": 5.0, **step}, Surroundings(root, since=since), patient=False)


def absent(root: Path) -> Answer:
    return ask(root, log="app.log", pattern=BAD, count="== 0")


def write(path: Path, text: str, at: float) -> None:
    path.write_text(text)
    os.utime(path, (at, at))


def test_a_log_that_was_rotated_is_read_with_the_one_before_it(tmp_path: Path) -> None:
    start = "=== start 2026-11-22T13:00:00Z\n"
    write(tmp_path / "app.log", "2026-11-22T13:10:00Z served\n", CHANGE + 700)
    write(tmp_path / "app.log.1", f"{start}2026-11-22T13:00:01Z {BAD}\nserved\n", CHANGE + 600)
    assert absent(tmp_path).result == "fail"
    write(tmp_path / "app.log.1", f"{BAD}\n{start}2026-11-22T13:00:01Z ready\n", CHANGE + 600)
    assert absent(tmp_path).result == "pass"


def test_without_a_start_line_the_times_lead_through_both_files(tmp_path: Path) -> None:
    write(tmp_path / "app.log", "2026-11-22T13:10:00Z served\n", CHANGE + 700)
    write(tmp_path / "app-20261122.log", f"2026-11-22T13:00:02Z {BAD}\n", CHANGE + 600)
    assert absent(tmp_path).result == "fail"
    write(tmp_path / "app-20261122.log", f"2026-11-22T12:59:00Z {BAD}\n", CHANGE + 600)
    assert absent(tmp_path).result == "pass"


def test_what_was_rotated_before_the_change_does_not_matter(tmp_path: Path) -> None:
    write(tmp_path / "app.log", "2026-11-22T13:10:00Z served\n", CHANGE + 700)
    write(tmp_path / "app.log.1", f"2026-11-22T12:00:02Z {BAD}\n", CHANGE - 600)
    write(tmp_path / "app.log.2.gz", "packed", CHANGE - 9000)
    assert absent(tmp_path).result == "pass"


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["app.log.1.gz"], "what stood in it before is packed in app.log.1.gz"),
        (["app.log.1", "app.log.2"], "more than once: app.log.1, app.log.2"),
    ],
)
def test_what_cannot_be_read_back_cannot_tell(tmp_path: Path, names: list[str], says: str) -> None:
    write(tmp_path / "app.log", "2026-11-22T13:10:00Z served\n", CHANGE + 700)
    for name in names:
        write(tmp_path / name, "2026-11-22T13:05:00Z served\n", CHANGE + 600)
    found = absent(tmp_path)
    assert (found.result, says in found.sentence) == ("cannot_tell", True), found.sentence


def test_a_log_that_was_moved_away_cannot_tell(tmp_path: Path) -> None:
    write(tmp_path / "app.log.1", "=== start 2026-11-22T13:00:00Z\nready\n", CHANGE + 600)
    assert absent(tmp_path).result == "cannot_tell"


@contextmanager
def running(code: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def process_check(root: Path, pid: int, **step: Any) -> Answer:
    (root / "app.pid").write_text(str(pid))
    return ask(root, None, body="process app.pid", **step)


def test_the_memory_of_a_process_is_measured(tmp_path: Path) -> None:
    with running("held = b'x' * (64 * 1024 * 1024); print('up', flush=True); input()") as process:
        over = process_check(tmp_path, process.pid, threshold={"op": "<", "value": 32.0, "unit": "mb"})
        under = process_check(tmp_path, process.pid, threshold={"op": "<", "value": 2.0, "unit": "gb"})
    assert (over.result, "< 32 mb was expected" in over.sentence) == ("fail", True), over.sentence
    assert under.result == "pass"
    assert 64 <= under.value["rss_mb"] < 1024


def test_a_supervisor_whose_workers_die_at_their_start_has_none(tmp_path: Path) -> None:
    dying = (
        "import subprocess, time\nprint('up', flush=True)\nwhile True: subprocess.run(['/bin/true']); time.sleep(.01)"
    )
    with running(dying) as process:
        found = process_check(tmp_path, process.pid, count=">= 2")
        assert (found.result, "0 children that live; >= 2 was expected" in found.sentence) == ("fail", True)
        assert process_check(tmp_path, process.pid).result == "pass"


def test_workers_that_live_are_counted(tmp_path: Path) -> None:
    living = (
        "import subprocess\nfor _ in range(2): subprocess.Popen(['/bin/sleep', '60'])\nprint('up', flush=True); input()"
    )
    with running(living) as process:
        deadline = time.monotonic() + 30
        while (found := process_check(tmp_path, process.pid, count=">= 2")).result != "pass":
            assert time.monotonic() < deadline, found.sentence
            time.sleep(0.2)
        assert found.value["children"] == 2


@pytest.mark.parametrize(
    ("says", "result", "words"),
    [
        ("MainPID={pid}\nNRestarts=3\nLoadState=loaded", "pass", "started again 3 times"),
        ("MainPID=0\nNRestarts=0\nLoadState=loaded", "fail", "does not live"),
        ("MainPID=0\nLoadState=not-found", "cannot_tell", "systemd knows no such unit"),
        ("", "cannot_tell", "names no process"),
    ],
)
def test_a_unit_names_its_main_process(tmp_path: Path, says: str, result: str, words: str) -> None:
    tool = tmp_path / "systemctl"
    tool.write_text(f"#!/bin/sh\ncat <<'X'\n{says.format(pid=os.getpid())}\nX\n")
    tool.chmod(0o755)
    around = Surroundings(tmp_path, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    found = probes.ask({"kind": "check", "body": "process shop.service"}, around, patient=False)
    assert (found.result, words in found.sentence) == (result, True), found.sentence


def test_a_check_never_runs_a_command_that_changes_something(tmp_path: Path) -> None:
    step = {"kind": "shell", "body": "touch made", "effect": "once"}
    assert ask(tmp_path, None, **step).result == "cannot_tell"
    assert not (tmp_path / "made").exists()
    assert ask(tmp_path, None, **{**step, "effect": "read"}).result == "pass"
