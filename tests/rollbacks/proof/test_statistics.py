"""Bounds against published values, floors against the exact binomial, and the verdict as a table of cases."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbacks.statistics import (
    Bucket,
    CheckAnswer,
    Counts,
    chance_of_at_least,
    judge,
    percent,
    requests_needed,
    share_of_alpha,
    streak_start,
    wilson_lower,
    wilson_upper,
    zero_error_floor,
)

pytestmark = pytest.mark.one_database
HOLDS = CheckAnswer("Nested type", "pass", "Post as expected.", purpose="state")
FAILS = CheckAnswer("Nested type", "fail", "data.posts.0.author.__typename is Author, not Post.", purpose="state")
SILENT = CheckAnswer("Log since the start", "cannot_tell", "app.log is missing.", purpose="state")


@pytest.mark.parametrize(
    ("errors", "requests", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_bounds_agree_with_newcombes_table(errors: int, requests: int, lower: float, upper: float) -> None:
    # Newcombe 1998, table I, method 3: two-sided 95 %, so each side is taken at 97.5 %.
    counts = Counts(requests, errors)
    assert wilson_lower(counts, 0.975) == pytest.approx(lower, abs=5e-5)
    assert wilson_upper(counts, 0.975) == pytest.approx(upper, abs=5e-5)


@pytest.mark.parametrize(
    ("threshold", "exact", "wilson_alone"), [(0.05, 59, 52), (0.01, 299, 268), (0.005, 598, 539), (0.001, 2995, 2703)]
)
def test_the_floor_without_errors_is_the_exact_binomials(threshold: float, exact: int, wilson_alone: int) -> None:
    assert zero_error_floor(threshold) == exact
    assert (1 - threshold) ** exact <= 0.05 < (1 - threshold) ** (exact - 1)
    assert next(n for n in range(1, 5000) if wilson_upper(Counts(n)) < threshold) == wilson_alone


def test_a_stricter_threshold_raises_the_floor_and_the_plan_may_raise_it_further() -> None:
    assert requests_needed(0.01, 299) == 299
    assert requests_needed(0.001, 299) == 2995
    assert requests_needed(0.01, 1000) == 1000
    assert requests_needed(0.01, 299, share_of_alpha(2)) == 381


@pytest.mark.parametrize("threshold", [0, 1, -0.1, 7])
def test_an_impossible_threshold_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        zero_error_floor(threshold)


@pytest.mark.parametrize(
    ("errors", "requests", "checks", "verdict", "says"),
    [
        (0, 299, (), "recovered", "0 of 299 requests failed"),
        (0, 299, (HOLDS,), "recovered", "and the check holds"),
        (0, 298, (HOLDS,), "inconclusive", "298 of 299 requests counted: too few to tell"),
        (0, 48, (), "inconclusive", "48 of 299 requests"),
        (2, 48, (), "inconclusive", "2 of them failed"),
        (3, 48, (), "not_recovered", "3 of 48"),
        (1, 48, (), "inconclusive", "1 of them failed: too few to tell"),
        (0, 0, (HOLDS,), "inconclusive", "0 of 299 requests"),
        (1, 500, (), "recovered", "at most 0.89 %"),
        (2, 320, (), "inconclusive", "may be as high as 1.9 %"),
        (5, 299, (), "inconclusive", "may be as high as"),
        (6, 299, (), "not_recovered", "over 1 % with 95 % confidence (at least 1 %)"),
        (120, 300, (), "not_recovered", "120 of 300 requests failed (40 %)"),
        (3, 3, (), "not_recovered", "3 of 3"),
        (1, 1, (), "inconclusive", "too few to tell"),
        (1, 20, (), "inconclusive", "too few to tell"),
        (0, 5000, (FAILS,), "not_recovered", "The state check “Nested type” fails: data.posts.0"),
        (0, 5000, (HOLDS, SILENT), "inconclusive", "“Log since the start” cannot tell: app.log is missing."),
        (0, 0, (SILENT, FAILS), "not_recovered", "fails"),
    ],
)
def test_the_verdict(errors: int, requests: int, checks: tuple[CheckAnswer, ...], verdict: str, says: str) -> None:
    finding = judge(Counts(requests, errors), checks)
    assert finding.verdict == verdict
    assert says in finding.reason
    assert finding.reason.endswith(".")
    assert finding.data["errors"] == errors


def test_before_good_from_all_is_well_is_passing_and_not_recovered() -> None:
    finding = judge(Counts(5000), (HOLDS,), may_be_good=False)
    assert (finding.verdict, finding.passing) == ("inconclusive", True)
    assert "too early" in finding.reason


def test_bad_may_be_said_before_good_from() -> None:
    assert judge(Counts(50, 20), may_be_good=False).verdict == "not_recovered"


def test_looks_that_may_say_recovered_share_the_five_per_cent() -> None:
    assert judge(Counts(299), good_looks=1).verdict == "recovered"
    assert judge(Counts(299), good_looks=2).verdict == "inconclusive"
    assert judge(Counts(381), good_looks=2).verdict == "recovered"
    assert judge(Counts(500, 1), good_looks=2).verdict == "inconclusive"


@given(st.integers(0, 4000), st.data())
def test_the_verdict_never_contradicts_its_bounds(requests: int, data: st.DataObject) -> None:
    counts = Counts(requests, data.draw(st.integers(0, requests)))
    finding = judge(counts)
    if finding.verdict == "recovered":
        assert requests >= 299
        assert wilson_upper(counts) < 0.01
    if finding.verdict == "not_recovered":
        assert wilson_lower(counts) > 0.01
    if requests >= 299 and wilson_lower(counts) > 0.01:
        assert finding.verdict == "not_recovered"


def test_the_binomial_tail() -> None:
    assert chance_of_at_least(Counts(20, 1), 0.01) == pytest.approx(1 - 0.99**20)
    assert chance_of_at_least(Counts(20, 0), 0.01) == 1


@pytest.mark.parametrize("looks", [(500, 1100), (299,), (500, 1000, 3000)])
def test_a_service_at_the_threshold_is_rarely_called_recovered(looks: tuple[int, ...]) -> None:
    """2000 watches over a service that fails in exactly 1 %: at most one in twenty is ever called recovered."""
    draw = random.Random(20251106)
    false = 0
    for _ in range(2000):
        errors = at = 0
        for requests in looks:
            errors += _failures(draw, requests - at)
            at = requests
            finding = judge(Counts(requests, errors), good_looks=len(looks))
            if finding.verdict == "recovered":
                false += 1
                break
    assert false / 2000 <= 0.055


def _failures(draw: random.Random, requests: int, rate: float = 0.01) -> int:
    return sum(draw.random() < rate for _ in range(requests))


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0076, "0.76 %"),
        (0.01, "1 %"),
        (0.124, "12.4 %"),
        (0.4, "40 %"),
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.0999, "10 %"),
    ],
)
def test_percentages_in_words(share: float, said: str) -> None:
    assert percent(share) == said


def buckets(*errors: int | None, requests: int = 50) -> list[Bucket]:
    """Buckets of five seconds from 1000; None is a bucket without a request."""
    return [Bucket(1000 + 5 * i, 5, Counts(0 if e is None else requests, e or 0)) for i, e in enumerate(errors)]


@pytest.mark.parametrize(
    ("errors", "began"),
    [
        ((), None),
        ((20, 20), None),
        ((0, 0), 1000),
        ((20, 0, 0, 0), 1005),
        ((20, 0, 20, 0, 0), 1015),
        ((0, 1, 0), 1000),  # one failure in fifty is no evidence at 1 %
        ((0, 2, 0), 1010),
        ((0, 0, 30), None),
        ((0, None, None, 0), 1000),  # a short gap
        ((0, None, None, None, None, None, None, None, 0), 1040),  # no data is never a pass
    ],
)
def test_the_good_stretch_begins_after_the_last_bad_bucket(errors: tuple[int | None, ...], began: float | None) -> None:
    assert streak_start(buckets(*errors)) == began


def test_the_reason_names_what_a_person_can_use_best() -> None:
    health = CheckAnswer("Orders are answered", "fail", "The answer holds errors.")
    counts = Counts(300, 120)
    assert judge(counts, (health,)).reason.startswith("120 of 300 requests failed")
    assert judge(counts, (health, FAILS)).reason.startswith("The state check “Nested type” fails")
    assert (
        judge(Counts(300), (health,)).reason == "The health check “Orders are answered” fails: The answer holds errors."
    )


@pytest.mark.parametrize("rate", [0.01, 0.015, 0.03, 0.1])
def test_a_watch_that_is_armed_anew_rarely_ends_wrongly(rate: float) -> None:
    """Whole watches with red looks and new rounds: a service over the threshold is hardly ever called recovered."""
    draw = random.Random(112)
    wrong = 0
    for _ in range(300):
        wrong += _watch_says_recovered(draw, rate)
    assert wrong / 300 <= (0.08 if rate == 0.01 else 0.02)


def _watch_says_recovered(draw: random.Random, rate: float, looks: tuple[int, ...] = (250, 550, 1150)) -> bool:
    """Three looks, the first too early to be good, over at most four rounds of about ten requests a second."""
    for _round in range(4):
        errors = at = 0
        red = False
        for number, requests in enumerate(looks):
            errors += _failures(draw, requests - at, rate)
            at = requests
            finding = judge(Counts(requests, errors), good_looks=2, may_be_good=number > 0)
            if finding.verdict == "recovered":
                return True
            if finding.verdict == "not_recovered":
                red = True
                break
        if not red:
            return False
    return False
