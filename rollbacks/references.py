"""The healthy times that a run is compared with, as the legend of its charts: before, yesterday and a week ago."""

from collections.abc import Mapping
from dataclasses import dataclass

from rollbacks.models import FrozenBaseline
from rollbacks.wording_of_numbers import percent

KINDS = FrozenBaseline.Kind
NAMES = {KINDS.BEFORE: "Healthy, before", KINDS.DAY: "Same hour yesterday", KINDS.WEEK: "Same hour a week ago"}
MARKS = {KINDS.BEFORE: "before", KINDS.DAY: "−1 d", KINDS.WEEK: "−7 d"}


@dataclass(frozen=True)
class Reference:
    """One kept time of a signal: its name, a mark for the line, its errors (a share) and its p95 (milliseconds)."""

    name: str
    mark: str
    requests: int
    errors: float
    p95_ms: float | None

    @property
    def errors_words(self) -> str:
        return f"{self.name}: {percent(self.errors)} of {self.requests}"

    @property
    def latency_words(self) -> str:
        return "" if self.p95_ms is None else f"{self.name}: {self.p95_ms:g} ms"


def of_stream(stream_key: str) -> Mapping[str, list[Reference]]:
    """By signal, those of the newest run that has any; one query. They judge nothing, so a problem is no matter here."""
    rows = list(FrozenBaseline.objects.filter(run__stream__key=stream_key).defer("blocks").order_by("-run_id"))
    found: dict[str, list[Reference]] = {}
    for kind in NAMES:
        for row in rows:
            if row.run_id == rows[0].run_id and row.kind == kind and row.requests:
                one = Reference(NAMES[kind], MARKS[kind], row.requests, row.errors / row.requests, row.p95_ms)
                found.setdefault(row.signal, []).append(one)
    return found
