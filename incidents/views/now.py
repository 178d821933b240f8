"""The front page: what is live, what is due, what runs rolled back; calm when all is well."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from incidents import drills, overview
from incidents.access import may_respond
from incidents.clock import TaskState
from incidents.models import ActionItem, Alert, Incident
from incidents.setup import set_up
from incidents.standing import standings
from timeline import domain_time

RECENT = 5


@require_GET
def now(request: HttpRequest) -> HttpResponse:
    """Live incidents first; for htmx only the live part."""
    at = domain_time.now()
    live = overview.summaries(Incident.objects.for_dashboard(), at)
    recent = list(Incident.objects.recent()[:RECENT])
    lines = [] if request.htmx else set_up()  # type: ignore[attr-defined]
    context = {
        "live": live,
        "recent": recent,
        "alerts": list(Alert.objects.unassigned()[:5]),
        "overdue": _overdue(live, recent, at),
        "standings": standings(),
        "drills": drills.due_soon(at),
        "actions": list(ActionItem.objects.overdue(at.date())[:5]),
        "set_up": lines if not all(line.is_done for line in lines) else [],
        "set_up_done": sum(line.is_done for line in lines),
        "practice": settings.PRACTICE,
        "may_act": may_respond(request.user),
        "today": at.date(),
        "now": at,
    }
    template = "incidents/now.html#live" if request.htmx else "incidents/now.html"  # type: ignore[attr-defined]
    return render(request, template, context)


def _overdue(live: list[dict[str, Any]], recent: list[Incident], at: datetime) -> list[dict[str, Any]]:
    """The longest overdue task of each incident, and how many more; resolved ones still have their day-after tasks."""
    ended = [incident for incident in recent if incident.status == "resolved"]
    rows = [row for row in [*live, *overview.summaries(ended, at)] if row["overdue"]]
    found = [{**row, "task": min(row["overdue"], key=_due), "more": len(row["overdue"]) - 1} for row in rows]
    return sorted(found, key=lambda row: row["task"].due_at)


def _due(task: TaskState) -> datetime:
    return task.due_at


@require_GET
def incidents(request: HttpRequest) -> HttpResponse:
    """Every incident, newest first."""
    found = Incident.objects.with_people().order_by("-detected_at")[:200]
    return render(request, "incidents/incidents.html", {"rows": overview.summaries(found, domain_time.now())})
