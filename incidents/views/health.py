"""Which part of the product is up, and how to go on without one that is not."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from incidents import health as product
from incidents.access import require_responder
from incidents.notifications import test_mail as send_test_mail


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """Every part with its last proof; re-fetches itself every 30 seconds."""
    template = "incidents/health.html#parts" if request.htmx else "incidents/health.html"  # type: ignore[attr-defined]
    return render(request, template, {"parts": [*product.parts(), product.auditor_part()]})


@require_GET
@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """For a load balancer: the process answers and reaches its database. Says nothing else, because it is open."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"ok": True})


@require_POST
def test_mail(request: HttpRequest) -> HttpResponse:
    """A test mail to the person who asks; its outcome is shown at once."""
    require_responder(request.user)
    address = getattr(request.user, "email", "")
    if not address:
        messages.error(request, "Your account has no mail address: an administrator sets it under People.")
        return redirect("health")
    sent = send_test_mail(address)
    say = messages.success if sent.status == "accepted" else messages.error
    say(request, f"Test mail to {address}: {sent.word}. {sent.reason}".strip())
    return redirect("health")
