"""Reads a decision matrix: symptom cells become conditions, action cells become paths of levels."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPERATORS = {"<": "<", "≤": "<=", "<=": "<=", "=<": "<=", ">": ">", "≥": ">=", ">=": ">=", "=": "==", "==": "=="}
_CONDITION = re.compile(
    r"(?P<op><=|>=|=<|==|[<>≤≥=])\s*(?P<value>\d{1,9}(?:[.,]\d{1,6})?)\s*(?P<unit>%|ms|s\b|sec\w*|min\w*|m\b|h\b|mb|gb|/min|/s|/sec|rps)?",
    re.IGNORECASE,
)
_LEVEL = re.compile(r"\b(?:level|niveau|nivel|tier)\s*(?P<n>\d{1,2})\b", re.IGNORECASE)
_ARROW = re.compile(r"\s*(?:→|->|=>|⇒|➜|then)\s*", re.IGNORECASE)
_IF = re.compile(r"\bif\s+(?:it\s+|this\s+)?(?P<what>.{1,80})$", re.IGNORECASE)


@dataclass(frozen=True)
class Condition:
    """A measurable symptom: metric, comparison, bound, unit."""

    metric: str
    op: str
    value: float
    unit: str

    def to_json(self) -> dict[str, object]:
        value = int(self.value) if self.value == int(self.value) else self.value
        return {"metric": self.metric, "op": self.op, "value": value, "unit": self.unit}


@dataclass(frozen=True)
class Turn:
    """One station of a path: the level, and under which words the next one follows."""

    level: int
    condition: str | None

    def to_json(self) -> dict[str, object]:
        return {"level": self.level, "if": self.condition}


def condition_of(symptom: str) -> Condition | None:
    """Returns the bound in a symptom: "Query errors (> 10%)" gives query errors, >, 10, %."""
    match = _CONDITION.search(symptom[:500])
    if match is None:
        return None
    words = symptom[: match.start()].strip(" (,:-–—") or symptom[match.end() :].strip(" ),:-–—")
    metric = re.sub(r"\s+", " ", words).strip().lower()
    if not metric:
        return None
    value = float(match.group("value").replace(",", "."))
    return Condition(metric, _OPERATORS[match.group("op")], value, (match.group("unit") or "").lower())


def path_of(action: str) -> tuple[Turn, ...]:
    """Returns the path of levels: "Level 1 → Level 2 if persists" gives 1, then 2 under "persists"."""
    turns: list[Turn] = []
    for part in _ARROW.split(action[:500]):
        found = _LEVEL.search(part)
        if found is None:
            continue
        condition = _IF.search(part) if turns else None
        turns.append(Turn(int(found.group("n")), condition.group("what").strip(" .") if condition else None))
    return tuple(turns)


def levels_in(text: str) -> tuple[int, ...]:
    """Returns the level numbers named in a text, in order, each once."""
    return tuple(dict.fromkeys(int(match.group("n")) for match in _LEVEL.finditer(text[:500])))


def compares(text: str) -> tuple[str, float, str] | None:
    """Returns (operator, value, unit) of a whole text such as "< 1%"; None where it is anything else."""
    match = _CONDITION.fullmatch(text.strip())
    if match is None:
        return None
    return (
        _OPERATORS[match.group("op")],
        float(match.group("value").replace(",", ".")),
        (match.group("unit") or "").lower(),
    )
