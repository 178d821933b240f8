"""Small charts of what was measured, drawn as SVG by the server: coordinates and words, no colours and no styles.

No data is a gap and never a line. Thresholds of the checks and of the matrix are drawn, and so is each rollback.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from rollbacks import deploys, references
from rollbacks.chart_series import is_gap, series_of
from rollbacks.drawing import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Drawn,
    Mark,
    clock,
    placed_marks,
    rounded,
    scale,
    time_scale,
)
from rollbacks.models import Sample
from rollbacks.references import Reference
from rollbacks.statistics import THRESHOLD, percent
from rollbacks.watch_terms import thresholds
from timeline.models import Event

__all__ = ["Chart", "Mark", "of_stream"]

MOST_POINTS = 120
LONGEST = timedelta(hours=2)
QUIET_AFTER = timedelta(minutes=15)  # then the chart ends with its data, not with now
LEAD = timedelta(minutes=15)  # a mark this long before the first sample still belongs on the chart


@dataclass(frozen=True)
class Chart:
    """Everything that `rollbacks/_chart.html` shows of one signal."""

    title: str
    value: str  # the newest figure in words
    label: str  # the whole chart as a sentence, for those who do not see it
    is_bad: bool
    paths: list[str]
    gaps: list[Drawn] = field(default_factory=list)
    band: Drawn | None = None
    levels: list[Drawn] = field(default_factory=list)
    references: list[Drawn] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)  # the legend of the reference lines
    marks: list[Drawn] = field(default_factory=list)
    axis: list[Drawn] = field(default_factory=list)
    measured_at: datetime | None = None
    series: dict[str, Any] = field(default_factory=dict)  # the same as numbers, see chart_series.py
    width: int = WIDTH
    height: int = HEIGHT
    left: float = LEFT
    right: float = RIGHT
    top: float = TOP
    bottom: float = BOTTOM

    @property
    def series_json(self) -> str:
        """For an attribute: a page holds no script of its own."""
        return json.dumps({**self.series, "bad": self.is_bad}, separators=(",", ":"))


@dataclass(frozen=True)
class Point:
    """Some neighbouring samples as one: when, how long, and their figures."""

    at: datetime
    seconds: float
    requests: int
    errors: int
    p95_ms: float | None

    @property
    def middle(self) -> datetime:
        return self.at + timedelta(seconds=self.seconds / 2)


def of_stream(
    stream_key: str, target: Any, compiled: Mapping[str, Any], now: datetime, marks: Sequence[Mark] = ()
) -> list[Chart]:
    """Two charts a signal (errors, latency) for an incident; none before anything was measured."""
    charts: list[Chart] = []
    kept: Mapping[str, list[Reference]] | None = None
    marks = [*marks, *moments_of(stream_key, target)]
    for name, signal in (compiled.get("signals") or {}).items():
        own = Sample.objects.filter(stream_key=stream_key, signal=name).order_by("at")
        first, last = own.first(), Sample.objects.of(target, name).last()
        if first is None or last is None:
            continue
        ended = last.at + timedelta(seconds=last.seconds)
        until = now if now - ended < QUIET_AFTER else ended + timedelta(minutes=1)
        began = min([first.at, *(mark.at for mark in marks if mark.at > first.at - LEAD)])
        window = (max(began, until - LONGEST), max(until, began + timedelta(minutes=1)))
        # Without the single latencies: two hours of them are a megabyte.
        points = gathered(Sample.objects.of(target, name).between(*window).defer("latencies", "error_kinds"), window)
        kept = references.of_stream(stream_key) if kept is None else kept
        beside = kept.get(name, [])
        charts.append(errors_chart(name, signal, compiled, points, window, marks, beside))
        charts.append(latency_chart(points, window, marks, before_of(stream_key, name), beside))
    return charts


def moments_of(stream_key: str, target: Any) -> list[Mark]:
    """When runs that change the service began, and the deploys that a pipeline marked. One query."""
    begun = Q(stream__key=stream_key, kind="run.started") & ~Q(data__run_kind__in=["evidence", "dry_run"])
    deployed = Q(stream__key=target.stream, kind=deploys.KIND, data__state__in=["started", "failed"])
    found = Event.objects.filter(begun | deployed).order_by("at", "pk")
    return [Mark(event.at, _words_of(event), is_rollback=event.kind != deploys.KIND) for event in found]


def before_of(stream_key: str, signal: str) -> float | None:
    """The first frozen p95 before a rollback, in milliseconds."""
    frozen = (
        Event.objects.filter(stream__key=stream_key, kind="before.frozen", data__signal=signal).order_by("seq").first()
    )
    return frozen.data.get("p95_ms") if frozen else None


def gathered(samples: Iterable[Sample], window: tuple[datetime, datetime]) -> list[Point]:
    """At most `MOST_POINTS` points. The p95 of several samples is the highest of theirs: never prettier than it was."""
    wide = max(5.0, (window[1] - window[0]).total_seconds() / MOST_POINTS)
    bins: dict[int, list[Sample]] = {}
    for sample in samples:
        if sample.requests:
            bins.setdefault(int((sample.at - window[0]).total_seconds() // wide), []).append(sample)
    points = []
    for _, together in sorted(bins.items()):
        last = together[-1]
        points.append(
            Point(
                at=together[0].at,
                seconds=(last.at - together[0].at).total_seconds() + last.seconds,
                requests=sum(one.requests for one in together),
                errors=sum(one.errors for one in together),
                p95_ms=max((one.p95_ms for one in together if one.p95_ms is not None), default=None),
            )
        )
    return points


def errors_chart(
    name: str,
    signal: Mapping[str, Any],
    compiled: Mapping[str, Any],
    points: list[Point],
    window: tuple[datetime, datetime],
    marks: Sequence[Mark],
    beside: Sequence[Reference] = (),
) -> Chart:
    """Errors per request, with the healthy band under the threshold."""
    limit = thresholds(compiled.get("checks", [])).get(name, THRESHOLD)
    lines = sorted({limit, *_matrix_limits(compiled, signal)})
    highest = max((one.errors / one.requests for one in points), default=0.0)
    top = min(1.0, max(highest * 1.15, limit * 2.5))
    requests, errors = _newest(points)
    title = str(next(iter(signal.get("metric") or [name])))
    title = title[:1].upper() + title[1:]
    y = scale(top)
    value = f"{percent(errors / requests)} of {requests}" if requests else "no data"
    return Chart(
        title=title,
        value=value,
        label=f"{title}: at most {percent(highest)} in this time; in the last minute {value}.",
        is_bad=bool(requests) and errors / requests >= limit,
        band=Drawn(LEFT, y(limit), width=RIGHT - LEFT, height=round(BOTTOM - y(limit), 1)),
        levels=[Drawn(0, y(line), percent(line), kind="threshold") for line in lines if line <= top],
        references=_lines([(one.mark, one.errors) for one in beside], y, top),
        beside=[one.errors_words for one in beside],
        series=series_of(
            [(one.at, one.seconds, 100 * one.errors / one.requests) for one in points],
            window,
            marks,
            unit="%",
            top=100 * top,
            limits=[(100 * line, percent(line)) for line in lines if line <= top],
            healthy=100 * limit,
            references=[(100 * one.errors, one.mark) for one in beside],
        ),
        **_common(points, window, marks, lambda one: y(one.errors / one.requests)),
    )


def latency_chart(
    points: list[Point],
    window: tuple[datetime, datetime],
    marks: Sequence[Mark],
    before: float | None,
    beside: Sequence[Reference] = (),
) -> Chart:
    """The 95th percentile in milliseconds, beside what it was before the first rollback."""
    timed = [one for one in points if one.p95_ms is not None]
    top = max([1.0, *((one.p95_ms or 0) * 1.3 for one in timed), (before or 0) * 1.3])
    kept = [(one.mark, one.p95_ms) for one in beside if one.p95_ms is not None]
    y = scale(top)
    newest = timed[-1].p95_ms if timed else None
    value = "no data" if newest is None else f"{newest:g} ms" + (f" · before {before:g}" if before else "")
    return Chart(
        title="Latency p95",
        value=value,
        label=f"Latency: 95 of 100 requests were answered within {value}.",
        is_bad=False,
        levels=[Drawn(0, y(line), f"{line:g} ms", kind="grid") for line in (rounded(top * 0.8),)],
        references=_lines(kept, y, top),
        beside=[one.latency_words for one in beside if one.latency_words],
        series=series_of(
            [(one.at, one.seconds, one.p95_ms or 0.0) for one in timed],
            window,
            marks,
            unit="ms",
            top=top,
            references=[(value, mark) for mark, value in kept],
        ),
        **_common(timed, window, marks, lambda one: y(one.p95_ms or 0.0)),
    )


def _lines(kept: Sequence[tuple[str, float]], y: Callable[[float], float], top: float) -> list[Drawn]:
    """Reference lines; where two words would touch the legend alone names the second."""
    lines: list[Drawn] = []
    for mark, value in kept:
        if value <= top:
            is_free = all(abs(one.y - y(value)) > 9 for one in lines if one.label)
            lines.append(Drawn(RIGHT, y(value), mark if is_free else "", anchor="end", kind="reference"))
    return lines


def _common(
    points: list[Point], window: tuple[datetime, datetime], marks: Sequence[Mark], y: Callable[[Point], float]
) -> dict[str, Any]:
    """What both charts draw alike: the line in its stretches, the gaps, the marks, the times."""
    x = time_scale(window)
    stretches: list[list[Point]] = []
    gaps = []
    for point in points:
        before = stretches[-1][-1] if stretches else None
        ended = before.at + timedelta(seconds=before.seconds) if before else None
        if before is None or ended is None or is_gap(point.at - ended, before.seconds):
            stretches.append([])
            if ended:
                gaps.append(Drawn(x(ended), TOP, width=round(x(point.at) - x(ended), 1), height=BOTTOM - TOP))
        stretches[-1].append(point)
    paths = ["M" + " ".join(f"{x(one.middle):g} {y(one):g}" for one in stretch) for stretch in stretches]
    # A single point has no length: a short stroke shows it.
    paths = [path if " " in path.replace(" ", "", 1) else f"{path}h2" for path in paths]
    newest = points[-1] if points else None
    return {
        "paths": paths,
        "gaps": gaps,
        "marks": placed_marks(marks, window, x),
        "axis": [
            Drawn(LEFT, HEIGHT - 6, clock(window[0])),
            Drawn(RIGHT, HEIGHT - 6, clock(window[1]), anchor="end"),
        ],
        "measured_at": newest.at + timedelta(seconds=newest.seconds) if newest else None,
    }


def _newest(points: list[Point]) -> tuple[int, int]:
    """Requests and errors of the last minute that was measured."""
    if not points:
        return 0, 0
    since = points[-1].at - timedelta(seconds=60)
    recent = [one for one in points if one.at >= since]
    return sum(one.requests for one in recent), sum(one.errors for one in recent)


def _matrix_limits(compiled: Mapping[str, Any], signal: Mapping[str, Any]) -> list[float]:
    """The bounds that rows of the matrix set for this signal, as shares."""
    names = {str(metric).lower() for metric in signal.get("metric") or ()}
    conditions = [row["condition"] for row in compiled.get("matrix", []) if row.get("condition")]
    return [one["value"] / 100 for one in conditions if one["metric"].lower() in names and one.get("unit") == "%"]


def _words_of(event: Event) -> str:
    if event.kind == deploys.KIND:
        failed = " failed" if event.data["state"] == "failed" else ""
        return f"deploy {event.data.get('version') or ''}".strip() + failed
    return _run_words(event.data)


def _run_words(data: Mapping[str, Any]) -> str:
    level = f" {data['level']}" if data.get("level") else ""
    words = {"rollback": f"Level{level}", "undo": "Undo", "restore": "Restore", "drill": f"Drill{level}"}
    return words.get(str(data.get("run_kind")), "Run")
