"""What a first start makes, and what a second one leaves alone."""

import hashlib
import json
import stat

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import DatabaseError

from config.management.commands.prepare import in_words
from config.roles import ADMINISTRATOR, role_of
from config.seed import practice_service
from incidents.models import Contact, IntakeRule, IntakeToken, Stakeholder
from rollbacks.models import Target
from timeline.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.STATIC_ROOT, settings.PRACTICE_DIR = tmp_path / "staticfiles", tmp_path / "practice"


def prepare(tmp_path, port=8190):
    answer = tmp_path / "answer.json"
    call_command("prepare", answer=answer, practice_port=port)
    assert stat.S_IMODE(answer.stat().st_mode) == 0o600
    return json.loads(answer.read_text())


def test_the_first_start_makes_an_administrator_and_the_practice_service(tmp_path):
    told = prepare(tmp_path)
    person = get_user_model().objects.get()
    assert role_of(person) == ADMINISTRATOR
    assert person.check_password(told["password"])
    target = Target.objects.get()
    assert target.params == {"base-url": "http://127.0.0.1:8190"}
    assert target.plan.runnable is not None
    token = (tmp_path / "practice" / "intake-token").read_text().strip()
    assert IntakeToken.objects.get().hash == hashlib.sha256(token.encode()).hexdigest()
    labels = {"service": "practice-orders", "environment": "practice"}
    for name in ("OrdersResponseErrors", "OrdersDown"):
        rule = IntakeRule.objects.all().match(name, labels)
        assert rule.symptom in [row["symptom"] for row in target.plan.current.compiled["matrix"]]
    assert Contact.objects.get(order=1).reachable_at == person.email
    assert Stakeholder.objects.get().address == person.email


def test_a_second_start_changes_nothing_that_people_changed(tmp_path):
    prepare(tmp_path)
    IntakeRule.objects.all().delete()
    Contact.objects.filter(order=1).update(address="on-call@example.test")
    before = Event.objects.count()
    assert prepare(tmp_path)["password"] == ""
    assert not IntakeRule.objects.exists()
    assert Contact.objects.get(order=1).address == "on-call@example.test"
    assert (Event.objects.count(), get_user_model().objects.count()) == (before, 1)


def test_a_new_port_moves_the_target_and_says_so(tmp_path):
    prepare(tmp_path)
    practice_service(port=8199, root=tmp_path / "practice")
    target = Target.objects.get()
    assert (target.hosts, target.params["base-url"]) == (["127.0.0.1:8199"], "http://127.0.0.1:8199")
    assert Event.objects.filter(stream__key=target.stream, kind="target.moved").count() == 1


def test_without_the_practice_service_there_is_only_the_administrator(tmp_path):
    prepare(tmp_path, port=0)
    assert not Target.objects.exists()


@pytest.mark.parametrize(
    ("error", "part"),
    [
        ("database is locked", "is locked by another program"),
        ("database or disk is full", "is full. Free some space"),
        ("connection failed: FATAL: password authentication failed\nmore", "cannot be used (connection failed"),
        ("", "cannot be used (DatabaseError)"),
    ],
)
def test_an_error_of_the_database_is_one_sentence(error, part):
    assert part in in_words(DatabaseError(error))
    assert "\n" not in in_words(DatabaseError(error))
