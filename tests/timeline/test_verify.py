"""`manage.py timeline verify`: real tampering with the rows, as somebody with the database's password would do it."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from timeline.models import Event, Stream

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def three_lines() -> None:
    for text in ("first", "second", "third"):
        Event.record("incident:1", "note.added", data={"text": text})
    Event.record("plan:orders", "revision.added", data={"number": 1})


def run(*words: str) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("timeline", *words, stdout=out, stderr=err)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue() + err.getvalue()
    return 0, out.getvalue() + err.getvalue()


def sql(statement: str, *values: Any) -> None:
    """Behind Django's back."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def pk_of(seq: int) -> int:
    return Event.objects.get(stream__key="incident:1", seq=seq).pk


def test_an_untouched_installation_holds() -> None:
    assert run("verify") == (0, "2 streams hold.\n")


@pytest.mark.parametrize(
    ("statement", "line", "why"),
    [
        ('UPDATE timeline_event SET data = \'{"text": "other"}\' WHERE id = %s', 2, "its words are not those"),
        ("UPDATE timeline_event SET actor_name = 'eve' WHERE id = %s", 2, "its words are not those"),
        ("UPDATE timeline_event SET at = '2020-01-01 00:00:00+00:00' WHERE id = %s", 2, "its words are not those"),
        ("UPDATE timeline_event SET kind = 'note.lost' WHERE id = %s", 2, "its words are not those"),
        ("DELETE FROM timeline_event WHERE id = %s", 2, "it is missing; line 3 follows line 1"),
    ],
)
def test_a_changed_line_is_named(statement: str, line: int, why: str) -> None:
    sql(statement, pk_of(line))
    status, said = run("verify")
    assert status == 1
    assert f"incident:1, line {line}: {why}" in said
    assert "1 of 2 streams do not hold." in said


def test_a_line_cut_off_at_the_end_is_missed() -> None:
    sql("DELETE FROM timeline_event WHERE id = %s", pk_of(3))
    status, said = run("verify", "incident:1")
    assert status == 1
    assert "those after line 2 are gone" in said


def test_a_line_whose_hash_was_made_anew_breaks_the_next_one() -> None:
    event = Event.objects.select_related("stream").get(pk=pk_of(2))
    event.data = {"text": "other"}
    sql(
        'UPDATE timeline_event SET data = \'{"text": "other"}\', hash = %s WHERE id = %s',
        event.compute_hash(),
        event.pk,
    )
    assert "incident:1, line 3: it does not link to the line before it." in run("verify")[1]


def test_a_chain_forged_to_its_end_shows_against_heads_kept_elsewhere(tmp_path: Path) -> None:
    kept = tmp_path / "heads"
    kept.write_text(run("heads")[1])
    prev = Event.objects.get(pk=pk_of(1)).hash
    for seq in (2, 3):
        event = Event.objects.select_related("stream").get(pk=pk_of(seq))
        event.data, event.prev_hash = {"text": f"forged {seq}"}, prev
        prev = event.compute_hash()
        sql(
            "UPDATE timeline_event SET data = %s, prev_hash = %s, hash = %s WHERE id = %s",
            f'{{"text": "forged {seq}"}}', event.prev_hash, prev, event.pk,
        )  # fmt: skip
    sql("UPDATE timeline_stream SET last_hash = %s WHERE \"key\" = 'incident:1'", prev)
    assert run("verify")[0] == 0
    status, said = run("verify", "--against", str(kept))
    assert status == 1
    assert "incident:1, line 3: its hash is another than the one that was written down." in said


def test_a_stream_that_is_gone_shows_against_heads(tmp_path: Path) -> None:
    kept = tmp_path / "heads"
    kept.write_text(run("heads")[1])
    sql("DELETE FROM timeline_event WHERE stream_id = %s", Stream.objects.get(key="plan:orders").pk)
    sql("DELETE FROM timeline_stream WHERE \"key\" = 'plan:orders'")
    assert "plan:orders, line 1: the whole stream is gone." in run("verify", "--against", str(kept))[1]


def test_odd_words_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no stream incident:9"):
        run("verify", "incident:9")
    (tmp_path / "odd").write_text("incident:1 three\n")
    with pytest.raises(CommandError, match=":1: a line is"):
        run("verify", "--against", str(tmp_path / "odd"))
