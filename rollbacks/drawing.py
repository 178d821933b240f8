"""Places on a small chart: scales, labels that do not cover each other, round numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

WIDTH, HEIGHT = 320, 112
LEFT, RIGHT, TOP, BOTTOM = 26.0, 314.0, 14.0, 92.0  # the field inside
CHARACTER, ROW, ROWS = 4.8, 10.0, 4  # of a label: width of a character, height of a row, rows at most


@dataclass(frozen=True)
class Mark:
    """A moment that explains a line: a deploy, the detection, a rollback."""

    at: datetime
    label: str
    is_rollback: bool = False


@dataclass(frozen=True)
class Drawn:
    """A line, a label or a gap at its place."""

    x: float
    y: float
    label: str = ""
    width: float = 0.0
    height: float = 0.0
    kind: str = ""
    anchor: str = "start"


def placed_marks(
    marks: Sequence[Mark], window: tuple[datetime, datetime], x: Callable[[datetime], float]
) -> list[Drawn]:
    """The marks inside the window; labels that would touch stand one below the other."""
    placed: list[Drawn] = []
    taken: list[tuple[int, float, float]] = []  # row, left end, right end
    for mark in sorted(marks, key=lambda one: one.at):
        if not window[0] <= mark.at <= window[1]:
            continue
        at, label = x(mark.at), f"{mark.label} {clock(mark.at)}"
        wide = CHARACTER * len(label) + 6
        leftward = at + wide > RIGHT
        ends = (at - wide, at) if leftward else (at, at + wide)
        free = (row for row in range(ROWS) if all(row != r or ends[1] < a or b < ends[0] for r, a, b in taken))
        row = next(free, None)
        if row is None:
            label, row = "", 0  # the line stays, its time stands on the timeline
        else:
            taken.append((row, *ends))
        kind, anchor = "rollback" if mark.is_rollback else "", "end" if leftward else "start"
        placed.append(Drawn(at, TOP + 7 + ROW * row, label, kind=kind, anchor=anchor))
    return placed


def scale(top: float) -> Callable[[float], float]:
    return lambda value: round(BOTTOM - (BOTTOM - TOP - 8) * min(1.0, value / top), 1)


def time_scale(window: tuple[datetime, datetime]) -> Callable[[datetime], float]:
    length = (window[1] - window[0]).total_seconds()
    return lambda at: round(LEFT + (RIGHT - LEFT) * (at - window[0]).total_seconds() / length, 1)


def rounded(value: float) -> float:
    """One figure that people read: 8, 40, 200."""
    magnitude = 10 ** max(0, len(str(int(value))) - 1)
    return float(max(1, int(value / magnitude) * magnitude))


def clock(at: datetime) -> str:
    return timezone.localtime(at).strftime("%H:%M")
