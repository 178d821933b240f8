"""What follows from a declaration, with the real engine behind it; every follower may be called twice."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from incidents import evidence_keeping, followers, recommendation
from incidents.models import Alert, Contact, Incident
from rollbacks.models import Run, Sample, Sampling
from rollbacks.models.states import RunStatus
from tests.incidents.factories import make_incident
from timeline import domain_time
from timeline.followers import FOLLOWERS, dispatch
from timeline.models import Event

pytestmark = pytest.mark.django_db

READ = {
    "name": "ev-log", "number": "1", "item": "Application Logs", "title": "Errors in the log", "line": 5, "kind": "shell",
    "effect": "read", "timeout": 10.0, "ok": [0, 1], "body": "grep ERROR app.log", "language": "bash", "retries": 0,
    "on_failure": "continue", "critical": True, "levels": None, "purpose": "health", "env": [], "secrets": [],
}  # fmt: skip


def dispatch_all(incident: Incident) -> None:
    """Announces every event of the timeline, and those that this writes, as the worker does."""
    seen = 0
    while new := list(Event.objects.filter(stream__key=incident.stream_key, seq__gt=seen).order_by("seq")):
        for event in new:
            assert dispatch(event)
            seen = event.seq


def say(incident: Incident, kind: str, **data: Any) -> Event:
    """An event from below, as the engine writes it."""
    return Event.record(incident.stream_key, kind, data=data)


def test_the_app_registers_its_followers() -> None:
    assert followers.page_first_contact in FOLLOWERS["incident.declared"]


def test_a_declaration_asks_contact_1_and_the_matrix() -> None:
    incident = make_incident(matrix_line=307)
    dispatch_all(incident)
    incident.refresh_from_db()
    assert incident.pages.get().contact_order == 1
    assert incident.recommendation["level"] == 1
    assert incident.tasks.get(text="Assess severity").how.startswith("decision matrix: “GraphQL response errors”")


def test_declared_twice_is_followed_once(django_capture_on_commit_callbacks: Any) -> None:
    incident = make_incident(symptom="GraphQL response errors")
    dispatch_all(incident)
    dispatch_all(incident)
    kinds = list(incident.events.values_list("kind", flat=True))
    assert incident.pages.count() == 1
    assert kinds.count("recommendation.made") == 1
    assert kinds.count("contact.paged") == 1
    assert Sampling.objects.filter(active=True).count() <= 1


def test_evidence_is_begun_once_and_never_blocks_the_slot() -> None:
    incident = make_incident()
    incident.revision.compiled["evidence"] = [READ]  # type: ignore[union-attr]
    run = evidence_keeping.begin(incident)
    assert run is not None
    assert run.kind == Run.Kind.EVIDENCE
    assert evidence_keeping.begin(incident) is None
    assert incident.events.filter(kind="evidence.started").count() == 1


def test_evidence_items_are_kept_with_time_command_and_hash_and_counted_once() -> None:
    incident = make_incident()
    incident.revision.compiled["evidence"] = [READ]  # type: ignore[union-attr]
    run = evidence_keeping.begin(incident)
    assert run is not None
    at = domain_time.now()
    step = run.steps.create(
        position=1, name="ev-log", number="1", title="Errors in the log", definition=READ, kind="shell", effect="read",
        status="succeeded", exit_code=0, started_at=at, finished_at=at + timedelta(seconds=2), detail="done",
    )  # fmt: skip
    Run.objects.filter(pk=run.pk).update(status=RunStatus.SUCCEEDED, finished_at=at + timedelta(seconds=3))
    about = {"run": run.pk, "run_kind": "evidence", "step": step.pk}
    for event in (say(incident, "step.succeeded", **about), say(incident, "run.succeeded", **about)):
        assert dispatch(event)
        assert dispatch(event)
    item = incident.evidence.get()
    assert (item.item, item.command, item.status, item.seconds) == (
        "Application Logs",
        "grep ERROR app.log",
        "gathered",
        2.0,
    )
    assert len(item.hash) == 64
    gathered = incident.events.get(kind="evidence.gathered")
    assert gathered.data["items"] == 1
    assert gathered.data["failed"] == 0
    assert incident.tasks.get(text="Gather logs").how == "1 item of evidence, 0 failed"
    assert incident.tasks.get(text="Execute rollback").ticked_at is None


def test_events_of_a_rollback_tick_their_tasks_from_below() -> None:
    incident = make_incident()
    about = {"run": 9, "run_kind": "rollback", "level": 1}
    for kind in ("step.succeeded", "run.succeeded", "watch.opened"):
        dispatch(say(incident, kind, **about))
    dispatch(
        say(incident, "watch.ended", **about, verdict="inconclusive", reason="Level 2 has changed the service again.")
    )
    ticked = {task.text: task.how for task in incident.tasks.exclude(ticked_at=None)}
    assert ticked["Execute rollback"] == "run 9 done (Level 1)"
    assert "Monitor" in ticked
    assert "Continue monitoring" not in ticked
    dispatch(say(incident, "watch.ended", **about, verdict="recovered", reason=""))
    assert incident.tasks.get(text="Continue monitoring").ticked_at is not None


def test_nobody_to_ask_is_said_in_red() -> None:
    incident = make_incident()
    Contact.objects.all().delete()
    dispatch_all(incident)
    assert incident.events.get(kind="contact.paged").data["state"] == "no_contact"
    assert incident.tasks.get(text="Notify on-call engineer").ticked_at is None


def test_a_withdrawn_acknowledgement_asks_the_next_contact_once(responder: User) -> None:
    incident = make_incident()
    dispatch_all(incident)
    incident.acknowledge(by=responder)
    incident.withdraw_acknowledgement(by=responder)
    dispatch_all(incident)
    dispatch_all(incident)
    assert list(incident.pages.values_list("contact_order", flat=True)) == [1, 2]


def test_a_correction_recommends_anew(responder: User) -> None:
    incident = make_incident(symptom="GraphQL response errors")
    dispatch_all(incident)
    incident.correct(field="symptom", value="Query errors (> 10%)", by=responder)
    dispatch_all(incident)
    incident.refresh_from_db()
    assert incident.events.filter(kind="recommendation.made").count() == 2


def test_a_named_row_leads_and_the_measured_one_is_the_runner_up() -> None:
    incident = make_incident(matrix_line=307)
    incident.remember_measurement(
        metric="GraphQL response errors", value=40.0, unit="%", source="alert HighErrors", at=domain_time.now()
    )
    recommendation.recommend_for(incident)
    assert incident.recommendation["level"] == 1
    assert incident.recommendation["runner_up"]["symptom"] == "Query errors (> 10%)"


def test_five_per_cent_has_no_row_and_that_is_said() -> None:
    incident = make_incident(symptom="")
    make_samples(incident, requests=400, errors=20)
    recommendation.recommend_for(incident)
    assert incident.recommendation["uncovered"]
    assert "No row of the matrix covers it" in incident.recommendation["sentence"]


def test_too_few_requests_are_no_number() -> None:
    incident = make_incident(symptom="")
    make_samples(incident, requests=10, errors=10)
    recommendation.recommend_for(incident)
    assert not incident.recommendation["uncovered"]
    assert incident.recommendation["level"] is None


def test_a_level_that_did_not_help_leads_to_the_next() -> None:
    incident = make_incident(matrix_line=307)
    say(incident, "verdict.given", run=9, run_kind="rollback", level=1, verdict="not_recovered", reason="11.9 %")
    recommendation.recommend_for(incident)
    assert incident.recommendation["level"] == 2
    say(incident, "verdict.given", run=10, run_kind="undo", level=2, verdict="not_recovered", reason="back")
    assert recommendation.failed_levels_of(incident) == (1,)


def test_the_end_of_the_incident_ends_the_load(responder: User) -> None:
    incident = make_incident()
    dispatch_all(incident)
    incident.resolve(by=responder, reason="Over")
    dispatch_all(incident)
    assert not Sampling.objects.filter(active=True).exists()


def test_events_of_other_streams_are_nobodys_business() -> None:
    assert dispatch(Event.record("installation", "incident.declared", data={}))
    assert dispatch(Event.record("plan:x", "revision.approved", data={"plan": "x"}))


def make_samples(incident: Incident, *, requests: int, errors: int) -> None:
    Sample.objects.create(
        target=incident.target, stream_key=incident.stream_key, signal="errors", at=domain_time.now(), seconds=5.0,
        requests=requests, errors=errors,
    )  # fmt: skip


def test_an_alert_that_resolved_before_the_first_command_says_hold() -> None:
    incident = make_incident(matrix_line=307)
    at = domain_time.now()
    alert = Alert.objects.create(
        fingerprint="f", starts_at=at, name="HighErrors", incident=incident, received_at=at, last_seen_at=at
    )
    recommendation.recommend_for(incident)
    assert not incident.recommendation["hold"]
    Alert.objects.filter(pk=alert.pk).update(status="resolved")
    dispatch(say(incident, "alert.resolved", name="HighErrors"))
    incident.refresh_from_db()
    assert incident.recommendation["sentence"].startswith("Hold: the alert HighErrors has resolved")
    say(incident, "run.started", run=9, run_kind="rollback", level=1)
    recommendation.recommend_for(incident)
    assert not incident.recommendation["hold"]


def test_a_checklist_that_cannot_run_says_why_once() -> None:
    incident = make_incident()
    incident.revision.compiled["evidence"] = [READ]  # type: ignore[union-attr]
    run = evidence_keeping.begin(incident)
    assert run is not None
    event = say(incident, "run.prepared", run=run.pk, run_kind="evidence")
    assert dispatch(event)
    assert dispatch(event)
    refused = incident.events.get(kind="evidence.refused")
    assert "is not approved yet" in refused.data["reason"]
    assert incident.tasks.get(text="Gather logs").ticked_at is None


def test_a_revision_that_cites_the_incident_stands_on_its_timeline_once(responder: User) -> None:
    incident = make_incident()
    data = {"plan": "orders", "number": 2, "incident": incident.reference}
    event = Event.record("plan:orders", "revision.added", actor=responder, data=data)
    assert dispatch(event)
    assert dispatch(event)
    assert incident.events.get(kind="plan.change_proposed").data["revision"] == 2
    assert incident.tasks.get(text="Update the plan").how == "revision 2 proposed"
    assert dispatch(Event.record("plan:orders", "revision.added", data={**data, "incident": "INC-999"}))
    assert dispatch(Event.record("plan:orders", "revision.added", data={**data, "incident": ""}))
