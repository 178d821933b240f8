"""Makes the path of a matrix row ("Level 1 → Level 2 if persists") an edge between levels, with the row's time as the wait."""

from __future__ import annotations

from typing import Any

from plans.document import durations
from plans.document.plan import MatrixRow

_Edge = tuple[int, float | None, int]
"""Target level, seconds to wait, line of the row."""


def from_matrix(levels: list[dict[str, Any]], rows: tuple[MatrixRow, ...], inferred: list[tuple[int, str]]) -> None:
    """Fills in which level follows where no level says so itself; rows that disagree decide nothing."""
    by_number = {level["number"]: level for level in levels}
    for number, edges in _edges(rows).items():
        level = by_number.get(number)
        targets = {target for target, _, _ in edges}
        if level is None or len(targets) != 1:
            continue
        target, _, line = edges[0]
        wait = max((seconds for _, seconds, _ in edges if seconds is not None), default=None)
        if level["escalates_to"] == target and level["escalation_wait_seconds"] is None:
            level["escalation_wait_seconds"] = wait
        if level["escalates_to"] is not None or target not in by_number or _leads_back(target, number, by_number):
            continue
        level["escalates_to"], level["escalation_wait_seconds"] = target, wait
        after = f" after {durations.spoken(wait)}" if wait else ""
        inferred.append((line, f"Level {number} escalates to level {target}{after}: the matrix says so."))


def _edges(rows: tuple[MatrixRow, ...]) -> dict[int, list[_Edge]]:
    found: dict[int, list[_Edge]] = {}
    for row in rows:
        for first, second in zip(row.path, row.path[1:], strict=False):
            if first.level != second.level:
                found.setdefault(first.level, []).append((second.level, row.timeframe_seconds, row.line))
    return found


def _leads_back(start: int, end: int, by_number: dict[int, dict[str, Any]]) -> bool:
    """Says whether the levels already lead from one to the other."""
    seen: set[int] = set()
    at: int | None = start
    while at is not None and at not in seen and at in by_number:
        if at == end:
            return True
        seen.add(at)
        at = by_number[at]["escalates_to"]
    return at == end
