"""The page of one incident: what stands above the fold in every state, and who may act."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.browser import scenes
from tests.incidents.factories import make_incident

Clients = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def page(client: Client, incident: Any, query: str = "") -> str:
    answer = client.get(f"/incidents/{incident.pk}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        ("declared", ["Take this incident", "I have it", "Nobody has it", "T+"]),
        (
            "investigating",
            ["Decide what to do", "Prepare Level 2 on orders-api production", "Runner-up", "No rollback"],
        ),
        ("uncovered", ["no row of the decision matrix covers it", "Choose"]),
        (
            "running",
            ["Rolling back", "Step 3 of 5", "Attempting uninstall", "the matrix 5 min: they disagree"],
        ),
        ("outcome_unknown", ["Outcome unknown", "Settle the outcome", "Verify says", "stopping pid 2857"]),
        ("waiting_for_approval", ["Waiting for approval", "Read and approve"]),
        ("failed", ["Look and decide", "no matching distribution"]),
        ("not_recovered", ["It did not help", "Prepare Level 3", "Not recovered", "11.9 % of 610"]),
        ("watching", ["Checks passed, watching until", "Resolve opens"]),
        ("cannot_tell", ["requests", "A red look starts the watch again"]),
        ("recovered", ["Resolve…", "Recovered", "under 0.2 % with 95 % confidence"]),
        ("drill", ["nothing leaves the house", "Rehearsing"]),
        ("resolved", ["Resolved, unverified", "Reopen"]),
    ],
)
def test_every_state_says_what_it_is_and_what_is_next(
    scene: str, words: list[str], responder: User, signed_in: Clients
) -> None:
    html = page(signed_in(responder), scenes.SCENES[scene](responder))
    assert [word for word in words if word not in html] == []


@pytest.mark.parametrize("scene", [name for name in scenes.SCENES if name != "resolved"])
def test_a_page_has_exactly_one_filled_button_besides_the_phone_bar(
    scene: str, responder: User, signed_in: Clients
) -> None:
    html = page(signed_in(responder), scenes.SCENES[scene](responder))
    assert html.split('class="bottom"')[0].count("btn primary") == 1


def test_no_page_has_an_inline_style_or_script(responder: User, signed_in: Clients) -> None:
    html = page(signed_in(responder), scenes.running(responder))
    assert " style=" not in html
    assert "<script>" not in html
    assert " onclick=" not in html


def test_a_viewer_reads_and_is_offered_no_act(viewer: User, responder: User, signed_in: Clients) -> None:
    html = page(signed_in(viewer), scenes.investigating(responder))
    assert "Decide what to do" in html
    assert "may read this incident, not act on it" in html
    assert 'action="/incidents/' not in html


def test_htmx_gets_the_live_part_only(responder: User, signed_in: Clients) -> None:
    incident = scenes.running(responder)
    html = signed_in(responder).get(f"/incidents/{incident.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert html.lstrip().startswith('<div id="incident"')
    assert "<html" not in html


def test_the_live_part_listens_to_the_incident_and_its_run(responder: User, signed_in: Clients) -> None:
    incident = scenes.running(responder)
    html = page(signed_in(responder), incident)
    assert f"/live/?topic=incident:{incident.pk}&amp;topic=run:" in html
    assert f"sse:incident-{incident.pk}" in html


def test_the_timeline_can_be_filtered(responder: User, signed_in: Clients) -> None:
    incident = scenes.investigating(responder)
    client = signed_in(responder)
    assert "Only nested queries fail." in page(client, incident, "?show=decisions")
    assert "Only nested queries fail." not in page(client, incident, "?show=messages")


def test_a_stranger_is_sent_to_sign_in(responder: User, client: Client) -> None:
    incident = scenes.investigating(responder)
    answer = client.get(f"/incidents/{incident.pk}/")
    assert answer.status_code == 302
    assert answer["location"] == f"/sign-in/?next=/incidents/{incident.pk}/"


def test_an_incident_that_is_not_there_is_a_404(responder: User, signed_in: Clients) -> None:
    assert signed_in(responder).get("/incidents/99999/").status_code == 404


def test_the_page_asks_a_fixed_number_of_questions(
    responder: User, signed_in: Clients, django_assert_max_num_queries: Any
) -> None:
    incident, client = scenes.watching(responder), signed_in(responder)
    client.get(f"/incidents/{incident.pk}/")
    with django_assert_max_num_queries(46) as few:
        client.get(f"/incidents/{incident.pk}/")
    for number in range(5):
        incident.add_note(text=f"Note {number}", by=responder)
    with django_assert_max_num_queries(len(few)):
        client.get(f"/incidents/{incident.pk}/")


def test_the_strip_names_the_others_their_overdue_and_who_wants_the_same_target(
    signed_in: Callable[[User], Client], responder: User
) -> None:
    mine = make_incident()
    other = make_incident(mine.target, title="Another", ago=timedelta(hours=2))
    page = signed_in(responder).get(mine.get_absolute_url()).content.decode()
    strip = page.split('<p class="others">', 1)[1].split("</p>", 1)[0]
    assert other.reference in strip
    assert "overdue" in strip
    assert "wants the same target" in strip
