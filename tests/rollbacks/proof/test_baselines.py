"""The slow heartbeat, what a run keeps of a healthy time, and what a look says beside it."""

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollbacks import baselines, heartbeats, look, proof_tasks, retention, sampling
from rollbacks.models import FrozenBaseline, Heartbeat, Sample, Target, Watch
from rollbacks.watch import open_watch
from tests.rollbacks.proof.factories import COMPILED, T0, kinds, make_revision, make_run, make_sampling, make_target
from tests.rollbacks.proof.servers import graphql, serving
from timeline.models import Event, Stream

GOOD = graphql({"orders": [{"id": 1}]})
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
REAL = {
    **COMPILED,
    "signals": {"errors": {"metric": [], "probe": "prometheus", "query": "real", "rate": None, "unit": "%"}},
    "checks": [
        {
            "name": "real",
            "kind": "check",
            "effect": "read",
            "url": "<base-url>",
            "body": "promql sum(increase(failed[1m]))\nof sum(increase(asked[1m]))",
            "threshold": {"op": "<", "value": 1.0, "unit": "%"},
        }
    ],
}


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof_tasks, "hint_probe", lambda _pk: True)


def with_plan(target: Target, compiled: dict[str, Any] | None = None) -> Target:
    target.plan = make_revision(compiled).plan
    target.save()
    return target


def beats(
    target: Target, since: datetime, until: datetime, *, errors: int = 0, requests: int = 5, median: float = 80.0
) -> None:
    """A beat a minute, as the heartbeat writes them."""
    draw = random.Random(4)
    rows, at = [], since
    while at < until:
        latencies = [round(draw.lognormvariate(0, 0.3) * median, 1) for _ in range(requests)]
        rows.append(
            Sample(
                target=target,
                stream_key=target.stream,
                signal="errors",
                at=at,
                seconds=1.0,
                requests=requests,
                errors=errors,
                latencies=latencies,
            )
        )
        at += MINUTE
    Sample.objects.bulk_create(rows)


def run_of(target: Target, *, told_at: datetime = T0, detected_at: datetime | None = None, **more: Any) -> Any:
    stream = Stream.named("incident:1")
    Event.record(stream, "incident.declared", at=told_at, data={"detected_at": detected_at or told_at})
    return make_run(target, stream="incident:1", started_at=told_at + timedelta(minutes=5), **more)


@pytest.mark.django_db
def test_a_beat_sends_a_handful_of_labelled_queries_and_only_when_due() -> None:
    with serving(lambda _path, _body: (200, GOOD)) as service:
        target = with_plan(make_target(host=service.host))
        assert heartbeats.due(timezone.now()) == [target.pk]
        assert heartbeats.beat(target.pk) == 1
        assert heartbeats.beat(target.pk) == 0  # a second hint of the same minute
    assert 1 <= len(service.requests) <= heartbeats.QUERIES
    assert {one["headers"]["X-Firebreak-Load"] for one in service.requests} == {"1"}
    (sample,) = Sample.objects.all()
    assert (sample.stream_key, sample.requests, sample.errors) == (target.stream, len(service.requests), 0)
    assert heartbeats.due(timezone.now()) == []
    assert heartbeats.due(timezone.now() + timedelta(seconds=61)) == [target.pk]


@pytest.mark.django_db
def test_a_beat_counts_errors_and_says_why_it_counts_nothing() -> None:
    with serving(lambda _path, _body: (500, b"")) as service:
        target = with_plan(make_target(host=service.host))
        heartbeats.beat(target.pk)
    assert Sample.objects.get().error_kinds == {"http_5xx": Sample.objects.get().errors}
    blank = with_plan(make_target())
    blank.params = {}
    blank.save()
    assert heartbeats.beat(blank.pk) == 0
    assert "<base-url> has no value" in Heartbeat.of(blank).problem


def _no_plan(target: Target) -> None:
    Target.objects.filter(pk=target.pk).update(plan=None)


def _no_hosts(target: Target) -> None:
    Target.objects.filter(pk=target.pk).update(hosts=[])


def _off(target: Target) -> None:
    assert Heartbeat.switch(target, on=False, by=None)
    assert not Heartbeat.switch(target, on=False, by=None)


def _in_an_incident(target: Target) -> None:
    make_sampling(target, started_at=timezone.now())


