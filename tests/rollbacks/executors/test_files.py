"""File steps: whole or not at all, never over somebody else's change, and with a way back that survives the worker."""

import os
import stat
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from rollbacks import runner
from rollbacks.context import Outcome, Surroundings
from rollbacks.executors import EXECUTORS, edit
from rollbacks.models import Run, StepRun
from tests.rollbacks.engine.factories import make_draft, make_run, make_user, step

BEFORE, AFTER = "VERSION=1.7.0\nOLD=x\n", "VERSION=1.2.2\nOLD=x\n"
_numbers = iter(range(1, 1000))


def change(root: Path, body: str = "set VERSION = 1.2.2", path: str = "app.env", mark: str = "") -> Outcome:
    mark = mark or f"files.{os.getpid()}.{next(_numbers)}.1"
    around = Surroundings(root=root, marks={"FIREBREAK_TOKEN": mark})
    definition = {"kind": "file", "path": path, "body": body, "timeout": 5.0}
    return EXECUTORS["file"](definition, around, lambda stream, text: None, lambda: False)


def test_a_file_that_somebody_changes_meanwhile_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "app.env"
    file.write_text(BEFORE)
    real = edit.back_up

    def slower(place: Path, token: str) -> Path:
        kept = real(place, token)
        file.write_text("VERSION=1.7.1\n")
        return kept

    monkeypatch.setattr(edit, "back_up", slower)
    outcome = change(tmp_path)
    assert outcome.status == "failed"
    assert "changed by somebody else in this moment. Nothing was written" in outcome.detail
    assert file.read_text() == "VERSION=1.7.1\n"
    assert os.listdir(tmp_path) == ["app.env"]


def test_readers_see_the_old_file_or_the_new_one_and_nothing_between(tmp_path: Path) -> None:
    file = tmp_path / "app.env"
    old, new = "x" * 1_000_000 + "\nVERSION=1\n", "x" * 1_000_000 + "\nVERSION=2\n"
    file.write_text(old)
    seen, over = set(), threading.Event()

    def look() -> None:
        while not over.is_set():
            seen.add(file.read_text())

    reader = threading.Thread(target=look)
    reader.start()
    for version in "2121212121":
        assert change(tmp_path, f"set VERSION = {version}").status == "succeeded"
    over.set()
    reader.join()
    assert seen <= {old, new}


def test_a_failed_write_leaves_the_file_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "app.env"
    file.write_text(BEFORE)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    outcome = change(tmp_path)
    assert (outcome.status, outcome.detail) == ("failed", "app.env cannot be written: No space left on device.")
    assert file.read_text() == BEFORE
    assert os.listdir(tmp_path) == ["app.env"]


def test_mode_and_line_ends_stay_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "real.env"
    real.write_bytes(b"VERSION=1.7.0\r\nOLD=x\r\n")
    real.chmod(0o640)
    (tmp_path / "app.env").symlink_to("real.env")
    assert change(tmp_path).status == "succeeded"
    assert real.read_bytes() == b"VERSION=1.2.2\r\nOLD=x\r\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert (tmp_path / "app.env").is_symlink()


@pytest.mark.parametrize(
    ("content", "path", "why"),
    [
        (b"\xff\xfe", "app.env", "is not UTF-8 text"),
        (b"VERSION=1\n", "../app.env", "does not lie under"),
        (b"VERSION=1\n", "/etc/hosts", "does not lie under"),
        (b"VERSION=1\n", "missing.env", "does not exist"),
        (b"VERSION=1\n" + b"x" * edit.BIGGEST, "app.env", "larger than 8 MiB"),
    ],
)
def test_what_is_no_file_of_the_target_is_refused(tmp_path: Path, content: bytes, path: str, why: str) -> None:
    (tmp_path / "app.env").write_bytes(content)
    outcome = change(tmp_path, path=path)
    assert outcome.status == "failed"
    assert why in outcome.detail
    assert (tmp_path / "app.env").read_bytes() == content


def test_a_link_out_of_the_target_is_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside.env"
    root.mkdir()
    outside.write_text(BEFORE)
    (root / "app.env").symlink_to(outside)
    assert "does not lie under" in change(root).detail
    assert outside.read_text() == BEFORE


def file_run(root: Path) -> Run:
    (root / "app.env").write_text(BEFORE)
    return make_run(root, [step("pin", "set VERSION = 1.2.2", kind="file", path="app.env", undo="auto")])


def lose_after_the_work(run: Run, monkeypatch: pytest.MonkeyPatch) -> StepRun:
    """The worker dies after the file was written and before anybody was told."""

    def die(*args: Any, **kwargs: Any) -> bool:
        raise SystemExit("gone")

    monkeypatch.setattr(StepRun, "record", die)
    with pytest.raises(SystemExit):
        runner.advance(run.pk, owner="dies")
    monkeypatch.undo()
    StepRun.objects.filter(run=run).update(lease_until=timezone.now() - timedelta(minutes=1))
    (lost,) = runner.reap()
    return lost


@pytest.mark.django_db
@pytest.mark.parametrize("as_", ["succeeded", "again"])
def test_the_way_back_of_a_lost_step_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_: str) -> None:
    run = file_run(tmp_path)
    lost = lose_after_the_work(run, monkeypatch)
    assert (tmp_path / "app.env").read_text() == AFTER
    lost.settle(by=make_user(), as_=as_, reason="It says 1.2.2.")
    while runner.advance(run.pk, owner="another"):
        pass
    run.refresh_from_db()
    assert run.status == "succeeded"

    undo = make_draft(tmp_path, [], target=run.target, revision=run.revision, kind="undo", undoes=run)
    assert "-VERSION=1.2.2\n+VERSION=1.7.0" in undo.snapshot["steps"][0]["body"]
    undo.start(by=make_user())
    while runner.advance(undo.pk, owner="test"):
        pass
    assert (tmp_path / "app.env").read_text() == BEFORE


@pytest.mark.django_db
def test_a_step_that_found_everything_so_has_nothing_to_undo(tmp_path: Path) -> None:
    run = file_run(tmp_path)
    (tmp_path / "app.env").write_text(AFTER)
    while runner.advance(run.pk, owner="test"):
        pass
    run.refresh_from_db()
    undo = make_draft(tmp_path, [], target=run.target, revision=run.revision, kind="undo", undoes=run)
    assert undo.snapshot["steps"][0]["skip"].startswith("Nothing to undo")
