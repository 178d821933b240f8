"""Warns of promises that disagree, of matrix rows that leave gaps, and of contacts that nobody can call."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from plans.document import durations
from plans.document.finding import Findings
from plans.document.plan import MatrixRow

if TYPE_CHECKING:
    from plans.document.document import PlanDocument

_EXECUTES = re.compile(r"\b(execute|carry out|perform|start|run|begin)\b.*\brollback\b(?!.*validation)", re.IGNORECASE)


def look(compiled: dict[str, Any], document: PlanDocument, findings: Findings) -> None:
    _promises(compiled, document, findings)
    _matrix(document.parts.matrix, compiled, findings)
    _phases(compiled, findings)
    for contact in document.parts.contacts:
        if contact.is_placeholder:
            findings.warn(
                contact.line,
                "contact-placeholder",
                f"The contact of “{contact.role}” is a placeholder.",
                "Write how this person is reached.",
            )


def _promises(compiled: dict[str, Any], document: PlanDocument, findings: Findings) -> None:
    for level in document.parts.levels:
        if level.promise is None or level.promise.seconds is None:
            findings.warn(
                level.line,
                "no-promise",
                f"Level {level.number} does not say how long it takes.",
                "Add **Time to recover**: 5-10 minutes.",
            )
            continue
        for other in level.promises[1:]:
            if other.seconds is not None and other.seconds != level.promise.seconds:
                _disagree(level.number, level.promise.line, level.promise.seconds, other.line, other.seconds, findings)
        for row in document.parts.matrix:
            short = row.timeframe_seconds
            if row.levels == (level.number,) and short is not None and 0 < short < level.promise.seconds:
                _disagree(level.number, level.promise.line, level.promise.seconds, row.line, short, findings)


def _disagree(number: int, line: int, seconds: float, other: int, others: float, findings: Findings) -> None:
    findings.warn(
        line, "promises-disagree",
        f"Level {number} is promised in {durations.spoken(seconds)} here and in {durations.spoken(others)} on line {other}.",
        "Keep the one that a drill measured.",
    )  # fmt: skip


def _matrix(rows: tuple[MatrixRow, ...], compiled: dict[str, Any], findings: Findings) -> None:
    told: set[str] = set()
    known = {level["number"] for level in compiled["levels"]}
    metrics = {name.lower() for signal in compiled["signals"].values() for name in signal["metric"]}
    for row in rows:
        for number in row.levels:
            if number not in known:
                findings.warn(
                    row.line,
                    "matrix-unknown-level",
                    f"The matrix names level {number}, which the plan does not have.",
                    "Write a level of this plan.",
                )
        metric = row.condition.metric if row.condition else ""
        if metric and compiled["levels"] and metric not in metrics and metric not in told:
            told.add(metric)
            findings.warn(
                row.line,
                "unmeasured-symptom",
                f"Nothing measures “{metric}”.",
                "Name it under `metric:` of a signal, or a person has to judge it.",
            )
    by_metric: dict[tuple[str, str], list[MatrixRow]] = {}
    for row in rows:
        if row.condition is not None:
            by_metric.setdefault((row.condition.metric, row.condition.unit), []).append(row)
    for (metric, unit), same in by_metric.items():
        _bounds(metric, unit, same, findings)


def _bounds(metric: str, unit: str, rows: list[MatrixRow], findings: Findings) -> None:
    below = [(row.condition.value, row) for row in rows if row.condition and row.condition.op in ("<", "<=")]
    above = [(row.condition.value, row) for row in rows if row.condition and row.condition.op in (">", ">=")]
    name = metric[:1].upper() + metric[1:]
    shown = f" {unit}" if unit else ""
    for (low, first), (high, second) in pairwise(sorted(above, key=lambda pair: pair[0])):
        findings.warn(
            second.line,
            "matrix-overlap",
            f"{name} above {high:g}{shown} has two rows, lines {first.line} and {second.line} (from {low:g}{shown}).",
            "Bound the lower row.",
        )
    if not below or not above:
        return
    top, lower_row = max(below, key=lambda pair: pair[0])
    bottom, upper_row = min(above, key=lambda pair: pair[0])
    if top < bottom:
        findings.warn(
            upper_row.line,
            "matrix-gap",
            f"{name} from {top:g}{shown} to {bottom:g}{shown} have no row.",
            "Add a row, or say that a person decides.",
        )
    elif top > bottom:
        findings.warn(
            upper_row.line,
            "matrix-overlap",
            f"{name} from {bottom:g}{shown} to {top:g}{shown} have two rows, lines {lower_row.line} and {upper_row.line}.",
            "Let the rows meet.",
        )


def _phases(compiled: dict[str, Any], findings: Findings) -> None:
    """The execution should begin before the shortest promise is over."""
    promises = [level["promise_seconds"] for level in compiled["levels"] if level["promise_seconds"]]
    if not promises:
        return
    for phase in compiled["phases"]:
        executes = any(_EXECUTES.search(task["text"]) for task in phase["tasks"])
        if executes and phase["offset_seconds"] and phase["offset_seconds"] > min(promises):
            findings.warn(
                phase["line"], "phase-after-promise",
                f"“{phase['name']}” begins at T+{durations.spoken(phase['offset_seconds'])}, "
                f"when a level promises to be over within {durations.spoken(min(promises))}.",
                "Say in the text that this is the latest moment, or move the phase.",
            )  # fmt: skip
