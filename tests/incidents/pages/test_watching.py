"""The watch on the incident's page: the offer of the next level, and more time for a watch without a proof."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from incidents.models import Incident
from rollbacks.models import Escalation, Sample, Sampling, Watch
from tests.browser import scenes
from timeline import domain_time

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
WHY = "Level 2 promises 10 min, and that time has passed."


def page_of(incident: Incident, client: Client) -> str:
    return client.get(incident.get_absolute_url()).content.decode()


@pytest.fixture
def undecided(responder: User) -> Incident:
    incident = scenes.cannot_tell(responder)
    Watch.objects.update(status="ended", ended_at=domain_time.now(), next_look_at=None)
    return incident


def test_a_watch_without_a_proof_is_opened_again_with_one_click(
    undecided: Incident, signed_in: SignIn, responder: User
) -> None:
    client = signed_in(responder)
    assert "Watch 10 more minutes" in page_of(undecided, client)
    answer = client.post(reverse("incident-watch", args=[undecided.pk]), {"rate": "20"})
    assert answer.status_code == 302
    assert Watch.objects.get().is_open
    assert Sampling.objects.get(stream__key=undecided.stream_key).rate == 20
    page = page_of(undecided, client)
    assert "Watch 10 more minutes" not in page
    assert "opened the watch again" in page


@pytest.mark.parametrize(("rate", "says"), [("many", "is no rate"), ("500", "at most 50")])
def test_another_rate_is_refused_in_a_sentence(
    undecided: Incident, signed_in: SignIn, responder: User, rate: str, says: str
) -> None:
    answer = signed_in(responder).post(reverse("incident-watch", args=[undecided.pk]), {"rate": rate})
    assert answer.status_code == 422
    assert says in answer.content.decode()


def test_it_is_not_offered_to_readers_nor_after_the_incident(
    undecided: Incident, signed_in: SignIn, viewer: User, responder: User
) -> None:
    assert "Watch 10 more minutes" not in page_of(undecided, signed_in(viewer))
    undecided.resolve(by=responder, reason="We saw it by hand.")
    undecided.refresh_from_db()
    assert undecided.verified is False
    assert "Watch 10 more minutes" not in page_of(undecided, signed_in(responder))


def test_the_next_level_is_offered_while_the_watch_cannot_tell(
    undecided: Incident, signed_in: SignIn, responder: User
) -> None:
    run = Watch.objects.get().run
    Escalation.objects.create(run=run, level=3, offered_at=domain_time.now(), why=WHY, evidence="Counted.")
    page = page_of(undecided, signed_in(responder))
    assert "It persists: choose the next level" in page
    assert WHY in page
    assert "Prepare Level 3" in page


@pytest.fixture
def thin_watch(responder: User) -> Incident:
    """A watch that goes on and has counted next to nothing in eight minutes."""
    incident = scenes.cannot_tell(responder)
    Sample.objects.filter(at__gte=Watch.objects.get().changed_at).delete()
    return incident


def test_a_thin_watch_gets_labelled_load_with_one_click(
    thin_watch: Incident, signed_in: SignIn, responder: User, viewer: User
) -> None:
    client = signed_in(responder)
    assert "Send labelled load" in page_of(thin_watch, client)
    address = reverse("incident-load", args=[thin_watch.pk])
    assert client.post(address, {"rate": "many"}).status_code == 422
    assert client.post(address, {"rate": "50"}).status_code == 302
    page = page_of(thin_watch, client)
    assert "Send labelled load" not in page
    assert "Labelled (synthetic) load tops the count up until" in page
    assert "sent labelled (synthetic) load, 50 requests/s" in page
    assert Sampling.objects.filter(raised_to=50).exists()
    reader = signed_in(viewer)
    assert reader.post(address, {"rate": "50"}).status_code == 403
