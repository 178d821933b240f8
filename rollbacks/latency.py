"""Whether answers take as long as before: the p95 now over the p95 of the baseline, with bounds. Plain Python.

The bounds are those of a block bootstrap: whole blocks of time are drawn with replacement, because neighbouring
latencies resemble each other (E. Carlstein, Annals of Statistics 14 (1986) 1171–1179; H. R. Künsch, Annals of
Statistics 17 (1989) 1217–1241), and the percentile method reads the bound from the draws (B. Efron and R. Tibshirani,
"An Introduction to the Bootstrap", 1993, chapter 13). The draws are seeded: the same figures give the same bounds.
"""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from operator import mul
from typing import Any, Literal

TOLERANCE = 0.25  # how much longer still counts as before; Kayenta's default
NEGLIGIBLE_MS = 10.0  # a difference that nobody feels, whatever the ratio
DRAWS = 2000
SEED = 20251106
BLOCK_SECONDS = 30.0
FEWEST_BLOCKS = 20  # a side
FEWEST_VALUES = 100  # a side
OTHER_TRAFFIC = 10.0
SHARE = 0.95

Blocks = Sequence[Sequence[float]]  # milliseconds of each answer, one list for each stretch of time


@dataclass(frozen=True)
class LatencyFinding:
    """pass, fail or cannot_tell, with one sentence and the figures behind it."""

    result: Literal["pass", "fail", "cannot_tell"]
    sentence: str
    data: dict[str, Any] = field(default_factory=dict)


def judge_latency(
    now: Blocks,
    before: Blocks | None = None,
    *,
    tolerance: float = TOLERANCE,
    limit_ms: float | None = None,
    confidence: float = SHARE,
    traffic: tuple[float | None, float | None] = (None, None),
    fewest_blocks: int = FEWEST_BLOCKS,
) -> LatencyFinding:
    """Passes when the upper bound of p95 is under `limit_ms`, or that of the ratio to `before` under 1 + tolerance.

    Fails when the lower bound is over it; cannot tell in between, and when the values prove nothing. `traffic` is the
    service's real requests per second now and then, where they are known.
    """
    problem = problem_of(now, "now", fewest_blocks)
    problem = problem or (problem_of(before, "of the baseline", fewest_blocks) if before is not None else "")
    problem = problem or _other_traffic(traffic)
    if problem:
        return LatencyFinding("cannot_tell", problem)
    found = [_against_limit(now, limit_ms, confidence)] if limit_ms is not None else []
    found += [_against_baseline(now, before, tolerance, confidence)] if before is not None else []
    if not found:
        return LatencyFinding("cannot_tell", "There is no baseline and no limit to compare the latency with.")
    return max(found, key=lambda one: ("pass", "cannot_tell", "fail").index(one.result))


def problem_of(blocks: Blocks, which: str, fewest_blocks: int = FEWEST_BLOCKS) -> str:
    """Why these latencies prove nothing, as a sentence; empty when they may."""
    filled = [block for block in blocks if block]
    values = [value for block in filled for value in block]
    if not values:
        return f"No latency {which} was measured."
    if not all(math.isfinite(value) and value >= 0 for value in values):
        return f"The latencies {which} hold values that are no times."
    if len(filled) < fewest_blocks:
        return f"The latencies {which} were measured in {len(filled)} stretches of time, {fewest_blocks} are needed."
    if len(values) < FEWEST_VALUES:
        return f"{len(values)} latencies {which} were measured, {FEWEST_VALUES} are needed."
    if all(one == other for one, other in pairwise(values)):
        return f"All {len(values)} latencies {which} are {values[0]:g} ms: real measurements differ, so this is no measurement."
    return ""


def _other_traffic(traffic: tuple[float | None, float | None]) -> str:
    now, before = traffic
    if not now or not before or 1 / OTHER_TRAFFIC < now / before < OTHER_TRAFFIC:
        return ""
    return f"The traffic is {now / before:.2g} times that of the baseline: the latencies cannot be compared."


