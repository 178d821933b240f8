"""Questions about a run that only the room above can answer: it registers its answers when it starts (`apps.ready`).

Without answers (a run that belongs to no incident, a test of this room alone) nobody leads, and nothing else goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# (run, person): True when the person leads the work that the run belongs to.
Leads = Callable[[Any, Any], bool]
# (run): one sentence for each other incident that is open on the same target.
Others = Callable[[Any], list[str]]


@dataclass
class Callers:
    """The registered answers."""

    leads: list[Leads] = field(default_factory=list)
    others: list[Others] = field(default_factory=list)

    def register(self, *, leads: Leads, others: Others) -> None:
        """Called once, when the room above starts."""
        self.leads.append(leads)
        self.others.append(others)


CALLERS = Callers()


def leads(run: Any, person: Any) -> bool:
    """True when the person may go on alone: by permission, or because they lead the incident of this run."""
    if person is None or not person.is_active:
        return False
    return person.has_perm("rollbacks.go_alone") or any(answer(run, person) for answer in CALLERS.leads)


def others(run: Any) -> list[str]:
    """What else is open on the run's target, one sentence each."""
    return [sentence for answer in CALLERS.others for sentence in answer(run)]
