"""Statements that are written out: several in one message, each seeing what those before it did."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from timeline import domain_time, statements
from timeline.models import Event, Stream

pytestmark = pytest.mark.django_db


def moved(stream: Stream, seq: int, *, only: str = "") -> statements.Statement:
    return statements.to_update(Stream, {"id": stream.pk}, {"last_seq": seq}, only=only)


def test_each_statement_sees_what_those_before_it_did() -> None:
    stream = Stream.named("incident:1")
    head = statements.to_select(Stream, ("last_seq",), "WHERE id = %s", [stream.pk])
    first, none, second = moved(stream, 1), moved(stream, 7, only="last_seq = 5"), moved(stream, 2, only="last_seq = 1")
    with CaptureQueriesContext(connection) as seen:
        statements.ask(first, none, second, head)
    assert [one.count for one in (first, none, second, head)] == [1, 0, 1, 1]
    assert head.row[0] == 2
    assert len(seen) == (1 if connection.vendor == "postgresql" else 4)


def test_values_that_look_like_statements_are_values() -> None:
    stream = Stream.named("incident:1")
    words = "'; DROP TABLE timeline_event; -- 100 % %s \\"
    event = Event(stream=stream, seq=1, kind="note.added", at=domain_time.now(), hash=words, data={"text": words})
    written = statements.to_insert([event])
    statements.ask(written, moved(stream, 1))
    statements.inserted([event], written)
    assert Event.objects.get(pk=event.pk).data["text"] == words
    assert Event.objects.get(pk=event.pk).hash == words


def test_an_error_in_one_of_them_undoes_the_transaction() -> None:
    stream = Stream.named("incident:1")
    with pytest.raises(DatabaseError), transaction.atomic():
        statements.ask(moved(stream, 1), moved(stream, 2, only="no_such_column = 1"), moved(stream, 3))
    stream.refresh_from_db()
    assert stream.last_seq == 0


def test_a_connection_that_binds_on_the_server_gets_them_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "server_side_binding", True)
    stream = Stream.named("incident:1")
    with CaptureQueriesContext(connection) as seen:
        statements.ask(moved(stream, 1), moved(stream, 2))
    assert len(seen) == 2
