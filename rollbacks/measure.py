"""A measured value, the conditions of a matrix row, and whether one meets the other. Plain Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# unit → (what it measures, factor to one common unit)
SCALES = {
    "%": ("share", 1.0),
    "ms": ("time", 1.0),
    "s": ("time", 1000.0),
    "min": ("time", 60_000.0),
    "h": ("time", 3_600_000.0),
    "mb": ("memory", 1.0),
    "gb": ("memory", 1024.0),
}
ALIASES = {"sec": "s", "second": "s", "seconds": "s", "secs": "s", "m": "min", "minute": "min", "minutes": "min"}
OPERATORS = {
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
    "==": lambda value, limit: value == limit,
    "=": lambda value, limit: value == limit,
}


@dataclass(frozen=True)
class Measure:
    """One measured signal: 12.4 with unit "%", and how it was counted: "12.4 % of 3180 requests"."""

    value: float
    unit: str = "%"
    words: str = ""

    def __str__(self) -> str:
        return self.words or number_in_words(self.value, self.unit)


def condition_holds(condition: Mapping[str, Any], measure: Measure) -> bool:
    """True when the measured value meets the row's condition; units that cannot be compared never hold."""
    wanted, got = _scale(condition.get("unit") or ""), _scale(measure.unit)
    if wanted[0] != got[0]:
        return False
    return OPERATORS[condition["op"]](measure.value * got[1], float(condition["value"]) * wanted[1])


def _scale(unit: str) -> tuple[str, float]:
    """What a unit measures and its factor; an unknown unit is only comparable with itself."""
    unit = unit.lower()
    return SCALES.get(ALIASES.get(unit, unit), (unit, 1.0))


def limit_in_words(condition: Mapping[str, Any]) -> str:
    """ "> 10 %"."""
    return f"{condition['op']} {number_in_words(float(condition['value']), condition.get('unit') or '')}"


def number_in_words(value: float, unit: str) -> str:
    """ "12.4 %", "500 ms"."""
    return f"{value:.3g} {unit}".strip()


def same_words(one: str, other: str) -> bool:
    """The same words, whatever their case, spacing or plural."""
    return bool(one) and _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).rstrip("s")
