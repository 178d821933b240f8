"""Every other door for alerts: Grafana, plain JSON, signatures, storms, limits, bodies taken again, declaring by API."""

import contextlib
import hashlib
import hmac
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.intake import KINDS, Malformed, generic, grafana
from incidents.models import Alert, Incident, IntakePayload, IntakeRule, IntakeToken, intake_payload
from incidents.models.intake_payload import KEPT
from incidents.recommendation import recommend_for
from incidents.storms import MOST_LINES
from tests.incidents.factories import make_target
from timeline import domain_time

GRAFANA: dict[str, Any] = {
    "receiver": "firebreak", "status": "firing", "orgId": 1, "version": "1", "groupKey": "{}:{alertname=\"HighErrors\"}",
    "commonLabels": {"service": "orders-api", "environment": "production"}, "commonAnnotations": {},
    "alerts": [{
        "status": "firing",
        "labels": {"alertname": "HighErrors", "service": "orders-api", "environment": "production", "severity": "critical"},
        "annotations": {"summary": "Errors above 5 %"},
        "startsAt": "2025-11-06T14:07:12.417123+01:00", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "",
        "fingerprint": "c6eadffa33fcdf37", "values": {"B": 12.4, "C": 1}, "panelURL": "https://grafana.example/d/1",
    }],
}  # fmt: skip
PLAIN = {
    "name": "Disk full",
    "service": "orders-api",
    "environment": "production",
    "summary": "91 % used",
    "value": "91 %",
}


class Sender:
    def __init__(self, **given: Any) -> None:
        self.row, self.token = IntakeToken.make(name="a sender", **given)

    def post(self, kind: str, data: Any, **headers: str) -> Any:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        address = kind if kind.startswith("/") else f"/api/intake/{kind}/"
        return Client(enforce_csrf_checks=True).post(
            address, body, content_type="application/json", headers={"Authorization": f"Bearer {self.token}", **headers}
        )


@pytest.fixture
def sender(db: None) -> Sender:
    make_target()
    return Sender()


# Bodies


def test_grafana_brings_its_measured_value() -> None:
    [alert] = grafana.read(json.dumps(GRAFANA).encode()).alerts
    assert (alert.name, alert.value, alert.link) == ("HighErrors", 12.4, "https://grafana.example/d/1")


def test_grafana_with_two_numbers_takes_the_named_one_or_none() -> None:
    both = json.loads(json.dumps(GRAFANA))
    both["alerts"][0]["values"] = {"A": 3.5, "B": 12.4, "C": 1}
    assert grafana.read(json.dumps(both).encode()).alerts[0].value is None
    both["alerts"][0]["annotations"]["value_from"] = "A"
    assert grafana.read(json.dumps(both).encode()).alerts[0].value == 3.5


def test_a_plain_alert_needs_only_a_name() -> None:
    [alert] = generic.read(b'{"name": "Disk full"}').alerts
    assert (alert.status, alert.labels) == ("firing", {"alertname": "Disk full"})
    [full] = generic.read(json.dumps(PLAIN).encode()).alerts
    assert (full.value, full.unit, full.labels["service"]) == (91.0, "%", "orders-api")


@pytest.mark.parametrize(
    ("kind", "body", "sentence"),
    [
        ("generic", b"{}", "Alert 1 has no “name”"),
        ("generic", b'{"alerts": []}', "not empty"),
        ("generic", b'{"name": "A", "sevrity": "x"}', "sevrity, which nobody reads"),
        ("generic", b'{"name": "A", "status": "maybe"}', "must be firing or resolved"),
        ("generic", b'{"name": "A", "starts_at": "yesterday"}', "is not a time"),
        ("generic", b'{"name": "A", "labels": 3}', "not an object"),
        ("grafana", b'{"version": "4", "alerts": []}', "which Grafana sends"),
        ("grafana", b'{"orgId": 1, "alerts": []}', "no list"),
    ],
)
def test_a_malformed_body_is_named(kind: str, body: bytes, sentence: str) -> None:
    with pytest.raises(Malformed, match=sentence):
        KINDS[kind](body)


KEYS = st.sampled_from(["name", "alerts", "labels", "values", "orgId", "status"])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(kind=st.sampled_from(sorted(KINDS)), data=JSON)
def test_whatever_is_sent_is_read_or_named(kind: str, data: Any) -> None:
    with contextlib.suppress(Malformed):
        assert KINDS[kind](json.dumps(data).encode()).alerts


# Taking


