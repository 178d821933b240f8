"""Checks that look at logs, files, processes and the answers of commands."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from rollbacks import probes
from rollbacks.context import Answer, Surroundings
from rollbacks.probes.log import time_of
from rollbacks.small_command import run_small
from rollbacks.statistics import Counts

pytestmark = pytest.mark.one_database

LOG = """=== start 2026-11-22T12:00:00Z module=main
Initializing schema registry: version=1.0
served
=== start 2026-11-22T13:00:00Z module=main
ready
served
"""


def ask(root: Path, **step: Any) -> Answer:
    moments = {name: step.pop(name) for name in ("since_change", "attempt_since") if name in step}
    around = Surroundings(root, since=moments.get("since_change"), attempt_since=moments.get("attempt_since"))
    return probes.ask({"timeout": 5.0, **step}, around, patient=False)


def log_check(root: Path, pattern: str = "Initializing schema registry", **step: Any) -> Answer:
    return ask(root, kind="check", log="app.log", pattern=pattern, **step)


def test_only_lines_since_the_last_start_count(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(LOG)
    absent = log_check(tmp_path, count="== 0")
    assert (absent.result, absent.value["count"]) == ("pass", 0)
    assert log_check(tmp_path, count=">= 1").result == "fail"
    assert log_check(tmp_path, pattern="ready").result == "pass"
    assert log_check(tmp_path, pattern="served", count="1").result == "pass"


def test_a_line_after_the_start_fails_an_absence_check(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(LOG + "Initializing schema registry: version=1.0\n")
    found = log_check(tmp_path, count="== 0")
    assert found.result == "fail"
    assert found.sentence == "“Initializing schema registry” stands once in app.log since the start; == 0 was expected."


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "cannot be read"),
        ("", "shows no start in it: rotated"),
        ("something without a start or a time\n", "shows no start"),
        ("=== start 2026-11-22T13:00:00Z\n", "its silence proves nothing"),
    ],
)
def test_a_log_that_proves_nothing_cannot_tell(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "app.log").write_text(text)
    found = log_check(tmp_path, count="== 0")
    assert (found.result, says in found.sentence) == ("cannot_tell", True), found.sentence


def test_times_at_the_head_of_lines_stand_for_a_start_line(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("2026-11-22T12:00:00Z Initializing schema registry\n2026-11-22T13:00:05Z ready\n")
    moment = time_of("2026-11-22T13:00:00Z x")
    assert log_check(tmp_path, count="== 0", since_change=moment).result == "pass"
    assert log_check(tmp_path, count="== 0", since_change=(moment or 0) + 60).result == "cannot_tell"


def test_since_the_attempt_needs_a_start_that_is_younger(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(LOG)
    start = time_of("2026-11-22T13:00:00Z")
    assert start is not None
    assert log_check(tmp_path, pattern="ready", since="attempt", attempt_since=start - 5).result == "pass"
    assert log_check(tmp_path, pattern="ready", since="attempt", attempt_since=start + 60).result == "fail"
    assert log_check(tmp_path, since="attempt", attempt_since=start + 60, count="== 0").result == "cannot_tell"


def test_a_journal_is_read_of_the_units_present_invocation(tmp_path: Path) -> None:
    tools = {
        "systemctl": "echo 0123abcd",
        "journalctl": 'echo "$@" > asked; echo "Initializing schema registry"; echo ready',
    }
    for name, body in tools.items():
        (tmp_path / name).write_text(f"#!/bin/sh\ncd {tmp_path}\n{body}\n")
        (tmp_path / name).chmod(0o755)
    around = Surroundings(tmp_path, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    step = {"kind": "check", "log": "shop.service", "pattern": "Initializing", "count": "== 1", "timeout": 5}
    assert probes.ask(step, around, patient=False).result == "pass"
    assert (tmp_path / "asked").read_text() == "--no-pager -o cat _SYSTEMD_INVOCATION_ID=0123abcd\n"
    attempt = around.with_(attempt_since=1000.9)
    assert probes.ask({**step, "since": "attempt"}, attempt, patient=False).result == "pass"
    assert (tmp_path / "asked").read_text() == "--no-pager -o cat --unit=shop.service --since=@1000\n"
    nowhere = Surroundings(tmp_path, env={"PATH": str(tmp_path / "none")})
    assert probes.ask(step, nowhere, patient=False).result == "cannot_tell"


def test_a_huge_log_is_read_from_its_end(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("=== start 2026-11-22T12:00:00Z\nmarker\n" + "filler line\n" * 900_000)
    found = log_check(tmp_path, pattern="marker")
    assert (found.result, "in its last 8 MiB" in found.sentence) == ("cannot_tell", True)


@pytest.mark.parametrize(("pattern", "count"), [("(", "== 0"), ("x", "many")])
def test_a_pattern_that_cannot_be_read_cannot_tell(tmp_path: Path, pattern: str, count: str) -> None:
    (tmp_path / "app.log").write_text(LOG)
    assert log_check(tmp_path, pattern=pattern, count=count).result == "cannot_tell"


@pytest.mark.parametrize(
    ("line", "epoch"),
    [
        ("2026-11-22T13:00:00Z ready", 1795352400.0),
        ("=== start 2026-11-22T13:00:00Z module=main", 1795352400.0),
        ("2026-11-22 14:00:00,250+01:00 INFO", 1795352400.25),
        ("[2026-11-22T13:00:00.5Z] x", 1795352400.5),
        ("no time", None),
        ("2026-99-99T13:00:00Z", None),
    ],
)
def test_times_of_lines(line: str, epoch: float | None) -> None:
    assert time_of(line) == epoch


def test_files_are_read_by_pattern_and_by_setting(tmp_path: Path) -> None:
    (tmp_path / "config.env").write_text("ORDERS_NEW_PRICING=off\n# note\n")
    assert ask(tmp_path, kind="check", path="config.env", pattern="^ORDERS_NEW_PRICING=off$").result == "pass"
    assert ask(tmp_path, kind="check", path="config.env", pattern="=on", count="== 0").result == "pass"
    assert ask(tmp_path, kind="file", path="config.env", body="set ORDERS_NEW_PRICING = off").result == "pass"
    wrong = ask(tmp_path, kind="file", path="config.env", body="set ORDERS_NEW_PRICING = on")
    assert (wrong.result, wrong.sentence) == ("fail", "ORDERS_NEW_PRICING is off in config.env.")
    assert ask(tmp_path, kind="file", path="config.env", body="remove ORDERS_NEW_PRICING").result == "fail"
    assert ask(tmp_path, kind="file", path="config.env", body="remove OTHER").result == "pass"


@pytest.mark.parametrize("path", ["missing", "../outside", "/etc/hostname", ""])
def test_a_file_outside_the_root_or_missing_cannot_tell(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside").write_text("x")
    assert ask(root, kind="file", path=path, pattern="x").result == "cannot_tell"


@pytest.mark.parametrize(
    ("kind", "body", "result", "says"),
    [
        ("shell", "echo 1.2.2", "pass", "1.2.2."),
        ("shell", "grep -q nothing /dev/null", "fail", "Exit status 1."),
        ("exec", "test -d .", "pass", "The command succeeded."),
        ("exec", "echo 'a b' $HOME", "pass", "a b $HOME."),
        ("shell", "no-such-command-here", "cannot_tell", "Exit status 127"),
        ("exec", "no-such-command-here", "cannot_tell", "cannot be started"),
        ("exec", "echo 'open", "cannot_tell", "cannot be read"),
        ("shell", "", "cannot_tell", "no command"),
        ("shell", "false | true", "fail", "Exit status 1"),
        ("shell", "echo $NEVER_SET", "fail", "unbound variable"),
    ],
)
def test_commands_answer_by_their_exit_status(tmp_path: Path, kind: str, body: str, result: str, says: str) -> None:
    found = ask(tmp_path, kind=kind, body=body)
    assert (found.result, says in found.sentence) == (result, True), found.sentence


def test_grep_without_a_hit_may_be_good_news(tmp_path: Path) -> None:
    assert ask(tmp_path, kind="shell", body="grep -q nothing /dev/null", ok=[0, 1]).result == "pass"


def test_a_command_gets_few_variables_and_the_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKERS_OWN_SECRET", "x")
    around = Surroundings(tmp_path, env={"NAMED": "yes", "OTHER": "no"}, secrets={"TOKEN": "t"}, since=1000.7)
    step = {"kind": "shell", "body": "env", "env": ["NAMED"], "secrets": ["TOKEN"], "timeout": 5}
    done = run_small(["/usr/bin/env"], cwd=tmp_path, env=probes.command.environment(step, around), timeout=5)
    names = {line.partition("=")[0] for line in done.output.splitlines()}
    assert "FIREBREAK_SINCE=1000" in done.output.splitlines()
    assert {"NAMED", "TOKEN", "PATH"} <= names
    assert not {"WORKERS_OWN_SECRET", "OTHER"} & names


def test_a_verify_is_given_the_start_of_the_attempt(tmp_path: Path) -> None:
    step = {"kind": "shell", "body": 'echo "$FIREBREAK_SINCE"'}
    assert ask(tmp_path, **step, since_change=1000.0, attempt_since=1234.5).value["last"] == "1234"


def test_a_slow_command_is_ended_with_its_children(tmp_path: Path) -> None:
    began = time.monotonic()
    found = ask(tmp_path, kind="shell", body="trap '' TERM; sleep 61 & echo $! > child; sleep 62", timeout=0.4)
    assert (found.result, found.sentence) == ("fail", "The command did not end within 0.4 s.")
    assert time.monotonic() - began < 10
    assert is_gone(int((tmp_path / "child").read_text()))


def test_a_background_child_does_not_hold_the_answer(tmp_path: Path) -> None:
    began = time.monotonic()
    found = ask(tmp_path, kind="shell", body="sleep 63 & echo $! > child; echo done", timeout=30)
    assert (found.result, found.sentence) == ("pass", "done.")
    assert time.monotonic() - began < 10
    assert is_gone(int((tmp_path / "child").read_text()))


def test_endless_output_is_kept_short(tmp_path: Path) -> None:
    done = run_small(["/bin/sh", "-c", "head -c 3000000 /dev/zero; echo end"], cwd=tmp_path, env={}, timeout=20)
    assert done.exit_code == 0
    assert len(done.output) <= 64 * 1024
    assert done.output.endswith("end\n")


def is_gone(pid: int) -> bool:
    """True as soon as the process is dead; a zombie that nobody reaps yet is dead."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
    return False


