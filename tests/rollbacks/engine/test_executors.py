"""Each kind of step, with real processes and real files."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from rollbacks import process
from rollbacks.context import Outcome, Surroundings
from rollbacks.executors import EXECUTORS, command, diff, launch
from rollbacks.executors.text import TextReader

MARKS = {"FIREBREAK_TOKEN": f"test.{os.getpid()}.1", "FIREBREAK_RUN": "1", "FIREBREAK_STEP": "s"}


class Heard:
    """A sink that keeps what it was told."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}

    def __call__(self, stream: str, text: str) -> None:
        self.said[stream] = self.said.get(stream, "") + text


def execute(
    kind: str, body: str, root: Path, stop: Any = lambda: False, **changes: Any
) -> tuple[Outcome, dict[str, str]]:
    around = Surroundings(
        root=root, env=changes.pop("env_values", {}), secrets=changes.pop("secret_values", {}), marks=MARKS
    )
    heard = Heard()
    outcome = EXECUTORS[kind]({"kind": kind, "body": body, "timeout": 20.0, "ok": [0], **changes}, around, heard, stop)
    return outcome, heard.said


def test_a_script_stops_at_its_first_failure(tmp_path: Path) -> None:
    outcome, said = execute("shell", "echo one\nfalse | cat\necho two", tmp_path)
    assert (outcome.status, outcome.exit_code, said["stdout"]) == ("failed", 1, "one\n")


def test_the_plan_says_which_exit_codes_are_good(tmp_path: Path) -> None:
    assert execute("shell", "exit 1", tmp_path, ok=[0, 1])[0].status == "succeeded"


def test_a_command_gets_few_variables_and_no_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIREBREAK_SECRET_KEY", "do not tell")
    values = {"APP_PORT": "8000", "OTHER": "x", "PATH": "/usr/bin:/bin"}
    _, said = execute(
        "shell",
        "env; cat",
        tmp_path,
        env=["APP_PORT"],
        env_values=values,
        secrets=["TOKEN"],
        secret_values={"TOKEN": "s"},
    )
    names = {line.split("=")[0] for line in said["stdout"].splitlines()}
    assert names - {"PWD", "SHLVL", "_"} == {"PATH", "HOME", "LANG", "TZ", "APP_PORT", "TOKEN", *MARKS} & names
    assert {"APP_PORT", "TOKEN", "FIREBREAK_TOKEN"} <= names
    assert "OTHER" not in names


def test_a_variable_that_is_missing_is_named_before_anything_runs(tmp_path: Path) -> None:
    outcome, _ = execute("shell", "touch made", tmp_path, env=["APP_PORT"])
    assert "APP_PORT" in outcome.detail
    assert not (tmp_path / "made").exists()


def test_exec_has_no_shell(tmp_path: Path) -> None:
    _, said = execute("exec", "echo '$(id)' '>' \"a b\"", tmp_path)
    assert said["stdout"] == "$(id) > a b\n"
    assert "cannot be started" in execute("exec", "no-such-program", tmp_path)[0].detail or True


def test_a_folder_outside_of_the_root_is_refused(tmp_path: Path) -> None:
    assert "outside" in execute("shell", "true", tmp_path, cwd="../..")[0].detail


def test_a_stop_empties_the_group_although_it_ignores_term(tmp_path: Path, settings: Any) -> None:
    settings.KILL_GRACE_SECONDS = 0.3
    pids: list[int] = []
    around = Surroundings(root=tmp_path, marks=MARKS, started=pids.append)
    body = {"kind": "shell", "body": "trap '' TERM; sleep 600 & sleep 600", "timeout": 20.0, "ok": [0]}
    began = time.monotonic()
    outcome = EXECUTORS["shell"](body, around, Heard(), lambda: time.monotonic() - began > 0.5)
    assert outcome.status == "canceled"
    assert process.group_members(pids[0]) == []
    assert time.monotonic() - began < 10


def test_a_background_child_does_not_hold_the_step(tmp_path: Path) -> None:
    began = time.monotonic()
    outcome, said = execute("shell", "sleep 300 & echo done", tmp_path)
    assert time.monotonic() - began < 3
    assert outcome.status == "succeeded"
    assert "left a background process" in outcome.detail
    assert "sleep 300" in said["note"]
    end(outcome)


def test_an_escapee_is_reported_and_not_killed(tmp_path: Path) -> None:
    outcome, _ = execute("shell", "setsid sleep 300 >/dev/null 2>&1 &\necho done; sleep 0.2", tmp_path)
    (left,) = outcome.data["left"]
    assert left["escaped"]
    assert process.started_ticks(left["pid"]) is not None
    end(outcome)


def test_a_service_that_the_plan_leaves_is_no_finding(tmp_path: Path) -> None:
    outcome, _ = execute("shell", "setsid sleep 300 >/dev/null 2>&1 &\nsleep 0.2", tmp_path, leaves="service")
    assert "as the plan says" in outcome.detail
    end(outcome)


