"""Events of one transaction are written together, also where a savepoint within it is rolled back."""

import contextlib

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from timeline import journal, statements
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


def test_a_known_head_is_not_asked_again_and_other_statements_go_with_the_events() -> None:
    stream = Stream.named("incident:1")
    Event.record(stream, "note.added")
    looked: list[int] = []
    with CaptureQueriesContext(connection) as seen, journal.together():
        head = journal.head_of(stream)
        statements.ask(head)
        journal.knows(stream, head.row)
        Event.record(stream, "step.started")
        other = statements.to_update(Stream, {"id": stream.pk}, {"key": "incident:7"})
        journal.at_the_end(other, lambda: looked.append(other.count))
    assert looked == [1]
    asked = [one["sql"] for one in seen.captured_queries if "SAVEPOINT" not in one["sql"]]
    assert len(asked) == (2 if connection.vendor == "postgresql" else 4), asked
    stream.refresh_from_db()
    assert (stream.key, kinds(stream)) == ("incident:7", ["note.added", "step.started"])


def test_a_look_at_the_end_that_fails_undoes_everything() -> None:
    stream = Stream.named("incident:1")

    def look() -> None:
        raise Undone

    with contextlib.suppress(Undone), journal.together():
        Event.record(stream, "step.started")
        journal.at_the_end(statements.to_update(Stream, {"id": stream.pk}, {"key": "incident:7"}), look)
    stream.refresh_from_db()
    assert (stream.key, kinds(stream)) == ("incident:1", [])


def test_a_savepoint_makes_a_known_head_unknown() -> None:
    stream = Stream.named("incident:1")
    with journal.together():
        head = journal.head_of(stream)
        statements.ask(head)
        journal.knows(stream, head.row)
        with transaction.atomic():
            Event.record(stream, "run.paused")
        Event.record(stream, "step.started")
    assert kinds(stream) == ["run.paused", "step.started"]
    assert chain_holds(stream)
