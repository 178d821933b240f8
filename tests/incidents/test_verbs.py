"""What people do to an incident, what is refused, and what the timeline then says."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from incidents.models import Incident, Phase, Refused, RoleName, Severity, Status, Task
from incidents.tasks import announce_phases, escalate_pages
from tests.incidents.factories import add_revision, compiled, make_incident, make_plan, make_target, phase, task
from timeline import domain_time
from timeline.models import Stream
from timeline.verify import chain_holds

pytestmark = pytest.mark.django_db


def kinds(incident: Incident) -> list[str]:
    return list(incident.events.values_list("kind", flat=True))


# People


def test_acknowledging_stops_the_pager_and_fills_the_free_roles(responder: User) -> None:
    incident = make_incident()
    incident.acknowledge(by=responder)
    assert incident.acknowledged_by == responder
    assert [incident.role(name).user for name in (RoleName.ON_CALL, RoleName.MANAGER)] == [responder] * 2  # type: ignore[union-attr]
    assert kinds(incident)[-3:] == ["incident.acknowledged", "role.assigned", "role.assigned"]


def test_two_people_acknowledge_and_one_is_told_who_has_it(responder: User, administrator: User) -> None:
    incident = make_incident()
    late = Incident.objects.get(pk=incident.pk)
    incident.acknowledge(by=responder)
    with pytest.raises(Refused, match="already acknowledged by ana"):
        late.acknowledge(by=administrator)
    assert kinds(incident).count("incident.acknowledged") == 1


def test_an_acknowledgement_can_be_withdrawn(responder: User) -> None:
    incident = make_incident()
    incident.acknowledge(by=responder)
    incident.withdraw_acknowledgement(by=responder)
    assert incident.acknowledged_at is None
    with pytest.raises(Refused, match="is not acknowledged"):
        incident.withdraw_acknowledgement(by=responder)


def test_escalating_asks_the_next_contact_until_there_is_none(responder: User, settings: Any) -> None:
    settings.PAGE_ROUNDS = 2
    incident = make_incident()
    for round in (1, 2):
        asked = [incident.escalate(by=responder) for _ in range(2)]
        assert [(page.role, page.round) for page in asked] == [
            ("On-call engineer", round), ("Lead backend engineer", round),
        ]  # fmt: skip
    with pytest.raises(Refused, match="every contact was asked twice"):
        incident.escalate(by=responder)


def test_a_contact_without_an_address_is_said_and_ticks_nothing() -> None:
    incident = make_incident()
    incident.target.contacts.update(address="")
    page = incident.escalate()
    assert page.state == "no_address"
    assert not page.deliveries.exists()
    assert incident.tasks.get(text="Notify on-call engineer").ticked_at is None


def test_an_unanswered_page_asks_the_next_contact_once(move_time: Any) -> None:
    incident = make_incident()
    incident.escalate()
    assert escalate_pages() == 0
    move_time(timedelta(minutes=6))
    assert escalate_pages() == 1
    assert escalate_pages() == 0
    assert list(incident.pages.values_list("contact_order", flat=True)) == [1, 2]


def test_an_acknowledged_incident_wakes_nobody_else(responder: User, move_time: Any) -> None:
    incident = make_incident()
    incident.escalate()
    incident.acknowledge(by=responder)
    move_time(timedelta(hours=1))
    assert escalate_pages() == 0


def test_a_role_has_one_holder(responder: User, administrator: User) -> None:
    incident = make_incident()
    incident.assign_role(role=RoleName.MANAGER, user=responder, by=responder)
    incident.assign_role(role=RoleName.MANAGER, user=administrator, by=responder)
    assert incident.roles.current().get(role=RoleName.MANAGER).user == administrator


# Decisions


def test_a_correction_keeps_the_old_value_on_the_timeline(responder: User) -> None:
    incident = make_incident()
    incident.correct(field="title", value="Every query fails", by=responder)
    last = incident.events.last()
    assert last is not None
    assert last.data == {"field": "title", "old": "Query errors", "new": "Every query fails"}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("severity", "huge", "is not a severity"),
        ("status", "closed", "cannot be corrected"),
        ("title", " ", "is empty"),
    ],
)
def test_a_wrong_correction_changes_nothing(responder: User, field: str, value: str, sentence: str) -> None:
    incident = make_incident()
    with pytest.raises(Refused, match=sentence):
        incident.correct(field=field, value=value, by=responder)
    assert "incident.corrected" not in kinds(incident)


def test_a_raised_severity_makes_the_conditional_task_due_at_once(responder: User, move_time: Any) -> None:
    incident = make_incident(severity="medium")
    notify = incident.tasks.get(text="Notify stakeholders")
    assert notify.required_from is None
    move_time(timedelta(minutes=20))
    incident.correct(field="severity", value=Severity.HIGH, by=responder)
    notify.refresh_from_db()
    assert abs((notify.due_at - domain_time.now()).total_seconds()) < 5
    incident.correct(field="severity", value=Severity.LOW, by=responder)
    notify.refresh_from_db()
    assert notify.required_from is None


def test_a_corrected_detection_moves_every_phase(responder: User) -> None:
    incident = make_incident(ago=timedelta(minutes=1))
    earlier = incident.detected_at - timedelta(minutes=9)
    incident.correct(field="detected_at", value=earlier, by=responder)
    assert incident.phases.last().due_at == earlier + timedelta(hours=24)  # type: ignore[union-attr]


def test_another_target_brings_its_own_plan_and_equal_tasks_keep_their_ticks(responder: User) -> None:
    incident = make_incident()
    other_plan = make_plan(
        "billing", phases=[phase("First", 0, task("Detect issue", "incident.declared"), task("New"))]
    )
    other = make_target(plan=other_plan, service="billing")
    incident.correct(field="target", value=other, by=responder)
    assert incident.revision == other_plan.current
    assert [(item.text, bool(item.ticked_at)) for item in incident.tasks.all()] == [
        ("Detect issue", True),
        ("New", False),
    ]


def test_another_level_than_the_recommended_one_needs_a_reason(responder: User) -> None:
    incident = make_incident()
    incident.remember_recommendation({"level": 1, "level_name": "Level 1: Flag off", "answer": "rollback", "rule": "r"})
    with pytest.raises(Refused, match="needs a reason"):
        incident.choose_level(level=2, by=responder)
    incident.choose_level(level=2, by=responder, reason="The flag is off already")
    assert (incident.chosen_level, incident.choice_reason) == (2, "The flag is off already")
    assert incident.tasks.get(text="Determine the level").how == "Level 2 chosen"


def test_the_recommended_level_needs_none_and_no_rollback_is_an_answer(responder: User) -> None:
    incident = make_incident()
    incident.remember_recommendation({"level": 1, "answer": "rollback"})
    incident.choose_level(level=1, by=responder)
    incident.choose_level(level=None, by=responder, reason="It is healthy again")
    assert incident.has_chosen
    assert incident.chosen_level is None


def test_a_level_that_the_plan_does_not_have_is_refused(responder: User) -> None:
    with pytest.raises(Refused, match="has no Level 9"):
        make_incident().choose_level(level=9, by=responder, reason="why not")


def test_the_same_answer_is_said_once() -> None:
    incident = make_incident()
    assert incident.remember_recommendation({"level": 1, "answer": "rollback", "sentence": "12.4 %"})
    assert not incident.remember_recommendation({"level": 1, "answer": "rollback", "sentence": "12.9 %"})
    assert incident.remember_recommendation({"level": 2, "answer": "rollback", "sentence": "13 %"})
    assert kinds(incident).count("recommendation.made") == 2


def test_an_empty_note_is_refused_and_a_paper_note_keeps_its_time(responder: User) -> None:
    incident = make_incident()
    with pytest.raises(Refused, match="empty"):
        incident.add_note(text="  ", by=responder)
    happened = domain_time.now() - timedelta(minutes=3)
    incident.add_note(text="Called the database team", by=responder, happened_at=happened)
    assert incident.events.last().data["happened_at"] == happened.isoformat()  # type: ignore[union-attr]


# Endings


def test_resolving_without_proof_needs_a_reason_and_stays_unverified(responder: User) -> None:
    incident = make_incident()
    with pytest.raises(Refused, match="needs a reason"):
        incident.resolve(by=responder)
    incident.resolve(by=responder, reason="The provider fixed it")
    assert (incident.status, incident.verified) == (Status.RESOLVED, False)


def test_resolving_twice_is_refused_with_the_way_on(responder: User) -> None:
    incident = make_incident()
    stale = Incident.objects.get(pk=incident.pk)
    incident.resolve(by=responder, reason="Over")
    with pytest.raises(Refused, match="already resolved; reopen it first"):
        incident.resolve(by=responder, reason="Over")
    with pytest.raises(Refused, match="changed meanwhile: it is resolved now"):
        stale.resolve(by=responder, reason="Over")
    assert kinds(incident).count("incident.resolved") == 1


def test_reopening_takes_the_end_back(responder: User) -> None:
    incident = make_incident()
    incident.resolve(by=responder, reason="Over")
    with pytest.raises(Refused, match="needs a reason"):
        incident.reopen(by=responder, reason=" ")
    incident.reopen(by=responder, reason="Errors are back")
    assert (incident.status, incident.resolved_at, incident.verified) == (Status.OPEN, None, None)


def test_dismissing_needs_a_reason_and_can_be_taken_back(responder: User) -> None:
    incident = make_incident()
    incident.dismiss(by=responder, reason="A test alert")
    assert incident.status == Status.DISMISSED
    with pytest.raises(Refused, match="already dismissed"):
        incident.acknowledge(by=responder)
    incident.reopen(by=responder, reason="It was real")
    assert incident.is_live


def test_closing_without_a_retrospective_needs_a_reason(responder: User) -> None:
    incident = make_incident()
    with pytest.raises(Refused, match=r"resolve it first|without a published"):
        incident.close(by=responder, reason="")
    incident.resolve(by=responder, reason="Over")
    with pytest.raises(Refused, match="published retrospective"):
        incident.close(by=responder)
    incident.close(by=responder, reason="Duplicate of INC-1")
    assert incident.status == Status.CLOSED


# Tasks and phases


def test_ticking_by_a_person_keeps_who_and_how_late(responder: User, move_time: Any) -> None:
    incident = make_incident()
    move_time(timedelta(minutes=7))
    duty = incident.tasks.get(text="Gather logs")
    duty.tick(by=responder)
    assert (duty.how, duty.ticked_user) == ("by ana", responder)
    assert 118 < (duty.late_seconds or 0) < 125
    with pytest.raises(Refused, match="already ticked"):
        incident.tasks.get(text="Gather logs").tick(by=responder)


def test_un_ticking_needs_a_reason_and_old_events_do_not_tick_again(responder: User) -> None:
    incident = make_incident()
    duty = incident.tasks.get(text="Detect issue")
    declared = incident.events.get(kind="incident.declared")
    with pytest.raises(Refused, match="needs a reason"):
        duty.untick(by=responder, reason="")
    duty.untick(by=responder, reason="Not by monitoring")
    assert Task.objects.tick_from(declared, incident.pk) == 0
    duty.refresh_from_db()
    assert duty.ticked_at is None


def test_the_day_after_phase_fires_once_across_restarts(move_time: Any) -> None:
    incident = make_incident()
    assert announce_phases() == 1
    move_time(timedelta(hours=30))
    assert announce_phases() == 4
    assert announce_phases() == 0
    due = incident.events.filter(kind="phase.due")
    assert [event.data["phase"] for event in due][-1] == "Retrospective"
    assert abs(due.last().data["late_seconds"] - 6 * 3600) < 10  # type: ignore[union-attr]


def test_a_resolved_incident_still_gets_its_day_after(responder: User, move_time: Any) -> None:
    incident = make_incident()
    incident.resolve(by=responder, reason="Over")
    move_time(timedelta(hours=24, minutes=1))
    announce_phases()
    assert Phase.objects.get(incident=incident, name="Retrospective").announced_at is not None


def test_a_dismissed_incident_gets_none(responder: User, move_time: Any) -> None:
    incident = make_incident()
    incident.dismiss(by=responder, reason="A test")
    move_time(timedelta(hours=25))
    assert announce_phases() == 0


def test_overdue_tasks_for_the_front_page_leave_out_what_is_not_required(move_time: Any) -> None:
    make_incident(severity="medium")
    move_time(timedelta(minutes=6))
    texts = [duty.text for duty in Task.objects.overdue(domain_time.now())]
    assert texts == ["Assess severity", "Notify on-call engineer", "Gather logs", "Determine the level"]


def test_lists_cost_the_same_for_one_incident_and_for_four(django_assert_num_queries: Any) -> None:
    target = make_target()
    for _ in range(4):
        make_incident(target)
    with django_assert_num_queries(4):
        for incident in Incident.objects.for_dashboard():
            assert incident.target.service.name
            assert incident.current_roles == []  # type: ignore[attr-defined]
            assert len(incident.tasks.all()) == 16
            assert len(incident.phases.all()) == 5
            assert incident.compiled["levels"]


def test_the_worst_and_oldest_stands_first() -> None:
    target = make_target()
    low = make_incident(target, severity="low")
    critical = make_incident(target, severity="critical")
    older = make_incident(target, severity="critical", ago=timedelta(minutes=9))
    assert list(Incident.objects.for_dashboard()) == [older, critical, low]


def test_the_timeline_stays_a_chain(responder: User) -> None:
    incident = make_incident()
    incident.acknowledge(by=responder)
    incident.resolve(by=responder, reason="Over")
    assert chain_holds(Stream.named(incident.stream_key))


def test_the_incident_keeps_the_revision_it_began_with() -> None:
    incident = make_incident()
    add_revision(incident.target.plan, levels=[])  # type: ignore[arg-type]
    incident.refresh_from_db()
    assert incident.compiled["levels"] == compiled()["levels"]


def test_what_a_database_cannot_keep_is_taken_out_of_what_people_type(responder: User) -> None:
    incident = make_incident(title="Errors\x00 here", impact="\ud83d everywhere")
    assert (incident.title, incident.impact) == ("Errors here", "? everywhere")
    incident.add_note(text="a\x00b", by=responder)
    incident.correct(field="title", value="Other\x00 words", by=responder)
    incident.choose_level(level=None, by=responder, reason="\x00because")
    incident.resolve(by=responder, reason="o\x00ver")
    assert incident.events.get(kind="note.added").data["text"] == "ab"
    assert (incident.title, incident.choice_reason, incident.ending_reason) == ("Other words", "because", "over")
