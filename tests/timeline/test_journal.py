"""Events of one transaction are written together, also where a savepoint within it is rolled back."""

import contextlib

import pytest
from django.db import transaction

from timeline import journal
from timeline.models import Event, Stream
from timeline.verify import chain_holds

pytestmark = pytest.mark.django_db


class Undone(Exception):
    """What makes a transaction roll back."""


def kinds(stream: Stream) -> list[str]:
    return list(stream.events.order_by("seq").values_list("kind", flat=True))


def test_events_of_one_transaction_are_chained_in_their_order() -> None:
    stream, other = Stream.named("incident:1"), Stream.named("incident:2")
    with journal.together():
        for kind in ("step.succeeded", "step.started"):
            Event.record(stream, kind)
        Event.record(other, "note.added")
        assert kinds(stream) == []
    assert kinds(stream) == ["step.succeeded", "step.started"]
    assert kinds(other) == ["note.added"]
    assert chain_holds(stream)
    assert chain_holds(other)


def test_nothing_is_written_when_the_transaction_fails() -> None:
    stream = Stream.named("incident:1")
    with contextlib.suppress(Undone), journal.together():
        Event.record(stream, "step.started")
        raise Undone
    assert kinds(stream) == []
    Event.record(stream, "note.added")
    assert kinds(stream) == ["note.added"]


def test_a_savepoint_takes_its_own_event_with_it_and_no_other() -> None:
    stream = Stream.named("incident:1")
    with journal.together():
        Event.record(stream, "step.succeeded")
        with transaction.atomic():
            Event.record(stream, "run.paused")
        with contextlib.suppress(Undone), transaction.atomic():
            Event.record(stream, "run.failed")
            raise Undone
        Event.record(stream, "step.started")
    assert kinds(stream) == ["run.paused", "step.succeeded", "step.started"]
    assert chain_holds(stream)