def test_a_process_is_proved_by_its_start(tmp_path: Path) -> None:
    (tmp_path / "app.pid").write_text(f"{os.getpid()} 123\n")
    alive = ask(tmp_path, kind="check", body="process app.pid")
    assert (alive.result, alive.value["pid"]) == ("pass", os.getpid())
    old = ask(tmp_path, kind="check", body="process app.pid", attempt_since=time.time())
    assert (old.result, "was not restarted" in old.sentence) == ("fail", True)
    before = time.time()
    child = subprocess.Popen(["/bin/sleep", "60"])
    try:
        (tmp_path / "app.pid").write_text(str(child.pid))
        assert ask(tmp_path, kind="check", body="process app.pid", attempt_since=before).result == "pass"
    finally:
        child.kill()
        child.wait()
    assert ask(tmp_path, kind="check", body="process app.pid").result == "fail"
    assert ask(tmp_path, kind="check", body="process none.pid").result == "cannot_tell"


def test_a_signal_is_counted_by_whoever_asks(tmp_path: Path) -> None:
    step = {"kind": "check", "signal": "errors", "threshold": {"op": "<", "value": 1, "unit": "%"}}
    around = Surroundings(tmp_path)
    assert probes.ask(step, around, patient=False).result == "cannot_tell"
    for counts, result in ((Counts(500), "pass"), (Counts(500, 50), "fail"), (Counts(20), "cannot_tell")):
        assert probes.ask(step, around, patient=False, count=lambda _s, c=counts: c).result == result


def test_a_step_that_is_no_question_cannot_tell(tmp_path: Path) -> None:
    assert ask(tmp_path, kind="manual", body="Look at it").result == "cannot_tell"
