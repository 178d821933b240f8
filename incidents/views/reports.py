"""Figures over incidents, thin: each one's times, and promise against measurement."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from incidents import report_table, searching
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
        {"incident": incident, "report": report_of(incident, counts=False)}
        for incident in ended.order_by("-detected_at")[:NEWEST]
    ]
    return render(request, "incidents/reports.html", {"rows": rows})


@require_GET
def as_csv(request: HttpRequest) -> HttpResponse:
    """Every incident that ended, for a spreadsheet; durations in seconds."""
    response = HttpResponse(
        report_table.as_csv(report_table.ended()[: report_table.MOST]), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="incidents.csv"'
    return response


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Incidents whose words, retrospective or notes hold what was asked for."""
    words = request.GET.get("q", "").strip()[:200]
    return render(request, "incidents/search.html", {"words": words, "found": searching.search(words)})
