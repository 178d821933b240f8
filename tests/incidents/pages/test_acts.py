"""Acts on an incident: once, by responders, never on GET, and never on a stale page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from incidents.models import Incident
from incidents.overview import last_line
from tests.browser import scenes

Clients = Callable[[User], Client]
pytestmark = pytest.mark.django_db
ACTS = ["acknowledgement", "acknowledgement/withdrawal", "escalation", "role", "level", "run", "correction", "notes"]
ENDINGS = ["reopening", "dismissal", "closure", "restore"]


def post(client: Client, incident: Incident, act: str, **data: Any) -> Any:
    return client.post(f"/incidents/{incident.pk}/{act}/", data)


@pytest.mark.parametrize("act", [*ACTS, *ENDINGS])
def test_opening_an_act_does_nothing_and_leads_to_the_incident(act: str, responder: User, signed_in: Clients) -> None:
    incident = scenes.declared()
    before = last_line(incident)
    answer = signed_in(responder).get(f"/incidents/{incident.pk}/{act}/")
    assert (answer.status_code, answer["location"]) == (302, f"/incidents/{incident.pk}/")
    assert last_line(incident) == before


@pytest.mark.parametrize("act", [*ACTS, *ENDINGS, "resolution", "messages/new", "retrospective"])
def test_a_viewer_may_not_act(act: str, viewer: User, signed_in: Clients) -> None:
    incident = scenes.declared()
    before = last_line(incident)
    assert post(signed_in(viewer), incident, act, reason="x", text="x").status_code == 403
    assert last_line(incident) == before


def test_acknowledging_makes_me_the_incident_manager(responder: User, signed_in: Clients) -> None:
    incident, client = scenes.declared(), signed_in(responder)
    assert post(client, incident, "acknowledgement", seen=last_line(incident)).status_code == 302
    assert f"Incident manager <b>{responder.username}</b>" in client.get(f"/incidents/{incident.pk}/").content.decode()


def test_a_double_click_acts_once_and_is_no_error(responder: User, signed_in: Clients) -> None:
    incident, client = scenes.declared(), signed_in(responder)
    seen = last_line(incident)
    post(client, incident, "acknowledgement", seen=seen)
    answer = post(client, incident, "acknowledgement", seen=seen)
    assert "nothing was done twice" in answer.content.decode()
    assert incident.events.filter(kind="incident.acknowledged").count() == 1


def test_a_stale_form_says_what_changed_and_who_did_it(responder: User, plan_author: User, signed_in: Clients) -> None:
    incident = scenes.investigating(responder)
    seen = last_line(incident)
    incident.choose_level(level=2, by=plan_author)
    answer = post(signed_in(responder), incident, "level", seen=seen, level="1", reason="It is the flag")
    assert answer.status_code == 409
    assert "paul chose Level 2" in answer.content.decode()
    incident.refresh_from_db()
    assert incident.chosen_level == 2


@pytest.mark.parametrize(("kind", "status"), [("evidence", 302), ("dry_run", 302), ("rollback", 409)])
def test_a_run_that_only_reads_makes_no_form_stale(responder: User, signed_in: Clients, kind: str, status: int) -> None:
    incident = scenes.investigating(responder)
    seen = last_line(incident)
    data = {
        "run": 0,
        "run_kind": kind,
        "level": 1,
        "level_name": "Flag off",
        "service": "orders",
        "environment": "prod",
    }
    incident.record("run.started", at=timezone.now(), data=data)
    assert post(signed_in(responder), incident, "level", seen=seen, level="2").status_code == status


def test_choosing_a_level_leads_to_its_exact_commands(responder: User, signed_in: Clients) -> None:
    incident = scenes.investigating(responder)
    answer = post(signed_in(responder), incident, "level", seen=last_line(incident), level="2")
    assert answer.status_code == 302
    assert answer["location"].endswith("/confirm/")
    again = post(signed_in(responder), incident, "run", seen=last_line(incident))
    assert again["location"] == answer["location"]


def test_overriding_the_recommendation_needs_a_reason_and_keeps_what_was_typed(
    responder: User, signed_in: Clients
) -> None:
    incident, client = scenes.investigating(responder), signed_in(responder)
    refused = post(client, incident, "level", seen=last_line(incident), form="level", level="none", reason="")
    assert refused.status_code == 422
    assert "Say why" in refused.content.decode()
    assert 'value="none" required checked' in refused.content.decode()
    post(client, incident, "level", seen=last_line(incident), level="none", reason="The alert is flapping")
    incident.refresh_from_db()
    assert incident.has_chosen
    assert incident.chosen_level is None


def test_a_refused_note_comes_back_with_its_text(responder: User, signed_in: Clients) -> None:
    incident = scenes.declared()
    answer = post(signed_in(responder), incident, "notes", form="note", text="   ")
    assert answer.status_code == 422
    assert "The note is empty" in answer.content.decode()


def test_a_note_is_kept_and_the_browser_may_forget_its_draft(responder: User, signed_in: Clients) -> None:
    incident, client = scenes.declared(), signed_in(responder)
    answer = client.post(f"/incidents/{incident.pk}/notes/", {"text": "p95 is fine <b>"}, follow=True)
    html = answer.content.decode()
    assert "p95 is fine &lt;b&gt;" in html
    assert f'data-saved="note-{incident.pk}"' in html


def test_htmx_gets_the_incident_again_after_an_act(responder: User, signed_in: Clients) -> None:
    incident = scenes.declared()
    answer = signed_in(responder).post(
        f"/incidents/{incident.pk}/notes/", {"text": "seen"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert answer.content.decode().lstrip().startswith('<div id="incident"')


def test_a_task_is_ticked_and_taken_back_with_a_reason(responder: User, signed_in: Clients) -> None:
    incident, client = scenes.investigating(responder), signed_in(responder)
    task = incident.tasks.filter(ticked_at=None).first()
    assert task is not None
    post(client, incident, f"tasks/{task.pk}/tick")
    task.refresh_from_db()
    assert task.ticked_user == responder
    assert post(client, incident, f"tasks/{task.pk}/tick/withdrawal", reason="").status_code == 422
    post(client, incident, f"tasks/{task.pk}/tick/withdrawal", reason="It was the other log")
    task.refresh_from_db()
    assert task.ticked_at is None


def test_evidence_is_skipped_only_with_a_reason(responder: User, signed_in: Clients) -> None:
    incident, client = scenes.investigating(responder), signed_in(responder)
    item = incident.evidence.get(title="Reproduction")
    assert post(client, incident, f"evidence/{item.pk}/skip", reason="").status_code == 422
    post(client, incident, f"evidence/{item.pk}/skip", reason="Seen by the alert")
    item.refresh_from_db()
    assert item.status == "skipped"


def test_evidence_that_a_person_looks_at_says_so_once(responder: User, signed_in: Clients) -> None:
    incident = scenes.investigating(responder)
    said = "A person looks at this; add what you see as a note."
    item = incident.evidence.get(title="Reproduction")
    item.status, item.detail, item.skipped_reason, item.command = "skipped", said, said, "Dashboard access"
    item.save()
    page = signed_in(responder).get(f"/incidents/{incident.pk}/").content.decode()
    assert page.count(said) == 1
    assert "Look yourself" in page
    assert "$ Dashboard access" not in page


def test_severity_is_corrected_and_the_old_one_stays_on_the_timeline(responder: User, signed_in: Clients) -> None:
    incident, client = scenes.investigating(responder), signed_in(responder)
    answer = client.post(
        f"/incidents/{incident.pk}/correction/",
        {"field": "severity", "value": "critical", "seen": last_line(incident)},
        follow=True,
    )
    assert "corrected severity: high → critical" in answer.content.decode()


def test_handing_over_names_the_new_manager(responder: User, plan_author: User, signed_in: Clients) -> None:
    incident = scenes.investigating(responder)
    post(signed_in(responder), incident, "role", role="manager", user=plan_author.pk, seen=last_line(incident))
    held = incident.role("manager")
    assert held is not None
    assert held.user == plan_author


def test_a_proved_recovery_resolves_without_a_reason(responder: User, signed_in: Clients) -> None:
    incident, client = scenes.recovered(responder), signed_in(responder)
    assert "Resolve and tell the stakeholders" in client.get(f"/incidents/{incident.pk}/resolution/").content.decode()
    answer = post(client, incident, "resolution", seen=last_line(incident))
    assert answer["location"] == f"/incidents/{incident.pk}/messages/"
    incident.refresh_from_db()
    assert incident.verified is True


def test_an_unproved_one_needs_a_reason_and_stays_unverified(responder: User, signed_in: Clients) -> None:
    incident, client = scenes.cannot_tell(responder), signed_in(responder)
    refused = post(client, incident, "resolution", seen=last_line(incident), reason="")
    assert refused.status_code == 422
    post(client, incident, "resolution", seen=last_line(incident), reason="No traffic at night")
    incident.refresh_from_db()
    assert (incident.status, incident.verified) == ("resolved", False)


def test_a_verdict_that_came_meanwhile_makes_resolving_stale(responder: User, signed_in: Clients) -> None:
    incident = scenes.recovered(responder)
    seen = last_line(incident)
    incident.record("verdict.given", data={"verdict": "not_recovered", "reason": "Errors are back."})
    answer = post(signed_in(responder), incident, "resolution", seen=seen)
    assert answer.status_code == 409
    assert "Errors are back." in answer.content.decode()


def test_a_resolved_incident_can_be_reopened(responder: User, signed_in: Clients) -> None:
    incident = scenes.resolved(responder)
    post(signed_in(responder), incident, "reopening", reason="Errors are back", seen=last_line(incident))
    incident.refresh_from_db()
    assert incident.is_live


def test_the_mailed_link_does_nothing_when_opened(responder: User, signed_in: Clients) -> None:
    incident, client = scenes.declared(), signed_in(responder)
    asked = incident.escalate(order=1)
    html = client.get(f"/pages/{asked.token}/").content.decode()
    assert "I have it" in html
    incident.refresh_from_db()
    assert incident.acknowledged_at is None
    assert client.post(f"/pages/{asked.token}/")["location"] == f"/incidents/{incident.pk}/"
    incident.refresh_from_db()
    assert incident.acknowledged_by == responder


def test_the_mailed_link_asks_for_sign_in_first(client: Client) -> None:
    asked = scenes.declared().escalate(order=1)
    assert client.get(f"/pages/{asked.token}/").status_code == 302
