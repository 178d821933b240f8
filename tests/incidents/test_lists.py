"""Lists cost the same number of queries for one row and for many."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from incidents.models import ActionItem, Alert, Delivery, Drill, Page, Task
from tests.incidents.factories import make_incident, make_target
from timeline import domain_time

pytestmark = pytest.mark.django_db


def test_the_front_pages_lists(responder: User, django_assert_num_queries: Any, move_time: Any) -> None:
    target = make_target()
    incidents = [make_incident(target) for _ in range(3)]
    at = domain_time.now()
    for number, incident in enumerate(incidents):
        ActionItem.add(incident, text="Fix it", owner=responder, due_on=date(2020, 1, 1), by=responder)
        incident.escalate()
        Alert.objects.create(fingerprint=str(number), starts_at=at, name="High", received_at=at, last_seen_at=at)
        Drill.objects.create(plan=target.plan, line=1, level=number, due_on=date(2020, 1, 1))  # type: ignore[misc]
    Delivery.objects.update(status="kept")
    move_time(timedelta(minutes=6))
    now = domain_time.now()
    with django_assert_num_queries(6):
        assert all(task.phase.name and task.incident.reference for task in Task.objects.overdue(now))
        assert all(item.incident.reference and item.owner for item in ActionItem.objects.overdue(now.date()))
        assert all(drill.plan.title for drill in Drill.objects.due(now.date()))
        assert all(kept.incident.reference for kept in Delivery.objects.outbox())
        assert len(Alert.objects.unassigned()) == 3
        assert len(Page.objects.to_escalate(now)) == 3
