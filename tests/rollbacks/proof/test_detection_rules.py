"""Which rows can be watched, and what holds: pure, on made-up counts."""

import random
from typing import Any

import pytest

from rollbacks.detection_readings import (
    Moment,
    Stretch,
    read_crash,
    read_errors,
    read_gap,
    read_latency,
    read_memory,
    read_number,
)
from rollbacks.detection_rules import Condition, conditions
from rollbacks.statistics import Counts

SIGNALS = {"errors": {"metric": ["query errors", "GraphQL response errors"], "probe": "load", "unit": "%"}}


def row(symptom: str, line: int = 1, **condition: Any) -> dict[str, Any]:
    return {"symptom": symptom, "line": line, "severity": "High", "condition": condition or None}


OVER_TEN = row("Query errors (> 10%)", 2, metric="query errors", op=">", value=10, unit="%")
UNDER_ONE = row("Query errors (< 1%)", 3, metric="query errors", op="<", value=1, unit="%")


def watched(*rows: dict[str, Any], signals: dict[str, Any] = SIGNALS) -> list[Condition]:
    return conditions({"matrix": list(rows), "signals": signals})


def stretch(requests: int, errors: int, **more: Any) -> Stretch:
    return Stretch(counts=Counts(requests, errors), **more)


@pytest.mark.parametrize(
    ("symptom", "family"),
    [
        ("Startup time > 500ms", "startup"), ("Registry takes long at start", "startup"), ("Application crash", "restarts"),
        ("Memory leak detected", "memory"), ("Performance degradation", "latency"), ("Slower queries", "latency"),
        ("GraphQL response errors", "errors"), ("Users complain", ""),
    ],
)  # fmt: skip
def test_words_of_a_symptom_name_what_is_measured(symptom: str, family: str) -> None:
    assert watched(row(symptom))[0].family == family


def test_rows_that_cannot_be_watched_say_why() -> None:
    under, bare, memory, nothing = watched(
        UNDER_ONE, row("GraphQL response errors"), row("Memory leak"), row("Users complain")
    )
    assert "healthy service too" in under.why_not
    assert "other rows of the same signal" in bare.why_not
    assert "probe: process" in memory.why_not
    assert "alert or a person" in nothing.why_not
    assert watched(OVER_TEN)[0].why_not == ""
    assert "unit" in watched(row("Latency > 5 rps", 1, metric="latency", op=">", value=5, unit="rps"))[0].why_not


def test_an_error_row_holds_on_proof_and_is_calm_on_proof() -> None:
    one = watched(OVER_TEN)[0]
    assert read_errors(one, stretch(300, 90)).holds is True
    assert read_errors(one, stretch(300, 15)).holds is False
    assert read_errors(one, stretch(300, 33)).holds is None  # 11 %: over the limit, not proved
    assert read_errors(one, stretch(0, 0)).holds is None
    assert read_errors(one, stretch(300, 90)).words == "30 % of 300 requests in 60 s"


def test_requests_that_nobody_took_belong_to_the_crash_and_not_to_query_errors() -> None:
    gone = stretch(100, 60, kinds={"refused": 60})
    assert read_errors(watched(OVER_TEN)[0], gone).holds is False
    assert read_crash(gone, []).holds is True
    assert read_crash(stretch(300, 90, kinds={"http_5xx": 90}), []).holds is False
    assert read_crash(Stretch(), []).holds is None


def test_a_process_that_is_gone_or_starts_again_and_again_is_a_crash() -> None:
    alive = [Moment(at=10.0 * n, alive=True, started_at=5.0) for n in range(4)]
    assert read_crash(stretch(50, 0), alive).holds is False
    assert read_crash(Stretch(), [*alive, Moment(50, False), Moment(60, False)]).holds is True
    starts = [Moment(at=10.0 * n, alive=True, started_at=10.0 * n - 3) for n in range(1, 4)]
    assert "started 2 times" in read_crash(stretch(50, 0), starts).words


def test_five_per_cent_is_the_gap_between_the_rows_and_the_first_seconds_of_a_great_fault_are_not() -> None:
    rows = [one for one in watched(OVER_TEN, UNDER_ONE) if one.limit]
    five = read_gap(rows, stretch(600, 30, older=Counts(300, 15)))
    assert five.holds is True
    assert "neither > 10 % nor < 1 %. No row of the matrix covers it" in five.words
    assert read_gap(rows, stretch(600, 18, older=Counts(540, 0))).holds is None
    assert read_gap(rows, stretch(600, 240, older=Counts(300, 120))).holds is None
    assert read_gap(rows, stretch(600, 1, older=Counts(300, 1))).holds is not True


def test_latency_is_judged_beside_what_it_was_before() -> None:
    one = watched(row("Performance degradation"))[0]
    before = [4.0] * 95 + [8.0] * 5
    slow, same = stretch(100, 0, latencies=[405.0] * 100, baseline=before), [4.0] * 97 + [60.0] * 3
    assert read_latency(one, slow).holds is True
    assert "405 ms" in read_latency(one, slow).words
    assert read_latency(one, stretch(100, 0, latencies=same, baseline=before)).holds is False
    assert read_latency(one, stretch(100, 0, latencies=[405.0] * 100)).holds is None
    limit = watched(row("Latency > 200 ms", 1, metric="latency", op=">", value=200, unit="ms"))[0]
    assert read_latency(limit, stretch(100, 0, latencies=[405.0] * 100)).holds is True


def test_a_leak_grows_by_64_mb_and_a_restart_ends_it() -> None:
    one = watched(row("Memory leak"), signals={"ram": {"metric": ["memory leak"], "probe": "process"}})[0]
    assert one.why_not == ""
    leak = [Moment(at=10.0 * n, alive=True, started_at=1.0, rss_mb=90 + 50 * n) for n in range(6)]
    calm = [Moment(at=10.0 * n, alive=True, started_at=1.0, rss_mb=90 + n % 2) for n in range(6)]
    warm = [Moment(at=10.0 * n, alive=True, started_at=1.0, rss_mb=90 + 2 * n) for n in range(6)]
    assert [read_memory(one, moments).holds for moments in (leak, calm, warm)] == [True, False, False]
    fresh = [*leak, Moment(at=70, alive=True, started_at=65.0, rss_mb=90)]
    assert read_memory(one, fresh).holds is None
    assert read_memory(one, []).holds is None


def test_a_number_of_the_log_is_compared_in_the_units_of_the_row() -> None:
    signals = {"start": {"metric": ["startup time"], "probe": "log", "unit": "ms"}}
    one = watched(row("Startup time > 500ms", 1, metric="startup time", op=">", value=500, unit="ms"), signals=signals)[
        0
    ]
    assert one.why_not == ""
    assert [read_number(one, value, unit).holds for value, unit in ((1.2, "s"), (0.24, "ms"), (None, "ms"))] == [
        True, False, None,
    ]  # fmt: skip


def test_a_healthy_service_raises_nothing_in_a_day_of_looks() -> None:
    """One request in 500 fails: 17,280 looks, each at a fresh minute of 600 requests."""
    chance = random.Random(5)
    rows = [one for one in watched(OVER_TEN, UNDER_ONE) if one.limit]
    for _look in range(17_280):
        errors = (
            sum(chance.random() < 0.002 for _ in range(12)) if chance.random() < 0.2 else chance.choice((0, 1, 1, 2, 3))
        )
        assert read_errors(rows[0], stretch(600, errors)).holds is False
        assert read_gap(rows, stretch(600, errors, older=Counts(300, errors // 2))).holds is not True
