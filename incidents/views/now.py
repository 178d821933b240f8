"""The front page: what is live, what is due, what runs rolled back; calm when all is well."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET


@require_GET
def now(request: HttpRequest) -> HttpResponse:
    """Live incidents first."""
    return render(request, "incidents/now.html", {})
