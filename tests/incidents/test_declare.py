from datetime import timedelta
from typing import Any

import pytest

from incidents.models import Incident, Refused, Status
from tests.incidents.factories import make_incident, make_target
from timeline import domain_time
from timeline.models import Event

pytestmark = pytest.mark.django_db


def test_declaring_makes_phases_tasks_contacts_and_the_first_line() -> None:
    incident = make_incident()
    assert incident.reference == f"INC-{incident.pk}"
    assert [phase.name for phase in incident.phases.all()] == [
        "Immediate", "Investigation", "Execution", "Validation", "Retrospective",
    ]  # fmt: skip
    assert incident.tasks.count() == 16
    assert incident.target.contacts.count() == 2
    first = incident.events.first()
    assert first is not None
    assert first.kind == "incident.declared"
    assert first.data["service"] == "orders-api"
    assert first.data["severity"] == "high"


def test_detection_is_ticked_by_the_declaration_itself() -> None:
    incident = make_incident(ago=timedelta(minutes=2))
    task = incident.tasks.get(text="Detect issue")
    assert task.ticked_at is not None
    assert task.how == "declared by a person"
    assert 119 < (task.late_seconds or 0) < 125
    assert incident.events.filter(kind="task.ticked").count() == 1


def test_the_same_form_sent_twice_is_one_incident() -> None:
    target = make_target()
    first = make_incident(target, key="form-1")
    assert make_incident(target, key="form-1") == first
    assert Incident.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": "  "}, "The title is empty"),
        ({"severity": "huge"}, "is not a severity"),
        ({"detected_at": "tomorrow"}, "lies in the future"),
    ],
)
def test_what_cannot_be_declared_leaves_nothing_behind(changes: dict[str, Any], sentence: str) -> None:
    if changes.get("detected_at"):
        changes = {"detected_at": domain_time.now() + timedelta(days=1)}
    with pytest.raises(Refused, match=sentence):
        make_incident(**changes)
    assert not Incident.objects.exists()
    assert not Event.objects.exists()


def test_a_target_without_a_plan_still_gets_its_incident() -> None:
    target = make_target()
    target.plan = None
    target.save()
    incident = make_incident(target)
    assert incident.revision is None
    assert incident.status == Status.OPEN
    assert incident.phases.count() == 0


def test_the_phases_count_from_the_detection() -> None:
    incident = make_incident(ago=timedelta(minutes=10))
    last = incident.phases.last()
    assert last is not None
    assert last.due_at == incident.detected_at + timedelta(hours=24)
