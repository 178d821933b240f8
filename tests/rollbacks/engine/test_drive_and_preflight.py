"""The command line, and what is said before a run."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from rollbacks import runner
from rollbacks.models import Run, Worker
from rollbacks.preflight import Reason, may_start, preflight
from tests.rollbacks.engine.factories import (
    compiled,
    make_draft,
    make_revision,
    make_run,
    make_target,
    make_user,
    step,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser("olga")


def command(*words: str) -> str:
    out = StringIO()
    call_command("rollback", *words, stdout=out)
    return out.getvalue()


def test_a_run_is_started_driven_and_confirmed_from_a_terminal(tmp_path: Path, operator: User) -> None:
    run = make_draft(tmp_path, [step("one", "echo x >> log"), step("look", "Look", kind="manual"), step("two", "true")])
    assert "queued" in command("start", str(run.pk), "--by", "olga")
    with pytest.raises(SystemExit) as ended:
        command("drive", str(run.pk))
    assert ended.value.code == 2
    assert "running" in command("approve", str(run.pk), "--by", "olga", "--reason", "looks fine")
    assert "is done" in command("drive", str(run.pk))
    assert "one: Done." in command("status", str(run.pk))


def test_a_terminal_says_who_acts(tmp_path: Path) -> None:
    run = make_draft(tmp_path, [step("one", "true")])
    with pytest.raises(CommandError, match="Say who you are"):
        command("start", str(run.pk))
    make_user("vera")
    with pytest.raises(CommandError, match="may not operate"):
        command("start", str(run.pk), "--by", "vera")
    with pytest.raises(CommandError, match="no run 999"):
        command("status", "999")


def test_a_failed_step_is_retried_and_skipped_from_a_terminal(tmp_path: Path, operator: User) -> None:
    run = make_run(tmp_path, [step("one", "false")])
    runner.advance(run.pk, owner="test")
    command("retry", str(run.pk), "--by", "olga")
    with pytest.raises(SystemExit):
        command("drive", str(run.pk))
    with pytest.raises(CommandError, match="Say why"):
        command("skip", str(run.pk), "--by", "olga")
    command("skip", str(run.pk), "--by", "olga", "--reason", "not needed")
    run.refresh_from_db()
    assert run.status == "succeeded"


def by_key(run: Run) -> dict[str, Reason]:
    return {reason.key: reason for reason in preflight(run)}


def test_each_reason_before_a_run_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_draft(tmp_path, [step("one", "true")], plan={"evidence": [step("look", "true", effect="read")]})
    said = by_key(run)
    assert may_start(preflight(run))
    assert (said["redis"].state, said["worker"].state) == ("warn", "warn")
    assert f"rollback drive {run.pk}" in said["worker"].sentence
    assert (said["slot"].state, said["revision"].state) == ("ok", "ok")
    assert said["evidence"].state == said["rehearsal"].state == "warn"


@pytest.mark.parametrize(
    ("busy", "stopping", "state", "words"),
    [
        (0, False, "ok", "ready"),
        (2, False, "warn", "busy"),
        (0, True, "warn", "No worker"),
    ],
)
def test_busy_and_no_worker_are_different_words(
    tmp_path: Path, busy: int, stopping: bool, state: str, words: str
) -> None:
    Worker.objects.create(
        name="w", host="h", queues=["rollback"], slots=2, busy=busy, stopping=stopping, last_beat=Now()
    )
    reason = by_key(make_draft(tmp_path, [step("one", "true")]))["worker"]
    assert reason.state == state
    assert words in reason.sentence


def test_what_stops_a_run_comes_first(tmp_path: Path) -> None:
    target = make_target(tmp_path)
    active = make_run(tmp_path, [step("one", "true")], target=target)
    revision = make_revision(compiled([step("say", "echo <word>")]), approved=False)
    reasons = preflight(make_draft(tmp_path, [], target=target, revision=revision))
    assert {reason.key for reason in reasons if reason.state == "stop"} == {"problem", "slot", "revision"}
    assert [reason.state for reason in reasons][:3] == ["stop"] * 3
    assert next(reason for reason in reasons if reason.key == "slot").run == active


def test_a_rehearsed_level_says_how_long_it_took(tmp_path: Path, move_time: Any) -> None:
    target = make_target(tmp_path)
    revision = make_revision(compiled([step("one", "true")]))
    runner.advance(make_run(tmp_path, [], target=target, revision=revision, kind="drill").pk, owner="t")
    reason = by_key(make_draft(tmp_path, [], target=target, revision=revision))["rehearsal"]
    assert (reason.state, "took 0:0" in reason.sentence) == ("ok", True)
