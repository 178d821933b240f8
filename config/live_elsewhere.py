"""Where `/live/` ends when pages are served without config/server.py."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET


@require_GET
def live_elsewhere(request: HttpRequest) -> HttpResponse:
    """No content: the browser then asks no more, and pages fall back to their slow poll."""
    return HttpResponse(status=204)
