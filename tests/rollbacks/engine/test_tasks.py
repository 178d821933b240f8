"""The tasks around a run: preparing, passing on, and what follows from events."""

from pathlib import Path
from typing import Any

import pytest

from rollbacks import followers, tasks
from rollbacks.models import Run, StepRun, leases
from tests.rollbacks.engine.factories import (
    compiled,
    make_draft,
    make_revision,
    make_run,
    make_target,
    make_user,
    statuses,
    step,
)
from timeline.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def hints(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, str]]:
    """What was sent to the broker: task, id, queue."""
    sent: list[tuple[str, int, str]] = []

    def send(task: Any, number: int, *, queue: str, expires: float) -> bool:
        sent.append((task.name, number, queue))
        return True

    monkeypatch.setattr(tasks, "send", send)
    return sent


def test_evidence_prepares_and_starts_by_itself(
    tmp_path: Path, hints: list[tuple[str, int, str]], django_capture_on_commit_callbacks: Any
) -> None:
    target = make_target(tmp_path)
    plan = compiled([], evidence=[step("look", "echo seen", effect="read"), step("ask", "Look at it", kind="manual")])
    with django_capture_on_commit_callbacks(execute=True):
        run = Run.gather(target=target, revision=make_revision(plan), stream="incident:5", by=make_user())
    assert ("rollbacks.prepare", run.pk, "probe") in hints
    with django_capture_on_commit_callbacks(execute=True):
        tasks.prepare(run.pk)
    assert ("rollbacks.advance", run.pk, "probe") in hints
    tasks.advance.apply(args=(run.pk,))
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert statuses(run) == {"look": "succeeded", "ask": "skipped"}


def test_a_mistake_in_preparing_is_said_and_not_repeated(tmp_path: Path) -> None:
    revision = make_revision(compiled([{"kind": "shell", "title": "a step without a name"}]))
    run = Run.draft(target=make_target(tmp_path), revision=revision, kind="rollback", level=1, stream="incident:6")
    tasks.prepare(run.pk)
    run.refresh_from_db()
    assert "could not be rendered" in run.problems[0]
    assert run.is_prepared


def test_a_long_run_is_passed_on_between_two_steps(
    tmp_path: Path, hints: list[tuple[str, int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "TURN_SECONDS", 0.2)
    run = make_run(tmp_path, [step("one", "sleep 0.5"), step("two", "true")])
    tasks.advance.apply(args=(run.pk,))
    assert statuses(run) == {"one": "succeeded", "two": "queued"}
    assert hints == [("rollbacks.advance", run.pk, "rollback")]


def test_a_step_longer_than_the_hard_limit_is_refused(tmp_path: Path) -> None:
    run = make_draft(tmp_path, [step("long", "true", timeout=7200.0)])
    assert "longer than a step may take" in run.problems[0]


def test_lost_hints_are_sent_again_ever_more_rarely(tmp_path: Path, hints: list[tuple[str, int, str]]) -> None:
    run = make_run(tmp_path, [step("one", "true")])
    seconds = []
    for _ in range(6):
        Run.objects.filter(pk=run.pk).update(nudged_at=run.created_at - tasks.timedelta(hours=1))
        assert tasks.nudge() == 1
        assert tasks.nudge() == 0
        run.refresh_from_db()
        seconds.append(run.nudge_seconds)
    assert seconds == [10, 20, 40, 60, 60, 60]
    assert set(hints) == {("rollbacks.advance", run.pk, "rollback")}


def test_a_lost_step_is_looked_after_when_its_event_is_announced(tmp_path: Path) -> None:
    from django.db.models.functions import Now

    from rollbacks import process, runner

    run = make_run(tmp_path, [step("one", "true")])
    taken = leases.claim(run.pk, owner="w", host=process.host_name(), boot_id=process.boot_id())
    assert taken is not None
    StepRun.objects.filter(pk=taken.pk).update(lease_until=Now() - tasks.timedelta(seconds=1))
    runner.reap()
    followers.look_after_lost_step(Event.objects.get(kind="step.lost"))
    taken.refresh_from_db()
    assert taken.verify_answer is not None
    assert taken.verify_answer["proposal"] is None
    assert not taken.verify_answer["asked"]
