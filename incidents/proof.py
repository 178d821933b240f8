"""What proves that the service recovered: the latest run's watch and verdict, and whether Resolve is open."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents.models import Incident
from rollbacks.models import Run, Watch
from rollbacks.prolonging import may_prolong
from rollbacks.topping_up import thin
from rollbacks.watch_state import state_of


@dataclass(frozen=True)
class Proof:
    """The state of the proof at one moment; everything empty before a watch began."""

    watch: Any = None
    state: Any = None
    verdict: Any = None
    may_resolve: bool = False
    # The next level, offered because this one has not helped in its time; None while it is not.
    offer: Any = None
    may_prolong: bool = False
    # What an open watch counts is too thin: a sentence, and until when more is sent already.
    thin: Any = None

    @property
    def word_of_verdict(self) -> str:
        """recovered, not_recovered, inconclusive, or empty before the first verdict."""
        return self.verdict.verdict if self.verdict else ""


def of(incident: Incident, run: Run | None, now: datetime) -> Proof:
    """The proof of the incident's newest watch; a run that began after it has made it void."""
    offer = offer_of(run) if incident.is_live else None
    watch = Watch.objects.filter(stream__key=incident.stream_key).select_related("run", "target").first()
    if watch is None or (run is not None and run.is_active and run.pk > watch.run_id):
        return Proof(offer=offer)
    # What became of the service after the incident's end is another incident's story.
    end = None if incident.is_live else incident.resolved_at or incident.closed_at
    state = state_of(watch, end or now)
    return Proof(
        watch,
        state,
        state.verdict,
        state.may_resolve,
        offer=None if state.key in ("recovered", "passing") else offer,
        thin=thin(watch, state, now) if incident.is_live else None,
        may_prolong=incident.is_live and state.ended and not may_prolong(watch),
    )


def offer_of(run: Run | None) -> Any:
    """What was offered after this run; `incidents.runs.of` has read it already."""
    return getattr(run, "escalation", None) if run is not None and run.started_at else None
