"""Level 2 begins by itself, through the code that runs in production: the scan, the offer, the followers, the draft."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from incidents import escalating
from incidents.models import Incident
from rollbacks import escalation, proof_tasks, watch
from rollbacks.models import Escalation, Guard, Run, StepRun
from tests.rollbacks.proof.factories import COMPILED, T0, make_run, make_samples, make_target
from timeline import domain_time
from timeline.models import Event

pytestmark = pytest.mark.django_db
WAIT = 600.0
LEVELS = [
    {**COMPILED["levels"][0], "escalates_to": 2, "escalation_wait_seconds": WAIT},
    {"number": 2, "title": "Version back", "name": "Level 2: Version back", "promise_seconds": 600.0, "steps": []},
]
PLAN = {**COMPILED, "levels": LEVELS, "watch": {**COMPILED["watch"], "escalate": "automatic"}}


def scan(monkeypatch: pytest.MonkeyPatch, now: datetime) -> list[Event]:
    """One round of the proof's scan at that moment; then what it said is handed to who follows it."""
    before = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    monkeypatch.setattr(domain_time, "now", lambda: now)
    proof_tasks.scan_proof()
    begun = list(Event.objects.filter(pk__gt=before, kind="escalation.begun").select_related("stream"))
    for event in begun:
        escalating.begin(event)
    return begun


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker is asked and nothing else is detected."""
    for hint in ("hint_probe", "hint_look", "hint_beat", "hint_process"):
        monkeypatch.setattr(proof_tasks, hint, lambda _pk: True)
    monkeypatch.setattr(proof_tasks, "detect", lambda _now: None)


def level_1(status: str = "succeeded") -> Run:
    """Level 1 has changed the service twenty seconds after T0, and 40 % fail ever since."""
    run = make_run(make_target(), compiled=PLAN, promise=None, status=status)
    Guard.objects.create(target=run.target, escalates=True)
    watch.open_watch(run)
    make_samples(run.target, T0 + timedelta(seconds=20), seconds=900, errors=20)
    return run


@pytest.fixture
def broken(quiet: None) -> Run:
    return level_1()


DUE = T0 + timedelta(seconds=20 + WAIT + 1)


def test_it_begins_when_the_time_has_come_with_the_evidence(broken: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert scan(monkeypatch, DUE - timedelta(seconds=5)) == []
    assert not Escalation.objects.exists()
    (event,) = scan(monkeypatch, DUE)
    assert event.data["to_level"] == 2
    assert "requests failed" in event.data["why"]
    offer = Escalation.objects.get(run=broken)
    assert (offer.automatic, offer.begun_at) == (True, DUE)
    assert scan(monkeypatch, DUE + timedelta(seconds=5)) == []


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("run_is", "step_is"), [("running", "running"), ("needs_operator", "lost")])
def test_it_waits_while_a_step_runs_or_is_unknown(monkeypatch: pytest.MonkeyPatch, run_is: str, step_is: str) -> None:
    run = level_1(run_is)
    StepRun.objects.filter(run=run).update(status=step_is)
    assert scan(monkeypatch, DUE) == []
    StepRun.objects.filter(run=run).update(status="succeeded")
    Run.objects.filter(pk=run.pk).update(status="succeeded", finished_at=T0 + timedelta(seconds=30))
    run.refresh_from_db()
    watch.open_watch(run)
    assert len(scan(monkeypatch, DUE + timedelta(seconds=5))) == 1


@pytest.mark.parametrize("says", ["plan", "target"])
def test_one_of_both_is_not_enough(broken: Run, monkeypatch: pytest.MonkeyPatch, says: str) -> None:
    if says == "plan":
        Guard.objects.update(escalates=False)
    else:
        monkeypatch.setattr(escalation, "plan_says_so", lambda _run: False)
    assert scan(monkeypatch, DUE) == []
    assert Escalation.objects.get(run=broken).automatic is False, "offered, and left to a person"


def test_the_level_is_chosen_and_drafted_on_the_incident(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.incidents.factories import make_incident

    incident: Any = make_incident()
    run = make_run(incident.target, compiled=PLAN, promise=None, stream=incident.stream_key)
    offer = Escalation.objects.create(
        run=run, level=2, why="It persists.", evidence="40 % of 600 requests failed.", automatic=True, offered_at=T0
    )
    assert offer.begin(why="40 % of 600 requests failed.", at=T0)
    escalating.begin(Event.objects.select_related("stream").get(kind="escalation.begun"))
    second = Run.objects.get(stream__key=incident.stream_key, level=2)
    assert second.starts_by_itself
    assert "40 % of 600" in Incident.objects.get(pk=incident.pk).choice_reason
