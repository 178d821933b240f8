from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from timeline import followers, journal, tasks
from timeline.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(followers, "FOLLOWERS", {})
    return []


def lost_event(kind: str) -> Event:
    event = Event.record("incident:1", kind)
    super(type(Event.objects.all()), Event.objects.filter(pk=event.pk)).update(
        recorded_at=timezone.now() - timedelta(minutes=1)
    )
    return event


def test_the_scan_announces_what_was_committed_and_never_announced(heard: list[str]) -> None:
    followers.register({"note.added": (lambda event: heard.append(event.kind),)})
    event = lost_event("note.added")

    assert tasks.announce_lost_events() == 1
    assert tasks.announce_lost_events() == 0
    event = Event.objects.get(pk=event.pk)
    assert event.announced_at is not None
    assert heard == ["note.added"]


def test_a_failing_follower_is_called_again_and_does_not_stop_the_others(heard: list[str]) -> None:
    def fails(event: Event) -> None:
        heard.append("fails")
        raise RuntimeError("the mail server is away")

    followers.register({"note.added": (fails,), "*": (lambda event: heard.append("all"),)})
    event = lost_event("note.added")

    tasks.announce_lost_events()
    tasks.announce_lost_events()
    assert heard == ["fails", "all", "fails", "all"]
    assert Event.objects.get(pk=event.pk).announced_at is None


def test_an_event_without_redis_waits_for_the_scan(
    heard: list[str], django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[Any] = []
    monkeypatch.setattr(tasks.announce, "apply_async", lambda *args, **kwargs: queued.append(args))
    with django_capture_on_commit_callbacks(execute=True):
        Event.record("incident:1", "note.added")
    assert queued == []  # Redis is not there: port 1 refuses


def test_what_one_thread_commits_another_announces_with_one_message(
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[Any] = []
    queued: list[Any] = []
    monkeypatch.setattr(tasks, "ring_all", lambda rings: rung.append([one["topic"] for one in rings]) or True)
    monkeypatch.setattr(tasks.announce, "apply_async", lambda *, args, **_: queued.append(args))
    announcements = tasks.Announcements()
    with journal.announced_by(announcements), django_capture_on_commit_callbacks(execute=True):
        events = [Event.record(f"incident:{number}", "note.added") for number in (1, 1, 2)]
    assert (rung, queued) == ([], [])

    announcements.send()
    announcements.send()
    assert rung == [["incident:1", "incident", "incident:1", "incident", "incident:2", "incident"]]
    assert queued == [tuple(event.pk for event in events)]
    with django_capture_on_commit_callbacks(execute=True):
        Event.record("incident:1", "note.added")  # outside of the block, whoever commits announces
    assert len(queued) == 2


def test_registering_twice_calls_once(heard: list[str]) -> None:
    def follower(event: Event) -> None:
        heard.append(event.kind)

    followers.register({"note.added": (follower,)})
    followers.register({"note.added": (follower,)})
    lost_event("note.added")
    tasks.announce_lost_events()
    assert heard == ["note.added"]
