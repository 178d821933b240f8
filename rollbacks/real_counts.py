"""Counts that the service's own monitoring has: requests and errors of the last minute, read from Prometheus.

Real users ask for everything, where labelled load asks for one query; so where they are counted, they are used.
"""

from collections.abc import Mapping
from typing import Any

from rollbacks.context import Surroundings
from rollbacks.load import Tally
from rollbacks.probes import prometheus

SECONDS = 60.0  # what one reading covers; the plan's expressions say the same: increase(…[1m])


def is_meant(step: Mapping[str, Any]) -> bool:
    """True for the fence of a signal with `probe: prometheus`."""
    return step.get("kind") == "check" and str(step.get("body") or "").lstrip().startswith(prometheus.WORD)


def read(step: Mapping[str, Any], around: Surroundings) -> Tally:
    """One reading; a question that Prometheus cannot answer is a problem and counts for nothing."""
    try:
        counts = prometheus.counts_of(step, around)
    except ValueError as error:
        return Tally(problem=str(error))
    kinds = {"counted": counts.errors} if counts.errors else {}
    return Tally(requests=counts.requests, errors=counts.errors, kinds=kinds, seconds=SECONDS)
