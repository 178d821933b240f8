"""Which part of the product is up, and how to go on without one that is not."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from incidents import health as product


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """Every part with its last proof; re-fetches itself every 30 seconds."""
    template = "incidents/health.html#parts" if request.htmx else "incidents/health.html"  # type: ignore[attr-defined]
    return render(request, template, {"parts": product.parts()})


@require_GET
@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """For a load balancer: the process answers and reaches its database. Says nothing else, because it is open."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"ok": True})
