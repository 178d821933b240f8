"""What the engine cannot know by itself about a run: who leads its incident, and which other incidents are open."""

from typing import Any

from incidents.models import Incident, RoleAssignment
from incidents.models.role import RoleName

PREFIX = "incident:"


def number_of(run: Any) -> int | None:
    """The incident that the run's timeline belongs to; None for one without."""
    key: str = run.stream.key
    number = key.removeprefix(PREFIX)
    return int(number) if key.startswith(PREFIX) and number.isdecimal() else None


def leads(run: Any, person: Any) -> bool:
    """True for the incident manager of the run's incident, now."""
    number = number_of(run)
    if number is None:
        return False
    held = RoleAssignment.objects.current().filter(incident_id=number, role=RoleName.MANAGER, user=person)
    return held.exists()


def others(run: Any) -> list[str]:
    """The other open incidents of the run's target, as sentences."""
    live = Incident.objects.live().filter(target_id=run.target_id).exclude(pk=number_of(run) or 0)
    return [
        f"{one.reference} “{one.title}” is open on {run.target} too. Agree on who changes what first."
        for one in live.only("pk", "title", "kind", "target_id")[:3]
    ]
