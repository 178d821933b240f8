from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from incidents import clock
from incidents.clock import PhaseFacts, TaskFacts
from tests.incidents.factories import make_incident

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def task(ticked: float | None = None, *, required: float | None = 0, text: str = "Do it") -> TaskFacts:
    return TaskFacts(
        text, text, at(required) if required is not None else None, at(ticked) if ticked is not None else None
    )


def phase(offset: float, *tasks: TaskFacts, name: str = "Phase") -> PhaseFacts:
    return PhaseFacts(name, name, offset, at(offset), tasks)


@pytest.mark.parametrize(
    ("ticked", "word", "sentence"),
    [
        (538, "done", "3:58 late"),
        (300, "done", "on time"),
        (300.9, "done", "on time"),
        (260, "done", "0:40 early"),
        (None, "overdue", "5:00 late"),
    ],
)
def test_a_task_due_after_five_minutes_seen_after_ten(ticked: float | None, word: str, sentence: str) -> None:
    state = clock.state_of_task(task(ticked, required=300), at(300), at(600))
    assert (state.word, state.sentence) == (word, sentence)


def test_a_task_ahead_says_how_long() -> None:
    assert clock.state_of_task(task(required=300), at(300), at(100)).sentence == "due in 3:20"


def test_a_conditional_task_is_not_required_at_medium_and_due_at_once_when_raised() -> None:
    notify = task(required=None, text="Notify stakeholders")
    state = clock.state_of_task(notify, at(300), at(900), severity="medium")
    assert (state.word, state.sentence, state.is_open) == ("not_required", "not required (Medium)", False)
    raised = task(required=900, text="Notify stakeholders")
    assert clock.state_of_task(raised, at(300), at(900)).sentence == "due now"
    assert clock.state_of_task(raised, at(300), at(960)).sentence == "1:00 late"


@pytest.mark.parametrize(
    ("severity", "condition", "required"),
    [
        ("high", {"field": "severity", "in": ["high", "critical"]}, True),
        ("critical", {"field": "severity", "in": ["High", "Critical"]}, True),
        ("medium", {"field": "severity", "in": ["high", "critical"]}, False),
        ("low", None, True),
        ("low", {"field": "weather", "in": ["rain"]}, True),
    ],
)
def test_which_tasks_are_required(severity: str, condition: dict[str, Any] | None, required: bool) -> None:
    assert clock.is_required(condition, severity) is required


def test_a_phase_is_as_late_as_its_last_task() -> None:
    [state] = clock.walk([phase(300, task(310, required=300), task(538, required=300, text="Other"))], at(600))
    assert (state.word, state.sentence, state.late_seconds) == ("done", "2 of 2 · 3:58 late", 238)


def test_an_open_task_makes_the_phase_later_every_second() -> None:
    early, now = clock.walk(
        [phase(0, task(0), task(None, text="Other")), phase(300, task(None, required=300))], at(400)
    )
    assert (early.word, early.sentence) == ("overdue", "1 of 2 · 6:40 late")
    assert (now.word, now.sentence) == ("now", "0 of 1 · 1:40 late")


def test_the_phase_of_now_is_the_last_one_whose_time_has_come() -> None:
    phases = [phase(0, name="A"), phase(300, name="B"), phase(86400, name="C")]
    assert [found.name for t in (0, 299, 300, 90000) if (found := clock.phase_now(phases, at(t)))] == [
        "A",
        "A",
        "B",
        "C",
    ]
    assert clock.phase_now([], at(0)) is None


def test_the_next_deadline_is_the_open_task_that_was_due_first() -> None:
    states = clock.walk(
        [phase(300, task(None, required=300, text="Late")), phase(900, task(None, required=900))], at(400)
    )
    deadline = clock.next_deadline(states, at(400))
    assert deadline is not None
    assert (deadline.text, deadline.seconds) == ("Late", -100)
    assert clock.next_deadline(clock.walk([phase(0, task(0))], at(5)), at(5)) is None


def test_a_missed_tick_fires_late_and_is_never_skipped() -> None:
    phases = [("day", at(86400), None), ("five", at(300), None), ("zero", at(0), at(1)), ("later", at(200000), None)]
    assert clock.to_announce(phases, at(90000)) == ["five", "day"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0:00"),
        (65, "1:05"),
        (3599, "59:59"),
        (3600, "1 h"),
        (12000, "3 h 20 min"),
        (86400, "24 h"),
        (200000, "2 d 7 h"),
    ],
)
def test_lengths(seconds: float, words: str) -> None:
    assert clock.length(seconds) == words


@pytest.mark.parametrize(("seconds", "label"), [(0, "T+0"), (300, "T+5"), (86400, "T+24h"), (90, "T+1.5")])
def test_labels(seconds: float, label: str) -> None:
    assert clock.offset_label(seconds) == label


@pytest.mark.parametrize(
    ("ticked_by", "kind", "data", "answered"),
    [
        (["run.succeeded"], "run.succeeded", {"run_kind": "rollback"}, True),
        (["run.succeeded"], "run.succeeded", {"run_kind": "evidence"}, False),
        (["step.succeeded"], "step.succeeded", {"run_kind": "evidence"}, False),
        (["message.sent"], "message.sent", {"counts": False}, False),
        (["message.sent"], "message.sent", {"counts": True}, True),
        (["contact.paged"], "contact.paged", {"state": "no_address", "counts": False}, False),
        (["contact.paged"], "contact.paged", {"state": "accepted", "counts": True}, True),
        (["verdict.recovered"], "verdict.given", {"verdict": "not_recovered"}, False),
        (["verdict.recovered"], "verdict.given", {"verdict": "recovered"}, True),
        (["verdict.given"], "verdict.given", {"verdict": "not_recovered"}, True),
        ([], "incident.resolved", {}, False),
    ],
)
def test_which_event_does_what_a_task_asks(
    ticked_by: list[str], kind: str, data: dict[str, Any], answered: bool
) -> None:
    assert clock.answers(ticked_by, kind, data) is answered


def test_a_task_says_what_ticked_it() -> None:
    assert clock.how_it_was_done("run.succeeded", {"run": 17, "level": 1}) == "run 17 done (Level 1)"
    assert clock.how_it_was_done("level.chosen", {"level": None}) == "no rollback chosen"
    assert (
        clock.how_it_was_done("message.sent", {"recipients": 4, "outbox": True})
        == "message to 4 recipients (kept in the outbox)"
    )


@pytest.mark.django_db
def test_a_corrected_time_of_detection_is_shown_as_corrected(
    responder: User, signed_in: Callable[[User], Client]
) -> None:
    incident = make_incident(ago=timedelta(minutes=3))
    address = f"/incidents/{incident.pk}/"
    assert "corrected, was" not in signed_in(responder).get(address).content.decode()
    earlier = incident.detected_at - timedelta(minutes=20)
    incident.correct(field="detected_at", value=earlier, by=responder)
    assert "corrected, was" in signed_in(responder).get(address).content.decode()
    # Detection may lie before the declaration: the phases move with it, and what is late says so.
    assert incident.phases.get(position=1).due_at == earlier + timedelta(minutes=5)
