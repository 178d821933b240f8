"""The labelled load against a real server: what it sends, what it counts, who drives it, when it ends."""

import itertools
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from rollbacks import baselines, proof_tasks, retention, sampling
from rollbacks.load import Load, Tally, percentile
from rollbacks.models import Sample, Sampling
from tests.rollbacks.proof.factories import COMPILED, T0, kinds, make_run, make_samples, make_sampling, make_target
from tests.rollbacks.proof.servers import graphql, serving
from timeline.models import Event, Stream

GOOD = graphql({"orders": [{"id": 1}]})
STEP = {"name": "orders", "kind": "graphql", "body": "{ orders { id } }", "assert": ["exists data.orders"]}


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """No broker here: hints are looked at where a test is about them."""
    monkeypatch.setattr(proof_tasks, "hint_probe", lambda _pk: True)


def one_slice(service: Any, seconds: float = 0.5, rate: float = 50, **step: Any) -> Tally:
    load = Load({**STEP, "url": f"{service.url}/graphql", **step}, hosts=[service.host], rate=rate)
    try:
        return load.finish(load.slice(seconds))
    finally:
        load.close()


def test_the_load_is_labelled_and_keeps_its_rate() -> None:
    with serving(lambda _path, _body: (200, GOOD)) as service:
        tally = one_slice(service, seconds=1.0, rate=20)
    assert 5 <= tally.requests <= 21  # a busy machine sends fewer, and never more
    assert tally.errors == 0
    assert len(tally.latencies) == tally.requests
    assert {one["headers"]["X-Firebreak-Load"] for one in service.requests} == {"1"}
    assert len(service.requests) == tally.requests


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, GOOD, "http_5xx"),
        (404, GOOD, "http_status"),
        (200, graphql(None, [{"message": "x"}]), "graphql_errors"),
        (200, graphql({}), "graphql_errors"),
        (200, graphql({"other": 1}), "wrong_answer"),
        (200, b"<html>", "wrong_answer"),
    ],
)
def test_errors_are_counted_by_kind(status: int, body: bytes, kind: str) -> None:
    with serving(lambda _path, _body: (status, body)) as service:
        tally = one_slice(service, seconds=0.2)
    assert tally.requests
    assert tally.kinds == {kind: tally.errors} == {kind: tally.requests}


def test_every_fourth_answer_with_errors_is_counted() -> None:
    numbers, lock = itertools.count(), threading.Lock()

    def answer(_path: str, _body: bytes) -> tuple[int, bytes]:
        with lock:
            bad = next(numbers) % 4 == 0
        return 200, graphql(None, [{"message": "injected"}]) if bad else GOOD

    with serving(answer) as service:
        tally = one_slice(service, seconds=1.0)
    assert tally.errors == pytest.approx(tally.requests / 4, abs=1)


def test_a_closed_port_is_counted_as_refused() -> None:
    with serving(lambda _path, _body: (200, GOOD)) as gone:
        pass
    tally = one_slice(gone, seconds=0.2)
    assert tally.kinds == {"refused": tally.requests}
    assert tally.latencies == []


def test_a_hanging_service_gets_no_more_than_eight_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollbacks.load.REQUEST_SECONDS", 0.4)
    release = threading.Event()

    def hang(_path: str, _body: bytes) -> tuple[int, bytes]:
        release.wait(5)
        return 200, GOOD

    with serving(hang) as service:
        tally = one_slice(service, seconds=0.3)
        release.set()
    assert 1 <= tally.requests <= 8
    assert tally.kinds == {"timeout": tally.requests}


def test_a_host_that_is_not_listed_counts_for_nothing() -> None:
    load = Load({**STEP, "url": "http://127.0.0.1:2/graphql"}, hosts=["127.0.0.1:1"], rate=20)
    tally = load.slice(0.2)
    load.close()
    assert tally.requests == 0
    assert "is not a host of this target" in tally.problem


@pytest.mark.parametrize("rate", [0, -1, 51])
def test_the_rate_is_bounded(rate: float) -> None:
    with pytest.raises(ValueError, match="at most 50"):
        Load({**STEP, "url": "http://127.0.0.1:1/"}, hosts=["127.0.0.1:1"], rate=rate)


def test_percentiles_are_nearest_rank() -> None:
    assert percentile(range(1, 101), 0.95) == 95
    assert percentile([7], 0.5) == 7
    assert percentile([], 0.95) is None


@pytest.mark.django_db
def test_start_fills_in_the_plans_query_and_is_harmless_twice() -> None:
    target = make_target(host="127.0.0.1:8000")
    (one,) = sampling.start(target, "incident:1", COMPILED)
    (again,) = sampling.start(target, "incident:1", COMPILED)
    assert one.pk == again.pk
    assert one.query["url"] == "http://127.0.0.1:8000/graphql"
    assert one.rate == 20.0
    assert one.problem == ""
    assert kinds() == ["sampling.started"]


@pytest.mark.django_db
def test_a_query_that_cannot_be_sent_says_why() -> None:
    target = make_target()
    target.params = {}
    (one,) = sampling.start(target, "incident:1", COMPILED)
    assert "<base-url> has no value" in one.problem
    target.params = {"base-url": "http://127.0.0.1:1"}
    (mended,) = sampling.start(target, "incident:1", COMPILED)
    assert (mended.pk, mended.problem) == (one.pk, "")
    unknown = {**COMPILED, "signals": {"errors": {"probe": "load", "query": "nowhere"}}}
    (other,) = sampling.start(target, "incident:2", unknown)
    assert other.problem == "The signal asks for the query nowhere, which the plan does not have."


