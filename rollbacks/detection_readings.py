"""Whether a condition of the decision matrix holds, from counts and readings: it holds, it does not, or it cannot be told.

Plain Python. A condition is raised only when the bound of the measured value is over the limit, and is calm only when
the other bound is under it; what lies between changes nothing, so that a value at the limit does not flap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rollbacks.detection_rules import Condition
from rollbacks.measure import SCALES
from rollbacks.statistics import THRESHOLD, Counts, percent, wilson_lower, wilson_upper

# Looked at every few seconds for days: a bound at 95 % would be wrong by chance several times a day.
SURE = 0.999
NOBODY = ("refused", "broken")  # kinds of errors where nobody answered at all: a crash, and no query error
SLOWER_TIMES, SLOWER_MS, SLOWER_SHARE = 2.0, 200.0, 0.25
LEAK_MB, LEAK_SHARE, LEAK_SECONDS = 64.0, 0.25, 30.0
FEWEST_REFUSED = 5


@dataclass(frozen=True)
class Stretch:
    """What was counted of one signal in the last seconds, and what its latency was before."""

    seconds: float = 60.0
    counts: Counts = field(default_factory=Counts)
    older: Counts = field(default_factory=Counts)  # the older half of it
    kinds: Mapping[str, int] = field(default_factory=dict)
    latencies: Sequence[float] = ()  # milliseconds
    baseline: Sequence[float] = ()  # milliseconds, of a time before

    @property
    def refused(self) -> int:
        return sum(self.kinds.get(kind, 0) for kind in NOBODY)

    @property
    def answered(self) -> Counts:
        """Without the requests that nobody took."""
        return Counts(self.counts.requests - self.refused, max(0, self.counts.errors - self.refused))


@dataclass(frozen=True)
class Moment:
    """One reading of the main process; times in epoch seconds."""

    at: float
    alive: bool
    started_at: float | None = None
    rss_mb: float | None = None


@dataclass(frozen=True)
class Reading:
    """The answer for one condition at one moment. `holds` is None when it cannot be told."""

    holds: bool | None
    words: str
    value: float | None = None
    unit: str = ""
    is_suspicious: bool = False  # too little for an answer, and not as it should be: worth a burst of load


def read_errors(one: Condition, stretch: Stretch, *, healthy: float = THRESHOLD) -> Reading:
    """The error rate of what was answered, against the row's number or, without one, against a healthy rate."""
    limit = healthy if one.limit is None else one.limit
    return _rate_over(stretch.answered, limit, stretch.seconds)


def _rate_over(counts: Counts, limit: float, seconds: float) -> Reading:
    if counts.requests == 0:
        return Reading(None, "no request was counted", None, "%")
    rate = 100 * (counts.rate or 0.0)
    words = f"{percent(counts.rate or 0)} of {counts.requests} requests in {seconds:g} s"
    holds = True if wilson_lower(counts, SURE) > limit else (False if wilson_upper(counts) < limit else None)
    return Reading(holds, words, round(rate, 2), "%", is_suspicious=counts.errors > 0)


def read_gap(rows: Sequence[Condition], stretch: Stretch, *, healthy: float = THRESHOLD) -> Reading:
    """Errors that are over a healthy rate for the whole stretch, and that no row with a number covers.

    The older half must show them too: the first seconds of a great fault look, over a minute, like a small one.
    """
    limits = [one.limit for one in rows if one.limit is not None and one.op in (">", ">=")]
    over = _rate_over(stretch.answered, healthy, stretch.seconds)
    if over.holds is not True:
        return over
    rate, older = stretch.answered.rate or 0.0, stretch.older.rate or 0.0
    if not limits or rate > min(limits):
        return Reading(None if limits else False, over.words, over.value, "%")
    newer = Counts(stretch.counts.requests - stretch.older.requests, stretch.counts.errors - stretch.older.errors)
    if older <= healthy or (newer.rate or 0.0) > min(limits):
        return Reading(None, over.words, over.value, "%")
    neither = " nor ".join(one.limit_words for one in rows if one.limit_words)
    return Reading(True, f"{over.words}: neither {neither}. No row of the matrix covers it", over.value, "%")


