"""The webhook of Alertmanager: who may send, what is refused, what becomes of an alert. Bodies as version 0.27 sends."""

import contextlib
import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents import api
from incidents.intake import alertmanager
from incidents.models import Alert, Incident, IntakeRule, IntakeToken
from tests.incidents.factories import make_target
from timeline.models import Event

BODIES = Path(__file__).parent / "bodies"
ADDRESS = "/api/intake/alertmanager/"


def body(name: str = "firing") -> dict[str, Any]:
    return json.loads((BODIES / f"alertmanager_{name}.json").read_text(encoding="utf-8"))


def changed(**changes: Any) -> dict[str, Any]:
    """The firing body with its first alert changed; None takes a key away."""
    data = body()
    data["alerts"] = [copy.deepcopy(data["alerts"][0])]
    for key, value in changes.items():
        if value is None:
            data["alerts"][0].pop(key)
        else:
            data["alerts"][0][key] = value
    return data


class Sender:
    """An Alertmanager with a token."""

    def __init__(self) -> None:
        self.row, self.token = IntakeToken.make(name="alertmanager")

    def post(self, data: Any, *, token: str | None = None, client: Client | None = None) -> Any:
        text = data if isinstance(data, str | bytes) else json.dumps(data)
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        client = client or Client(enforce_csrf_checks=True)
        return client.post(ADDRESS, text, content_type="application/json", headers=headers)


@pytest.fixture
def sender(db: None) -> Sender:
    return Sender()


# The body, without a database


def test_a_real_body_is_read() -> None:
    notification = alertmanager.read(json.dumps(body()).encode())
    first, second = notification.alerts
    assert (first.name, first.status, first.value) == ("HighGraphQLErrorRate", "firing", 12.4)
    assert first.starts_at == datetime(2025, 11, 6, 14, 7, 12, 417123, tzinfo=UTC)
    assert first.ends_at is None
    assert second.value is None
    assert notification.group_key == '{}:{alertname="HighGraphQLErrorRate"}'


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe{}", "not UTF-8|not JSON"),
        (b"[]", "not an object"),
        (b"[" * 100_000, "too deeply|not JSON"),
        (b'{"version": "3", "alerts": []}', "version '3'"),
        (b'{"version": "4"}', "no list"),
        (b'{"version": "4", "alerts": []}', "it is empty"),
        (b'{"version": "4", "alerts": ["x"]}', "Alert 1 is not an object"),
        (b'{"version": "4", "alerts": [{"labels": []}]}', "alertname"),
        (b'{"version": "4", "alerts": [{"labels": ["x"]}]}', "not an object"),
        (json.dumps(changed(fingerprint=None)).encode(), "no fingerprint"),
        (json.dumps(changed(status="perhaps")).encode(), "firing or resolved"),
        (json.dumps(changed(startsAt="yesterday")).encode(), "not a time"),
        (json.dumps(changed(startsAt="0001-01-01T00:00:00Z")).encode(), "cannot be when it happened"),
        (json.dumps(changed(startsAt="9999-12-31T23:59:59-12:00")).encode(), "cannot be when it happened"),
        (json.dumps(changed(labels={"severity": "x"})).encode().replace(b'"alertname"', b'"other"'), "alertname"),
    ],
)
def test_a_malformed_body_is_named(raw: bytes, sentence: str) -> None:
    with pytest.raises(alertmanager.Malformed, match=sentence):
        alertmanager.read(raw)


@pytest.mark.parametrize(
    ("annotations", "labels", "value", "unit"),
    [
        ({"value": "12.4%"}, {}, 12.4, "%"),
        ({"value": "5.3e+02 ms"}, {}, 530.0, "ms"),
        ({"value": "NaN"}, {}, None, ""),
        ({"value": "1e999"}, {}, None, ""),
        ({}, {"value": "3"}, 3.0, ""),
        ({"summary": "12 things"}, {}, None, ""),
    ],
)
def test_a_measured_value(annotations: dict[str, str], labels: dict[str, str], value: float | None, unit: str) -> None:
    assert alertmanager.value_of(annotations, labels) == (value, unit)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12) | st.sampled_from(["4", "firing"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(sorted({*body(), *body()["alerts"][0]})), inner)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(sorted(body()["alerts"][0])), JSON), st.dictionaries(st.text(max_size=9), JSON))
@settings(max_examples=200, deadline=None)
def test_whatever_is_sent_is_read_or_named(alert: dict[str, Any], more: dict[str, Any]) -> None:
    data = {**body(), **more, "version": "4"}
    data["alerts"] = [{**data["alerts"][0], **alert}] if isinstance(data.get("alerts"), list) else data.get("alerts")
    with contextlib.suppress(alertmanager.Malformed):
        notification = alertmanager.read(json.dumps(data).encode())
        assert all(found.name and found.fingerprint for found in notification.alerts)


# The door


def test_without_a_token_nothing_is_read(db: None) -> None:
    response = Client().post(ADDRESS, "{", content_type="application/json")
    assert response.status_code == 401
    assert "bearer token" in response.json()["error"]


@pytest.mark.parametrize("token", ["", "fb_wrong", "é"])
def test_a_wrong_token_is_refused(sender: Sender, token: str) -> None:
    assert sender.post(body(), token=token).status_code == 401
    assert not Alert.objects.exists()


def test_a_revoked_token_is_refused(sender: Sender, administrator: User) -> None:
    sender.row.revoke(by=administrator)
    assert sender.post(body()).status_code == 401


def test_the_database_never_holds_the_token(sender: Sender) -> None:
    assert sender.token not in str(vars(IntakeToken.objects.get()))


def test_only_post(sender: Sender) -> None:
    assert Client().get(ADDRESS).status_code == 405