def _in_a_watch(target: Target) -> None:
    open_watch(make_run(target, started_at=timezone.now() - MINUTE))
    sampling.stop("incident:1")


def _in_a_run(target: Target) -> None:
    make_run(target, started_at=timezone.now(), status="running")


@pytest.mark.django_db
@pytest.mark.parametrize("why", [_no_plan, _no_hosts, _off, _in_an_incident, _in_a_watch, _in_a_run])
def test_the_heartbeat_is_silent(why: Callable[[Target], None]) -> None:
    target = with_plan(make_target())
    assert heartbeats.due(timezone.now()) == [target.pk]
    why(target)
    assert heartbeats.due(timezone.now()) == []
    assert heartbeats.beat(target.pk) == 0


@pytest.mark.django_db
def test_a_setting_and_a_switch_turn_it_off_and_on(settings: Any) -> None:
    target = with_plan(make_target())
    Heartbeat.switch(target, on=False, by=None)
    Heartbeat.switch(target, on=True, by=None)
    assert heartbeats.due(timezone.now()) == [target.pk]
    assert kinds(target.stream) == ["heartbeat.switched"] * 2
    settings.BASELINE_SECONDS = 0
    assert heartbeats.due(timezone.now()) == []


@pytest.mark.django_db
def test_two_workers_take_one_beat() -> None:
    target = make_target()
    assert [Heartbeat.claim(target, T0, MINUTE) for _ in range(2)] == [True, False]
    assert [Heartbeat.claim(target, T0 + MINUTE, MINUTE) for _ in range(2)] == [True, False]