@pytest.mark.parametrize(
    ("kind", "body", "title"), [("grafana", GRAFANA, "Errors above 5 %"), ("generic", PLAIN, "91 % used")]
)
def test_each_kind_declares_once_and_resolves_nothing(
    sender: Sender, kind: str, body: dict[str, Any], title: str
) -> None:
    first, again = sender.post(kind, body), sender.post(kind, body)
    assert (first.status_code, first.json()["received"], again.json()["repeated"]) == (202, 1, 1)
    incident = Incident.objects.get()
    assert (incident.title, Alert.objects.get().seen) == (title, 2)
    over = json.loads(json.dumps(body))
    (over["alerts"][0] if "alerts" in over else over)["status"] = "resolved"
    assert sender.post(kind, over).json()["resolved"] == 1
    assert Incident.objects.get().is_live
    recommend_for(Incident.objects.get())
    assert "it looks healthy now" in Incident.objects.get().recommendation["sentence"]


def test_a_plain_alert_that_fires_again_after_its_end_is_a_new_firing(sender: Sender) -> None:
    for status in ("firing", "resolved", "firing"):
        sender.post("generic", {**PLAIN, "status": status})
    assert list(Alert.objects.order_by("pk").values_list("status", flat=True)) == ["resolved", "firing"]
    assert Incident.objects.count() == 1


def test_an_unknown_kind_is_not_there(sender: Sender) -> None:
    assert sender.post("nagios", PLAIN).status_code == 404


# Signatures


def signed(secret: str, body: bytes, timestamp: str = "") -> str:
    said = f"{timestamp}:".encode() + body if timestamp else body
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


def test_a_sender_that_signs_is_refused_without_a_good_signature(db: None) -> None:
    make_target()
    sender, body = Sender(signed=True), json.dumps(PLAIN).encode()
    good = signed(sender.row.signing_secret, body)
    now = str(int(domain_time.now().timestamp()))
    old = str(int((domain_time.now() - timedelta(minutes=6)).timestamp()))
    assert sender.post("generic", body).status_code == 401
    assert sender.post("generic", body + b" ", **{"X-Firebreak-Signature": good}).status_code == 401
    assert sender.post("generic", body, **{"X-Firebreak-Signature": f"sha256={good}"}).status_code == 202
    stamped = signed(sender.row.signing_secret, body, now)
    headers = {"X-Grafana-Alerting-Signature": stamped, "X-Grafana-Alerting-Timestamp": now}
    assert sender.post("generic", body, **headers).status_code == 202
    late = {"X-Firebreak-Signature": signed(sender.row.signing_secret, body, old), "X-Firebreak-Timestamp": old}
    assert sender.post("generic", body, **late).status_code == 401
    assert sender.row.signing_secret not in str(IntakeToken.objects.values().get())


# Storms and limits


def storm(first: int, count: int) -> dict[str, Any]:
    return {
        "alerts": [
            {**PLAIN, "name": f"Pod {number} down", "id": f"pod-{number}"} for number in range(first, first + count)
        ]
    }


def test_a_storm_is_one_incident_and_a_readable_timeline(sender: Sender, django_assert_max_num_queries: Any) -> None:
    sender.post("generic", storm(0, 1))
    # Fixed, but for the few lines of the timeline and chunks of rows: two thousand alerts in five calls.
    for part in range(5):
        with django_assert_max_num_queries(200 if part == 0 else 60):
            assert sender.post("generic", storm(part * 400 + 1, 400)).json()["received"] == 400
    incident = Incident.objects.get()
    assert Alert.objects.filter(incident=incident).count() == 2001
    kinds = list(incident.events.values_list("kind", flat=True))
    assert kinds.count("alert.received") == MOST_LINES
    assert kinds.count("alert.storm") == 1
    over = storm(1, 400)
    for alert in over["alerts"]:
        alert["status"] = "resolved"
    assert sender.post("generic", over).json()["resolved"] == 400
    assert incident.events.filter(kind="alert.resolved").count() == 0
    assert Alert.objects.filter(status="resolved").count() == 400


