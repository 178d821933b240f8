"""Bounds of error rates and of their difference, each with its source. Plain Python; a rate is a share from 0 to 1."""

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

CONFIDENCE = 0.95


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

    @property
    def problem(self) -> str:
        """Why these are no counts, in a sentence; empty when they are. What comes from elsewhere may be anything."""
        if not (math.isfinite(self.requests) and math.isfinite(self.errors)):
            return "A count is not a number."
        if self.requests < 0 or self.errors < 0:
            return "A count is negative: a counter was read across a restart."
        if self.errors > self.requests:
            return f"More errors ({self.errors}) than requests ({self.requests}) were counted: the two do not belong together."
        return ""


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


def newcombe(now: Counts, before: Counts, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Lower and upper bound of p₁ − p₂ (now − before): d − √((p₁−l₁)² + (u₂−p₂)²) and d + √((u₁−p₁)² + (p₂−l₂)²).

    l and u are the Wilson bounds of each rate; each bound is taken one-sided at `confidence`. Method 10 of
    R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven
    methods", Statistics in Medicine 17 (1998) 873–890. From −1 to 1 when either side counted nothing.
    """
    if not now.requests or not before.requests:
        return -1.0, 1.0
    first, second = now.errors / now.requests, before.errors / before.requests
    lower = math.hypot(first - wilson_lower(now, confidence), wilson_upper(before, confidence) - second)
    upper = math.hypot(wilson_upper(now, confidence) - first, second - wilson_lower(before, confidence))
    return max(-1.0, first - second - lower), min(1.0, first - second + upper)


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
