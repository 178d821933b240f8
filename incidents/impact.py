"""For whom and how much: minutes, counted requests and errors, the queries that were asked. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from incidents.clock import length
from incidents.figures import recovered_at
from incidents.told import Told


@dataclass(frozen=True)
class Counted:
    """What was counted of one signal while it lasted; the labelled load's own requests, not the users'."""

    signal: str
    requests: int
    errors: int
    queries: list[str] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        if not self.requests:
            return f"{self.signal}: no request was counted"
        rate = 100.0 * self.errors / self.requests
        asked = f", asked by {', '.join(self.queries)}" if self.queries else ""
        kinds = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(self.kinds.items()) if count)
        return f"{self.signal}: {self.errors} of {self.requests} measured requests failed ({rate:.1f} %){asked}" + (
            f": {kinds}" if kinds else ""
        )


@dataclass(frozen=True)
class Impact:
    """How long and how much; `minutes` is None only when nothing was ever detected."""

    seconds: float | None
    until: str  # "until it recovered", "until it was resolved", "so far"
    said: str  # what a person wrote about the users
    counted: list[Counted] = field(default_factory=list)

    @property
    def minutes(self) -> str:
        return "–" if self.seconds is None else f"{length(self.seconds)} {self.until}"


def impact(told: Told, counted: Sequence[Mapping[str, Any]]) -> Impact:
    """From the detection until the service was good again, else until a person said so, else until now."""
    recovered = recovered_at(told)
    last = told.lines[-1].at if told.lines else told.detected_at
    end, until = (
        (recovered, "until it recovered")
        if recovered
        else (told.resolved.at, "until it was resolved")
        if told.resolved
        else (last, "so far")
    )
    rows = [
        Counted(
            signal=str(row["signal"]),
            requests=int(row["requests"] or 0),
            errors=int(row["errors"] or 0),
            queries=[str(query) for query in row.get("queries") or []],
            kinds=dict(row.get("kinds") or {}),
        )
        for row in counted
    ]
    return Impact(max(0.0, told.since(end)), until, told.fact("impact"), rows)