def test_a_call_of_a_storm_costs_the_same_statements_whatever_it_brings(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How many payloads earlier tests kept decides when the next pruning is.
    monkeypatch.setattr(intake_payload, "PRUNE_EVERY", 10**9)
    sender.post("generic", storm(0, 30))
    costs = []
    for first, count in ((100, 1), (200, 50), (300, 400)):
        with CaptureQueriesContext(connection) as asked:
            assert sender.post("generic", storm(first, count)).json()["received"] == count
        # SQLite takes about fifty rows in an INSERT.
        costs.append(len([row for row in asked if not row["sql"].startswith('INSERT INTO "incidents_alert"')]))
    assert len(set(costs)) == 1
    assert costs[0] <= 12
    with CaptureQueriesContext(connection) as asked:
        assert sender.post("generic", storm(300, 400)).json()["repeated"] == 400
    assert len(asked) <= 8


def test_a_sender_that_calls_too_often_is_slowed(sender: Sender) -> None:
    IntakeToken.objects.update(per_minute=3)
    answers = [sender.post("generic", PLAIN) for _ in range(5)]
    codes = [answer.status_code for answer in answers]
    # A minute may end in between: then the count begins anew.
    assert codes[:3] == [202, 202, 202]
    assert codes[4] == 429 or codes[3] == 202
    assert [answer["Retry-After"] for answer in answers if answer.status_code == 429] == ["60"] * codes.count(429)


def test_the_limit_counts_by_the_minute(sender: Sender) -> None:
    at = domain_time.now().replace(second=5)
    IntakeToken.objects.update(per_minute=2)
    row = IntakeToken.objects.get()
    allowed = []
    for _ in range(3):
        allowed.append(row.may_call(at=at))
        row.refresh_from_db()
    assert [*allowed, row.may_call(at=at + timedelta(minutes=1))] == [True, True, False, True]


# The last bodies


def test_a_body_is_taken_again_after_a_rule_was_added(
    sender: Sender, signed_in: Callable[[User], Client], responder: User
) -> None:
    stray = {"name": "Stray"}
    assert sender.post("generic", stray).json()["unassigned"] == ["Stray"]
    IntakeRule.objects.create(alert_name="Stray", target=make_target(service="other"))
    client, kept = signed_in(responder), IntakePayload.objects.get()
    page = client.get(f"/intake/payloads/{kept.pk}/").content.decode()
    assert "{&quot;name&quot;: &quot;Stray&quot;}" in page
    client.post(f"/intake/payloads/{kept.pk}/replay/")
    assert Incident.objects.get().title == "Stray"
    assert Alert.objects.count() == 1
    assert "taken again" in client.get("/intake/").content.decode()


def test_a_refused_body_is_kept_with_its_sentence(
    sender: Sender, signed_in: Callable[[User], Client], responder: User
) -> None:
    sender.post("generic", b"{")
    assert "not JSON" in signed_in(responder).get("/intake/?refused=1").content.decode()


def test_only_the_last_bodies_of_a_sender_are_kept(sender: Sender) -> None:
    for number in range(KEPT + 30):
        IntakePayload.keep(token=sender.row, kind="generic", body=b"{}", status=202, answer={"n": number})
    IntakePayload.prune(sender.row)
    assert IntakePayload.objects.count() == KEPT
    assert IntakePayload.objects.first().answer == {"n": KEPT + 29}  # type: ignore[union-attr]


def test_an_administrator_makes_a_token_that_is_shown_once(
    db: None, signed_in: Callable[[User], Client], administrator: User
) -> None:
    client = signed_in(administrator)
    shown = client.post("/intake/tokens/", {"name": "grafana", "signed": "on"}, follow=True).content.decode()
    assert "shown only now: fb_" in shown
    row = IntakeToken.objects.get()
    assert row.signing_secret in shown
    assert row.signing_secret not in client.get("/intake/").content.decode()


# Declaring from elsewhere

NEEDED = {"service": "orders-api", "environment": "production", "symptom": "GraphQL response errors"}


def test_a_machine_declares_once_per_key(db: None) -> None:
    make_target()
    sender = Sender(may_declare=True)
    first = sender.post("/api/incidents/", {**NEEDED, "key": "build-7"})
    again = sender.post("/api/incidents/", {**NEEDED, "key": "build-7"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["reference"] == again.json()["reference"] == Incident.objects.get().reference
    incident = Incident.objects.get()
    assert (incident.severity, incident.matrix_line, incident.source) == ("high", 307, "api")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"service": "nothing"}, "names no target. There are: orders-api production"),
        ({"symptom": ""}, "Say in a few words"),
        ({"severity": "huge"}, "not a severity"),
        ({"detected_at": "soon"}, "not a time"),
        ({"who": "me"}, "Nobody reads who"),
    ],
)
def test_what_cannot_be_declared_is_named(db: None, changes: dict[str, str], sentence: str) -> None:
    make_target()
    answer = Sender(may_declare=True).post("/api/incidents/", {**NEEDED, **changes})
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


def test_a_token_for_alerts_declares_nothing(sender: Sender) -> None:
    assert sender.post("/api/incidents/", NEEDED).status_code == 403
    assert not Incident.objects.exists()


def test_a_terminal_declares_with_a_service_and_a_few_words(responder: User) -> None:
    make_target()
    out = io.StringIO()
    call_command("declare", "orders-api", "GraphQL", "response", "errors", "--by", "ana", stdout=out)
    incident = Incident.objects.get()
    assert f"{incident.reference} is declared, high: GraphQL response errors" in out.getvalue()
    assert (incident.declared_by, incident.source) == (responder, "terminal")
    with pytest.raises(CommandError, match="names no target"):
        call_command("declare", "nothing", "broken", stdout=out)
    with pytest.raises(CommandError, match="no account eve"):
        call_command("declare", "orders-api", "broken", "--by", "eve", stdout=out)
