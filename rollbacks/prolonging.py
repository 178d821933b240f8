"""Opens a watch again that ended without a proof: ten more minutes, with labelled traffic at a rate that a person chose."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from rollbacks import sampling
from rollbacks.load import MOST_RATE
from rollbacks.models import Refused, Sampling, Verdict, Watch
from rollbacks.promise import newer_run
from rollbacks.watch_terms import Terms
from timeline import domain_time
from timeline.models import Event

MINUTES = 10.0
RATES = (10, 20, 50)  # requests a second that the page offers


def may_prolong(watch: Watch) -> str:
    """Why this watch cannot be opened again, as a sentence; empty when it can."""
    if watch.is_open:
        return "The watch still goes on; when it counts too little it adds a look of its own."
    if watch.latest is not None and watch.latest.verdict == Verdict.Word.RECOVERED:
        return "The watch has its proof already: Recovered."
    if newer := newer_run(watch.run):
        return f"{newer.what} has changed the service since: its own watch is the one that counts."
    if Watch.objects.open().filter(target=watch.target_id).exists():
        return "Another watch of this service is open."
    return ""


def prolong(
    watch: Watch, *, by: Any, minutes: float = MINUTES, rate: float | None = None, at: datetime | None = None
) -> Watch:
    """Counts anew for so long, with one look at the end. Raises Refused.

    Each further chance is judged more strictly: it gets half of the chance of error of the one before, so that asking
    again and again does not end in a lucky *Recovered*.
    """
    at = at or domain_time.now()
    if rate is not None and not 0 < rate <= MOST_RATE:
        raise Refused(f"The rate must be over 0 and at most {MOST_RATE:g} requests a second, not {rate:g}.")
    with transaction.atomic():
        held = (
            Watch.objects.select_for_update(of=("self",))
            .select_related("run__service", "run__environment", "run__revision", "stream", "target")
            .get(pk=watch.pk)
        )
        if why := may_prolong(held):
            raise Refused(why)
        terms = Terms.from_json(held.terms).prolonged_by(minutes * 60)
        ends = at + timedelta(seconds=terms.length)
        fresh = {
            "status": Watch.Status.OPEN, "ended_at": None, "terms": terms.to_json(), "looks": list(terms.looks),
            "armed_at": at, "good_from_at": ends, "ends_at": ends, "next_look_at": ends, "look": 0,
            "rearmed": held.rearmed + 1, "recovered_at": None,
        }  # fmt: skip
        for name, value in fresh.items():
            setattr(held, name, value)
        held.save(update_fields=[*fresh])
        Event.record(held.stream, "watch.prolonged", actor=by, at=at, data=held.said(until=ends, rate=rate))
        until = ends + timedelta(seconds=30)
        sampling.start(held.target, held.stream, held.run.revision.compiled, by=by, until=until)
        if rate is not None:
            Sampling.objects.filter(stream=held.stream, target=held.target, active=True).update(rate=rate)
    return held
