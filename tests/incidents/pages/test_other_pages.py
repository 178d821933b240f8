"""Now, declare, messages, retrospective, drills, reports, contacts, health."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from incidents.models import ActionItem, Contact, Incident, Message, Stakeholder
from plans.models import Plan
from tests.browser import scenes
from timeline import domain_time

Clients = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def html_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def test_a_new_installation_shows_what_to_set_up(administrator: User, signed_in: Clients) -> None:
    html = html_of(signed_in(administrator), "/")
    assert "All quiet" in html
    assert "A plan, approved" in html


def test_the_front_page_shows_who_leads_and_nobody_in_red(responder: User, signed_in: Clients) -> None:
    scenes.declared()
    html = html_of(signed_in(responder), "/")
    assert '<b class="needs-you">nobody</b>' in html
    assert "1 incident live" in html


def test_a_service_that_runs_rolled_back_stays_on_the_front_page(responder: User, signed_in: Clients) -> None:
    scenes.resolved(responder)
    html = html_of(signed_in(responder), "/")
    assert "Runs rolled back" in html
    assert "owner ana" in html


def test_the_front_page_asks_the_same_number_of_questions_for_more_incidents(
    responder: User, signed_in: Clients, django_assert_max_num_queries: Any
) -> None:
    scenes.declared()
    client = signed_in(responder)
    client.get("/")
    with django_assert_max_num_queries(32) as few:
        client.get("/")
    for number in range(3):
        scenes.declared(target=scenes.make_target(service=f"service-{number}"))
    with django_assert_max_num_queries(len(few)):
        client.get("/")


def test_declaring_takes_title_and_severity_from_the_plan(responder: User, signed_in: Clients) -> None:
    target, client = scenes.make_target(), signed_in(responder)
    given = {"target": target.pk, "symptom": "Query errors (> 10%)", "key": "one-form"}
    answer = client.post("/incidents/declare/", given)
    incident = Incident.objects.get()
    assert answer["location"] == f"/incidents/{incident.pk}/"
    assert (incident.title, incident.severity) == ("Query errors (> 10%)", "high")
    assert client.post("/incidents/declare/", given)["location"] == answer["location"]
    assert Incident.objects.count() == 1


def test_an_empty_declaration_is_refused_with_a_sentence(responder: User, signed_in: Clients) -> None:
    answer = signed_in(responder).post("/incidents/declare/", {"target": scenes.make_target().pk})
    assert answer.status_code == 422
    assert "Say in a few words what is wrong." in answer.content.decode()


def test_a_time_in_the_future_is_refused(responder: User, signed_in: Clients) -> None:
    later = (domain_time.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S")
    given = {"target": scenes.make_target().pk, "symptom": "x", "detected_at": later}
    assert "lies in the future" in signed_in(responder).post("/incidents/declare/", given).content.decode()


def test_the_plan_advises_while_typing(responder: User, signed_in: Clients) -> None:
    target = scenes.make_target()
    html = html_of(
        signed_in(responder), f"/incidents/declare/advice/?target={target.pk}&symptom=GraphQL+response+errors"
    )
    assert "Level 1" in html
    assert html.lstrip().startswith('<section class="card" id="advice"')


def test_a_viewer_may_not_declare(viewer: User, signed_in: Clients) -> None:
    html_of(signed_in(viewer), "/incidents/declare/", 403)


def draft_of(incident: Incident, by: User) -> Message:
    return Message.draft_for(incident, by=by)


def filled(message: Message) -> dict[str, str]:
    values = {f"field-{field['name']}": field["value"] or (field["choices"] or ["said"])[0] for field in message.fields}
    return {
        **values,
        "subject": message.subject,
        "body": message.body,
        "recipients": "\n".join(message.recipients),
    }


def test_a_draft_says_what_is_missing_and_where_each_word_comes_from(responder: User, signed_in: Clients) -> None:
    incident = scenes.investigating(responder)
    message = draft_of(incident, responder)
    html = html_of(signed_in(responder), f"/incidents/{incident.pk}/messages/{message.pk}/")
    assert "Before it can go out" in html
    assert "From the timeline: the declaration" in html


def test_htmx_is_told_to_leave_for_the_draft(responder: User, signed_in: Clients) -> None:
    incident = scenes.investigating(responder)
    answer = signed_in(responder).post(f"/incidents/{incident.pk}/messages/new/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (
        204,
        f"/incidents/{incident.pk}/messages/{Message.objects.get().pk}/",
    )


def test_an_incomplete_message_is_not_sent(responder: User, signed_in: Clients) -> None:
    incident = scenes.investigating(responder)
    message = draft_of(incident, responder)
    answer = signed_in(responder).post(f"/incidents/{incident.pk}/messages/{message.pk}/sending/")
    assert answer.status_code == 422
    message.refresh_from_db()
    assert message.is_draft


def test_a_complete_message_is_sent_once(responder: User, signed_in: Clients) -> None:
    incident, client = scenes.investigating(responder), signed_in(responder)
    message = draft_of(incident, responder)
    path = f"/incidents/{incident.pk}/messages/{message.pk}/"
    assert client.post(f"{path}sending/", filled(message)).status_code == 302
    assert client.post(f"{path}sending/", filled(message)).status_code == 422
    assert message.deliveries.count() == 3
    assert "support@example.test" in html_of(client, path)


def test_two_authors_do_not_overwrite_each_other(responder: User, signed_in: Clients) -> None:
    incident, client = scenes.investigating(responder), signed_in(responder)
    message = draft_of(incident, responder)
    given = {**filled(message), "drawn_from": "an older state", "recipients": "new@example.test"}
    answer = client.post(f"/incidents/{incident.pk}/messages/{message.pk}/", given)
    assert answer.status_code == 422
    assert "Somebody else changed this draft" in answer.content.decode()
    assert "new@example.test" in answer.content.decode()


def test_a_message_without_recipients_is_not_sent(responder: User, signed_in: Clients) -> None:
    incident = scenes.investigating(responder)
    message = draft_of(incident, responder)
    given = {**filled(message), "recipients": ""}
    answer = signed_in(responder).post(f"/incidents/{incident.pk}/messages/{message.pk}/sending/", given)
    assert "Nobody would get it" in answer.content.decode()


def test_the_preview_is_sandboxed(responder: User, signed_in: Clients) -> None:
    incident = scenes.investigating(responder)
    message = draft_of(incident, responder)
    answer = signed_in(responder).get(f"/incidents/{incident.pk}/messages/{message.pk}/preview/")
    assert answer["Content-Security-Policy"].startswith("sandbox;")
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_telling_by_hand_is_kept_with_its_time(responder: User, signed_in: Clients) -> None:
    incident = scenes.investigating(responder)
    message = draft_of(incident, responder)
    given = {**filled(message), "happened_at": ""}
    signed_in(responder).post(f"/incidents/{incident.pk}/messages/{message.pk}/by-hand/", given)
    message.refresh_from_db()
    assert message.by_hand_at is not None


def test_the_retrospective_is_drafted_from_the_timeline(responder: User, signed_in: Clients) -> None:
    incident = scenes.resolved(responder)
    html = html_of(signed_in(responder), f"/incidents/{incident.pk}/retrospective/")
    assert "Resolved without proof (unverified)" in html
    assert "Time to acknowledge" in html
    assert "Only nested queries fail." in html


def test_what_people_write_is_saved_and_a_stale_save_loses_nothing(responder: User, signed_in: Clients) -> None:
    incident, client = scenes.resolved(responder), signed_in(responder)
    path = f"/incidents/{incident.pk}/retrospective/"
    client.post(path, {"root_cause": "The registry caches types."})
    assert "The registry caches types." in html_of(client, path)
    stale = client.post(path, {"root_cause": "Something else", "version": "1"})
    assert stale.status_code == 409
    assert "Something else" in stale.content.decode()
    assert "The registry caches types." in html_of(client, path)


def test_the_retrospective_is_published_and_exported(responder: User, signed_in: Clients) -> None:
    incident, client = scenes.resolved(responder), signed_in(responder)
    path = f"/incidents/{incident.pk}/retrospective"
    refused = client.post(f"{path}/publication/")
    assert refused.status_code == 422
    client.post(f"{path}/", {"root_cause": "Not known."})
    client.post(f"{path}/publication/")
    assert "Published" in html_of(client, f"{path}/")
    export = client.get(f"{path}.md")
    assert export["Content-Type"] == "text/markdown; charset=utf-8"
    assert "Not known." in export.content.decode()


def test_an_action_item_needs_an_owner_and_a_day(responder: User, signed_in: Clients) -> None:
    incident, client = scenes.resolved(responder), signed_in(responder)
    path = f"/incidents/{incident.pk}/retrospective/actions/"
    assert client.post(path, {"text": "Pin the version"}).status_code == 422
    client.post(path, {"text": "Pin the version", "owner": responder.pk, "due_on": "2030-01-01"})
    item = ActionItem.objects.get()
    client.post(f"{path}{item.pk}/end/")
    item.refresh_from_db()
    assert item.done_at is not None


def test_drills_fall_due_from_the_schedule_and_start_as_drills(
    responder: User, plan_author: User, signed_in: Clients
) -> None:
    from incidents.drills import plan_drills

    scenes.make_target(production=False)
    plan = Plan.objects.get()
    assert plan.current is not None
    plan.current.approve(by=plan_author)
    plan_drills(plan)
    client = signed_in(responder)
    assert "Start the drill" in html_of(client, "/drills/")
    drill = plan.drills.filter(environment="").first() or plan.drills.first()
    assert drill is not None
    target = scenes.make_target(production=False)
    client.post(f"/drills/{drill.pk}/start/", {"target": target.pk})
    assert Incident.objects.get().is_drill


@pytest.mark.parametrize("path", ["/reports/", "/incidents/", "/drills/", "/health/"])
def test_a_viewer_may_read(path: str, viewer: User, responder: User, signed_in: Clients) -> None:
    scenes.resolved(responder)
    html_of(signed_in(viewer), path)


def test_contacts_are_kept_by_plan_authors_only(plan_author: User, responder: User, signed_in: Clients) -> None:
    target = scenes.make_target()
    html_of(signed_in(responder), f"/targets/{target.pk}/contacts/", 403)
    client = signed_in(plan_author)
    html_of(client, f"/targets/{target.pk}/contacts/")
    first = Contact.objects.get(target=target, order=1)
    given = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": first.pk,
        "form-0-order": "1",
        "form-0-role": "On call",
        "form-0-name": "Ann",
        "form-0-address": "ann@example.test",
        "addresses": "boss@example.test, all@example.test",
    }
    assert client.post(f"/targets/{target.pk}/contacts/", given).status_code == 302
    first.refresh_from_db()
    assert first.address == "ann@example.test"
    assert sorted(Stakeholder.objects.values_list("address", flat=True)) == ["all@example.test", "boss@example.test"]
    refused = client.post(f"/targets/{target.pk}/contacts/", {**given, "addresses": "nobody"})
    assert refused.status_code == 422


def test_contacts_may_change_places_but_not_share_one(plan_author: User, signed_in: Clients) -> None:
    target, client = scenes.make_target(), signed_in(plan_author)
    rungs = list(Contact.objects.filter(target=target).order_by("order"))

    def given(*orders: int) -> dict[str, Any]:
        rows = {"form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "3", "addresses": ""}
        for place, (rung, order) in enumerate(zip(rungs, orders, strict=True)):
            rows |= {f"form-{place}-id": rung.pk, f"form-{place}-order": order, f"form-{place}-role": rung.role}
        return rows

    refused = client.post(f"/targets/{target.pk}/contacts/", given(1, 1, 3))
    assert refused.status_code == 422
    assert "Two contacts have the same order" in refused.content.decode()
    client.post(f"/targets/{target.pk}/contacts/", given(2, 1, 3))
    assert Contact.objects.get(target=target, order=1).role == "Lead backend engineer"


def test_health_says_how_to_go_on_without_a_part(viewer: User, signed_in: Clients) -> None:
    html = html_of(signed_in(viewer), "/health/")
    assert "manage.py rollback drive RUN" in html
    assert "No answer at 127.0.0.1:1" in html


def test_a_dead_queue_is_said_on_every_page(viewer: User, signed_in: Clients) -> None:
    assert "The queue is down." in html_of(signed_in(viewer), "/")


def test_healthz_is_open_and_says_nothing_else(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
