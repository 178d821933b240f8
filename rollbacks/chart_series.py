"""A chart as plain numbers, for the script that draws it anew where scripts run. Plain Python."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from rollbacks.drawing import Mark, clock

GAP_SECONDS = 20.0


def is_gap(silence: timedelta, width: float) -> bool:
    """True when nothing was measured for longer than between two neighbours of that width in seconds."""
    return silence.total_seconds() > GAP_SECONDS + width


def series_of(
    points: Sequence[tuple[datetime, float, float]],
    window: tuple[datetime, datetime],
    marks: Sequence[Mark],
    *,
    unit: str,
    top: float,
    limits: Sequence[tuple[float, str]] = (),
    healthy: float | None = None,
    references: Sequence[tuple[float, str]] = (),
) -> dict[str, Any]:
    """Points are (begin, seconds, value); times become epoch seconds. No data is null, never a line across."""
    times: list[float] = []
    values: list[float | None] = []
    gaps: list[tuple[float, float]] = []
    ended: datetime | None = None
    width = 0.0
    for at, seconds, value in points:
        if ended is not None and is_gap(at - ended, width):
            gaps.append((round(ended.timestamp(), 1), round(at.timestamp(), 1)))
            times.append(round(ended.timestamp() + 0.1, 1))
            values.append(None)
        times.append(round((at + timedelta(seconds=seconds / 2)).timestamp(), 1))
        values.append(round(value, 2))
        ended, width = at + timedelta(seconds=seconds), seconds
    return {
        "times": times,
        "values": values,
        "gaps": gaps,
        "from": round(window[0].timestamp(), 1),
        "to": round(window[1].timestamp(), 1),
        "unit": unit,
        "top": round(top, 2),
        "limits": [{"value": round(value, 3), "label": label} for value, label in limits],
        "healthy": healthy,
        "references": [{"value": round(value, 3), "label": label} for value, label in references],
        "marks": [
            {
                "at": round(mark.at.timestamp(), 1),
                "label": f"{mark.label} {clock(mark.at)}",
                "rollback": mark.is_rollback,
            }
            for mark in marks
            if window[0] <= mark.at <= window[1]
        ],
    }
