"""The difference from a baseline and the p95 ratio, against published and exact values, and what proves nothing."""

import math
import random

import pytest

from rollbacks.latency import blocks_of, drawn_p95, judge_latency, p95
from rollbacks.statistics import Baseline, CheckAnswer, Counts, Series, judge, newcombe

pytestmark = pytest.mark.one_database
CLEAN = Baseline(Counts(3000, 3), "13:00 to 14:00", per_second=20.0)


@pytest.mark.parametrize(
    ("now", "before", "lower", "upper"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_the_difference_agrees_with_newcombes_table(
    now: tuple[int, int], before: tuple[int, int], lower: float, upper: float
) -> None:
    # Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10: two-sided 95 %, so 97.5 % a side.
    found = newcombe(Counts(now[1], now[0]), Counts(before[1], before[0]), 0.975)
    assert found == pytest.approx((lower, upper), abs=6e-5)


def test_without_counts_the_difference_is_unknown() -> None:
    assert newcombe(Counts(), Counts(100)) == (-1, 1)


@pytest.mark.parametrize(
    ("counts", "baseline", "series", "verdict", "says"),
    [
        (Counts(3000, 3), CLEAN, None, "recovered", "0.1 % 13:00 to 14:00: at most 0.16 percentage points more"),
        (Counts(3000, 21), CLEAN, None, "inconclusive", "and less than 0.5 percentage points is asked for"),
        (Counts(3000, 150), CLEAN, None, "not_recovered", "150 of 3000 requests failed (5 %)"),
        (Counts(597, 0), Baseline(Counts(300)), None, "inconclusive", "597 of 598 requests counted: too few"),
        (Counts(598, 0), Baseline(Counts(300)), None, "recovered", "0 % before the incident"),
        # Too few for a baseline: the plan's threshold as before.
        (Counts(299, 0), Baseline(Counts(99)), None, "recovered", "under 1 % with 95 % confidence"),
        (Counts(3000, 0), Baseline(Counts(600, 30), "13:00"), None, "inconclusive", "holds an incident itself: 30 of 600"),
        (Counts(3000, 0), Baseline(Counts(), problem="No."), None, "inconclusive", "No."),
        (Counts(3000, 900), Baseline(Counts(600, 300)), None, "not_recovered", "900 of 3000"),
        (Counts(3000, 3), CLEAN, Series(3), "inconclusive", "in 3 points of time: too few to tell"),
        (Counts(3000, 3), CLEAN, Series(60, 210.0), "inconclusive", "The traffic is 10 times that of the baseline"),
        (Counts(3000, 3), CLEAN, Series(60, 1.9), "inconclusive", "cannot be compared"),
        (Counts(3000, 3), CLEAN, Series(60, 60.0), "recovered", "at most"),
        (Counts(0, 0), CLEAN, Series(0), "inconclusive", "0 of 598 requests counted"),
    ],
)  # fmt: skip
def test_the_verdict_beside_a_baseline(
    counts: Counts, baseline: Baseline, series: Series | None, verdict: str, says: str
) -> None:
    finding = judge(counts, baseline=baseline, series=series)
    assert (finding.verdict, says in finding.reason) == (verdict, True), finding.reason
    assert finding.reason.endswith(".")


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        (Counts(math.nan, 0), "not a number"),  # type: ignore[arg-type]
        (Counts(300, math.inf), "not a number"),  # type: ignore[arg-type]
        (Counts(-5, 0), "negative"),
        (Counts(10, 11), "do not belong together"),
    ],
)
def test_counts_that_are_none_cannot_tell(counts: Counts, says: str) -> None:
    finding = judge(counts, baseline=CLEAN)
    assert (finding.verdict, says in finding.reason) == ("inconclusive", True)
    broken = CheckAnswer("Up", "fail", "It is down.")
    assert judge(counts, [broken]).verdict == "not_recovered"