def end(outcome: Outcome) -> None:
    for one in outcome.data["left"]:
        os.kill(one["pid"], 9)


def test_the_launcher_stands_in_where_setpriv_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "setpriv", lambda: None)
    assert execute("shell", "echo hello", tmp_path)[1]["stdout"] == "hello\n"


def test_much_output_keeps_memory_small(tmp_path: Path) -> None:
    seen = [0]
    around = Surroundings(root=tmp_path, marks=MARKS)
    body = {"kind": "shell", "body": "head -c 50000000 /dev/zero | tr '\\0' x", "timeout": 60.0, "ok": [0]}
    longest = [0]

    def count(stream: str, text: str) -> None:
        seen[0] += len(text)
        longest[0] = max(longest[0], len(text))

    assert EXECUTORS["shell"](body, around, count, lambda: False).status == "succeeded"
    assert seen[0] == 50_000_000
    assert longest[0] <= command.READ_BYTES


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ([b"\x1b[31mred\x1b[0m"], "red"),
        ([b"a\x1b", b"[3", b"1mb"], "ab"),
        ([b"\xe2\x82", b"\xac"], "€"),
        ([b"\xff\x00x"], "\ufffdx"),
        ([b"\x1b]0;title\x07y"], "y"),
        ([b"1%\r2%\r\n"], "1%\n2%\n"),
        ([b"<script>"], "<script>"),
    ],
)
def test_terminal_sequences_and_bad_bytes_become_plain_text(pieces: list[bytes], text: str) -> None:
    reader = TextReader()
    assert "".join(reader.feed(piece) for piece in pieces) + reader.feed(b"", final=True) == text


FLAG = "app = create(\n    title='My API',\n    enable_registry=True,  # new\n)\n"


def test_a_flag_keeps_the_spelling_of_its_line_and_has_a_way_back(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(FLAG)
    outcome, said = execute("flag", "set enable_registry off", tmp_path, via="file:main.py")
    assert outcome.status == "succeeded"
    assert "    enable_registry=False,  # new\n" in (tmp_path / "main.py").read_text()
    assert "-    enable_registry=True,  # new" in said["stdout"]

    again, _ = execute("flag", "set enable_registry off", tmp_path, via="file:main.py")
    assert (again.status, again.data["changed"]) == ("succeeded", False)

    inverse = outcome.data["inverse"]
    back, _ = execute("file", inverse["diff"], tmp_path, path=inverse["path"])
    assert back.status == "succeeded"
    assert (tmp_path / "main.py").read_text() == FLAG


@pytest.mark.parametrize(
    ("line", "state", "expected"),
    [
        ("flag = true\n", "off", "flag = false\n"),
        ("FLAG=1\n", "off", None),
        ("flag: 'on',\n", "off", "flag: 'off',\n"),
        ('"flag": TRUE\n', "off", '"flag": FALSE\n'),
        ("flag=1", "off", "flag=0"),
        ("flag = maybe\n", "on", None),
        ("# flag = true\n", "off", None),
        ("flag = true\nflag = true\n", "off", None),
        ("flag = true\nx = 1\n", "absent", "x = 1\n"),
        ("x = 1\n", "absent", "x = 1\n"),
    ],
)
def test_a_flag_without_one_clear_line_is_a_failure(
    tmp_path: Path, line: str, state: str, expected: str | None
) -> None:
    (tmp_path / "conf").write_text(line)
    outcome, _ = execute("flag", f"set flag {state}", tmp_path, via="env:conf")
    assert outcome.status == ("failed" if expected is None else "succeeded")
    assert (tmp_path / "conf").read_text() == (line if expected is None else expected)


def test_a_file_is_edited_by_lines_or_by_a_diff(tmp_path: Path) -> None:
    (tmp_path / "app.env").write_text("VERSION=1.7.0\nOLD=x\n")
    outcome, _ = execute("file", "set VERSION = 1.2.2\nremove OLD", tmp_path, path="app.env")
    assert (tmp_path / "app.env").read_text() == "VERSION=1.2.2\n"
    assert Path(outcome.data["backup"]).read_text() == "VERSION=1.7.0\nOLD=x\n"
    assert execute("file", "@@ -1 +1 @@\n-VERSION=9\n+VERSION=8\n", tmp_path, path="app.env")[0].status == "failed"
    assert "lie under" in execute("file", "remove OLD", tmp_path, path="../app.env")[0].detail


@pytest.mark.parametrize(
    ("old", "new"),
    [("a\nb\nc\n", "a\nc\n"), ("a\n", "a\nb"), ("a", "a\nb\n"), ("x\n" * 50 + "y", "x\n" * 50 + "z"), ("", "a\n")],
)
def test_a_diff_leads_there_and_back_and_twice_is_harmless(old: str, new: str) -> None:
    there, back = diff.make(old, new, "f"), diff.make(new, old, "f")
    assert diff.apply(old, there) == new
    assert diff.apply(new, back) == old
    if old:
        assert diff.apply(new, there) == new
