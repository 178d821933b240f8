"""Pages by every way to a contact: apprise, signed webhooks behind a guard, timers, rounds, tests, secrets at rest."""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from incidents import notifications
from incidents.channels import apprise, webhook
from incidents.channels.outcome import Sent
from incidents.models import Contact, ContactChannel, Delivery, Incident, Page
from incidents.tasks import escalate_pages, send_delivery
from tests.incidents.factories import make_incident, make_target
from tests.incidents.mail_server import mail_server

pytestmark = pytest.mark.django_db


class Hook:
    """A real receiver on loopback that keeps what it got and answers with `code`."""

    def __init__(self) -> None:
        self.code = 200
        self.got: list[tuple[dict[str, str], bytes]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append((dict(self.headers), body))
                self.send_response(hook.code)
                self.send_header("Content-Length", "0")
                if hook.code == 302:
                    self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/page"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


@pytest.fixture
def hook(settings: Any) -> Iterator[Hook]:
    made = Hook()
    settings.WEBHOOK_HOSTS = [f"127.0.0.1:{made.server.server_port}"]
    yield made
    made.server.shutdown()
    made.server.server_close()


def page_with(way: str, url: str, *, secret: str = "", **changes: Any) -> tuple[Incident, Page]:
    target = make_target()
    contact = Contact.objects.get(target=target, order=1)
    Contact.objects.filter(pk=contact.pk).update(address="")
    ContactChannel.add(contact, kind=way, label="Ben's phone", url=url, secret=secret)
    incident = make_incident(target, **changes)
    return incident, incident.escalate()


def deliver(page: Page) -> Delivery:
    delivery = page.deliveries.get()
    send_delivery(delivery.pk)
    delivery.refresh_from_db()
    page.refresh_from_db()
    return delivery


def test_a_webhook_is_signed_and_says_who_is_asked_for_what(hook: Hook) -> None:
    incident, page = page_with("webhook", hook.url, secret="shared")
    assert deliver(page).status == "accepted"
    [(headers, body)] = hook.got
    at, digest = (part.split("=")[1] for part in headers["X-Firebreak-Signature"].split(","))
    assert hmac.new(b"shared", f"{at}.".encode() + body, hashlib.sha256).hexdigest() == digest
    said = json.loads(body)
    assert (said["incident"], said["kind"]) == (incident.reference, "page")
    assert f"/pages/{page.token}/" in said["url"]
    assert headers["Idempotency-Key"] == f"firebreak-delivery-{page.deliveries.get().pk}"
    assert page.state == "accepted"
    assert incident.tasks.get(text="Notify on-call engineer").ticked_at is not None


@pytest.mark.parametrize(
    ("code", "status", "state"),
    [(503, "pending", "pending"), (429, "pending", "pending"), (404, "failed", "failed"), (302, "failed", "failed")],
)
def test_what_the_receiver_refuses_is_tried_again_or_failed(hook: Hook, code: int, status: str, state: str) -> None:
    hook.code = code
    _incident, page = page_with("webhook", hook.url)
    delivery = deliver(page)
    assert (delivery.status, page.state) == (status, state)
    assert f"HTTP {code}" in delivery.reason
    assert len(hook.got) == 1


def test_a_drill_pages_nobody_outward(hook: Hook) -> None:
    _incident, page = page_with("webhook", hook.url, kind="drill")
    assert deliver(page).status == "kept"
    assert hook.got == []


@pytest.mark.parametrize("kind", ["drill", "incident"])
def test_a_drill_leaves_the_house_by_no_way_and_an_incident_by_all_three(kind: str, hook: Hook) -> None:
    target = make_target()
    contact = Contact.objects.get(target=target, order=1)
    Contact.objects.filter(pk=contact.pk).update(address="ben@example.test")
    ContactChannel.add(contact, kind="webhook", label="hook", url=hook.url, secret="")
    ContactChannel.add(contact, kind="apprise", label="chat", url=hook.url.replace("http://", "ntfy://"))
    with mail_server() as post:
        page = make_incident(target, kind=kind).escalate()
        assert page.deliveries.count() == 3
        for delivery in page.deliveries.all():
            send_delivery(delivery.pk)
    left = (len(post.mails), len(hook.got), set(page.deliveries.values_list("status", flat=True)))
    assert left == ((0, 0, {"kept"}) if kind == "drill" else (1, 2, {"accepted"}))


@pytest.mark.parametrize(
    ("url", "hosts", "words"),
    [
        ("http://127.0.0.1:8000/x", [], "by https only"),
        ("https://127.0.0.1/x", [], "private address"),
        ("https://[::1]/x", [], "private address"),
        ("https://169.254.169.254/latest/meta-data", [], "private address"),
        ("https://10.0.0.7/x", ["hooks.example.test"], "not listed"),
        ("https://127.0.0.1:9000/x", ["127.0.0.1:9001"], "not listed"),
        ("ftp://example.test/x", [], "begins with https://"),
        ("https://user:word@127.0.0.1/", [], "sign with a secret"),
    ],
)
def test_the_guard_lets_a_webhook_lead_nowhere_else(url: str, hosts: list[str], words: str) -> None:
    with pytest.raises(webhook.NotAllowed, match=words):
        webhook.allowed_addresses(httpx.URL(url), hosts)
    assert webhook.allowed_addresses(httpx.URL("http://127.0.0.1:9001/x"), ["127.0.0.1:9001"]) == ["127.0.0.1"]


def test_apprise_takes_a_page_and_its_no_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([Sent("retry", "not now"), Sent("accepted")])
    told: list[tuple[str, str]] = []

    def answer(url: str, *, title: str, body: str) -> Sent:
        told.append((url, body))
        return next(answers)

    monkeypatch.setattr(notifications.apprise, "send", answer)
    incident, page = page_with("apprise", "ntfy://firebreak-topic")
    assert deliver(page).is_waiting_to_retry
    Delivery.objects.update(not_before=None)
    assert deliver(page).status == "accepted"
    assert told[0][0] == "ntfy://firebreak-topic"
    assert f"/pages/{page.token}/" in told[0][1]
    states = [event.data["state"] for event in incident.events.filter(kind="contact.paged")]
    assert states == ["pending", "retry", "accepted"]


def test_apprise_speaks_to_a_real_server_and_says_what_it_heard(hook: Hook) -> None:
    address = hook.url.replace("http://", "ntfy://").replace("/page", "/topic")
    assert apprise.send(address, title="Errors", body="Take it").status == "accepted"
    assert hook.got
    hook.code = 500
    refused = apprise.send(address, title="Errors", body="Take it")
    assert refused.status == "retry"
    assert "127.0.0.1" not in refused.reason


@pytest.mark.parametrize("url", ["nonsense", "json://127.0.0.1/x", "syslog://", "tgram://", "unknownservice://x"])
def test_an_address_that_cannot_be_used_is_said_without_repeating_it(url: str) -> None:
    assert apprise.problem(url)
    assert "127.0.0.1" not in apprise.problem(url)
    assert apprise.send(url, title="x", body="x").status == "failed"


def test_addresses_are_encrypted_at_rest(settings: Any) -> None:
    page_with("apprise", "tgram://123456:secret-token/42")
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed_url FROM incidents_contactchannel")
        assert "secret-token" not in cursor.fetchone()[0]
    assert ContactChannel.objects.get().url == "tgram://123456:secret-token/42"
    settings.SECRET_KEY = "another key"
    delivery = deliver(Page.objects.get())
    assert delivery.status == "failed"
    assert "enter it again" in delivery.reason


def test_a_test_button_says_at_once_and_keeps_what_became_of_it(
    hook: Hook, plan_author: User, signed_in: Callable[[User], Client]
) -> None:
    _incident, page = page_with("webhook", hook.url)
    channel, target = ContactChannel.objects.get(), page.incident.target_id
    client = signed_in(plan_author)
    client.post(f"/targets/{target}/channels/{channel.pk}/test/")
    channel.refresh_from_db()
    assert (channel.test_state, json.loads(hook.got[0][1])["kind"]) == ("accepted", "test")
    shown = client.get(f"/targets/{target}/channels/").content.decode()
    assert "accepted" in shown
    assert hook.url not in shown


def test_a_channel_is_checked_before_it_is_kept(plan_author: User, signed_in: Callable[[User], Client]) -> None:
    target = make_target()
    contact = Contact.objects.get(target=target, order=1)
    given = {"contact": contact.pk, "kind": "webhook", "label": "Hook", "url": "https://127.0.0.1/x", "secret": ""}
    answer = signed_in(plan_author).post(f"/targets/{target.pk}/channels/", given)
    assert answer.status_code == 422
    assert "private address" in answer.content.decode()
    given |= {"kind": "apprise", "url": "ntfy://topic"}
    assert signed_in(plan_author).post(f"/targets/{target.pk}/channels/", given).status_code == 302
    assert ContactChannel.objects.get().url == "ntfy://topic"


def test_each_contact_has_its_own_time_and_the_path_is_walked_again_until_the_cap(
    settings: Any, move_time: Callable[[timedelta], None]
) -> None:
    settings.PAGE_ROUNDS = 2
    incident = make_incident()
    incident.target.contacts.filter(order=1).update(next_after_minutes=2)
    incident.escalate()
    asked = []
    for minutes in (1.9, 0.2, 5, 2.1, 5, 5, 5):
        move_time(timedelta(minutes=minutes))
        asked.append(escalate_pages())
    assert asked == [0, 1, 1, 1, 0, 0, 0]
    assert list(Page.objects.values_list("contact_order", "round")) == [(1, 1), (2, 1), (1, 2), (2, 2)]
    [said] = incident.events.filter(kind="escalation.exhausted")
    assert "nobody took it" in said.data["reason"]


def test_the_pager_is_quiet_once_somebody_has_it(responder: User, move_time: Callable[[timedelta], None]) -> None:
    incident = make_incident()
    incident.escalate()
    incident.acknowledge(by=responder)
    move_time(timedelta(hours=1))
    assert escalate_pages() == 0


def test_page_now_asks_a_contact_again(responder: User) -> None:
    incident = make_incident()
    incident.escalate()
    again = incident.escalate(by=responder, order=1)
    assert (again.contact_order, again.round) == (1, 1)
    assert Page.objects.count() == 2
