"""More time for a watch that ended without a proof."""

from django.http import HttpRequest, HttpResponse

from incidents.models import Incident, Refused
from incidents.overview import proof_of
from incidents.views.acting import act, posted
from rollbacks import prolonging


@posted
def prolongation(request: HttpRequest, pk: int) -> HttpResponse:
    """Watches ten more minutes, with labelled traffic at the rate that was chosen."""
    said = request.POST.get("rate", "")

    def verb(incident: Incident) -> None:
        incident.require_live()
        watch = proof_of(incident).watch
        if watch is None:
            raise Refused("Nothing was watched yet: run a level first.")
        if said and not said.isdigit():
            raise Refused(f"“{said[:20]}” is no rate: write requests a second, such as 10.")
        prolonging.prolong(watch, by=request.user, rate=float(said) if said else None)

    return act(request, pk, verb, done="Watching ten more minutes, counted anew.", repeats="watch.prolonged")
