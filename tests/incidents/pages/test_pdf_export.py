"""The PDF of a retrospective as a download, and the sentence where there is none."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from incidents.models import Incident, Retrospective
from incidents.pdf import typesetting
from incidents.views import retrospective_exports
from tests.incidents.factories import make_incident
from timeline import domain_time

pytestmark = pytest.mark.django_db


@pytest.fixture
def ended(responder: User) -> Incident:
    incident = make_incident(impact="Prices are missing")
    incident.acknowledge(by=responder)
    incident.resolve(by=responder, reason="The provider mended it")
    return incident


def test_the_page_links_a_file(signed_in: Callable[[User], Client], responder: User, ended: Incident) -> None:
    client = signed_in(responder)
    address = f"/incidents/{ended.pk}/retrospective.pdf"
    assert address in client.get(f"/incidents/{ended.pk}/retrospective/").content.decode()
    response = client.get(address)
    assert response.content.startswith(b"%PDF-")
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'attachment; filename="inc-{ended.pk}-retrospective.pdf"'


def test_it_names_the_timelines_last_line_the_version_and_the_state(responder: User, ended: Incident) -> None:
    found = Retrospective.draft_for(ended, by=responder)
    found.ask_review(by=responder)
    page = retrospective_exports.RetrospectivePage(ended, Retrospective.objects.get(pk=found.pk))
    doc = retrospective_exports._document(page, domain_time.now())
    stream = retrospective_exports.Stream.objects.get(key=ended.stream_key)
    assert doc["state"] == "In review"
    assert [f"Timeline up to line {stream.last_seq}, SHA-256", stream.last_hash] in doc["seals"]
    assert ["Text", f"version {Retrospective.objects.get(pk=found.pk).version}"] in doc["seals"]


def test_without_the_extra_the_page_says_what_to_install(
    signed_in: Callable[[User], Client], responder: User, ended: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typesetting, "find_spec", lambda name: None)
    client = signed_in(responder)
    page = client.get(f"/incidents/{ended.pk}/retrospective/").content.decode()
    assert "retrospective.pdf" not in page
    assert "No PDF: requirements-pdf.txt is not installed." in page
    response = client.get(f"/incidents/{ended.pk}/retrospective.pdf")
    assert response.status_code == 501
    assert "pip install --require-hashes -r requirements-pdf.txt" in response.content.decode()


def test_one_that_could_not_be_made_says_so_on_the_page(
    signed_in: Callable[[User], Client], responder: User, ended: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typesetting, "MOST_BYTES", 10)
    response = signed_in(responder).get(f"/incidents/{ended.pk}/retrospective.pdf")
    assert response.status_code == 503
    assert "too long for a PDF" in response.content.decode()
