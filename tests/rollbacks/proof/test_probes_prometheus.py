"""PromQL checks against a small server that answers as Prometheus does."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from plans.document.bodies import fault_of
from rollbacks import probes
from rollbacks.context import Answer, Surroundings
from tests.rollbacks.proof.servers import Service, serving

pytestmark = pytest.mark.one_database
UNDER = {"op": "<", "value": 1.0, "unit": "%"}


def good(kind: str, result: Any) -> tuple[int, bytes]:
    return 200, json.dumps({"status": "success", "data": {"resultType": kind, "result": result}}).encode()


def bad(status: int, kind: str, error: str) -> tuple[int, bytes]:
    return status, json.dumps({"status": "error", "errorType": kind, "error": error}).encode()


def vector(*values: str) -> tuple[int, bytes]:
    return good("vector", [{"metric": {"pod": str(n)}, "value": [1795352400, value]} for n, value in enumerate(values)])


def matrix(*values: str) -> tuple[int, bytes]:
    return good("matrix", [{"metric": {}, "values": [[1795352400 + 15 * n, value] for n, value in enumerate(values)]}])


def ask(service: Service, body: str = "promql sum(errors) / sum(requests)", **step: Any) -> Answer:
    step = {"kind": "check", "url": service.url, "body": body, "timeout": 2.0, "threshold": UNDER, **step}
    return probes.ask(step, Surroundings(Path("/"), (service.host,)), patient=False)


@pytest.mark.parametrize(
    ("answer", "result", "says"),
    [
        (vector("0.002"), "pass", "The value is 0.002: < 1 %."),
        (vector("0.02"), "fail", "The value is 0.02; < 1 % was expected."),
        (vector("0.002", "0.5"), "fail", "2 values from 0.002 to 0.5; < 1 % was expected."),
        (good("scalar", [1795352400, "0.001"]), "pass", "The value is 0.001"),
        (vector("+Inf"), "fail", "inf"),
        (vector("NaN"), "cannot_tell", "Every value of this expression is NaN"),
        (vector("NaN", "0.001"), "pass", "The value is 0.001"),
        (vector(), "cannot_tell", "Prometheus has no series for this expression: no data is never a pass."),
        (good("string", [1795352400, "up"]), "cannot_tell", "answered with a string"),
        (good("vector", [{"metric": {}}]), "cannot_tell", "cannot be read"),
        (bad(400, "bad_data", "1:5: parse error: unexpected )"), "cannot_tell", "400, bad_data: 1:5: parse error"),
        (bad(503, "unavailable", "TSDB not ready"), "cannot_tell", "503, unavailable: TSDB not ready."),
        (bad(422, "execution", "query timed out in expression evaluation"), "cannot_tell", "422, execution"),
        ((502, b"<html>Bad Gateway</html>"), "cannot_tell", "answered 502, and that is not JSON"),
        ((200, b"[]"), "cannot_tell", "answered 200 without a result"),
        ((200, b'{"status": "success"}'), "cannot_tell", "without a result"),
    ],
)
def test_an_instant_question(answer: tuple[int, bytes], result: str, says: str) -> None:
    with serving(lambda _path, _body: answer) as service:
        found = ask(service)
    assert (found.result, says in found.sentence) == (result, True), found.sentence
    assert service.requests[0]["path"] == "/api/v1/query"
    assert parse_qs(service.requests[0]["body"].decode())["query"] == ["sum(errors) / sum(requests)"]


def test_a_range_must_hold_at_each_point() -> None:
    answers = iter([matrix("0.001", "0.002"), matrix("0.001", "0.2", "0.001"), matrix("0.001", "NaN")])
    with serving(lambda _path, _body: next(answers)) as service:
        body = "promql over 10m every 30s:\n  sum(rate(errors[1m]))\n/ sum(rate(requests[1m]))"
        assert ask(service, body).result == "pass"
        assert ask(service, body).sentence == "3 values from 0.001 to 0.2; < 1 % was expected."
        assert ask(service, body).result == "pass"
    asked = parse_qs(service.requests[0]["body"].decode())
    assert service.requests[0]["path"] == "/api/v1/query_range"
    assert float(asked["end"][0]) - float(asked["start"][0]) == pytest.approx(600)
    assert asked["step"] == ["30"]
    assert asked["query"][0].startswith("sum(rate(errors[1m]))\n/")


@pytest.mark.parametrize(
    ("value", "threshold", "result"),
    [
        ("0.3", {"op": "<", "value": 500.0, "unit": "ms"}, "pass"),
        ("0.7", {"op": "<", "value": 500.0, "unit": "ms"}, "fail"),
        ("600000000", {"op": "<", "value": 512.0, "unit": "mb"}, "fail"),
        ("3", {"op": ">=", "value": 3.0, "unit": ""}, "pass"),
        ("3", None, "pass"),
    ],
)
def test_units_are_those_of_prometheus(value: str, threshold: dict[str, Any] | None, result: str) -> None:
    with serving(lambda _path, _body: vector(value)) as service:
        assert ask(service, threshold=threshold).result == result


@pytest.mark.parametrize(
    "body", ["promql", "promql over 10x: up", "promql over 10m every 1ms: up", "promql over 0s: up", "promqlup"]
)
def test_a_question_that_cannot_be_read_cannot_tell(body: str) -> None:
    assert ask(Service(1), body).result == "cannot_tell"


def test_a_prometheus_that_is_away_or_not_listed_is_no_failure_of_the_service() -> None:
    with serving(lambda _path, _body: vector("1")) as gone:
        pass
    away = ask(gone)
    assert (away.result, "Prometheus gave no answer" in away.sentence) == ("cannot_tell", True)
    with serving(lambda _path, _body: vector("0")) as service:
        other = Surroundings(Path("/"), ("127.0.0.1:1",))
        found = probes.ask({"kind": "check", "url": service.url, "body": "promql up"}, other, patient=False)
    assert (found.result, "is not a host of this target" in found.sentence) == ("cannot_tell", True)
    assert service.requests == []


def test_such_a_check_stands_in_a_plan() -> None:
    step = {"kind": "check", "url": "http://x:9090", "body": "promql up", "signal": None, "log": None, "path": None}
    assert probes.kind_of(step) == "prometheus"
    assert fault_of(step) is None
