"""Notes: Markdown that can do nothing, files that are only downloaded, edits that keep the old, stars, exports."""

import csv
import hashlib
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from incidents.models import Attachment, Incident, Refused
from incidents.models.attachment import MAX_BYTES
from incidents.templatetags.notes import rendered
from tests.incidents.factories import make_incident
from timeline.models import Stream
from timeline.verify import chain_holds

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(db: None) -> Incident:
    return make_incident()


def upload(name: str = "app.log", body: bytes = b"a line\n") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body, content_type="text/html")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**bold** and `code`", "<strong>bold</strong> and <code>code</code>"),
        ("one\ntwo", "one<br>"),
        ("[log](https://logs.example/1)", 'href="https://logs.example/1" rel="noopener noreferrer nofollow"'),
        ("<script>alert(1)</script>", "&lt;script&gt;"),
        ("![x](https://evil.example/p.png)", "<p></p>"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("<b onclick=x>hi</b>", "&lt;b onclick=x&gt;"),
    ],
)
def test_markdown_can_do_nothing(written: str, shown: str) -> None:
    html = rendered(written)
    assert shown in html
    assert "<script" not in html
    assert "<img" not in html


def test_a_file_is_kept_with_its_hash_and_only_downloaded(
    signed_in: Callable[[User], Client], responder: User, incident: Incident
) -> None:
    client = signed_in(responder)
    page = b"<script>alert(1)</script>"
    client.post(f"/incidents/{incident.pk}/notes/", {"text": "The log", "files": [upload('../evil".log', page)]})
    [file] = Attachment.objects.filter(incident=incident)
    note = incident.events.get(kind="note.added")
    assert note.data["files"] == [
        {"file": file.pk, "name": "evil.log", "size": len(page), "sha256": hashlib.sha256(page).hexdigest()}
    ]
    assert file.line == note.seq
    answer = client.get(f"/incidents/{incident.pk}/files/{file.pk}/")
    assert answer.content == page
    assert answer["Content-Disposition"] == 'attachment; filename="evil.log"'
    assert answer["Content-Type"] == "text/plain"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert client.get(f"/incidents/{make_incident(incident.target).pk}/files/{file.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([upload("page.html")], "page.html is no kind of file"),
        ([upload("run.sh")], "run.sh is no kind of file"),
        ([upload("big.log", b"x" * (MAX_BYTES + 1))], "a file may have 5 MiB"),
        ([upload("none.log", b"")], "is empty"),
        ([upload(f"{number}.log") for number in range(6)], "5 files at most"),
    ],
)
def test_other_files_are_refused_and_nothing_is_kept(
    responder: User, incident: Incident, files: list[Any], why: str
) -> None:
    with pytest.raises(Refused, match=why):
        incident.add_note(text="x", by=responder, files=files)
    assert not Attachment.objects.exists()
    assert not incident.events.filter(kind="note.added").exists()


def test_an_edit_is_a_new_line_and_the_old_words_stay(
    signed_in: Callable[[User], Client], responder: User, incident: Incident
) -> None:
    client = signed_in(responder)
    incident.add_note(text="Half of the orders fail", by=responder)
    line = incident.events.get(kind="note.added").seq
    client.post(f"/incidents/{incident.pk}/notes/{line}/", {"text": "A third of the orders fail"})
    page = client.get(f"/incidents/{incident.pk}/timeline/").content.decode()
    assert "A third of the orders fail" in page
    assert "Edited; it said before" in page
    assert "<blockquote>Half of the orders fail</blockquote>" in page
    assert incident.events.get(seq=line).data["text"] == "Half of the orders fail"
    assert chain_holds(Stream.named(incident.stream_key))
    assert "A third of the orders fail" in client.get(f"/incidents/{incident.pk}/retrospective/").content.decode()


def test_only_ones_own_notes_are_edited(responder: User, administrator: User, incident: Incident) -> None:
    incident.add_note(text="mine", by=responder)
    line = incident.events.get(kind="note.added").seq
    with pytest.raises(Refused, match="ana's note"):
        incident.edit_note(line, text="yours", by=administrator)
    with pytest.raises(Refused, match="no note"):
        incident.edit_note(1, text="declared otherwise", by=responder)


def test_the_timeline_is_filtered(signed_in: Callable[[User], Client], responder: User, incident: Incident) -> None:
    incident.add_note(text="pods restart", by=responder)
    incident.add_note(text="cache is cold", by=responder)
    client, address = signed_in(responder), f"/incidents/{incident.pk}/timeline/"
    found = client.get(address, {"q": "PODS"}).content.decode()
    assert "pods restart" in found
    assert "cache is cold" not in found
    assert "1 line<" in found
    assert "Declared" not in client.get(address, {"actor": "ana"}).content.decode().split("<ol", 1)[1]
    note = incident.events.filter(kind="note.added").first()
    assert note
    client.post(f"{address}{note.seq}/star/", {"star": "on"})
    starred = client.get(address, {"starred": "1"}).content.decode()
    assert "pods restart" in starred
    assert "cache is cold" not in starred


def test_the_exports_hold_every_line(signed_in: Callable[[User], Client], responder: User, incident: Incident) -> None:
    incident.add_note(text="=HYPERLINK(1)", by=responder)
    client = signed_in(responder)
    table = list(csv.DictReader(io.StringIO(client.get(f"/incidents/{incident.pk}/timeline.csv").content.decode())))
    data = client.get(f"/incidents/{incident.pk}/timeline.json").json()
    assert len(table) == len(data["lines"]) == incident.events.count()
    assert table[-1]["quote"] == "'=HYPERLINK(1)"
    assert data["lines"][-1]["data"]["text"] == "=HYPERLINK(1)"
    assert data["lines"][1]["prev_hash"] == data["lines"][0]["hash"]
