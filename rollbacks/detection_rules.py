"""Which rows of a decision matrix can be watched, and by what. Plain Python."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rollbacks.measure import SCALES, same_words

Family = Literal["errors", "latency", "startup", "memory", "restarts", ""]
WORDS: tuple[tuple[Family, str], ...] = (
    ("memory", r"\b(memory|leak\w*|rss|heap)\b"),
    ("restarts", r"\b(crash\w*|restarts?|restarting|exits|process gone|not running)\b"),
    ("startup", r"\b(start|starts|startup|start-up|boot)\b"),
    ("latency", r"\b(latency|slow\w*|performance|response times?|duration|p9[059])\b"),
    ("errors", r"\b(errors?|failures?|failing|fail)\b"),
)


@dataclass(frozen=True)
class Condition:
    """One row of the matrix as something that can be watched; `why_not` says why it cannot."""

    symptom: str
    line: int | None
    severity: str
    family: Family
    signal: str = ""
    op: str = ""
    limit: float | None = None  # a share for errors, milliseconds for times, MB for memory
    limit_words: str = ""
    why_not: str = ""


def conditions(compiled: Mapping[str, Any]) -> list[Condition]:
    """Every row of the matrix, with what it would be watched by."""
    return [_condition(compiled, row) for row in compiled.get("matrix", [])]


def _condition(compiled: Mapping[str, Any], row: Mapping[str, Any]) -> Condition:
    said = row.get("condition") or {}
    symptom = str(row.get("symptom") or "")
    metric = str(said.get("metric") or symptom)
    signal = _signal_of(compiled, metric)
    family: Family = "errors" if signal and _is_load(compiled, signal) else _family_of(metric)
    limit = _limit_of(said, family)
    plain = Condition(
        symptom=symptom,
        line=row.get("line"),
        severity=str(row.get("severity") or "").lower().strip("* "),
        family=family,
        signal=signal or (next(iter(_load_signals(compiled)), "") if family in ("errors", "latency") else ""),
        op=str(said.get("op") or ""),
        limit=limit,
        limit_words=f"{said['op']} {said['value']:g} {said.get('unit') or ''}".strip() if said else "",
    )
    return Condition(**{**plain.__dict__, "why_not": _why_not(plain, compiled)})


def _why_not(one: Condition, compiled: Mapping[str, Any]) -> str:
    if not one.family:
        return "Its words name nothing that Firebreak measures: an alert or a person must say it."
    if one.op in ("<", "<="):
        return "It holds for a healthy service too: it counts for the recommendation and never raises by itself."
    if one.op and one.limit is None:
        return f"The limit “{one.limit_words}” has a unit that its measure does not have."
    if one.family in ("errors", "latency") and not one.signal:
        return "The plan names no signal that is measured by load."
    if one.family == "errors" and one.limit is None and _has_number(one.signal, compiled):
        return "It has no number; other rows of the same signal have one and decide."
    if one.family in ("memory", "startup") and not one.signal:
        probe = {"memory": "process", "startup": "log"}[one.family]
        return f"The plan names no signal for it: add one with probe: {probe}."
    return ""


def _has_number(signal: str, compiled: Mapping[str, Any]) -> bool:
    said = [row["condition"] for row in compiled.get("matrix", []) if row.get("condition")]
    return any(_signal_of(compiled, str(one["metric"])) == signal for one in said)


def _signal_of(compiled: Mapping[str, Any], metric: str) -> str:
    for name, signal in (compiled.get("signals") or {}).items():
        if any(same_words(metric, known) for known in (name, *(signal.get("metric") or ()))):
            return str(name)
    return ""


def _is_load(compiled: Mapping[str, Any], signal: str) -> bool:
    return str(compiled["signals"][signal].get("probe") or "load") in ("load", "prometheus")


def _load_signals(compiled: Mapping[str, Any]) -> list[str]:
    return [name for name in compiled.get("signals") or {} if _is_load(compiled, name)]


def _family_of(words: str) -> Family:
    return next((family for family, pattern in WORDS if re.search(pattern, words.lower())), "")


def _limit_of(said: Mapping[str, Any], family: Family) -> float | None:
    """The row's number in the unit of its family; None without one, or with a unit that does not fit."""
    if not said:
        return None
    unit, value = str(said.get("unit") or "").lower(), float(said["value"])
    if family == "errors":
        return value / 100 if unit == "%" else None
    kind, factor = SCALES.get({"sec": "s", "m": "min"}.get(unit, unit), ("", 1.0))
    wanted = {"latency": "time", "startup": "time", "memory": "memory"}.get(family, "")
    return value * factor if kind and kind == wanted else (value if family == "restarts" and not unit else None)