@pytest.mark.django_db
def test_stop_ends_only_its_own_stream() -> None:
    target = make_target()
    make_sampling(target, stream="incident:1", until=timezone.now() + timedelta(hours=1))
    other = make_sampling(target, stream="incident:2", until=timezone.now() + timedelta(hours=1))
    assert sampling.stop("incident:1") == 1
    assert sampling.stop("incident:1") == 0
    assert kinds() == ["sampling.stopped"]
    assert sampling.undriven(timezone.now()) == [other.pk]


@pytest.mark.django_db
def test_driving_writes_samples_and_says_when_enough_was_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "SLICE_SECONDS", 0.5)
    with serving(lambda _path, _body: (200, GOOD)) as service:
        target = make_target(host=service.host)
        (one,) = sampling.start(
            target, "incident:1", {**COMPILED, "signals": {"errors": {"query": "orders", "rate": 50}}}
        )
        assert sampling.drive(one.pk, owner="w1", seconds=1.0)
    samples = list(Sample.objects.all())
    assert len(samples) == 2
    assert 30 <= sum(sample.requests for sample in samples) <= 52
    assert samples[0].p95_ms is not None
    assert kinds() == ["sampling.started", "signal.measured"]
    measured = Event.objects.get(kind="signal.measured").data
    assert (measured["errors"], measured["percent"]) == (0, 0.0)
    one.refresh_from_db()
    assert one.lease_until is None


@pytest.mark.django_db
def test_only_one_worker_drives_a_target_and_a_late_one_writes_nothing() -> None:
    target = make_target()
    until = timezone.now() + timedelta(hours=1)
    first = make_sampling(target, stream="incident:1", until=until)
    second = make_sampling(target, stream="incident:2", until=until)
    assert first.claim("w1")
    assert not Sampling.objects.get(pk=first.pk).claim("w2")
    assert not second.claim("w2")  # another incident of the same target: one load, not two
    assert sampling.undriven(timezone.now()) == []
    Sampling.objects.filter(pk=first.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    taken_over = Sampling.objects.get(pk=first.pk)
    assert taken_over.claim("w2")
    assert not sampling.keep(first, Tally(requests=50), T0)
    assert not first.renew()
    assert Sample.objects.count() == 0
    assert sampling.keep(taken_over, Tally(requests=50), timezone.now())
    assert Sample.objects.count() == 1


@pytest.mark.django_db
def test_a_load_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    target = make_target()
    make_sampling(target, until=T0 + timedelta(minutes=1))
    sampling.end_overdue(T0 + timedelta(seconds=59))
    assert Sampling.objects.get().active
    sampling.end_overdue(T0 + timedelta(seconds=61))
    assert not Sampling.objects.get().active
    assert sampling.undriven(T0) == []


@pytest.mark.django_db
def test_the_figures_before_the_first_command_are_frozen_once() -> None:
    target = make_target()
    make_sampling(target, started_at=T0 - timedelta(seconds=60))
    make_samples(target, T0 - timedelta(seconds=60), seconds=60, errors=20)
    make_samples(target, T0 + timedelta(seconds=5), seconds=20, errors=0)
    run = make_run(target, started_at=T0)
    event = Event.record(run.stream, "run.started", at=T0, data={"run": run.pk})
    baselines.freeze_at_start(event)
    baselines.freeze_at_start(event)
    (frozen,) = Event.objects.filter(kind="before.frozen")
    assert (frozen.data["requests"], frozen.data["errors"], frozen.data["percent"]) == (600, 240, 40.0)
    assert frozen.data["p95_ms"] == 4
    assert frozen.data["signal"] == "errors"


@pytest.mark.django_db
def test_the_second_rollback_has_its_own_before() -> None:
    target = make_target()
    make_sampling(target, started_at=T0 - timedelta(seconds=60))
    make_samples(target, T0 - timedelta(seconds=60), seconds=60, errors=20)
    make_run(target, started_at=T0)  # finished 30 s later
    make_samples(target, T0 + timedelta(seconds=30), seconds=60, errors=5)
    second = make_run(target, started_at=T0 + timedelta(seconds=90))
    baselines.freeze_at_start(Event.record(second.stream, "run.started", at=second.started_at, data={"run": second.pk}))
    assert Event.objects.get(kind="before.frozen").data["percent"] == 10.0


@pytest.mark.django_db
def test_nothing_measured_freezes_nothing() -> None:
    run = make_run(make_target())
    baselines.freeze_at_start(Event.record(run.stream, "run.started", at=T0, data={"run": run.pk}))
    assert kinds() == ["run.started"]


@pytest.mark.django_db
def test_old_samples_are_forgotten() -> None:
    target = make_target()
    make_samples(target, T0, seconds=10)
    assert retention.forget_old(T0 + timedelta(days=29)) == 0
    assert retention.forget_old(T0 + timedelta(days=31)) == 2


@pytest.mark.django_db
def test_the_scan_wakes_loads_that_nobody_drives(monkeypatch: pytest.MonkeyPatch) -> None:
    hinted: list[int] = []
    monkeypatch.setattr(proof_tasks, "hint_probe", hinted.append)
    target = make_target()
    one = make_sampling(target, started_at=timezone.now())
    make_sampling(make_target(), stream="incident:3", started_at=timezone.now(), query={})
    proof_tasks.scan_proof()
    assert hinted == [one.pk]
    assert Stream.objects.filter(key="incident:1").exists()


@pytest.mark.django_db
def test_open_pages_are_told_of_every_second_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[tuple[str, str]] = []
    monkeypatch.setattr(sampling, "ring", lambda topic, kind: rung.append((topic, kind)))
    one = make_sampling(make_target())
    for number in range(6):
        assert sampling.keep(one, Tally(requests=5), T0 + timedelta(seconds=5 * number))
    assert rung == [("incident:1", "sample")] * 3
