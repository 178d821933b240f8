"""What the counts prove: recovered, not recovered, or cannot tell yet, each with its reason in one sentence.

Plain Python, without Django or numpy. A rate is a share from 0 to 1; a threshold of "< 1 %" is 0.01. The formulas and
their sources stand in `intervals.py` (error rates) and `latency.py` (p95).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rollbacks.findings import Baseline, CheckAnswer, Finding, Series, Verdict
from rollbacks.intervals import (
    CONFIDENCE,
    Counts,
    chance_of_at_least,
    is_over,
    newcombe,
    requests_needed,
    share_of_alpha,
    wilson_lower,
    wilson_upper,
    z_value,
    zero_error_floor,
)
from rollbacks.streaks import Bucket, streak_start
from rollbacks.wording_of_numbers import percent, points_of_percent

__all__ = [
    "CONFIDENCE", "THRESHOLD", "Baseline", "Bucket", "CheckAnswer", "Counts", "Finding", "Series", "Verdict",
    "chance_of_at_least", "is_over", "judge", "newcombe", "percent", "requests_needed", "share_of_alpha",
    "streak_start", "wilson_lower", "wilson_upper", "z_value", "zero_error_floor",
]  # fmt: skip

THRESHOLD = 0.01
MARGIN = 0.005  # δ: how much over the baseline's rate is still "as before"
FEWEST_POINTS = 4  # three points a side can never be significant: the smallest two-sided p is 0.10
OTHER_TRAFFIC = 10.0  # times the baseline's traffic, or a tenth of it: another situation


@dataclass(frozen=True)
class _Case:
    """Everything that one look judges."""

    counts: Counts
    checks: Sequence[CheckAnswer]
    threshold: float
    margin: float
    needed: int
    confidence: float
    baseline: Baseline | None
    series: Series | None

    @property
    def compared(self) -> Baseline | None:
        """The baseline, when the errors are judged against it."""
        return self.baseline if self.baseline and self.baseline.is_usable else None


def judge(
    counts: Counts,
    checks: Sequence[CheckAnswer] = (),
    *,
    threshold: float = THRESHOLD,
    count: int = 299,
    good_looks: int = 1,
    may_be_good: bool = True,
    baseline: Baseline | None = None,
    margin: float = MARGIN,
    series: Series | None = None,
) -> Finding:
    """The verdict of one look, in this order.

    1. A check that fails, or errors whose lower bound is over the threshold: not recovered. Bad may be said early.
    2. A check without an answer, counts that are none, a baseline that holds an incident, too few requests or points,
       another traffic than the baseline's, or an upper bound that is too high: cannot tell yet. The bound is that of
       the rate (under the threshold) or, with a baseline, that of the difference from it (under the margin).
    3. Everything holds: recovered, when this look may say so; before that cannot tell yet, but passing.
    """
    if counts.problem:
        failing = _what_fails(_Case(Counts(), checks, threshold, margin, 0, CONFIDENCE, None, None))
        return Finding("not_recovered", failing) if failing else Finding("inconclusive", counts.problem)
    confidence = share_of_alpha(good_looks)
    compared = baseline is not None and baseline.is_usable
    needed = requests_needed(min(margin, threshold) if compared else threshold, count, confidence)
    case = _Case(counts, checks, threshold, margin, needed, confidence, baseline, series)
    data = _figures(case)
    bad = _what_fails(case)
    if bad:
        return Finding("not_recovered", bad, data=data)
    open_question = _what_is_missing(case)
    if open_question:
        early = not may_be_good and _looks_well(case)
        reason = f"Checks passed so far. {open_question}" if early else open_question
        return Finding("inconclusive", reason, passing=early, data=data)
    proof = _proof(case)
    if may_be_good:
        return Finding("recovered", proof, passing=True, data=data)
    return Finding(
        "inconclusive", f"Checks passed so far, too early to call it recovered: {proof}", passing=True, data=data
    )


def _figures(case: _Case) -> dict[str, Any]:
    """What a page or a report shows beside the sentence."""
    counts = case.counts
    data: dict[str, Any] = {
        "requests": counts.requests,
        "errors": counts.errors,
        "needed": case.needed,
        "threshold": case.threshold,
        "confidence": round(case.confidence, 6),
        "lower": round(wilson_lower(counts), 6),
        "upper": round(wilson_upper(counts, case.confidence), 6),
    }
    if case.baseline:
        base = case.baseline
        data["baseline"] = {"requests": base.counts.requests, "errors": base.counts.errors, "words": base.words}
        data["baseline"]["problem"] = base.problem_at(case.threshold)
    if case.compared:
        lower, upper = newcombe(counts, case.compared.counts, case.confidence)
        data |= {"margin": case.margin, "difference_lower": round(lower, 6), "difference_upper": round(upper, 6)}
    return data


def _what_fails(case: _Case) -> str:
    counts, threshold = case.counts, case.threshold
    failing = [check for check in case.checks if check.result == "fail"]
    state = [check for check in failing if check.purpose == "state"]
    # A state check says that the rollback did not take hold, counts say how bad it is, a health check only that it is.
    if not state and is_over(counts, threshold, case.needed):
        return (
            f"{counts.errors} of {counts.requests} requests failed ({percent(counts.rate or 0)}): over "
            f"{percent(threshold)} with {percent(CONFIDENCE)} confidence (at least {percent(wilson_lower(counts))})."
        )
    first = next(iter([*state, *failing]), None)
    return f"The {first.purpose} check “{first.title}” fails: {_clause(first.sentence)}." if first else ""


def _what_is_missing(case: _Case) -> str:
    counts = case.counts
    for check in case.checks:
        if check.result == "cannot_tell":
            return f"The {check.purpose} check “{check.title}” cannot tell: {_clause(check.sentence)}."
    if case.baseline and (problem := case.baseline.problem_at(case.threshold)):
        return problem
    if counts.requests < case.needed:
        failed = f", {counts.errors} of them failed" if counts.errors else ""
        return f"{counts.requests} of {case.needed} requests counted{failed}: too few to tell."
    return _odd_series(case) or _too_high(case)


def _odd_series(case: _Case) -> str:
    """Counts that are many enough and still no proof: from too few moments, or from another situation."""
    series, base = case.series, case.compared
    if series and series.points < FEWEST_POINTS:
        return f"All {case.counts.requests} requests were counted in {series.points} points of time: too few to tell."
    if not series or not base or not series.per_second or not base.per_second:
        return ""
    times = series.per_second / base.per_second
    if 1 / OTHER_TRAFFIC < times < OTHER_TRAFFIC:
        return ""
    return f"The traffic is {times:.2g} times that of the baseline ({base.words}): the two cannot be compared."


def _too_high(case: _Case) -> str:
    counts = case.counts
    if base := case.compared:
        upper = newcombe(counts, base.counts, case.confidence)[1]
        if upper < case.margin:
            return ""
        return (
            f"{counts.errors} of {counts.requests} requests failed, {percent(base.counts.rate or 0)} {base.words}: the "
            f"rate may be {points_of_percent(upper)} higher than then, and less than {points_of_percent(case.margin)} is asked for."
        )
    upper = wilson_upper(counts, case.confidence)
    if upper < case.threshold:
        return ""
    return (
        f"{counts.errors} of {counts.requests} requests failed: the rate may be as high as {percent(upper)}, "
        f"and under {percent(case.threshold)} is asked for."
    )


def _proof(case: _Case) -> str:
    counts = case.counts
    if base := case.compared:
        upper = max(0.0, newcombe(counts, base.counts, case.confidence)[1])
        return (
            f"{counts.errors} of {counts.requests} requests failed, {percent(base.counts.rate or 0)} {base.words}: at most "
            f"{points_of_percent(upper)} more, with {percent(CONFIDENCE)} confidence{_and_checks(case.checks)}."
        )
    return (
        f"{counts.errors} of {counts.requests} requests failed: under {percent(case.threshold)} with "
        f"{percent(CONFIDENCE)} confidence (at most {percent(wilson_upper(counts, case.confidence))}){_and_checks(case.checks)}."
    )


def _looks_well(case: _Case) -> bool:
    """Every check passes and what little was counted is under the threshold: good signs before the time to judge."""
    counts = case.counts
    well = bool(counts.requests) and (counts.rate or 0) < case.threshold
    return well and all(one.result == "pass" for one in case.checks)


def _and_checks(checks: Sequence[CheckAnswer]) -> str:
    if not checks:
        return ""
    return ", and the check holds" if len(checks) == 1 else f", and all {len(checks)} checks hold"


def _clause(sentence: str) -> str:
    return sentence.strip().rstrip(".") or "no reason was given"
