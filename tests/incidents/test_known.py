"""What is known already: matched by service, symptom, version and error text; a use updates its count."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from incidents.known import Known, for_incident, matches
from incidents.models import Incident, KnownUse, Retrospective
from rollbacks.models import Target
from tests.incidents.factories import make_incident, make_plan, make_target

pytestmark = pytest.mark.django_db
ISSUE = {
    "line": 9, "title": "unknown setting ORDERS_NEW_PRICING", "when": "1.1.0 is started while the line still stands",
    "workaround": "Delete the line, then restart.", "permanent_fix": "Warn instead of ending.",
}  # fmt: skip


@pytest.fixture
def target() -> Target:
    return make_target(plan=make_plan(known_issues=[ISSUE]))


def ended(target: Target, by: User, **changes: Any) -> Incident:
    incident = make_incident(target, **changes)
    incident.choose_level(level=2, by=by, reason="As last time")
    incident.resolve(by=by, reason="Over")
    return incident


def keys(found: list[Known]) -> list[str]:
    return [known.key for known in found]


def of(target: Target, text: str, symptom: str = "") -> list[Known]:
    assert target.plan
    return matches(target, target.plan.revisions.get().compiled, text, symptom=symptom)


@pytest.mark.parametrize("text", ["log says: unknown setting ORDERS_NEW_PRICING", "since 1.1.0 was deployed"])
def test_the_plans_issue_is_found_by_error_text_and_version(target: Target, text: str) -> None:
    [known] = of(target, text)
    assert known.key == "issue:orders:unknown setting ORDERS_NEW_PRICING"
    assert known.worked == "Delete the line, then restart."


@pytest.mark.parametrize("text", ["", "the errors have not been", "disk full"])
def test_small_words_match_nothing(target: Target, text: str) -> None:
    assert of(target, text) == []


def test_an_earlier_incident_is_found_by_its_symptom_with_what_worked(target: Target, responder: User) -> None:
    before = ended(target, responder, title="Orders broke", symptom="GraphQL response errors")
    Retrospective.draft_for(before).change(by=responder, root_cause="A stale type in the gateway")
    [known] = of(target, "", symptom="graphql response  errors")
    assert known.key == f"incident:{before.pk}"
    assert known.why == "the same symptom"
    assert "Level 2: Version back was chosen; nothing proves" in known.worked
    assert "Cause: A stale type in the gateway" in known.worked


def test_live_dismissed_and_foreign_incidents_are_no_help(target: Target, responder: User) -> None:
    make_incident(target, title="Still going on")
    make_incident(target, title="Not one").dismiss(by=responder, reason="A test")
    ended(make_target(service="gateway", plan=target.plan), responder)
    assert of(target, "", symptom="GraphQL response errors") == []


def test_a_use_is_counted_and_shown_to_the_next(
    target: Target, responder: User, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(responder)
    first = make_incident(target, title="ORDERS_NEW_PRICING is refused")
    address, key = f"/incidents/{first.pk}/known/", keys(for_incident(first))[0]
    client.post(address, {"key": key, "helped": "yes"})
    client.post(address, {"key": key, "helped": "yes"})
    assert KnownUse.objects.get().helped is True
    assert first.events.filter(kind="known.used").count() == 2
    assert client.post(address, {"key": "incident:99"}).status_code == 422
    second = make_incident(target, title="ORDERS_NEW_PRICING again")
    page = client.get(second.get_absolute_url()).content.decode()
    assert "used once, helped 1" in page
    asked = {"target": target.pk, "symptom": "ORDERS_NEW_PRICING"}
    assert "used once, helped 1" in client.get("/incidents/declare/advice/", asked).content.decode()
    assert Retrospective.draft_for(first).known_issues() == [ISSUE]
