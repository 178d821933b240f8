"""The times of a report, each with an honest state: recorded, pending, not applicable or invalid. Pure."""

from datetime import datetime

from incidents.report_lines import INVALID, NOT_APPLICABLE, PENDING, Figure
from incidents.story import Line, parsed
from incidents.told import Told

# A sender's clock may be this far behind ours.
CLOCKS_DIFFER = 2.0


def figures(told: Told) -> list[Figure]:
    """Every duration counts from the detection, but the time to detect."""
    chosen = told.first("level.chosen")
    begun = next(iter(told.of_runs("run.started")), None)
    message = told.first("message.sent")
    no_run = "no rollback was chosen" if chosen and chosen.data.get("level") is None else "no run began"
    points = [
        ("acknowledge", "Time to acknowledge", _at(told.acknowledged), "nobody acknowledged it"),
        ("decide", "Time to decide", _at(chosen), "no level was chosen"),
        ("begin", "Time to the first command", _at(begun), no_run),
        ("inform", "Time to the first message", _at(message), "no message was sent"),
        ("mitigate", "Time to mitigate", recovered_at(told), "no verdict says recovered"),
        ("resolve", "Time to resolve", _at(told.resolved), "it is not resolved"),
    ]
    declared = _figure(told, "declare", "Time to declare", told.declared_at, "")
    return [_detected(told), declared, *(_figure(told, *point) for point in points)]


def _at(line: Line | None) -> datetime | None:
    return line.at if line else None


def recovered_at(told: Told) -> datetime | None:
    """When the good streak began that the last verdict confirms; a later *not recovered* takes it back."""
    verdict = told.last_word()
    if verdict is None or verdict.data.get("verdict") != "recovered":
        return None
    return moment_of(verdict)


def moment_of(verdict: Line) -> datetime:
    """When it was good again: the verdict may come minutes later."""
    return parsed(verdict.data.get("recovered_at")) or verdict.at


def _detected(told: Told) -> Figure:
    """From the fault to its detection: the only figure that a person must tell."""
    said = told.last("incident.began")
    began = parsed(said.data.get("began_at")) if said else None
    if began is None:
        return Figure("detect", "Time to detect", None, "the timeline does not say when the fault began", PENDING)
    seconds = -told.since(began)
    if seconds < 0:
        return Figure("detect", "Time to detect", None, "the fault began after it was detected", INVALID)
    return Figure("detect", "Time to detect", seconds)


def _figure(told: Told, key: str, label: str, at: datetime | None, blank: str) -> Figure:
    if at is None:
        return Figure(key, label, None, blank, NOT_APPLICABLE if told.is_over else PENDING)
    seconds = told.since(at)
    if seconds < -CLOCKS_DIFFER:
        return Figure(key, label, None, "it stands before the corrected detection", INVALID)
    return Figure(key, label, max(0.0, seconds))