@pytest.mark.django_db
def test_the_scan_asks_for_beats_in_one_query(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(proof_tasks, "hint_beat", lambda pk: asked.append(pk) or True)
    targets = [with_plan(make_target()) for _ in range(3)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert heartbeats.due(timezone.now()) == [one.pk for one in targets]
    assert len(queries) == 1
    proof_tasks.scan_proof()
    assert asked == [one.pk for one in targets]


@pytest.mark.django_db
def test_a_run_keeps_the_healthy_time_before_the_incident() -> None:
    target = make_target()
    beats(target, T0 - 3 * HOUR, T0 - 10 * MINUTE)
    beats(target, T0 - 10 * MINUTE, T0, errors=4)  # it began before it was told
    run = run_of(target)
    (row,) = baselines.freeze(run, T0)
    assert (row.kind, row.since, row.until) == ("before", T0 - 2 * HOUR - 15 * MINUTE, T0 - 15 * MINUTE)
    assert (row.requests, row.errors, row.problem) == (600, 0, "")
    assert (len(row.blocks), row.per_second) == (120, None)
    assert baselines.freeze(run, T0 + HOUR) == []  # once, at its start
    assert kinds()[-1] == "baseline.frozen"
    assert [one["baseline"] for one in baselines.beside(run, "errors")] == ["before"]


@pytest.mark.django_db
def test_an_incident_that_was_noticed_late_moves_the_healthy_time() -> None:
    target = make_target()
    beats(target, T0 - 6 * HOUR, T0 - 3 * HOUR)
    beats(target, T0 - 3 * HOUR, T0, errors=1)
    row = baselines.freeze(run_of(target), T0)[0]
    assert (row.errors, row.problem) == (0, "")
    assert row.until <= T0 - 3 * HOUR
    other = make_target()
    beats(other, T0 - 6 * HOUR, T0 - 3 * HOUR)
    run = make_run(other, stream="incident:2", started_at=T0)
    Event.record(run.stream, "incident.declared", at=T0, data={"detected_at": T0 - 4 * HOUR})
    assert baselines.freeze(run, T0)[0].until == T0 - 4 * HOUR - 15 * MINUTE


@pytest.mark.django_db
def test_a_time_that_was_never_healthy_is_said() -> None:
    target = make_target()
    beats(target, T0 - 30 * HOUR, T0, errors=1)
    row = baselines.freeze(run_of(target), T0)[0]
    assert "holds an incident itself: 120 of 600 requests failed (20 %)" in row.problem


@pytest.mark.django_db
def test_too_few_beats_and_samples_of_incidents_are_no_baseline() -> None:
    target = make_target()
    beats(target, T0 - 34 * MINUTE, T0 - 15 * MINUTE)  # 95 requests
    assert baselines.freeze(run_of(target), T0) == []
    Sample.objects.update(stream_key="incident:7")
    beats(target, T0 - 16 * MINUTE, T0 - 15 * MINUTE)
    assert baselines.of(run_of(target), "errors") is None


@pytest.mark.django_db
def test_yesterday_and_a_week_ago_stand_beside_it() -> None:
    target = make_target()
    for days, errors in ((7, 0), (1, 1), (0, 0)):
        beats(target, T0 - timedelta(days=days) - 2 * HOUR, T0 - timedelta(days=days) + HOUR, errors=errors)
    run = run_of(target)
    baselines.freeze(run, T0)
    shown = baselines.beside(run, "errors")
    assert [(one["baseline"], one["requests"], one["errors"]) for one in shown] == [
        ("before", 525, 0),
        ("day", 300, 60),
        ("week", 300, 0),
    ]


def watched(target: Target, compiled: dict[str, Any] | None = None) -> Watch:
    run = run_of(target, compiled=compiled, checks=[])
    baselines.freeze(run, T0)
    watch = open_watch(run)
    assert watch is not None
    return watch


def load_after(watch: Watch, *, minutes: float = 10, errors: int = 0, median: float = 80.0) -> datetime:
    """Five requests a second for so long after the warm-up, and the moment of the look."""
    draw, at = random.Random(5), watch.warmup_until
    until = at + timedelta(minutes=minutes)
    while at < until:
        latencies = [round(draw.lognormvariate(0, 0.3) * median, 1) for _ in range(25)]
        Sample.objects.create(
            target=watch.target, stream_key="incident:1", signal="errors", at=at, seconds=5.0, requests=25,
            errors=errors, latencies=latencies,
        )  # fmt: skip
        at += timedelta(seconds=5)
    return max(until, watch.good_from_at)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("after", "verdict", "says"),
    [
        ({}, "recovered", "percentage points more"),
        ({"errors": 3}, "not_recovered", "360 of 3000 requests failed (12 %)"),
        ({"median": 480.0}, "not_recovered", "“Latency” fails: 95 % of the answers came within"),
        ({"median": 98.0}, "inconclusive", "“Latency” cannot tell"),
        ({"minutes": 1.5}, "inconclusive", "450 of 902 requests counted: too few to tell."),
    ],
)
def test_a_look_judges_beside_the_baseline(after: dict[str, Any], verdict: str, says: str) -> None:
    target = make_target(production=True)
    beats(target, T0 - 3 * HOUR, T0)
    watch = watched(target)
    now = load_after(watch, **after)
    finding, data = look.find(watch, [], now if "minutes" not in after else watch.warmup_until + 2 * MINUTE)
    assert (finding.verdict, says in finding.reason) == (verdict, True), finding.reason
    assert data["baseline"]["requests"] == 600


@pytest.mark.django_db
def test_without_a_baseline_the_plans_threshold_judges_as_before() -> None:
    watch = watched(make_target(production=True))
    finding, data = look.find(watch, [], load_after(watch))
    assert (finding.verdict, "under 1 % with 95 % confidence" in finding.reason) == ("recovered", True), finding.reason
    assert "baseline" not in data
    assert "latency" not in data


@pytest.mark.django_db
def test_a_baseline_with_the_incident_in_it_cannot_tell() -> None:
    target = make_target(production=True)
    beats(target, T0 - 30 * HOUR, T0, errors=1)
    watch = watched(target)
    finding, _ = look.find(watch, [], load_after(watch))
    assert (finding.verdict, "holds an incident itself" in finding.reason) == ("inconclusive", True)


@pytest.mark.django_db
def test_the_plans_own_limit_judges_the_latency() -> None:
    checks = [
        {"name": "slow", "kind": "check", "signal": "errors", "threshold": {"op": "<", "value": 500.0, "unit": "ms"}}
    ]
    watch = watched(make_target(production=True), {**COMPILED, "checks": checks})
    now = load_after(watch, median=480.0)
    finding, _ = look.find(watch, [], now)
    assert (finding.verdict, "over 500 ms" in finding.reason) == ("not_recovered", True), finding.reason


@pytest.mark.django_db
def test_a_watch_too_short_for_a_ratio_judges_errors_only() -> None:
    target = make_target(watch={"warmup": 10.0, "looks": [30.0, 60.0, 120.0], "good_from": 60.0})
    beats(target, T0 - 3 * HOUR, T0)
    watch = watched(target)
    finding, data = look.find(watch, [], load_after(watch, minutes=4, median=480.0))
    assert (finding.verdict, "latency" in data) == ("recovered", False), finding.reason


def prometheus(values: dict[str, str]) -> Any:
    """Answers a question with the number of the first word that it holds; nothing for other ones."""

    def answer(_path: str, body: bytes) -> tuple[int, bytes]:
        found = [value for word, value in values.items() if word.encode() in body]
        result = [{"metric": {}, "value": [1, found[0]]}] if found else []
        return 200, json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()

    return serving(answer)


@pytest.mark.django_db
def test_real_counts_are_read_where_the_service_has_them() -> None:
    with prometheus({"failed": "12", "asked": "1200.4"}) as service:
        target = with_plan(make_target(host=service.host), REAL)
        assert heartbeats.beat(target.pk) == 1
        sample = Sample.objects.get()
        assert (sample.requests, sample.errors, sample.seconds) == (1200, 12, 60)
        (one,) = sampling.start(target, "incident:1", REAL)
        assert one.problem == ""
        assert not sampling.drive(one.pk, owner="a")
        assert not sampling.drive(one.pk, owner="b")  # one reading a minute
    assert Sample.objects.filter(stream_key="incident:1").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "requests", "errors", "problem"),
    [
        ({"asked": "900"}, 900, 0, ""),  # nothing has failed yet: there is no such series
        ({"failed": "3"}, None, None, "Prometheus has no series"),
        ({"failed": "NaN", "asked": "900"}, None, None, "NaN"),
        ({"failed": "1", "asked": "+Inf"}, None, None, "infinite"),
        ({"failed": "0", "asked": "-4"}, None, None, "negative"),
    ],
)
def test_what_prometheus_counts(values: dict[str, str], requests: int | None, errors: int | None, problem: str) -> None:
    with prometheus(values) as service:
        target = with_plan(make_target(host=service.host), REAL)
        heartbeats.beat(target.pk)
    if problem:
        assert not Sample.objects.exists()
        assert problem in Heartbeat.of(target).problem
    else:
        assert Sample.objects.values_list("requests", "errors").get() == (requests, errors)


