"""More traffic for a watch that counts too little, and more time for one that ended without a proof."""

from django.http import HttpRequest, HttpResponse

from incidents.models import Incident, Refused
from incidents.overview import proof_of
from incidents.views.acting import act, posted
from rollbacks import prolonging, topping_up
from rollbacks.models import Watch


@posted
def prolongation(request: HttpRequest, pk: int) -> HttpResponse:
    """Watches ten more minutes, with labelled traffic at the rate that was chosen."""

    def verb(incident: Incident) -> None:
        prolonging.prolong(watch_of(incident), by=request.user, rate=rate_of(request))

    return act(request, pk, verb, done="Watching ten more minutes, counted anew.", repeats="watch.prolonged")


@posted
def top_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Sends labelled load for ten minutes, at the rate that was chosen."""

    def verb(incident: Incident) -> None:
        rate = rate_of(request)
        topping_up.top_up(watch_of(incident), by=request.user, rate=topping_up.RATES[0] if rate is None else rate)

    return act(request, pk, verb, done="Labelled load is sent for ten minutes.", repeats="sampling.topped_up")


def watch_of(incident: Incident) -> Watch:
    """The watch that the page shows. Raises Refused."""
    incident.require_live()
    watch = proof_of(incident).watch
    if watch is None:
        raise Refused("Nothing was watched yet: run a level first.")
    return watch


def rate_of(request: HttpRequest) -> float | None:
    """Requests a second as chosen; None where the plan's own is meant. Raises Refused."""
    said = request.POST.get("rate", "")
    if said and not (said.isascii() and said.isdigit()):
        raise Refused(f"“{said[:20]}” is no rate: write requests a second, such as 10.")
    return float(said) if said else None
