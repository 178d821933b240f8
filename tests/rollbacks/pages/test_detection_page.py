"""The page of a target's detection: rows, the switch, windows of maintenance."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from rollbacks.models import Detected, Guard, Maintenance, Target
from tests.rollbacks.proof.factories import COMPILED, make_revision, make_target
from tests.rollbacks.proof.test_detection import MATRIX
from timeline import domain_time

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def target() -> Target:
    made = make_target()
    made.plan = make_revision({**COMPILED, "matrix": [*MATRIX, {"symptom": "Users complain", "line": 43}]}).plan
    made.save()
    return made


def url(target: Target) -> str:
    return reverse("detection", args=[target.pk])


def test_every_row_says_what_it_is_watched_by_or_why_not(target: Target, signed_in: SignIn, viewer: User) -> None:
    now = domain_time.now()
    Detected.objects.create(
        target=target,
        key="Query errors (> 10%)",
        holds=True,
        held_since=now,
        looked_at=now,
        words="30 % of 600 requests",
    )
    page = signed_in(viewer).get(url(target)).content.decode()
    for words in ("Holds", "30 % of 600 requests", "healthy service too", "an alert or a person must say it", "Off"):
        assert words in page
    assert '<form method="post" action="/targets/' not in page


def test_a_plan_author_turns_the_switch(target: Target, signed_in: SignIn, plan_author: User) -> None:
    client = signed_in(plan_author)
    assert client.post(url(target), {"detects": "on", "escalates": "on"}).status_code == 302
    guard = Guard.of(target)
    assert (guard.detects, guard.escalates) == (True, True)
    assert client.post(url(target), {"detects": "maybe"}).status_code == 422
    client.post(url(target), {"detects": ""})
    assert (Guard.of(target).detects, Guard.of(target).escalates) == (None, False)


def test_a_window_is_planned_listed_and_canceled(target: Target, signed_in: SignIn, responder: User) -> None:
    client, begins = signed_in(responder), timezone.localtime(domain_time.now())
    times = {"begins_at": f"{begins:%Y-%m-%dT%H:%M}", "ends_at": f"{begins + timedelta(hours=1):%Y-%m-%dT%H:%M}"}
    address = reverse("maintenance", args=[target.pk])
    refused = client.post(address, {**times, "ends_at": times["begins_at"], "reason": "A move"})
    assert refused.status_code == 422
    assert "before it begins" in refused.content.decode()
    assert client.post(address, {**times, "reason": "A move of the database"}).status_code == 302
    page = client.get(url(target)).content.decode()
    assert "A move of the database" in page
    assert "Nothing is declared now" in page
    window = Maintenance.objects.get(target=target)
    client.post(reverse("maintenance-end", args=[target.pk, window.pk]))
    window.refresh_from_db()
    assert window.canceled_at is not None
    again = client.post(reverse("maintenance-end", args=[target.pk, window.pk]), follow=True)
    assert "over already" in again.content.decode()
