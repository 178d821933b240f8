"""Tokens and rules in the admin pages: a token is shown once, every change stands on the installation's timeline."""

from collections.abc import Callable

from django.contrib.auth.models import User
from django.test import Client

from incidents.models import IntakeRule, IntakeToken
from tests.incidents.factories import make_target
from timeline.models import Event


def test_a_token_is_shown_once_and_works(administrator: User, signed_in: Callable[[User], Client]) -> None:
    client = signed_in(administrator)
    page = client.post("/admin/incidents/intaketoken/add/", {"name": "prometheus"}, follow=True).content.decode()
    [token] = [word.strip("<>/li.") for word in page.replace("<", " <").split() if word.startswith("fb_")][:1]
    assert IntakeToken.known(token) is not None
    assert token not in client.get("/admin/incidents/intaketoken/").content.decode()


def test_a_token_is_revoked_not_deleted(administrator: User, signed_in: Callable[[User], Client]) -> None:
    row, token = IntakeToken.make(name="old", by=administrator)
    data = {"action": "revoke", "_selected_action": [str(row.pk)]}
    signed_in(administrator).post("/admin/incidents/intaketoken/", data)
    assert IntakeToken.known(token) is None
    assert signed_in(administrator).post(f"/admin/incidents/intaketoken/{row.pk}/delete/").status_code == 403


def test_a_changed_rule_is_said_on_the_timeline(administrator: User, signed_in: Callable[[User], Client]) -> None:
    target = make_target()
    data = {
        "position": "1", "alert_name": "High*", "labels": "{}", "target": str(target.pk), "symptom": "", "severity": "",
        "metric": "", "active": "on",
    }  # fmt: skip
    signed_in(administrator).post("/admin/incidents/intakerule/add/", data)
    rule = IntakeRule.objects.get()
    signed_in(administrator).post(f"/admin/incidents/intakerule/{rule.pk}/change/", {**data, "alert_name": "Low*"})
    kinds = list(Event.objects.filter(stream__key="installation").values_list("kind", flat=True))
    assert kinds == ["intakerule.added", "intakerule.changed"]