@pytest.mark.django_db
def test_ten_times_the_real_traffic_cannot_be_compared() -> None:
    target = make_target(production=True)
    beats(target, T0 - 3 * HOUR, T0, requests=50)
    Sample.objects.update(seconds=60.0, latencies=[])
    watch = watched(target, REAL)
    FrozenBaseline.objects.filter(kind="before").update(per_second=0.4)
    finding, _ = look.find(watch, [], load_after(watch))
    assert (finding.verdict, "times that of the baseline" in finding.reason) == ("inconclusive", True), finding.reason


@pytest.mark.django_db
def test_old_samples_go_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "SLICE", 4)
    monkeypatch.setattr(retention, "SLICES", 2)
    beats(make_target(), T0, T0 + 10 * MINUTE)
    later = T0 + timedelta(days=31)
    assert [retention.forget_old(later) for _ in range(3)] == [8, 2, 0]


@pytest.mark.django_db
def test_the_switch_stands_on_the_detection_page(admin_client: Any) -> None:
    target = with_plan(make_target())
    page = f"/targets/{target.pk}/detection/"
    assert "Measure outside of incidents" in admin_client.get(page).content.decode()
    admin_client.post(page, {"detects": "", "measures": "off"})
    assert Heartbeat.of(target).off
    admin_client.post(page, {"detects": ""})  # a form without it changes nothing
    assert Heartbeat.of(target).off
    admin_client.post(page, {"detects": "", "measures": "on"})
    assert not Heartbeat.of(target).off
    assert kinds(target.stream).count("heartbeat.switched") == 2


@pytest.mark.django_db
def test_a_look_is_taken_on_the_host_of_its_target(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(proof_tasks.look, "apply_async", lambda args, queue, expires: asked.append(queue))
    watch = watched(make_target())
    proof_tasks.hint_look(watch.pk)
    Target.objects.filter(pk=watch.target_id).update(queue="shop-host")
    proof_tasks.hint_look(watch.pk)
    assert asked == ["probe", "shop-host"]
