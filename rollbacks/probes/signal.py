"""Asks for a signal's error rate: `signal=errors threshold="< 1%"`. The counts come from whoever asks."""

from collections.abc import Callable, Mapping
from typing import Any

from rollbacks.context import Answer
from rollbacks.statistics import THRESHOLD, Counts, judge

# signal name → what was counted in the stretch that the asker means
Count = Callable[[str], Counts]


def ask(step: Mapping[str, Any], count: Count | None) -> Answer:
    """Judges the counts of one signal once; without a counter nothing can be said."""
    signal = str(step.get("signal") or "")
    if count is None:
        return Answer("cannot_tell", f"The signal {signal} is counted by the watch after the run.")
    finding = judge(count(signal), threshold=threshold_of(step))
    result = {"recovered": "pass", "not_recovered": "fail"}.get(finding.verdict, "cannot_tell")
    return Answer(
        "pass" if result == "pass" else "fail" if result == "fail" else "cannot_tell", finding.reason, finding.data
    )


def threshold_of(step: Mapping[str, Any]) -> float:
    """The share that the errors must stay under; a plan says it in per cent."""
    threshold = step.get("threshold")
    if not threshold:
        return THRESHOLD
    value = float(threshold["value"])
    return value / 100 if threshold.get("unit") == "%" else value
