"""The shape of every act on an incident: fetch, look whether it changed meanwhile, call one verb, show the page."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from incidents import stale
from incidents.access import incident_for
from incidents.models import Incident, Refused
from incidents.views.incident import show

View = Callable[..., HttpResponse]


def posted(view: View) -> View:
    """POST only. A GET (after a sign-in that came between, or by a scanner) leads to the incident and does nothing."""

    @wraps(view)
    def on_post(request: HttpRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return redirect("incident", pk)
        return view(request, pk, *args, **kwargs)

    return on_post


def act(
    request: HttpRequest,
    pk: int,
    verb: Callable[[Incident], Any],
    *,
    done: str = "",
    saved: str = "",
    kinds: Iterable[str] | None = stale.DECIDING,
    repeats: str = "",
    then: Callable[[Incident, Any], str] | None = None,
) -> HttpResponse:
    """Calls the verb once and shows what became of it.

    `kinds`: events that make the form stale (None = none does). `repeats`: the event that this very act writes, so that a
    double click is no conflict. `saved`: the key of the kept draft that is done with. `then`: where to go on success.
    Answers 403 to a reader, 409 with what changed, 422 with the reason of a refusal.
    """
    incident = incident_for(request.user, pk, to_act=True)
    seen = request.POST.get("seen")
    if repeats and stale.is_repeated(incident, seen, kind=repeats, by=request.user):
        messages.info(request, "This was done already; nothing was done twice.")
        return show(request, pk)
    changed = stale.changed_since(incident, seen, kinds=kinds) if kinds is not None else ""
    if changed:
        messages.warning(request, changed)
        return show(request, pk, status=409, typed=request.POST)
    try:
        result = verb(incident)
    except Refused as why:
        messages.error(request, str(why))
        return show(request, pk, status=422, typed=request.POST)
    if done:
        messages.success(request, done, extra_tags=f"saved:{saved}" if saved else "")
    address = then(incident, result) if then else ""
    if address or not request.htmx:  # type: ignore[attr-defined]
        return onward(request, address or incident.get_absolute_url())
    return show(request, pk)


def onward(request: HttpRequest, address: str) -> HttpResponse:
    """Another page, so that a reload never posts; htmx is told to leave, else it would nest that page in this one."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(address)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = address
    return response
