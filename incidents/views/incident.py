"""The page of one incident; every act answers with it again."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from incidents.access import incident_for, may_respond
from incidents.overview import SHOWS
from incidents.presentation import IncidentPage


@require_GET
def incident(request: HttpRequest, pk: int) -> HttpResponse:
    """The incident; for htmx only its live part."""
    return show(request, pk)


def show(request: HttpRequest, pk: int, *, status: int = 200, typed: Mapping[str, Any] | None = None) -> HttpResponse:
    """Renders the page. `typed` brings back what a person wrote into a form that was refused."""
    wanted = request.GET.get("show", "all")
    page = IncidentPage(incident_for(request.user, pk), request.user, wanted if wanted in SHOWS else "all")
    context = {
        "page": page,
        "incident": page.incident,
        "next": page.next,
        "may_act": may_respond(request.user),
        "typed": typed or {},
    }
    template = "incidents/incident.html#live" if request.htmx else "incidents/incident.html"  # type: ignore[attr-defined]
    return render(request, template, context, status=status)
