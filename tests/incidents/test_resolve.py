"""Verified means: the newest watch of this incident has ended, its last word is *recovered*, and nothing ran since."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from incidents.models import Incident, Refused
from rollbacks.models import Run, Verdict, Watch
from tests.incidents.factories import make_incident, make_target
from timeline import domain_time
from timeline.models import Stream

pytestmark = pytest.mark.django_db


def make_run(incident: Incident, status: str = "succeeded", kind: str = "rollback") -> Run:
    target = incident.target
    return Run.objects.create(
        target=target, service=target.service, environment=target.environment, revision=incident.revision, kind=kind,
        stream=Stream.named(incident.stream_key), level=1, status=status, started_at=domain_time.now(),
    )  # fmt: skip


def make_verdict(incident: Incident, word: str = "recovered", *, status: str = "ended") -> Verdict:
    at: Any = domain_time.now()
    watch = Watch.objects.create(
        run=make_run(incident), stream=Stream.named(incident.stream_key), target=incident.target, status=status,
        opened_at=at, changed_at=at, armed_at=at, warmup_until=at, good_from_at=at, ends_at=at,
    )  # fmt: skip
    return Verdict.objects.create(watch=watch, at=at, look=1, verdict=word, reason="0 of 640 requests")


def test_a_finished_watch_that_says_recovered_verifies(responder: User) -> None:
    incident = make_incident()
    verdict = make_verdict(incident)
    incident.resolve(by=responder, verdict=verdict)
    assert (incident.verified, incident.verdict_id) == (True, verdict.pk)
    assert incident.events.get(kind="incident.resolved").data == {
        "verified": True,
        "verdict": "recovered",
        "reason": "",
    }


@pytest.mark.parametrize(
    ("word", "status"), [("recovered", "open"), ("inconclusive", "ended"), ("not_recovered", "ended")]
)
def test_anything_less_needs_a_reason_and_stays_unverified(responder: User, word: str, status: str) -> None:
    incident = make_incident()
    verdict = make_verdict(incident, word, status=status)
    with pytest.raises(Refused, match="needs a reason"):
        incident.resolve(by=responder, verdict=verdict)
    incident.resolve(by=responder, verdict=verdict, reason="The provider says so")
    assert incident.verified is False


def test_an_older_verdict_of_the_watch_proves_nothing(responder: User) -> None:
    incident = make_incident()
    verdict = make_verdict(incident)
    Verdict.objects.create(watch=verdict.watch, at=domain_time.now(), look=2, verdict="not_recovered", reason="back")
    with pytest.raises(Refused, match="needs a reason"):
        incident.resolve(by=responder, verdict=verdict)


def test_a_run_that_began_since_takes_the_proof_away(responder: User) -> None:
    incident = make_incident()
    verdict = make_verdict(incident)
    make_run(incident, "failed")
    with pytest.raises(Refused, match="needs a reason"):
        incident.resolve(by=responder, verdict=verdict)


def test_the_verdict_of_another_incident_is_refused(responder: User) -> None:
    target = make_target()
    verdict = make_verdict(make_incident(target))
    with pytest.raises(Refused, match="belongs to another incident"):
        make_incident(target).resolve(by=responder, verdict=verdict, reason="x")


@pytest.mark.parametrize("status", ["queued", "running", "paused", "needs_operator"])
def test_an_incident_does_not_end_under_a_run(responder: User, status: str) -> None:
    incident = make_incident()
    run = make_run(incident, "draft")
    Run.objects.filter(pk=run.pk).update(status=status)
    with pytest.raises(Refused, match="let it end or stop it first"):
        incident.resolve(by=responder, reason="It looks fine")


def test_evidence_that_still_runs_does_not_hold_the_end(responder: User) -> None:
    incident = make_incident()
    make_run(incident, "running", kind="evidence")
    incident.resolve(by=responder, reason="It looks fine")
    assert not incident.is_live