def latencies(median: float, *, blocks: int = 60, each: int = 50, seed: int = 7) -> list[list[float]]:
    """Lognormal answers, as services have them."""
    draw = random.Random(seed)
    return [[draw.lognormvariate(math.log(median), 0.3) for _ in range(each)] for _ in range(blocks)]


def test_the_draws_follow_the_exact_distribution_of_the_bootstrap() -> None:
    # For single values, P(p95* <= x(k)) = P(Bin(n, k/n) >= ceil(0.95 n)): Efron, Annals of Statistics 7 (1979) 1-26.
    n, draws = 100, 2000
    drawn = drawn_p95([[float(number)] for number in range(1, n + 1)], seed=3, draws=draws)
    for k in (90, 93, 95, 97, 99):
        share, needed = k / n, math.ceil(0.95 * n)
        exact = sum(math.comb(n, j) * share**j * (1 - share) ** (n - j) for j in range(needed, n + 1))
        assert sum(value <= k for value in drawn) / draws == pytest.approx(exact, abs=0.04)


def test_the_same_figures_give_the_same_bounds() -> None:
    now, before = latencies(80), latencies(80, each=5, seed=8)
    assert judge_latency(now, before) == judge_latency(now, before)
    assert p95([[1.0] * 94, [5.0] * 6]) == 5
    assert p95([[1.0] * 95, [5.0] * 5]) == 1


@pytest.mark.parametrize(
    ("median", "result", "says"),
    [(80, "pass", "times as long"), (480, "fail", "at least"), (98, "cannot_tell", "under 1.25 is asked for")],
)
def test_latency_beside_a_baseline(median: float, result: str, says: str) -> None:
    found = judge_latency(latencies(median), latencies(80, seed=8), confidence=0.983)
    assert (found.result, says in found.sentence) == (result, True), found.sentence


def test_a_difference_that_nobody_feels_is_none() -> None:
    assert judge_latency(latencies(4), latencies(2, seed=8)).result == "pass"


def test_latency_beside_the_plans_limit() -> None:
    assert judge_latency(latencies(80), limit_ms=500).result == "pass"
    assert judge_latency(latencies(480), limit_ms=500).result == "fail"
    over = judge_latency(latencies(80), latencies(20, seed=8), limit_ms=500)
    assert over.result == "fail"  # under the limit, and four times as long as before
    assert judge_latency(latencies(80)).result == "cannot_tell"


@pytest.mark.parametrize(
    ("now", "says"),
    [
        ([], "No latency now was measured"),
        ([[]] * 60, "No latency now was measured"),
        ([[math.nan, 80.0]] * 60, "no times"),
        ([[-1.0, 80.0]] * 60, "no times"),
        (latencies(80, blocks=3, each=1000), "in 3 stretches of time, 20 are needed"),
        (latencies(80, blocks=30, each=2), "60 latencies now were measured, 100 are needed"),
        ([[80.0] * 50] * 60, "All 3000 latencies now are 80 ms"),
    ],
)
def test_latencies_that_prove_nothing(now: list[list[float]], says: str) -> None:
    before = latencies(80, seed=8)
    for found in (judge_latency(now, before), judge_latency(before, now)):
        assert found.result == "cannot_tell"
        assert says.replace("now ", "") in found.sentence.replace("now ", "").replace("of the baseline ", "")


def test_another_traffic_cannot_be_compared() -> None:
    found = judge_latency(latencies(80), latencies(80, seed=8), traffic=(200.0, 20.0))
    assert (found.result, "10 times" in found.sentence) == ("cannot_tell", True)
    assert judge_latency(latencies(80), latencies(80, seed=8), traffic=(60.0, 20.0)).result == "pass"
    assert judge_latency(latencies(80), latencies(80, seed=8), traffic=(60.0, None)).result == "pass"


def test_blocks_are_stretches_of_time() -> None:
    assert blocks_of([(31.0, [3.0]), (0.0, [1.0]), (29.9, [2.0])]) == [[1.0, 2.0], [3.0]]
