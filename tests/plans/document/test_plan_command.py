"""`manage.py plan` as its user meets it: output, exit status, nothing needed around it."""

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).parents[3]
SOUND = ROOT / "tests" / "plans" / "document" / "sound_plan.md"
pytestmark = pytest.mark.one_database


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def plan(*arguments: str) -> Done:
    out, err = io.StringIO(), io.StringIO()
    status = 0
    try:
        call_command("plan", *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        status = int(end.code or 0)
    return Done(status, out.getvalue(), err.getvalue())


def test_nothing_is_needed_around_it() -> None:
    """No database, no secret, no Redis, another folder."""
    bare = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    command = [sys.executable, str(ROOT / "manage.py"), "plan", "check", str(SOUND)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=bare, cwd="/")
    assert (done.returncode, done.stderr) == (0, "")


def test_read_prints_one_json_object() -> None:
    done = plan("read", str(SOUND), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["title"] == "Orders rollback"
    parts = {
        "title", "metadata", "sha256", "levels", "matrix", "risks", "triggers", "negative_triggers", "pre_checks",
        "validations", "phases", "templates", "schedule", "known_issues", "contacts", "resources", "revisions",
        "placeholders", "not_understood", "inferences", "problems", "lint",
    }  # fmt: skip
    assert set(told) >= parts


def test_read_without_json_tells_a_person() -> None:
    done = plan("read", str(SOUND))
    assert done.returncode == 0
    assert "Level 1: Pricing off (line 23, back within 2 min)" in done.stdout
    assert "Not understood: nothing" in done.stdout


def test_check_says_that_a_sound_plan_can_run() -> None:
    done = plan("check", str(SOUND))
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == f"{SOUND}: can run; 0 problems, 0 warnings."


def test_check_tells_every_problem_with_its_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.md"
    bad.write_text(SOUND.read_text().replace("timeout=40s", "timeout=soon").replace("sudo -n", "sudo"))
    done = plan("check", str(SOUND), str(bad))
    assert done.returncode == 1
    assert f"{bad}:35: `timeout=soon` is no duration. Write such as `30s`, `5m`, `1h30m`." in done.stdout
    assert f"{bad}:36: `sudo` may ask for a password. Write `sudo -n`: it fails instead of asking." in done.stdout


@pytest.mark.parametrize("act", ["read", "check"])
def test_a_file_that_cannot_be_read_gives_one_sentence(act: str, tmp_path: Path) -> None:
    odd = tmp_path / "odd.md"
    odd.write_bytes(b"# Plan\n\xff\xfe")
    done = plan(act, str(odd))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{odd}: not UTF-8 text (byte 7). Save the plan as UTF-8.\n"
    assert plan(act, str(tmp_path / "none.md")).returncode == 2
    assert plan(act, str(tmp_path)).stderr.count("\n") == 1


def test_a_file_above_a_mebibyte_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large.md"
    large.write_text("a line\n" * 160_000)
    done = plan("check", str(large))
    assert done.returncode == 1
    assert f"{large}:1: The file is larger than 1 MiB." in done.stdout
    assert plan("read", "--json", str(large)).returncode == 0
