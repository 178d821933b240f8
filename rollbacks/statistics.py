"""What the counts prove: recovered, not recovered, or cannot tell yet, each with its reason in one sentence.

Plain Python, without Django or numpy. A rate is a share from 0 to 1; a threshold of "< 1 %" is 0.01.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import NormalDist
from typing import Any, Literal

Verdict = Literal["recovered", "not_recovered", "inconclusive"]
Result = Literal["pass", "fail", "cannot_tell"]
CONFIDENCE = 0.95
THRESHOLD = 0.01


@dataclass(frozen=True)
class Counts:
    """Requests sent and requests failed in one stretch of time."""

    requests: int = 0
    errors: int = 0

    @property
    def rate(self) -> float | None:
        """Errors per request, None when nothing was asked: no data is not zero."""
        return self.errors / self.requests if self.requests else None

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.requests + other.requests, self.errors + other.errors)


@dataclass(frozen=True)
class CheckAnswer:
    """What one validation check answered at a look."""

    title: str
    result: Result
    sentence: str = ""
    purpose: str = "health"


@dataclass(frozen=True)
class Finding:
    """A verdict with its reason; `passing` says that nothing but time and number speaks against *recovered*."""

    verdict: Verdict
    reason: str
    passing: bool = False
    data: dict[str, Any] = field(default_factory=dict)


@lru_cache(maxsize=64)
def z_value(confidence: float) -> float:
    """The standard normal quantile of a one-sided bound: 1.645 at 95 %, 1.960 at 97.5 %."""
    return NormalDist().inv_cdf(confidence)


def _wilson(counts: Counts, confidence: float) -> tuple[float, float]:
    """Centre and half-width of the score interval: (p + z²/2n ± z√(p(1−p)/n + z²/4n²)) / (1 + z²/n).

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927) 209–212;
    method 3 of R. G. Newcombe, Statistics in Medicine 17 (1998) 857–872.
    """
    n, p, z = counts.requests, counts.errors / counts.requests, z_value(confidence)
    scale = 1 + z * z / n
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (p + z * z / (2 * n)) / scale, half / scale


def wilson_upper(counts: Counts, confidence: float = CONFIDENCE) -> float:
    """The one-sided upper Wilson bound of the error rate; 1 when nothing was counted."""
    if counts.requests == 0:
        return 1.0
    centre, half = _wilson(counts, confidence)
    return min(1.0, centre + half)


def wilson_lower(counts: Counts, confidence: float = CONFIDENCE) -> float:
    """The one-sided lower Wilson bound of the error rate; 0 when nothing was counted or nothing failed."""
    if counts.errors == 0:
        return 0.0
    centre, half = _wilson(counts, confidence)
    return max(0.0, centre - half)


def zero_error_floor(threshold: float, confidence: float = CONFIDENCE) -> int:
    """How many requests without one error prove a rate under the threshold: the smallest n, (1 − p)ⁿ ≤ 1 − confidence.

    The exact binomial (Clopper and Pearson, Biometrika 26 (1934) 404–413, at zero events): 299, 598 and 2995 requests
    for 1 %, 0.5 % and 0.1 %. Wilson's bound alone would be content with 268, 539 and 2703, too early at zero errors.
    """
    if not 0 < threshold < 1:
        raise ValueError(f"A threshold lies between 0 and 1, not {threshold}.")
    # The rounding keeps a count that is whole by the mathematics whole in floating point.
    return math.ceil(round(math.log(1 - confidence) / math.log(1 - threshold), 9))


def chance_of_at_least(counts: Counts, rate: float) -> float:
    """The exact binomial chance to see this many errors or more when the true rate is `rate`: P(X ≥ errors)."""
    below = sum(
        math.comb(counts.requests, k) * rate**k * (1 - rate) ** (counts.requests - k) for k in range(counts.errors)
    )
    return max(0.0, 1 - below)


def is_over(counts: Counts, threshold: float, floor: int) -> bool:
    """True when the counts prove a rate over the threshold: the lower Wilson bound is over it.

    On fewer requests than the floor the exact binomial must agree on two errors or more: one failure among the first
    twenty has a lower bound of 1.1 %, and a healthy service shows that every fifth time.
    """
    if wilson_lower(counts) <= threshold:
        return False
    if counts.requests >= floor:
        return True
    return counts.errors >= 2 and chance_of_at_least(counts, threshold) <= 1 - CONFIDENCE


def requests_needed(threshold: float, count: int = 0, confidence: float = CONFIDENCE) -> int:
    """The floor of a verdict *recovered*: what the plan asks for, never less than the exact binomial or Wilson's bound.

    At 95 % the exact binomial is the stricter of the two; at the higher confidence of split looks it is Wilson's.
    """
    z = z_value(confidence)
    wilson = math.floor(z * z * (1 - threshold) / threshold) + 1
    return max(count, zero_error_floor(threshold, confidence), wilson)


def share_of_alpha(good_looks: int, confidence: float = CONFIDENCE) -> float:
    """The confidence of each single look, so that all the looks that may say *recovered* together keep the whole.

    Bonferroni's equal split: with two such looks each is taken at 97.5 %. Looking often would else find a lucky
    moment: P. Armitage and others, "Repeated significance tests on accumulating data", JRSS A 132 (1969) 235–244.
    """
    return 1 - (1 - confidence) / max(1, good_looks)


def judge(
    counts: Counts,
    checks: Sequence[CheckAnswer] = (),
    *,
    threshold: float = THRESHOLD,
    count: int = 299,
    good_looks: int = 1,
    may_be_good: bool = True,
) -> Finding:
    """The verdict of one look, in this order.

    1. A check that fails, or errors whose lower bound is over the threshold: not recovered. Bad may be said early.
    2. A check without an answer, too few requests, or an upper bound that is not under the threshold: cannot tell yet.
    3. Everything holds: recovered, when this look may say so; before that cannot tell yet, but passing.
    """
    confidence = share_of_alpha(good_looks)
    needed = requests_needed(threshold, count, confidence)
    data = _figures(counts, confidence, threshold=threshold, needed=needed)
    bad = _what_fails(counts, checks, threshold=threshold, needed=needed)
    if bad:
        return Finding("not_recovered", bad, data=data)
    open_question = _what_is_missing(counts, checks, threshold=threshold, needed=needed, confidence=confidence)
    if open_question:
        early = not may_be_good and _looks_well(counts, checks, threshold)
        reason = f"Checks passed so far. {open_question}" if early else open_question
        return Finding("inconclusive", reason, passing=early, data=data)
    proof = (
        f"{counts.errors} of {counts.requests} requests failed: under {percent(threshold)} with {percent(CONFIDENCE)} "
        f"confidence (at most {percent(wilson_upper(counts, confidence))}){_and_checks(checks)}."
    )
    if may_be_good:
        return Finding("recovered", proof, passing=True, data=data)
    return Finding(
        "inconclusive", f"Checks passed so far, too early to call it recovered: {proof}", passing=True, data=data
    )


def _figures(counts: Counts, confidence: float, *, threshold: float, needed: int) -> dict[str, Any]:
    """What a page or a report shows beside the sentence."""
    return {
        "requests": counts.requests,
        "errors": counts.errors,
        "needed": needed,
        "threshold": threshold,
        "confidence": round(confidence, 6),
        "lower": round(wilson_lower(counts), 6),
        "upper": round(wilson_upper(counts, confidence), 6),
    }


def _what_fails(counts: Counts, checks: Sequence[CheckAnswer], *, threshold: float, needed: int) -> str:
    failing = [check for check in checks if check.result == "fail"]
    state = [check for check in failing if check.purpose == "state"]
    # A state check says that the rollback did not take hold, counts say how bad it is, a health check only that it is.
    if not state and is_over(counts, threshold, needed):
        return (
            f"{counts.errors} of {counts.requests} requests failed ({percent(counts.rate or 0)}): over "
            f"{percent(threshold)} with {percent(CONFIDENCE)} confidence (at least {percent(wilson_lower(counts))})."
        )
    first = next(iter([*state, *failing]), None)
    return f"The {first.purpose} check “{first.title}” fails: {_clause(first.sentence)}." if first else ""


def _what_is_missing(
    counts: Counts, checks: Sequence[CheckAnswer], *, threshold: float, needed: int, confidence: float
) -> str:
    for check in checks:
        if check.result == "cannot_tell":
            return f"The {check.purpose} check “{check.title}” cannot tell: {_clause(check.sentence)}."
    if counts.requests < needed:
        failed = f", {counts.errors} of them failed" if counts.errors else ""
        return f"{counts.requests} of {needed} requests counted{failed}: too few to tell."
    upper = wilson_upper(counts, confidence)
    if upper >= threshold:
        return (
            f"{counts.errors} of {counts.requests} requests failed: the rate may be as high as {percent(upper)}, "
            f"and under {percent(threshold)} is asked for."
        )
    return ""


def _looks_well(counts: Counts, checks: Sequence[CheckAnswer], threshold: float) -> bool:
    """Every check passes and what little was counted is under the threshold: good signs before the time to judge."""
    return bool(counts.requests) and (counts.rate or 0) < threshold and all(one.result == "pass" for one in checks)


def _and_checks(checks: Sequence[CheckAnswer]) -> str:
    if not checks:
        return ""
    return ", and the check holds" if len(checks) == 1 else f", and all {len(checks)} checks hold"


def _clause(sentence: str) -> str:
    return sentence.strip().rstrip(".") or "no reason was given"


def percent(share: float) -> str:
    """A share in words with the figures that matter: 0.0076 → "0.76 %", 0.124 → "12.4 %", 0.4 → "40 %"."""
    value = share * 100
    text = f"{value:.1f}".removesuffix(".0") if value >= 10 else f"{value:.2g}"
    return f"{text} %"


@dataclass(frozen=True)
class Bucket:
    """One short interval of samples: when it began (epoch seconds), how long it is, what it counted."""

    at: float
    seconds: float
    counts: Counts


def streak_start(buckets: Sequence[Bucket], *, threshold: float = THRESHOLD, longest_gap: float = 30.0) -> float | None:
    """When the good stretch began that lasts until the last bucket; None while there is none.

    A bucket ends a stretch when its own lower bound is over the threshold: one failure in fifty is no evidence at 1 %,
    two are. A gap longer than `longest_gap` seconds ends it too, because no data is never a pass.
    """
    began: float | None = None
    last_end: float | None = None
    for bucket in sorted(buckets, key=lambda one: one.at):
        if bucket.counts.requests == 0:
            continue
        if last_end is not None and bucket.at - last_end > longest_gap:
            began = None
        if wilson_lower(bucket.counts) > threshold:
            began = None
        elif began is None:
            began = bucket.at
        last_end = bucket.at + bucket.seconds
    return began
