"""What stays to be done: rolled back since, reminders, closing that waits, two incidents that are one."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from incidents import after_care
from incidents.models import ActionItem, Alert, Incident, Notice, Refused, Retrospective
from rollbacks.models import Run
from tests.incidents.factories import make_incident, make_target
from timeline import domain_time
from timeline.models import Stream

pytestmark = pytest.mark.django_db


def done_run(incident: Incident, kind: str = "rollback", by: User | None = None) -> Run:
    """A run as it stands after it succeeded; nothing is executed."""
    target = incident.target
    return Run.objects.create(
        target=target, service=target.service, environment=target.environment, revision=incident.revision, kind=kind,
        level=2 if kind == "rollback" else None, level_name="Level 2: Version back", status="succeeded",
        stream=Stream.named(incident.stream_key), requested_by=by, finished_at=domain_time.now(),
    )  # fmt: skip


def test_running_rolled_back_is_an_item_until_it_is_restored(responder: User) -> None:
    incident = make_incident()
    done_run(incident, by=responder)
    assert after_care.keep_rolled_back(incident) is None
    incident.resolve(by=responder, reason="Over")
    item = after_care.keep_rolled_back(incident)
    assert item
    assert after_care.keep_rolled_back(incident) == item
    assert (item.kind, item.owner) == ("mitigate", responder)
    assert "runs rolled back since" in item.text
    assert after_care.end_rolled_back(incident.target_id) == 0
    done_run(incident, "restore")
    assert after_care.end_rolled_back(incident.target_id) == 1
    item.refresh_from_db()
    assert item.done_at
    assert item.done_by is None


def test_nothing_stands_nothing_to_do(responder: User) -> None:
    incident = make_incident()
    incident.resolve(by=responder, reason="Over")
    assert after_care.keep_rolled_back(incident) is None


def test_owners_are_reminded_on_the_day_and_weekly_and_never_twice(
    responder: User, move_time: Callable[[timedelta], None]
) -> None:
    incident = make_incident()
    day = domain_time.now().date()
    item = ActionItem.add(incident, text="Pin the cache", owner=responder, due_on=day + timedelta(2), by=responder)
    told = []
    for _ in range(12):
        told.append(after_care.remind(domain_time.now()) + after_care.remind(domain_time.now()))
        move_time(timedelta(days=1))
    assert sum(told) == 2
    assert told[2] == 1
    assert told[9] == 1
    notice = Notice.objects.order_by("pk").last()
    assert notice
    assert "Due 7 days ago: Pin the cache" in notice.subject
    assert notice.deliveries.get().recipient == "ana@example.test"  # type: ignore[attr-defined]
    item.finish(by=responder)
    move_time(timedelta(days=30))
    assert after_care.remind(domain_time.now()) == 0


@pytest.mark.parametrize(
    ("setting", "reason", "refusal"),
    [
        ("reason", "", "closing with open action items"),
        ("reason", "Tracked elsewhere", ""),
        ("refuse", "Tracked elsewhere", "waits for the action items: Pin it"),
        ("allow", "No report needed", ""),
    ],
)
def test_closing_waits_as_configured(settings: Any, responder: User, setting: str, reason: str, refusal: str) -> None:
    settings.CLOSE_WITH_OPEN_ITEMS = setting
    incident = make_incident()
    incident.resolve(by=responder, reason="Over")
    ActionItem.add(incident, text="Pin it", owner=responder, due_on=date(2090, 1, 1), by=responder)
    retrospective = Retrospective.draft_for(incident)
    retrospective.change(by=responder, root_cause="x")
    retrospective.publish(by=responder)
    if refusal:
        with pytest.raises(Refused, match=refusal):
            incident.close(by=responder, reason=reason)
        return
    incident.close(by=responder, reason=reason)
    assert incident.status == "closed"


# Two that are one


@pytest.fixture
def pair(db: None) -> tuple[Incident, Incident]:
    target = make_target()
    first = make_incident(target, title="Errors")
    second = make_incident(make_target(service="gateway"), title="Time-outs at the gateway")
    now = domain_time.now()
    Alert.objects.create(fingerprint="f", starts_at=now, name="A", received_at=now, last_seen_at=now, incident=second)
    return first, second


def test_merging_moves_the_alerts_and_stands_on_both_timelines(
    pair: tuple[Incident, Incident], signed_in: Callable[[User], Client], responder: User
) -> None:
    first, second = pair
    answer = signed_in(responder).post(
        f"/incidents/{second.pk}/merging/", {"into": f"INC-{first.pk}", "reason": "Same cause"}
    )
    assert answer["Location"] == first.get_absolute_url()
    second.refresh_from_db()
    assert (second.status, second.merged_into) == ("merged", first)
    assert first.alerts.count() == 1
    assert first.events.get(kind="incident.merged").data["from"] == second.reference
    page = signed_in(responder).get(second.get_absolute_url()).content.decode()
    assert "Merged into" in page
    with pytest.raises(Refused, match="already merged; act on the incident"):
        second.merge(into=first, by=responder)


def test_what_cannot_be_merged_is_named(pair: tuple[Incident, Incident], responder: User) -> None:
    first, second = pair
    with pytest.raises(Refused, match="into itself"):
        first.merge(into=first, by=responder)
    first.resolve(by=responder, reason="Over")
    with pytest.raises(Refused, match="already resolved"):
        second.merge(into=first, by=responder)
    drill = make_incident(first.target, kind="drill")
    with pytest.raises(Refused, match="stay apart"):
        second.merge(into=drill, by=responder)
