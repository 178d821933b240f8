"""How often a verdict is wrong: many simulated watches a case, judged by the functions that judge real ones.

Claim (docs/proof.md): a service that is not recovered is called recovered in at most 1 % of the watches, one that is
recovered is named by the look after ten minutes and 3,000 requests in at least 95 %, and what proves nothing is never
called anything. `make simulate` runs 10,000 watches a case; `SERIES=500` fewer.
"""

import math
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rollbacks.latency import TOLERANCE, judge_latency, p95
from rollbacks.statistics import Baseline, CheckAnswer, Counts, Finding, Series, judge, share_of_alpha

PER_LOOK = 3000  # requests in ten minutes
BLOCKS = 20  # of 30 seconds in ten minutes
GOOD_LOOKS = 3  # after 10, 20 and 30 minutes
BEATS, EACH = 120, 5  # the baseline: two hours of a heartbeat's five queries a minute
WRONG, NAMED = 0.01, 0.95


@dataclass(frozen=True)
class Service:
    """How a simulated service answers: its error rate, how it is spread, and its latency."""

    errors: float = 0.001
    bursts: float = 1.0  # share of the blocks that hold all the errors
    median_ms: float = 80.0
    spread: float = 0.4  # sigma of the lognormal
    slow_share: float = 0.0  # share of the requests that take 400 ms longer
    drift: float = 0.0  # how much longer answers take with each ten minutes, as a share
    sway: float = 0.03  # a block's own factor: neighbours resemble each other


HEALTHY = Service()


@dataclass(frozen=True)
class Case:
    """One kind of watch; `expected` is what must be said of it."""

    name: str
    expected: str  # bad, good, or the words of the reason why nothing can be told
    now: Service = HEALTHY
    before: Service | None = HEALTHY
    latency: bool = False
    blocks: int = BLOCKS
    traffic: float = 1.0  # times the baseline's
    spoil: str = ""  # nothing, nan, constant


CASES = (
    Case("errors 40 %", "bad", Service(0.4)),
    Case("errors 5 %", "bad", Service(0.05)),
    Case("errors 5 % without a baseline", "bad", Service(0.05), before=None),
    Case("errors 2 % without a baseline", "bad", Service(0.02), before=None),
    Case("errors 1 %, 0.1 % before", "bad", Service(0.01)),
    Case("errors 5 % in bursts", "bad", Service(0.05, bursts=0.3)),
    Case("latency 1.5 times", "bad", Service(median_ms=120.0), latency=True),
    Case("latency 400 ms more", "bad", Service(median_ms=480.0), latency=True),
    Case("latency 400 ms more for every tenth", "bad", Service(slow_share=0.1), latency=True),
    Case("latency that grows by half in ten minutes", "bad", Service(median_ms=100.0, drift=0.5), latency=True),
    Case("no errors, without a baseline", "good", Service(0.0), before=None),
    Case("errors 0.2 %, without a baseline", "good", Service(0.002), before=None),
    Case("no errors, none before", "good", Service(0.0), before=Service(0.0)),
    Case("errors 0.1 % as before", "good"),
    Case("errors 0.1 % and latency as before", "good", latency=True),
    Case("latency of a wide spread as before", "good", Service(spread=0.6), Service(spread=0.6), latency=True),
    Case("no data", "requests counted", spoil="nothing"),
    Case("counts that are no numbers", "is not a number", spoil="nan"),
    Case("latencies that are no numbers", "no times", latency=True, spoil="nan"),
    Case("a constant series", "real measurements differ", latency=True, spoil="constant"),
    Case("three points", "3 points of time", blocks=3),
    Case("ten times the traffic", "The traffic is", traffic=10.5),
    Case("a baseline with the incident in it", "holds an incident itself", before=Service(0.1)),
)


def simulate(case: Case, series: int, seed: int = 1) -> dict[str, int]:
    """How many watches of a case said what: recovered, not_recovered, inconclusive, and `reason` as expected."""
    draw = random.Random(f"{seed} {case.name}")
    said = {"recovered": 0, "not_recovered": 0, "inconclusive": 0, "reason": 0}
    for _ in range(series):
        finding = watch(case, draw)
        said[finding.verdict] += 1
        said["reason"] += case.expected in finding.reason
    return said


