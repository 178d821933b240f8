"""The next level: offered at the time that the plan names, and begun by itself only where nothing speaks against it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from rollbacks import escalation, watch
from rollbacks.models import Escalation, Guard, Run, StepRun, Verdict, Watch
from rollbacks.promise import promise_of
from rollbacks.watch_terms import Terms
from tests.rollbacks.proof.factories import COMPILED, T0, make_run, make_samples, make_target
from timeline.models import Event

pytestmark = pytest.mark.django_db
LEVELS = [
    {**COMPILED["levels"][0], "escalates_to": 2, "escalation_wait_seconds": 600.0},
    {"number": 2, "title": "Version back", "name": "Level 2: Version back", "promise_seconds": 600.0, "steps": []},
]
TWO_LEVELS = {**COMPILED, "levels": LEVELS}
AUTOMATIC = {**TWO_LEVELS, "watch": {**COMPILED["watch"], "escalate": "automatic"}}
WITHOUT_WAIT = {
    **TWO_LEVELS,
    "levels": [{**LEVELS[0], "escalates_to": None, "escalation_wait_seconds": None}, LEVELS[1]],
}
CHANGED = T0 + timedelta(seconds=20)


def watched(compiled: dict[str, Any], *, promise: float | None = None, errors: int = 20, seconds: float = 700) -> Run:
    """A run that is watched while 40 % fail; `errors=0` means that it helped at once."""
    target = make_target()
    run = make_run(target, compiled=compiled, promise=promise)
    watch.open_watch(run)
    make_samples(target, CHANGED, seconds=seconds, errors=errors)
    return run


def offers(run: Run) -> list[dict[str, Any]]:
    found = Event.objects.filter(stream=run.stream, kind="escalation.offered").order_by("seq")
    return [event.data for event in found]


def test_it_is_offered_when_the_plans_time_has_passed_and_not_before() -> None:
    run = watched(TWO_LEVELS)
    assert escalation.offer_due(CHANGED + timedelta(seconds=599)) == []
    assert escalation.offer_due(CHANGED + timedelta(seconds=601)) == [run.pk]
    assert escalation.offer_due(CHANGED + timedelta(seconds=606)) == []
    (offer,) = offers(run)
    assert offer["to_level"] == 2
    assert offer["automatic"] is False
    assert "If it persists after 10 min" in offer["why"]
    assert "requests failed" in offer["evidence"]


def test_crossing_the_promise_offers_it_too() -> None:
    run = watched(WITHOUT_WAIT, promise=60.0, seconds=120)
    assert escalation.offer_due(T0 + timedelta(seconds=59)) == []
    assert escalation.offer_due(T0 + timedelta(seconds=61)) == [run.pk]
    assert "promises 1 min" in offers(run)[0]["why"]


def test_a_service_that_got_better_in_time_is_left_alone() -> None:
    watched(WITHOUT_WAIT, promise=60.0, errors=0)
    assert escalation.offer_due(CHANGED + timedelta(seconds=650)) == []


def test_a_red_verdict_offers_it_at_once() -> None:
    run = watched(TWO_LEVELS, seconds=200)
    assert escalation.offer_due(CHANGED + timedelta(seconds=100)) == []
    verdict_of(run, "not_recovered")
    assert escalation.offer_due(CHANGED + timedelta(seconds=100)) == [run.pk]


def test_the_last_level_has_nothing_to_offer() -> None:
    run = watched(TWO_LEVELS)
    Run.objects.filter(pk=run.pk).update(level=2)
    assert escalation.offer_due(CHANGED + timedelta(hours=1)) == []


def test_a_row_whose_path_goes_on_names_the_level_that_follows() -> None:
    path = [{"level": 1, "if": None}, {"level": 3, "if": "persists"}]
    levels = [{**LEVELS[0], "escalates_to": None}, LEVELS[1], {**LEVELS[1], "number": 3}]
    run = watched({**COMPILED, "levels": levels, "matrix": [{"symptom": "Memory leak", "path": path}]})
    assert escalation.next_level_of(run) == 3


def verdict_of(run: Run, word: str) -> None:
    one = Watch.objects.get(run=run)
    Verdict.objects.create(watch=one, at=CHANGED, look=one.verdicts.count() + 1, verdict=word, reason="Counted.")


def allowed(*, compiled: dict[str, Any] = AUTOMATIC, status: str = "succeeded", step: str = "succeeded") -> Escalation:
    """An offer where plan and target say so and the verdict is red: nothing speaks against it, unless it is given."""
    run = make_run(make_target(), compiled=compiled, promise=None, status=status)
    StepRun.objects.filter(run=run).update(status=step)
    Guard.objects.create(target=run.target, escalates=True)
    opened = watch.open_watch(run) or Watch.objects.create(
        run=run, stream=run.stream, target=run.target, terms=Terms().to_json(), opened_at=CHANGED, changed_at=CHANGED,
        armed_at=CHANGED, warmup_until=CHANGED, good_from_at=CHANGED, ends_at=CHANGED,
    )  # fmt: skip
    Verdict.objects.create(watch=opened, at=CHANGED, look=1, verdict="not_recovered", reason="Counted.")
    Escalation.offer(run, level=2, why="It persists.", evidence="", automatic=True, at=CHANGED)
    return Escalation.objects.get(run=run)


SOON = CHANGED + timedelta(seconds=105)


def test_it_begins_once_where_plan_and_target_say_so() -> None:
    offer = allowed()
    assert escalation.begin_due(SOON) == [offer.run_id]
    assert escalation.begin_due(SOON) == []
    (event,) = Event.objects.filter(stream=offer.run.stream, kind="escalation.begun")
    assert event.data["to_level"] == 2


def target_does_not() -> Escalation:
    offer = allowed()
    Guard.objects.filter(target=offer.run.target_id).update(escalates=False)
    return offer


def begun_by_a_person() -> Escalation:
    offer = allowed()
    make_run(offer.run.target, started_at=CHANGED + timedelta(seconds=90), stream="incident:2")
    return offer


def another_run_is_queued() -> Escalation:
    offer = allowed()
    make_run(offer.run.target, status="queued", stream="incident:2")
    Run.objects.filter(stream__key="incident:2").update(started_at=None)
    return offer


def got_better() -> Escalation:
    offer = allowed()
    verdict_of(offer.run, "recovered")
    return offer


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: allowed(compiled=TWO_LEVELS), "The plan offers"),
        (target_does_not, "does not allow"),
        (lambda: allowed(status="running"), "is not over"),
        (lambda: allowed(status="running", step="running"), "is running"),
        (lambda: allowed(status="paused", step="failed"), "is not over"),
        (lambda: allowed(status="needs_operator", step="lost"), "is unknown"),
        (lambda: allowed(status="canceled", step="lost"), "is unknown"),
        (begun_by_a_person, "has begun already"),
        (another_run_is_queued, "is not over"),
        (lambda: allowed(status="failed"), "ended failed"),
        (got_better, "got better"),
    ],
)
def test_it_never_begins_by_itself_when(make: Callable[[], Escalation], says: str) -> None:
    offer = make()
    assert says in escalation.why_not(offer, SOON)
    assert escalation.begin_due(SOON) == []
    assert not Event.objects.filter(kind="escalation.begun").exists()


def test_an_offer_that_was_made_before_the_target_allowed_it_stays_an_offer() -> None:
    run = watched(AUTOMATIC, seconds=200)
    verdict_of(run, "not_recovered")
    escalation.offer_due(SOON)
    Guard.objects.create(target=run.target, escalates=True)
    assert escalation.begin_due(SOON) == []


def test_two_times_that_disagree_are_both_shown_with_their_lines() -> None:
    level = {**LEVELS[0], "line": 54}
    rows = [{"symptom": "Errors", "levels": [1], "line": 303, "timeframe_seconds": 300.0}]
    run = make_run(make_target(), compiled={**TWO_LEVELS, "levels": [level], "matrix": rows}, matrix_seconds=300.0)
    said = promise_of(run, CHANGED).disagreement
    assert said == "Level 1 promises 1 min (line 54), the matrix 5 min (line 303): they disagree."
    run.matrix_seconds = 60.0
    assert promise_of(run, CHANGED).disagreement == ""
