"""The terms of a watch: warm-up, looks, the first look that may say *recovered*, threshold and count. Plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rollbacks.statistics import THRESHOLD

LOOKS = (300.0, 600.0, 1200.0, 1800.0)


@dataclass(frozen=True)
class Terms:
    """All lengths in seconds after the watch was armed; `threshold` is a share, 0.01 for "< 1%"."""

    warmup: float = 60.0
    looks: tuple[float, ...] = LOOKS
    good_from: float = 600.0
    threshold: float = THRESHOLD
    count: int = 299
    shortened: bool = False
    prolonged: int = 0  # how often a person asked for more time after an end without a proof

    @classmethod
    def of(cls, watch: Mapping[str, Any] | None, override: Mapping[str, Any] | None, *, production: bool) -> "Terms":
        """The plan's terms; a target that is not production may replace some, and then they are called shortened."""
        planned = cls._read(watch or {})
        if not override or production:
            return planned
        replaced = cls._read({**(watch or {}), **override})
        return cls(**{**asdict(replaced), "looks": replaced.looks, "shortened": replaced.is_less_than(planned)})

    @classmethod
    def _read(cls, said: Mapping[str, Any]) -> "Terms":
        looks = tuple(sorted(float(look) for look in said.get("looks") or LOOKS))
        return cls(
            warmup=float(said.get("warmup", 60.0)),
            looks=looks,
            good_from=min(float(said.get("good_from", 600.0)), looks[-1]),
            threshold=share_of(said.get("errors")) or THRESHOLD,
            count=int(said.get("count") or 299),
        )

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Terms":
        """As `to_json` wrote them."""
        return cls(**{**said, "looks": tuple(said["looks"])})

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "looks": list(self.looks)}

    def is_less_than(self, planned: "Terms") -> bool:
        """True when these terms prove less than the plan's."""
        return (
            self.looks[-1] < planned.looks[-1]
            or self.good_from < planned.good_from
            or self.warmup < planned.warmup
            or self.count < planned.count
            or self.threshold > planned.threshold
        )

    @property
    def length(self) -> float:
        """Seconds to the last look."""
        return self.looks[-1]

    @property
    def good_looks(self) -> int:
        """Among how many looks the chance of a wrong *recovered* is shared: doubled by each further chance."""
        return max(1, sum(look >= self.good_from for look in self.looks)) * 2**self.prolonged

    def prolonged_by(self, seconds: float) -> "Terms":
        """One more look, so much later, judged more strictly than the looks before."""
        return replace(self, looks=(seconds,), good_from=seconds, prolonged=self.prolonged + 1)

    def looks_due(self, elapsed: float) -> int:
        """How many looks have come by then; of several that were missed only the last is taken."""
        return sum(look <= elapsed for look in self.looks)


def share_of(threshold: Any) -> float | None:
    """{"op": "<", "value": 1.0, "unit": "%"} → 0.01; None without one."""
    if not isinstance(threshold, Mapping) or threshold.get("value") is None:
        return None
    value = float(threshold["value"])
    share = value / 100 if threshold.get("unit") == "%" else value
    return share if 0 < share < 1 else None


def thresholds(checks: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The threshold that a check of the validation states for a signal; it wins over the watch's."""
    found = {}
    for check in checks:
        share = share_of(check.get("threshold"))
        if check.get("signal") and share is not None:
            found[str(check["signal"])] = share
    return found
