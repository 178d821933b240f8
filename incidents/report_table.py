"""One line for each incident that ended: its times, promise against measurement, what worked. For a spreadsheet."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from incidents.models import Incident
from incidents.models.retrospective import report_of
from incidents.timeline_page import harmless

MOST = 2000
FIXED = ("incident", "title", "service", "environment", "severity", "state", "detected_utc", "resolved_utc", "verified")
LAST = ("recommended", "chosen", "promised_s", "recovered_s", "promise_kept", "what_worked", "action_items_open")


def ended() -> Any:
    """Real incidents that ended as incidents, newest first."""
    rows = Incident.objects.real().exclude(status__in=("open", "dismissed", "merged"))
    return rows.select_related("target__service", "target__environment", "revision").order_by("-detected_at")


def as_csv(incidents: Iterable[Incident]) -> str:
    """Durations in seconds; a blank cell is what the timeline does not say."""
    out = io.StringIO()
    writer = csv.writer(out)
    names: list[str] = []
    for incident in incidents:
        report = report_of(incident, counts=False)
        if not names:
            names = [figure.key for figure in report.figures]
            writer.writerow([*FIXED, *(f"time_to_{name}_s" for name in names), *LAST])
        seconds = {figure.key: figure.seconds for figure in report.figures}
        writer.writerow(
            [
                harmless(cell)
                for cell in [*_fixed(incident), *(_whole(seconds[name]) for name in names), *_last(incident, report)]
            ]
        )
    if not names:
        writer.writerow([*FIXED, *LAST])
    return out.getvalue()


def _fixed(incident: Incident) -> list[Any]:
    resolved = incident.resolved_at.isoformat() if incident.resolved_at else ""
    return [
        incident.reference, incident.title, incident.target.service.name, incident.target.environment.name,
        incident.severity, incident.status, incident.detected_at.isoformat(), resolved,
        {True: "yes", False: "no", None: ""}[incident.verified],
    ]  # fmt: skip


def _last(incident: Incident, report: Any) -> list[Any]:
    run = next((run for run in reversed(report.runs) if run.promised_seconds), None)
    recommended = report.recommended[-1]["level"] if report.recommended else ""
    return [
        recommended or "", incident.chosen_level or "",
        _whole(run.promised_seconds) if run else "", _whole(run.recovered_seconds) if run else "",
        {True: "yes", False: "no", None: ""}[run.kept] if run else "", report.worked,
        sum(not item.get("done") for item in report.actions),
    ]  # fmt: skip


def _whole(seconds: float | None) -> Any:
    return "" if seconds is None else round(seconds, 1)
