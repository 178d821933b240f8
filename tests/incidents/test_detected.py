"""What the detection raises becomes one incident with its row, joins the live one, and may set off the next level."""

from typing import Any

import pytest

from incidents import detected, escalating, recommendation
from incidents.models import Incident
from rollbacks.models import Run
from tests.incidents.factories import make_incident
from timeline.models import Event

pytestmark = pytest.mark.django_db


def raise_on(
    target: Any, *, symptom: str, line: int | None, words: str = "30 % of 600 requests in 60 s", **more: Any
) -> Event:
    found = {
        "target": target.pk, "symptom": symptom, "line": line, "severity": "high", "family": "errors", "signal": "errors",
        "limit": "> 10 %", "words": words, "value": 30.0, "unit": "%", "again": False, **more,
    }  # fmt: skip
    return Event.record(target.stream, "detection.raised", data=found)


@pytest.fixture
def target() -> Any:
    """A target with a plan and no live incident."""
    incident = make_incident()
    incident.dismiss(by=None, reason="Only its target is needed.")
    return incident.target


def matrix_row(target: Any) -> dict[str, Any]:
    rows = target.plan.current.compiled["matrix"]
    row: dict[str, Any] = next(row for row in rows if row.get("condition"))
    return row


def test_it_declares_with_row_severity_and_value(target: Any) -> None:
    row = matrix_row(target)
    event = raise_on(target, symptom=row["symptom"], line=row["line"])
    detected.take(event)
    detected.take(event)  # announced twice
    incident = Incident.objects.live().get(target=target)
    assert (incident.source, incident.matrix_line, incident.severity) == ("detection", row["line"], "high")
    assert incident.title == f"{row['symptom']}: 30 % of 600 requests in 60 s"
    (said,) = incident.events.filter(kind="condition.detected")
    assert said.data["value"] == 30.0
    assert said.data["line"] == row["line"]


def test_no_row_covers_it_is_said_and_no_row_is_named(target: Any) -> None:
    words = "5 % of 600 requests in 60 s: neither > 10 % nor < 1 %. No row of the matrix covers it"
    detected.take(raise_on(target, symptom="Errors that no row covers", line=None, words=words, value=5.0))
    incident = Incident.objects.live().get(target=target)
    assert incident.matrix_line is None
    assert "No row of the matrix covers it" in incident.title


def test_it_joins_the_live_incident_and_is_said_once(target: Any) -> None:
    row = matrix_row(target)
    live = make_incident(target=target, symptom="", title="Somebody called")
    for _again in range(2):
        detected.take(raise_on(target, symptom=row["symptom"], line=row["line"]))
    assert list(Incident.objects.live().filter(target=target)) == [live]
    live.refresh_from_db()
    assert live.matrix_line == row["line"]
    assert live.events.filter(kind="condition.detected").count() == 1
    assert recommendation.recommend_for(live) in (True, False)
    live.refresh_from_db()
    assert live.recommendation["row_line"] == row["line"]


def test_after_the_incident_it_is_declared_again_while_it_goes_on(target: Any) -> None:
    row = matrix_row(target)
    detected.take(raise_on(target, symptom=row["symptom"], line=row["line"]))
    Incident.objects.live().get(target=target).dismiss(by=None, reason="A false alarm, we thought.")
    detected.take(raise_on(target, symptom=row["symptom"], line=row["line"], again=True))
    assert Incident.objects.live().filter(target=target).count() == 1


def begun(incident: Incident, level: int = 2) -> Event:
    data = {"to_level": level, "level": 1, "why": "40 % of 600 requests failed."}
    return Event.record(incident.stream_key, "escalation.begun", data=data)


def test_a_level_that_begins_by_itself_is_chosen_with_the_evidence_and_starts_when_it_is_rendered() -> None:
    incident = make_incident()
    event = begun(incident)
    escalating.begin(event)
    escalating.begin(event)
    incident.refresh_from_db()
    assert incident.chosen_level == 2
    assert "40 % of 600 requests failed" in incident.choice_reason
    run = Run.objects.get(stream__key=incident.stream_key, level=2)
    assert run.starts_by_itself
    assert run.requested_by is None


def test_nothing_begins_after_the_incident_or_where_a_person_was_quicker() -> None:
    incident = make_incident()
    incident.choose_level(level=2, by=None, reason="A person was quicker.")
    from incidents import runs

    runs.draft_rollback(incident, by=None)
    escalating.begin(begun(incident))
    assert not Run.objects.get(stream__key=incident.stream_key, level=2).starts_by_itself
    over = make_incident(target=incident.target)
    over.dismiss(by=None, reason="Nothing was wrong.")
    escalating.begin(begun(over))
    assert not Run.objects.filter(stream__key=over.stream_key).exists()