def read_crash(stretch: Stretch, moments: Sequence[Moment]) -> Reading:
    """Nobody answers, the main process is gone, or it was started anew twice within the readings."""
    counts = Counts(stretch.counts.requests, stretch.refused)
    newest = list(moments)[-2:]
    if len(newest) == 2 and not any(moment.alive for moment in newest):
        return Reading(True, "the main process does not live", 1)
    starts = _starts(moments)
    if starts >= 2:
        return Reading(True, f"the main process was started {starts} times", starts)
    if stretch.refused >= FEWEST_REFUSED and wilson_lower(counts, SURE) > 0.1:
        return Reading(True, f"nobody took {stretch.refused} of {stretch.counts.requests} requests", stretch.refused)
    if not moments and not stretch.counts.requests:
        return Reading(None, "nothing was measured")
    if stretch.refused:
        return Reading(None, f"nobody took {stretch.refused} requests", stretch.refused, is_suspicious=True)
    return Reading(False, "it answers")


def _starts(moments: Sequence[Moment]) -> int:
    """How often the process changed between two readings."""
    known = [moment.started_at for moment in moments if moment.alive and moment.started_at is not None]
    return sum(later - earlier > 1.0 for earlier, later in pairwise(known))


def read_latency(one: Condition, stretch: Stretch) -> Reading:
    """The share of slow requests. With a number: slower than it. Without: twice the p95 from before, and 100 ms more."""
    before = _quantile(stretch.baseline, 0.95) if len(stretch.baseline) >= 50 else None
    if one.limit is None and before is None:
        return Reading(None, "nothing was measured before that it could be compared with", None, "ms")
    slow = one.limit if one.limit is not None else max(SLOWER_TIMES * (before or 0), (before or 0) + SLOWER_MS)
    if len(stretch.latencies) < 20:
        words = f"{len(stretch.latencies)} answers were timed: too few to tell"
        return Reading(None, words, None, "ms", is_suspicious=sum(value > slow for value in stretch.latencies) >= 3)
    counts = Counts(len(stretch.latencies), sum(value > slow for value in stretch.latencies))
    now = _quantile(stretch.latencies, 0.95)
    beside = f", {before:g} ms before" if before is not None else ""
    words = f"p95 {now:g} ms of {counts.requests} requests in {stretch.seconds:g} s{beside}"
    # With a number 95 of 100 must be quicker; against the past, where a pause of the host is no fault, 75 of 100.
    share = 0.05 if one.limit is not None else SLOWER_SHARE
    if wilson_lower(counts, SURE) > share:
        return Reading(True, words, now, "ms")
    return Reading(False if wilson_upper(counts) < share else None, words, now, "ms")


def read_memory(one: Condition, moments: Sequence[Moment]) -> Reading:
    """The resident memory of the present process: over the row's number, or growing by 64 MB and a quarter."""
    same = _since_last_start(moments)
    if not same:
        return Reading(None, "the memory of the main process was not read", None, "MB")
    first, last = same[0], same[-1]
    grown, seconds = (last.rss_mb or 0) - (first.rss_mb or 0), last.at - first.at
    words = f"{last.rss_mb:.0f} MB, {grown:+.0f} MB in {seconds:.0f} s"
    if one.limit is not None:
        return Reading((last.rss_mb or 0) > one.limit, words, last.rss_mb, "MB")
    if len(same) < 4 or seconds < LEAK_SECONDS:
        return Reading(None, f"{words}: too short to tell", last.rss_mb, "MB")
    rises = sum((b.rss_mb or 0) > (a.rss_mb or 0) for a, b in pairwise(same))
    leaks = grown >= max(LEAK_MB, LEAK_SHARE * (first.rss_mb or 0)) and rises >= 0.7 * (len(same) - 1)
    return Reading(leaks, words, round(last.rss_mb or 0, 1), "MB")


def _since_last_start(moments: Sequence[Moment]) -> list[Moment]:
    known = [moment for moment in moments if moment.alive and moment.rss_mb is not None]
    return [moment for moment in known if _same_start(moment, known[-1])]


def _same_start(one: Moment, other: Moment) -> bool:
    if one.started_at is None or other.started_at is None:
        return one.started_at == other.started_at
    return abs(one.started_at - other.started_at) <= 1.0


def read_number(one: Condition, value: float | None, unit: str) -> Reading:
    """A single number that a log line or a command said, such as a time to start."""
    if value is None:
        return Reading(None, "the number was not found", None, unit)
    factor = SCALES.get(unit.lower(), ("", 1.0))[1]
    words = f"{value:g} {unit}".strip()
    if one.limit is None:
        return Reading(None, f"{words}; the row has no number to compare it with", value, unit)
    return Reading(value * factor > one.limit, words, value, unit)


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return float(ordered[min(len(ordered) - 1, int(share * len(ordered)))])