def watch(case: Case, draw: random.Random) -> Finding:
    """The first verdict *recovered* of a watch, else its last one; a good service is asked at the first look only."""
    before = figures(case.before, draw, BEATS, EACH, 0, timed=case.latency) if case.before else None
    counts, blocks = Counts(), []
    looks = 1 if case.expected == "good" else GOOD_LOOKS
    for look in range(looks):
        more, latencies = figures(case.now, draw, case.blocks, PER_LOOK // case.blocks, look, timed=case.latency)
        counts, blocks = counts + more, [*blocks, *latencies]
        finding = judged(case, counts, blocks, before, case.blocks if case.blocks < BLOCKS else len(blocks))
        if finding.verdict == "recovered":
            break
    return finding


def judged(case: Case, counts: Counts, blocks: list[list[float]], before: tuple | None, points: int) -> Finding:
    confidence = share_of_alpha(GOOD_LOOKS)
    baseline = Baseline(before[0], per_second=5.0) if before else None
    counts, blocks = spoiled(case, counts, blocks)
    checks: list[CheckAnswer] = []
    if case.latency and before:
        if case.spoil or p95(blocks) / p95(before[1]) < 1 + TOLERANCE:
            found = judge_latency(blocks, before[1], confidence=confidence)
            checks.append(CheckAnswer("Latency", found.result, found.sentence))
        else:  # the upper bound is never under the estimate: it cannot pass, and drawing would only take time
            checks.append(CheckAnswer("Latency", "cannot_tell", "the estimate itself is over the tolerance"))
    series = Series(points, 5.0 * case.traffic)
    return judge(counts, checks, baseline=baseline, good_looks=GOOD_LOOKS, series=series)


def spoiled(case: Case, counts: Counts, blocks: list[list[float]]) -> tuple[Counts, list[list[float]]]:
    """What a broken source delivers."""
    if case.spoil == "nothing":
        return Counts(), [[] for _ in blocks]
    if case.spoil == "nan" and not case.latency:
        return Counts(counts.requests, math.nan), blocks  # type: ignore[arg-type]
    if case.spoil == "nan":
        return counts, [[math.nan, *block[1:]] for block in blocks]
    if case.spoil == "constant":
        return counts, [[80.0] * len(block) for block in blocks]
    return counts, blocks


def figures(
    service: Service, draw: random.Random, blocks: int, each: int, look: int, *, timed: bool
) -> tuple[Counts, list]:
    """Counts and, where the case is about them, latencies of so many blocks with so many requests each."""
    requests = errors = 0
    latencies = []
    for number in range(blocks):
        in_burst = draw.random() < service.bursts
        rate = service.errors / service.bursts if in_burst else 0.0
        requests += each
        errors += binomial(draw, each, rate)
        factor = math.exp(draw.gauss(0, service.sway)) * (1 + service.drift * (look + number / blocks))
        latencies.append([answer(service, draw) * factor for _ in range(each)] if timed else [])
    return Counts(requests, errors), latencies


def answer(service: Service, draw: random.Random) -> float:
    slow = 400.0 if service.slow_share and draw.random() < service.slow_share else 0.0
    return service.median_ms * math.exp(service.spread * draw.gauss(0, 1)) + slow


def binomial(draw: random.Random, number: int, rate: float) -> int:
    """How many of so many fail; by the waiting times between failures, which are geometric."""
    if rate <= 0:
        return 0
    failed, at = 0, 0
    while True:
        at += int(math.log(1 - draw.random()) / math.log(1 - rate)) + 1
        if at > number:
            return failed
        failed += 1


def is_kept(case: Case, said: dict[str, int], series: int) -> bool:
    """True when the claim about this case holds."""
    if case.expected == "bad":
        return said["recovered"] <= WRONG * series
    if case.expected == "good":
        return said["recovered"] >= NAMED * series
    return said["inconclusive"] == said["reason"] == series


def main(series: int, cases: Sequence[Case] = CASES, say: Callable[[str], None] = print) -> int:
    broken = 0
    for case in cases:
        began = time.monotonic()
        said = simulate(case, series)
        kept = is_kept(case, said, series)
        broken += not kept
        shares = "  ".join(f"{word} {100 * said[word] / series:.2f} %" for word in list(said)[:3])
        say(f"{'ok ' if kept else 'NOT'} {case.name:44} {shares}  ({time.monotonic() - began:.0f} s)")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main(int(os.environ.get("SERIES", "10000"))))
