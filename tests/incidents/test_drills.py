"""The plan's testing schedule as due dates, and drills that are held."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from incidents import drills, recommendation
from incidents.models import Drill, Refused
from plans.models import Plan, RevisionApproval
from tests.incidents.factories import add_revision, make_plan, make_target
from timeline import domain_time
from timeline.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(responder: User) -> Plan:
    made = make_plan()
    RevisionApproval.objects.create(revision=made.current, by=responder)  # type: ignore[misc]
    return made


def today() -> date:
    return domain_time.now().date()


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 11, 22), 3, date(2027, 2, 22)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2023, 11, 30), 3, date(2024, 2, 29)),
    ],
)
def test_months_later(day: date, months: int, later: date) -> None:
    assert drills.months_later(day, months) == later


def test_an_approved_plan_makes_its_drills_due(plan: Plan) -> None:
    drills.plan_drills(plan)
    drills.plan_drills(plan)
    due = {(drill.level, drill.environment): drill.due_on for drill in Drill.objects.all()}
    assert due == {
        (1, ""): drills.months_later(today(), 3),
        (2, "staging"): drills.months_later(today(), 6),
    }


def test_a_plan_that_nobody_approved_asks_for_nothing() -> None:
    assert drills.plan_drills(make_plan()) == 0


def test_a_new_text_moves_and_removes_what_it_no_longer_asks_for(plan: Plan, responder: User) -> None:
    drills.plan_drills(plan)
    schedule = [{"line": 9, "recurrence": "monthly", "months": 1, "levels": [1], "environment": None, "tasks": []}]
    revision = add_revision(plan, schedule=schedule)
    RevisionApproval.objects.create(revision=revision, by=responder)
    drills.plan_drills(plan)
    assert Drill.objects.get().due_on == drills.months_later(today(), 1)


def test_due_drills_stand_on_the_front_page_and_are_announced_once(plan: Plan, move_time: Any) -> None:
    drills.plan_drills(plan)
    assert drills.due_soon(domain_time.now()) == []
    move_time(timedelta(days=100))
    [drill] = drills.due_soon(domain_time.now())
    assert drill.is_overdue(today())
    assert drills.announce_due(domain_time.now()) == 1
    assert drills.announce_due(domain_time.now()) == 0
    assert Event.objects.filter(kind="drill.due", stream__key=plan.stream).count() == 1


def test_a_held_drill_is_due_again_after_its_interval(plan: Plan, responder: User, move_time: Any) -> None:
    target = make_target(production=False, plan=plan)
    drills.plan_drills(plan)
    move_time(timedelta(days=100))
    drill = Drill.objects.get(level=1)
    incident = drills.start(drill, target=target, by=responder)
    assert incident.is_drill
    with pytest.raises(Refused, match="started already"):
        drills.start(drill, target=target, by=responder)
    incident.resolve(by=responder, reason="Rehearsed")
    drills.hold(incident, at=domain_time.now())
    drills.hold(incident, at=domain_time.now())
    drill.refresh_from_db()
    assert drill.held_at is not None
    assert Drill.objects.open().get(level=1).due_on == drills.months_later(today(), 3)


def test_a_dismissed_drill_is_due_again(plan: Plan, responder: User) -> None:
    target = make_target(production=False, plan=plan)
    drills.plan_drills(plan)
    drill = Drill.objects.get(level=1)
    incident = drills.start(drill, target=target, by=responder)
    incident.dismiss(by=responder, reason="No time today")
    drills.hold(incident, at=domain_time.now())
    drill.refresh_from_db()
    assert drill.incident is None
    assert drill.held_at is None


def test_a_drill_is_held_where_the_schedule_says(plan: Plan) -> None:
    production = make_target(plan=plan)
    staging = make_target(production=False, plan=plan)
    drills.plan_drills(plan)
    assert drills.targets_for(Drill.objects.get(level=2)) == [staging]
    assert drills.targets_for(Drill.objects.get(level=1)) == [staging, production]


def test_a_drill_on_another_plans_target_is_refused(plan: Plan, responder: User) -> None:
    drills.plan_drills(plan)
    other = make_target(plan=make_plan("billing"), service="billing")
    with pytest.raises(Refused, match="does not use the plan"):
        drills.start(Drill.objects.get(level=1), target=other, by=responder)


def test_a_drill_recommends_the_level_that_it_rehearses(plan: Plan, responder: User) -> None:
    target = make_target(production=False, plan=plan)
    drills.plan_drills(plan)
    incident = drills.start(Drill.objects.get(level=2), target=target, by=responder)
    recommendation.recommend_for(incident)
    assert incident.title == "Drill: Level 2: Version back"
    assert incident.recommendation["level"] == 2
    assert incident.recommendation["sentence"].startswith("This drill rehearses Level 2: Version back, due ")
    incident.choose_level(level=2, by=responder)
