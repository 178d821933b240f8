"""A round of the detection over samples: raised once, ended after calm, silent in maintenance and under a rollback."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from rollbacks import detection, watch
from rollbacks.models import Detected, Guard, Maintenance, ProcessReading, Refused, Sample, Sampling, Target
from tests.rollbacks.proof.factories import COMPILED, T0, make_revision, make_run, make_samples, make_target
from timeline.models import Event

pytestmark = pytest.mark.django_db
MATRIX = [
    {"symptom": "Query errors (< 1%)", "line": 40, "severity": "Medium",
     "condition": {"metric": "query errors", "op": "<", "value": 1, "unit": "%"}},
    {"symptom": "Query errors (> 10%)", "line": 41, "severity": "High",
     "condition": {"metric": "query errors", "op": ">", "value": 10, "unit": "%"}},
    {"symptom": "Application crash", "line": 42, "severity": "Critical", "condition": None},
]  # fmt: skip
NOW = T0 + timedelta(minutes=10)


@pytest.fixture
def target() -> Target:
    made = make_target()
    made.plan = make_revision({**COMPILED, "matrix": MATRIX}).plan
    made.save()
    return made


def counted(target: Target, *, errors: int, seconds: float = 60, until: Any = NOW) -> None:
    """Buckets of 50 requests until that moment, taken outside of any incident."""
    make_samples(target, until - timedelta(seconds=seconds), seconds=seconds, errors=errors)
    Sample.objects.filter(target=target).update(stream_key=target.stream)


def events(target: Target) -> list[tuple[str, str]]:
    found = Event.objects.filter(stream__key=target.stream, kind__startswith="detection.").order_by("seq")
    return [(event.kind, event.data["symptom"]) for event in found]


def test_a_row_that_holds_is_raised_once_with_its_value_and_line(target: Target) -> None:
    counted(target, errors=15)
    assert detection.look_everywhere(NOW) == ["Query errors (> 10%)"]
    assert detection.look_everywhere(NOW + timedelta(seconds=5)) == []
    data = Event.objects.get(stream__key=target.stream, kind="detection.raised").data
    assert (data["line"], data["value"], data["words"]) == (41, 30.0, "30 % of 600 requests in 60 s")


def test_it_ends_after_two_calm_minutes_and_not_at_the_first_calm_look(target: Target) -> None:
    counted(target, errors=15)
    detection.look_everywhere(NOW)
    counted(target, errors=0, seconds=240, until=NOW + timedelta(seconds=245))
    at = NOW + timedelta(seconds=100)
    detection.look_everywhere(at)
    detection.look_everywhere(at + timedelta(seconds=100))
    assert events(target) == [("detection.raised", "Query errors (> 10%)")]
    detection.look_everywhere(at + timedelta(seconds=125))
    assert events(target)[-1] == ("detection.cleared", "Query errors (> 10%)")


def test_what_goes_on_for_half_an_hour_is_said_again(target: Target) -> None:
    counted(target, errors=15)
    detection.look_everywhere(NOW)
    later = NOW + timedelta(minutes=31)
    counted(target, errors=15, until=later)
    assert detection.look_everywhere(later) == ["Query errors (> 10%)"]


def test_five_per_cent_says_that_no_row_covers_it(target: Target) -> None:
    counted(target, errors=3)
    assert detection.look_everywhere(NOW) == [detection.GAP]
    data = Event.objects.get(stream__key=target.stream, kind="detection.raised").data
    assert data["line"] is None
    assert "No row of the matrix covers it" in data["words"]


def test_nobody_answers_is_the_crash_row(target: Target) -> None:
    counted(target, errors=50)
    Sample.objects.filter(target=target).update(error_kinds={"refused": 50})
    assert detection.look_everywhere(NOW) == ["Application crash"]


def test_health_raises_nothing(target: Target) -> None:
    counted(target, errors=0)
    assert detection.look_everywhere(NOW) == []
    assert not Sampling.objects.filter(target=target).exists()


def test_old_samples_do_not_speak_of_now(target: Target) -> None:
    counted(target, errors=15)
    assert detection.look_everywhere(NOW + timedelta(minutes=3)) == []


def test_a_window_of_maintenance_silences_until_it_expires(target: Target, plan_author: User) -> None:
    counted(target, errors=15)
    window = Maintenance(
        target=target, begins_at=NOW - timedelta(minutes=5), ends_at=NOW + timedelta(seconds=10), reason="A move",
        planned_at=NOW,
    )  # fmt: skip
    window.save()
    assert "A move" in detection.why_silent(target, NOW)
    assert detection.look_everywhere(NOW) == []
    assert detection.look_everywhere(NOW + timedelta(seconds=11)) == ["Query errors (> 10%)"]


def test_a_canceled_window_is_over(target: Target, plan_author: User) -> None:
    from timeline import domain_time

    at = domain_time.now()
    window = Maintenance.plan(
        target=target, begins_at=at, ends_at=at + timedelta(hours=1), reason="A move", by=plan_author
    )
    assert detection.why_silent(target, at + timedelta(seconds=1))
    window.cancel(by=plan_author)
    assert detection.why_silent(target, domain_time.now()) == ""
    with pytest.raises(Refused, match="over already"):
        window.cancel(by=plan_author)


@pytest.mark.parametrize(
    ("begins", "ends", "reason", "says"),
    [
        (1, 1, "x", "before it begins"),
        (-3, -2, "x", "in the future"),
        (0, 200, "x", "seven days"),
        (0, 1, " ", "Say why"),
    ],
)
def test_windows_that_make_no_sense_are_refused(
    target: Target, begins: float, ends: float, reason: str, says: str
) -> None:
    from timeline import domain_time

    now = domain_time.now()
    span = {"begins_at": now + timedelta(hours=begins), "ends_at": now + timedelta(hours=ends)}
    with pytest.raises(Refused, match=says):
        Maintenance.plan(target=target, reason=reason, by=None, **span)


def test_nothing_is_raised_while_a_rollback_changes_the_service_and_in_its_warm_up(target: Target) -> None:
    counted(target, errors=15)
    run = make_run(target, started_at=NOW - timedelta(seconds=30), status="running")
    assert "changes the service" in detection.why_silent(target, NOW)
    type(run).objects.filter(pk=run.pk).update(status="succeeded", finished_at=NOW - timedelta(seconds=5))
    assert "warm-up" in detection.why_silent(target, NOW)
    assert detection.look_everywhere(NOW) == []


def test_the_switch_is_off_where_nothing_measures_and_a_person_decides_otherwise(
    target: Target, plan_author: User
) -> None:
    assert not detection.is_on(target, NOW)
    counted(target, errors=15)
    assert detection.is_on(target, NOW)
    assert Guard.of(target).order(detects=False, escalates=False, by=plan_author)
    assert not detection.is_on(target, NOW)
    assert detection.look_everywhere(NOW) == []
    Guard.of(target).order(detects=True, escalates=False, by=plan_author)
    Sample.objects.filter(target=target).update(stream_key="incident:1")
    assert detection.look_everywhere(NOW) == ["Query errors (> 10%)"]
    assert Event.objects.filter(stream__key=target.stream, kind="guard.ordered").count() == 2


def test_a_few_failures_of_a_heartbeat_ask_for_a_bounded_burst(target: Target) -> None:
    make_samples(target, NOW - timedelta(seconds=20), seconds=5, requests=10, errors=1)
    Sample.objects.filter(target=target).update(stream_key=target.stream)
    assert detection.look_everywhere(NOW) == []
    burst = Sampling.objects.get(target=target)
    assert burst.until == NOW + detection.CONFIRM
    detection.look_everywhere(NOW + timedelta(seconds=5))
    assert Sampling.objects.filter(target=target).count() == 1


def test_two_scans_at_once_raise_it_once(target: Target) -> None:
    counted(target, errors=15)
    compiled = detection.compiled_of(target)
    readings = detection.read_all(target, compiled, NOW)
    one = next(one for one in readings if one.line == 41)
    Detected.objects.create(target=target, key=one.symptom, looked_at=NOW)
    stale = Detected.objects.get(target=target)
    assert detection.keep(target, one, readings[one], NOW)
    assert not Detected.objects.filter(pk=stale.pk, holds=stale.holds).update(words="late")


def test_a_watch_never_says_recovered_while_what_was_detected_goes_on(target: Target) -> None:
    """A leak fails no request: counts and checks alone would call it recovered."""
    signals = {**COMPILED["signals"], "ram": {"metric": ["memory leak"], "probe": "process"}}
    compiled = {**COMPILED, "signals": signals, "matrix": [*MATRIX, {"symptom": "Memory leak", "line": 44}]}
    run = make_run(target, compiled=compiled, checks=[])
    opened = watch.open_watch(run)
    assert opened is not None
    assert run.finished_at is not None
    make_samples(target, run.finished_at, seconds=600)
    look_at = run.finished_at + timedelta(seconds=600)
    Detected.objects.create(
        target=target, key="Memory leak", holds=True, held_since=T0 - timedelta(minutes=5), looked_at=T0
    )
    began = run.finished_at
    for number in range(12):
        at = look_at - timedelta(seconds=120 - 10 * number)
        ProcessReading.objects.create(target=target, at=at, pid=7, started_at=began, rss_kb=(90 + 50 * number) * 1024)
    verdict = watch.look_at(opened.pk, look_at)
    assert verdict is not None
    assert (verdict.verdict, "Memory leak" in verdict.reason) == ("not_recovered", True)


def test_slow_answers_of_a_heartbeat_ask_for_a_burst(target: Target) -> None:
    target.plan = make_revision({**COMPILED, "matrix": [{"symptom": "Performance degradation", "line": 45}]}).plan
    target.save()
    make_samples(target, NOW - timedelta(minutes=9), seconds=20)
    make_samples(target, NOW - timedelta(seconds=10), seconds=5, requests=5)
    Sample.objects.filter(target=target, requests=5).update(latencies=[405] * 5)
    Sample.objects.filter(target=target).update(stream_key=target.stream)
    assert detection.look_everywhere(NOW) == []
    assert Sampling.objects.filter(target=target, active=True).exists()