def _against_limit(now: Blocks, limit_ms: float, confidence: float) -> LatencyFinding:
    lower, upper = _bounds(drawn_p95(now, SEED), p95(now), confidence)
    data = {"p95_ms": p95(now), "lower_ms": round(lower, 1), "upper_ms": round(upper, 1), "limit_ms": limit_ms}
    said = f"95 % of the answers came within {_ms(p95(now))}"
    if upper < limit_ms:
        return LatencyFinding("pass", f"{said}: under {_ms(limit_ms)} (at most {_ms(upper)}).", data)
    if lower > limit_ms:
        return LatencyFinding("fail", f"{said}: over {_ms(limit_ms)} (at least {_ms(lower)}).", data)
    return LatencyFinding(
        "cannot_tell", f"{said}; the bounds, {_ms(lower)} and {_ms(upper)}, lie on both sides of {_ms(limit_ms)}.", data
    )


def _against_baseline(now: Blocks, before: Blocks, tolerance: float, confidence: float) -> LatencyFinding:
    here, then = p95(now), p95(before)
    most = max(1 + tolerance, (then + NEGLIGIBLE_MS) / then if then else math.inf)
    pairs = zip(drawn_p95(now, SEED), drawn_p95(before, SEED + 1), strict=True)
    drawn = [one / other if other else math.inf for one, other in pairs]
    lower, upper = _bounds(drawn, here / then if then else math.inf, confidence)
    data = {"p95_ms": here, "baseline_p95_ms": then, "tolerance": tolerance, "most": round(most, 4)}
    data |= {name: round(value, 4) for name, value in (("lower", lower), ("upper", upper)) if math.isfinite(value)}
    said = f"95 % of the answers came within {_ms(here)}, {_ms(then)} before the incident"
    if upper < most:
        return LatencyFinding("pass", f"{said}: at most {upper:.2f} times as long.", data)
    if lower > most:
        return LatencyFinding("fail", f"{said}: at least {lower:.2f} times as long.", data)
    return LatencyFinding(
        "cannot_tell", f"{said}: perhaps {upper:.2f} times as long, under {most:.2f} is asked for.", data
    )


def _bounds(drawn: Sequence[float], measured: float, confidence: float) -> tuple[float, float]:
    """The one-sided lower and upper percentile bound of the draws; what was measured lies between them."""
    ranked, last = sorted(drawn), len(drawn) - 1
    lower, upper = ranked[math.floor((1 - confidence) * last)], ranked[math.ceil(confidence * last)]
    return min(lower, measured), max(upper, measured)


def _ms(value: float) -> str:
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def p95(blocks: Blocks) -> float:
    """The nearest-rank 95th percentile of all values; there must be one."""
    values = sorted(value for block in blocks for value in block)
    return values[math.ceil(SHARE * len(values)) - 1]


def drawn_p95(blocks: Blocks, seed: int, draws: int = DRAWS) -> list[float]:
    """The p95 of each draw of as many blocks as there are, with replacement.

    A draw is a weight for each block; only the slowest values are walked through, from the top, until 5 % are passed.
    """
    filled = [block for block in blocks if block]
    sizes = [len(block) for block in filled]
    slowest = sorted(((value, number) for number, block in enumerate(filled) for value in block), reverse=True)
    found = []
    for weights in _weights(len(filled), seed, draws):
        total = sum(map(mul, weights, sizes))
        left = total - math.ceil(SHARE * total) + 1  # the p95 is that many from the top
        for value, number in slowest:
            left -= weights[number]
            if left <= 0:
                found.append(value)
                break
    return found


@lru_cache(maxsize=32)
def _weights(blocks: int, seed: int, draws: int) -> list[list[int]]:
    """How often each block is taken, for each draw."""
    source = random.Random(seed)  # noqa: S311  statistics, no secret
    drawn = []
    for _ in range(draws):
        weights = [0] * blocks
        for number in source.choices(range(blocks), k=blocks):
            weights[number] += 1
        drawn.append(weights)
    return drawn


def blocks_of(timed: Iterable[tuple[float, Sequence[float]]], seconds: float = BLOCK_SECONDS) -> list[list[float]]:
    """Latencies gathered by stretches of time: (epoch seconds, milliseconds) of each sample, in any order."""
    gathered: dict[int, list[float]] = {}
    for at, values in timed:
        gathered.setdefault(int(at // seconds), []).extend(values)
    return [gathered[number] for number in sorted(gathered)]
