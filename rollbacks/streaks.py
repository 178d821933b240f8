"""When the good stretch began that lasts until now. Plain Python."""

from collections.abc import Sequence
from dataclasses import dataclass

from rollbacks.intervals import Counts, wilson_lower


@dataclass(frozen=True)
class Bucket:
    """One short interval of samples: when it began (epoch seconds), how long it is, what it counted."""

    at: float
    seconds: float
    counts: Counts


def streak_start(buckets: Sequence[Bucket], *, threshold: float = 0.01, longest_gap: float = 30.0) -> float | None:
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
