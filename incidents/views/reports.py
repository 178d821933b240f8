"""Figures over incidents, thin: each one's times, and promise against measurement."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from incidents.models import Incident
from incidents.models.retrospective import report_of

NEWEST = 30


@require_GET
def reports(request: HttpRequest) -> HttpResponse:
    """The newest incidents that ended, each with its figures from the timeline."""
    ended = (
        Incident.objects.real()
        .exclude(status__in=("open", "dismissed", "merged"))
        .select_related("target__service", "target__environment", "revision")
    )
    rows = [
        {"incident": incident, "report": report_of(incident)} for incident in ended.order_by("-detected_at")[:NEWEST]
    ]
    return render(request, "incidents/reports.html", {"rows": rows})
