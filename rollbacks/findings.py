"""What goes into a verdict and what comes out of it, as plain data."""

from dataclasses import dataclass, field
from typing import Any, Literal

from rollbacks.intervals import Counts, is_over
from rollbacks.wording_of_numbers import percent

Verdict = Literal["recovered", "not_recovered", "inconclusive"]
Result = Literal["pass", "fail", "cannot_tell"]
FEWEST_OF_BASELINE = 100  # requests; fewer are no baseline


@dataclass(frozen=True)
class CheckAnswer:
    """What one validation check answered at a look."""

    title: str
    result: Result
    sentence: str = ""
    purpose: str = "health"


@dataclass(frozen=True)
class Baseline:
    """What was counted in a healthy time before the incident."""

    counts: Counts
    words: str = "before the incident"
    per_second: float | None = None  # real traffic, where the service itself counts it
    problem: str = ""  # why nothing can be compared with it, as a sentence

    @property
    def is_usable(self) -> bool:
        return not self.problem and self.counts.requests >= FEWEST_OF_BASELINE

    def problem_at(self, threshold: float) -> str:
        """Why *recovered* cannot be said beside it: a reason of its own, or that it holds an incident itself."""
        if self.problem:
            return self.problem
        if not self.is_usable or not is_over(self.counts, threshold, FEWEST_OF_BASELINE):
            return ""
        return (
            f"The baseline ({self.words}) holds an incident itself: {self.counts.errors} of {self.counts.requests} "
            f"requests failed ({percent(self.counts.rate or 0)}). There is nothing healthy to compare with."
        )


@dataclass(frozen=True)
class Series:
    """How the counts came: in how many points of time, and the service's real traffic where it counts it itself."""

    points: int
    per_second: float | None = None


@dataclass(frozen=True)
class Finding:
    """A verdict with its reason; `passing` says that nothing but time and number speaks against *recovered*."""

    verdict: Verdict
    reason: str
    passing: bool = False
    data: dict[str, Any] = field(default_factory=dict)