def test_a_malformed_body_gets_400_with_a_sentence(sender: Sender) -> None:
    response = sender.post("{")
    assert response.status_code == 400
    assert "not JSON" in response.json()["error"]


def test_a_body_over_the_cap_gets_413(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "MAX_BYTES", 100)
    assert sender.post(body()).status_code == 413
    assert not Alert.objects.exists()


# What becomes of it


def test_the_first_alert_declares_and_the_second_joins(sender: Sender) -> None:
    target = make_target()
    response = sender.post(body())
    incident = Incident.objects.get()
    assert response.status_code == 202
    assert response.json()["declared"] == [incident.reference]
    assert response.json()["attached"] == [incident.reference]
    assert incident.target == target
    assert (incident.title, incident.severity, incident.source) == (
        "GraphQL errors above 10 % on orders-api", "critical", "alert",
    )  # fmt: skip
    assert incident.detected_at == datetime(2025, 11, 6, 14, 7, 12, 417123, tzinfo=UTC)
    assert incident.alerts.count() == 2
    assert incident.events.filter(kind="alert.received").count() == 2


def test_the_same_notification_again_changes_nothing_but_the_count(sender: Sender) -> None:
    make_target()
    sender.post(body())
    response = sender.post(body())
    assert response.json()["repeated"] == 2
    assert Incident.objects.count() == 1
    assert set(Alert.objects.values_list("seen", flat=True)) == {2}


def test_a_resolved_alert_is_noted_and_resolves_nothing(sender: Sender) -> None:
    make_target()
    sender.post(body())
    assert sender.post(body("resolved")).json()["resolved"] == 2
    incident = Incident.objects.get()
    assert incident.is_live
    assert incident.events.filter(kind="alert.resolved").count() == 2
    sender.post(body("resolved"))
    assert incident.events.filter(kind="alert.resolved").count() == 2


def test_a_resolved_alert_that_never_fired_here_declares_nothing(sender: Sender) -> None:
    make_target()
    sender.post(body("resolved"))
    assert not Incident.objects.exists()


def test_an_alert_that_fires_again_joins_the_live_incident(sender: Sender) -> None:
    make_target()
    sender.post(body())
    sender.post(body("resolved"))
    sender.post(changed(startsAt="2025-11-06T14:40:00Z"))
    assert Incident.objects.count() == 1
    assert Incident.objects.get().alerts.count() == 3


def test_a_rule_maps_name_and_labels_to_target_and_row(sender: Sender) -> None:
    target = make_target(service="billing")
    IntakeRule.objects.create(
        alert_name="HighGraphQL*", labels={"job": "orders-*"}, target=target, symptom="GraphQL response errors",
        severity="high", position=1,
    )  # fmt: skip
    IntakeRule.objects.create(alert_name="*", target=make_target(service="other"), position=2)
    sender.post(body())
    incident = Incident.objects.get()
    assert (incident.target, incident.symptom, incident.severity) == (target, "GraphQL response errors", "high")
    assert incident.matrix_line == 307
    assert incident.measured["GraphQL response errors"]["value"] == 12.4


@pytest.mark.parametrize("labels", [{"job": "billing"}, {"missing": "x"}])
def test_a_rule_whose_labels_differ_does_not_fit(labels: dict[str, str], db: None) -> None:
    rule = IntakeRule(alert_name="High*", labels=labels)
    assert not rule.fits("HighGraphQLErrorRate", {"job": "orders-api"})


def test_an_alert_that_nobody_can_place_waits_for_a_person_and_a_later_rule(sender: Sender) -> None:
    response = sender.post(body())
    assert response.status_code == 202
    assert response.json()["unassigned"] == ["HighGraphQLErrorRate"] * 2
    assert Alert.objects.unassigned().count() == 2
    IntakeRule.objects.create(alert_name="High*", target=make_target(service="billing"))
    sender.post(body())
    assert Alert.objects.unassigned().count() == 0
    assert Incident.objects.count() == 1


def test_a_drill_takes_no_real_alert(sender: Sender, responder: User) -> None:
    target = make_target()
    drill = Incident.declare(target=target, title="Drill", severity="low", kind="drill", by=responder)
    sender.post(body())
    assert Incident.objects.exclude(pk=drill.pk).get().alerts.count() == 2


def test_a_sender_whose_clock_is_ahead_declares_no_future(sender: Sender) -> None:
    make_target()
    sender.post(changed(startsAt="2126-01-01T00:00:00Z"))
    incident = Incident.objects.get()
    assert incident.detected_at <= incident.declared_at


def test_an_unplaced_alert_stands_on_the_front_page_until_somebody_sets_it_aside(
    sender: Sender, responder: User, viewer: User, signed_in: Any
) -> None:
    sender.post(changed())
    alert = Alert.objects.get()
    address = f"/alerts/{alert.pk}/setting-aside/"
    assert "GraphQL errors above 10 % on orders-api" in signed_in(viewer).get("/").content.decode()
    assert signed_in(viewer).post(address).status_code == 403
    client = signed_in(responder)
    client.get(address)
    assert Alert.objects.unassigned().exists()
    client.post(address)
    client.post(address)
    assert not Alert.objects.unassigned().exists()
    assert Event.objects.get(kind="alert.set_aside").actor == responder
    sender.post(changed())
    assert not Alert.objects.unassigned().exists()


def test_what_a_database_cannot_keep_is_taken_out(sender: Sender) -> None:
    make_target()
    strange = changed(generatorURL="http://x/\x00", fingerprint="a\ud800b")
    strange["alerts"][0]["annotations"]["summary"] = "Errors \x00\ud83d here"
    strange["groupKey"] = "\x00"
    assert sender.post(strange).status_code == 202
    assert Incident.objects.get().title == "Errors ? here"
