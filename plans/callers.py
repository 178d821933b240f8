"""Questions about a plan that only the rooms above can answer: they register their answers when they start (`apps.ready`).

Without answers (this room alone, a plan that no target uses) nothing was rehearsed, and the paper has blanks.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Rehearsal:
    """A run or drill of one level that did all of its steps; lengths in seconds."""

    plan_id: int
    level: int
    target: str
    at: datetime
    seconds: float
    promised: float | None

    @property
    def is_kept(self) -> bool:
        """True when it took no longer than was promised, or nothing was."""
        return not self.promised or self.seconds <= self.promised


@dataclass(frozen=True)
class Place:
    """Where a plan runs: one service in one environment, with what it fills in and who is called."""

    name: str
    values: dict[str, str]
    alternatives: frozenset[str]
    contacts: tuple[tuple[str, str], ...]
    """(role and name, address), the first to be called first."""
    address: str = ""
    """The page of the place; empty where there is none."""
    lacks: tuple[str, ...] = ()
    """What keeps the approved revision from running there, a sentence each."""


# (primary keys of plans): rehearsals, the newest first.
Rehearsals = Callable[[list[int]], Iterable[Rehearsal]]
# (plan): its places.
Places = Callable[[Any], Iterable[Place]]


@dataclass
class Callers:
    """The registered answers."""

    rehearsals: list[Rehearsals] = field(default_factory=list)
    places: list[Places] = field(default_factory=list)

    def register(self, *, rehearsals: Rehearsals, places: Places) -> None:
        """Called once, when the room above starts."""
        self.rehearsals.append(rehearsals)
        self.places.append(places)


CALLERS = Callers()


def rehearsals_of(plans: list[int]) -> dict[int, list[Rehearsal]]:
    """What was rehearsed of each of these plans, the newest first."""
    found: dict[int, list[Rehearsal]] = {pk: [] for pk in plans}
    for answer in CALLERS.rehearsals:
        for one in answer(plans):
            found[one.plan_id].append(one)
    return found


def places_of(plan: Any) -> list[Place]:
    """Where the plan runs."""
    return [place for answer in CALLERS.places for place in answer(plan)]
