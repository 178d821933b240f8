"""Handing an incident or a shift to the next person; who is here; the auditor and its heartbeat."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents import auditor, hand_overs
from incidents.access import incident_for
from incidents.brief import briefs_of
from incidents.models import AuditReport, Delivery, HandOver, Incident, Message, Notice, Presence, Refused
from incidents.tasks import announce_phases, audit, escalate_pages, page_hand_overs
from tests.conftest import make_person
from tests.incidents.factories import make_incident, make_target
from timeline import domain_time

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben(db: None) -> User:
    return make_person("ben", "responder")


def held_incident(by: User, **changes: Any) -> Incident:
    incident = make_incident(**changes)
    incident.acknowledge(by=by)
    return incident


def test_nothing_moves_before_the_other_accepts(responder: User, ben: User) -> None:
    incident = held_incident(responder)
    asked = hand_overs.ask(from_user=responder, to_user=ben, incident=incident, note="The flag is off.")
    assert incident.role("manager").user == responder  # type: ignore[union-attr]
    with pytest.raises(Refused, match="was asked, not you"):
        hand_overs.accept(asked, by=responder)
    hand_overs.accept(asked, by=ben)
    assert {incident.role(role).user for role in ("manager", "on_call")} == {ben}  # type: ignore[union-attr]
    incident.refresh_from_db()
    assert incident.acknowledged_by == ben
    assert [event.kind for event in incident.events if event.kind.startswith("hand_over")] == [
        "hand_over.asked", "hand_over.accepted",
    ]  # fmt: skip
    with pytest.raises(Refused, match="answered or taken back"):
        hand_overs.accept(asked, by=ben)


def test_a_shift_moves_everything_at_once_also_what_came_in_between(responder: User, ben: User) -> None:
    target = make_target()
    first = held_incident(responder, target=target)
    resolved = held_incident(responder, target=target)
    resolved.resolve(by=responder, reason="It stopped")
    draft = Message.draft_for(first, by=responder)
    asked = hand_overs.ask(from_user=responder, to_user=ben)
    later = held_incident(responder, target=target)
    moved = hand_overs.accept(asked, by=ben)
    assert {incident.pk for incident in moved} == {first.pk, resolved.pk, later.pk}
    assert hand_overs.held_by(responder) == []
    draft.refresh_from_db()
    assert draft.created_by == ben
    assert resolved.role("manager").user == ben  # type: ignore[union-attr]


def test_who_does_not_answer_in_five_minutes_is_paged_once(
    responder: User, ben: User, move_time: Callable[[timedelta], None]
) -> None:
    hand_overs.ask(from_user=responder, to_user=ben, incident=held_incident(responder))
    told = []
    for minutes in (4.9, 0.2, 5):
        move_time(timedelta(minutes=minutes))
        told.append(page_hand_overs())
    assert told == [0, 1, 0]
    assert list(Notice.objects.values_list("kind", "user__username")) == [
        ("hand_over", "ben"),
        ("hand_over_page", "ben"),
    ]


@pytest.mark.parametrize("ender", ["ana", "ben"])
def test_either_side_ends_the_question(responder: User, ben: User, ender: str) -> None:
    asked = hand_overs.ask(from_user=responder, to_user=ben, incident=held_incident(responder))
    with pytest.raises(Refused, match="wait for the answer"):
        hand_overs.ask(from_user=responder, to_user=ben, incident=asked.incident)
    hand_overs.withdraw(asked, by=User.objects.get(username=ender))
    with pytest.raises(Refused, match="answered or taken back"):
        hand_overs.accept(asked, by=ben)


def test_a_person_without_incidents_has_no_shift_to_hand_over(responder: User, ben: User) -> None:
    with pytest.raises(Refused, match="hold no incident"):
        hand_overs.ask(from_user=responder, to_user=ben)
    with pytest.raises(Refused, match="you have it already"):
        hand_overs.ask(from_user=responder, to_user=responder)


def test_the_brief_says_condition_done_waiting_and_next(responder: User) -> None:
    incident = held_incident(responder)
    incident.choose_level(level=2, by=responder, reason="The flag does not help here")
    Message.draft_for(incident, by=responder)
    brief = briefs_of([incident_for(responder, incident.pk)], domain_time.now())[0]
    assert brief.condition[0] == "Preparing a rollback · High · orders-api production"
    assert "We decided on rollback level 2." in [change.text for change in brief.done]
    assert brief.waiting == ["A draft for stakeholders is not sent"]
    assert brief.deadline is not None
    assert brief.day_after


def test_the_mailed_link_opens_a_brief_with_one_button(
    responder: User, ben: User, signed_in: Callable[[User], Client]
) -> None:
    incident = held_incident(responder)
    signed_in(responder).post(f"/incidents/{incident.pk}/hand-over/", {"user": ben.pk, "note": "Look at the flag"})
    asked = HandOver.objects.get()
    page = signed_in(ben).get(asked.get_absolute_url()).content.decode()
    assert "Look at the flag" in page
    assert page.count("I take it") == 1
    asked.refresh_from_db()
    assert asked.is_waiting
    assert signed_in(responder).post(asked.get_absolute_url()).status_code == 302
    asked.refresh_from_db()
    assert asked.is_waiting
    signed_in(ben).post(asked.get_absolute_url())
    assert incident.role("manager").user == ben  # type: ignore[union-attr]


def test_the_pages_of_a_shift_cost_a_fixed_number_of_queries(
    responder: User, signed_in: Callable[[User], Client]
) -> None:
    target = make_target()
    client = signed_in(responder)
    costs = []
    for held in (1, 3):
        while responder_holds(responder) < held:
            incident = held_incident(responder, target=target)
            Message.draft_for(incident, by=responder)
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/shift/").content.decode().count("A draft for stakeholders is not sent") == held
        costs.append(len(asked))
    assert costs[0] == costs[1]
    assert costs[0] <= 30


def responder_holds(user: User) -> int:
    return len(hand_overs.held_by(user))


# Who is here


def test_who_is_here_and_who_edits_the_message(responder: User, ben: User, signed_in: Callable[[User], Client]) -> None:
    incident = make_incident()
    address = f"/incidents/{incident.pk}/presence/"
    signed_in(ben).post(address, {"place": "message:7", "editing": "1"})
    assert "edits this message" in signed_in(responder).post(address, {"place": "message:7"}).content.decode()
    assert "edits a message" in signed_in(responder).post(address, {"place": "incident"}).content.decode()
    assert signed_in(ben).post(address, {"place": "incident"}).content.decode().count("ana") == 1
    Presence.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    assert signed_in(responder).post(address, {"place": "incident"}).content.decode().strip() == ""


# The auditor


@pytest.fixture
def monitor(settings: Any) -> Iterator[list[str]]:
    """An outside monitor that keeps every heartbeat."""
    beats: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            beats.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    settings.HEARTBEAT_URL = f"http://127.0.0.1:{server.server_port}/beat"
    yield beats
    server.shutdown()
    server.server_close()


def test_the_heartbeat_is_withheld_while_a_due_action_is_five_minutes_late(
    monitor: list[str], move_time: Callable[[timedelta], None], settings: Any
) -> None:
    make_incident()
    announce_phases()
    audit()
    assert (monitor, AuditReport.objects.get().beat_state) == (["/beat"], "sent")
    move_time(timedelta(minutes=9.5))  # the phase of T+5 is 4:30 late
    audit()
    assert len(monitor) == 2
    move_time(timedelta(minutes=1))
    audit()
    report = AuditReport.objects.get()
    assert (len(monitor), report.beat_state, report.late) == (2, "withheld", 1)
    assert "“Investigation” of INC-" in report.worst
    announce_phases()
    audit()
    assert (len(monitor), AuditReport.objects.get().beat_state) == (3, "sent")


@pytest.mark.parametrize("what", ["page", "mail", "hand_over"])
def test_every_kind_of_due_action_is_audited(
    what: str, responder: User, ben: User, move_time: Callable[[timedelta], None]
) -> None:
    incident = make_incident()
    incident.escalate()
    if what == "hand_over":
        incident.acknowledge(by=responder)
        hand_overs.ask(from_user=responder, to_user=ben, incident=incident)
    if what == "mail":
        Delivery.objects.update(status="sending", claimed_at=timezone.now() - timedelta(minutes=6))
    else:
        move_time(timedelta(minutes=10.5))
    announce_phases()
    words = {"page": "The next contact", "mail": "was begun and never ended", "hand_over": "A hand-over"}[what]
    assert [late.sentence for late in auditor.late_actions() if words in late.sentence]
    escalate_pages()
    page_hand_overs()
    Delivery.objects.update(status="unknown")
    assert not auditor.late_actions()


def test_a_monitor_that_cannot_be_reached_is_said(settings: Any) -> None:
    settings.HEARTBEAT_URL = "http://127.0.0.1:1/"
    audit()
    assert AuditReport.objects.get().beat_state == "failed"
