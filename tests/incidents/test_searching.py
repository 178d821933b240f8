"""Finding an incident again, and the table for a spreadsheet."""

import csv
import io
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from incidents.models import Incident, Retrospective
from incidents.searching import search
from tests.incidents.factories import make_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def ended(responder: User) -> Incident:
    incident = make_incident(title="=Orders fail", impact="Prices are missing")
    incident.add_note(text="The gateway cached a stale type", by=responder)
    incident.resolve(by=responder, reason="Over")
    Retrospective.draft_for(incident).change(by=responder, root_cause="A deploy without a schema check")
    return incident


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ("prices MISSING", "incident"),
        ("schema check", "retrospective"),
        ("stale gateway", "note"),
        ("nothing of it", ""),
        ("   ", ""),
    ],
)
def test_words_are_found_wherever_they_stand(ended: Incident, words: str, where: str) -> None:
    make_incident(ended.target, title="Another one")
    found = search(words)
    assert [(row.incident, row.where) for row in found] == ([(ended, where)] if where else [])


def test_a_reference_finds_its_incident(ended: Incident) -> None:
    assert [row.incident for row in search(ended.reference)] == [ended]


def test_the_pages(ended: Incident, signed_in: Callable[[User], Client], responder: User) -> None:
    client = signed_in(responder)
    page = client.get("/search/", {"q": "<stale>"}).content.decode()
    assert "Nothing holds all of these words." in page
    assert "A deploy without a schema check" in client.get("/search/", {"q": "schema"}).content.decode()
    [row] = csv.DictReader(io.StringIO(client.get("/reports/incidents.csv").content.decode()))
    assert (row["incident"], row["title"], row["verified"]) == (ended.reference, "'=Orders fail", "no")
    assert row["time_to_detect_s"] == ""
    assert float(row["time_to_resolve_s"]) >= 0
