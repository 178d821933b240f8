"""Alerts that no rule could place: a person declares, or sets them aside."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from incidents.access import require_responder
from incidents.models import Alert, Refused


@require_http_methods(["GET", "POST"])
def setting_aside(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes an alert off the front page; its next firing stands there again. A GET does nothing."""
    require_responder(request.user)
    alert = Alert.objects.filter(pk=pk).first()
    if alert is None:
        raise Http404("No such alert.")
    if request.method == "POST":
        try:
            alert.set_aside(by=request.user)
        except Refused as why:
            messages.error(request, str(why))
        else:
            messages.success(request, f"Set aside: {alert.name}. Its next firing stands here again.")
    return redirect("now")
