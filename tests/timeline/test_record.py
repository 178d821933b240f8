from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from timeline.models import Event, Stream
from timeline.models.event import EventIsAppendOnly
from timeline.verify import chain_holds, first_broken_event

pytestmark = pytest.mark.django_db


def test_events_are_numbered_and_linked_within_their_stream() -> None:
    first = Event.record("incident:1", "incident.declared", data={"title": "Errors"})
    other = Event.record("incident:2", "incident.declared")
    second = Event.record("incident:1", "note.added", data={"text": "seen"})

    assert (first.seq, second.seq, other.seq) == (1, 2, 1)
    assert second.prev_hash == first.hash
    assert other.prev_hash == ""
    assert chain_holds(first.stream)


def test_the_actor_s_name_stays_when_the_account_goes() -> None:
    ana = User.objects.create_user("ana")
    event = Event.record("incident:1", "note.added", actor=ana)
    ana.delete()

    event = Event.objects.get(pk=event.pk)
    assert event.actor is None
    assert event.actor_name == "ana"
    assert chain_holds(event.stream)


def test_a_time_in_another_zone_keeps_its_moment_and_its_hash() -> None:
    at = datetime.fromisoformat("2026-11-22T14:07:12.000123+01:00")
    event = Event.record("incident:1", "incident.declared", at=at)

    stored = Event.objects.get(pk=event.pk)
    assert stored.at == datetime(2026, 11, 22, 13, 7, 12, 123, tzinfo=UTC)
    assert stored.compute_hash() == event.hash


def test_a_changed_line_is_named() -> None:
    for number in range(3):
        Event.record("incident:1", "note.added", data={"number": number})
    stream = Stream.objects.get(key="incident:1")
    with transaction.atomic():
        # Round the guard, as somebody with the database's password would.
        super(type(Event.objects.all()), Event.objects.filter(stream=stream, seq=2)).update(data={"number": 99})

    broken = first_broken_event(stream)
    assert broken is not None
    assert broken.seq == 2
    assert not chain_holds(stream)


def test_a_missing_last_line_is_noticed() -> None:
    Event.record("incident:1", "note.added")
    stream = Stream.objects.get(key="incident:1")
    Stream.objects.filter(pk=stream.pk).update(last_seq=2)

    assert not chain_holds(stream)


def test_an_event_cannot_be_changed_or_deleted() -> None:
    event = Event.record("incident:1", "note.added", data={"text": "seen"})
    event.data = {"text": "never seen"}
    with pytest.raises(EventIsAppendOnly):
        event.save()
    with pytest.raises(EventIsAppendOnly):
        event.delete()
    with pytest.raises(EventIsAppendOnly):
        Event.objects.filter(pk=event.pk).update(kind="x")
    with pytest.raises(EventIsAppendOnly):
        Event.objects.all().delete()


def test_a_rolled_back_change_leaves_no_event_and_no_gap() -> None:
    with transaction.atomic():
        Event.record("incident:1", "note.added")
        transaction.set_rollback(True)
    event = Event.record("incident:1", "note.added")
    assert event.seq == 1
    assert event.at - datetime.now(UTC) < timedelta(seconds=5)
