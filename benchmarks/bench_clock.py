"""`python benchmarks/bench_clock.py`: how late the T+ clock acts. 240 due actions at random moments of two minutes.

Claim: 99 of 100 start within 6 s of the moment at which they are due. A real control worker with its beat and a general
one, the product's own settings (a scan every 5 s): phases that fall due, promises that were broken, pages that nobody
answered, of 60 incidents at once. What counts is when the action's line was written, so nothing can look earlier than it was.
SQLite, or PostgreSQL with `python -m tests.postgres python benchmarks/bench_clock.py`.
"""

import random
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.incident_scene import database, machine, part_of
from incidents.models import Contact, Incident, Message, Page, Phase, Promise
from incidents.models.promise import AFTER
from tests.faults.installation import running_installation
from tests.incidents.factories import make_incident, make_target
from tests.rollbacks.engine.factories import make_operator
from timeline import domain_time
from timeline.models import Event

INCIDENTS, PHASES, SPREAD = 60, 2, 120.0  # seconds
MOST = 6.0  # seconds, 99 of 100 actions
SEED = 20261123
LATER = timedelta(days=1)


@dataclass(frozen=True)
class Due:
    """One due action: the line that it writes, and when it is due."""

    incident: Incident
    kind: str
    said: dict[str, Any]
    at: datetime


def main() -> int:
    """0 when the claim holds."""
    with running_installation(clock={}) as installation:
        person = make_operator("ana")
        incidents = [_incident(number, person) for number in range(INCIDENTS)]
        # What a declaration brings has been done long ago; only what is due counts here.
        Event.objects.filter(announced_at=None).update(announced_at=domain_time.now())
        for kind in ("general", "control"):
            installation.start(kind)
        chance = random.Random(SEED)
        begins = domain_time.now() + timedelta(seconds=5)
        due = [action for incident in incidents for action in _plan(incident, chance, begins)]
        late = _wait(due)
        print(f"{database(installation)}, {machine()}")
        return 0 if _say(due, late) else 1


def _incident(number: int, person: Any) -> Incident:
    """With two phases, one promise and one page that will be due; nothing is due yet."""
    target = make_target(service=f"clock-{number}")
    for order in (1, 2):
        Contact.objects.update_or_create(
            target=target, order=order, defaults={"role": f"rung {order}", "address": f"rung{order}@example.test"}
        )
    incident = make_incident(target)
    Phase.objects.filter(incident=incident).delete()
    Phase.objects.bulk_create(
        Phase(incident=incident, position=place, name=f"phase {place}", offset_seconds=0, due_at=incident.detected_at + LATER)
        for place in range(PHASES)
    )  # fmt: skip
    incident.assign_role(role="communications", user=person, by=person)
    message = Message.draft_for(incident, by=person)
    now = domain_time.now()
    Promise.objects.create(incident=incident, message=message, due_at=now + LATER, before_at=now)
    page = Page.request(incident_id=incident.pk, contact=Contact.objects.get(target=target, order=1))
    Page.objects.filter(pk=page.pk).update(wakes_at=now + LATER)
    return incident


def _plan(incident: Incident, chance: random.Random, begins: datetime) -> list[Due]:
    """Sets the moments of this incident's actions."""

    def moment() -> datetime:
        return begins + timedelta(seconds=chance.uniform(0, SPREAD))

    planned = []
    for phase in Phase.objects.filter(incident=incident):
        at = moment()
        Phase.objects.filter(pk=phase.pk).update(due_at=at)
        planned.append(Due(incident, "phase.due", {"phase": phase.name}, at))
    at = moment()
    Promise.objects.filter(incident=incident).update(due_at=at - AFTER)
    planned.append(Due(incident, "notice.sent", {"kind": "promise_after"}, at))
    at = moment()
    Page.objects.filter(incident=incident).update(wakes_at=at)
    planned.append(Due(incident, "incident.escalated", {"contact": 2}, at))
    return planned


def _wait(due: list[Due]) -> list[float]:
    """The seconds from due to done of each action that was done, once all are or nothing more can be waited for."""
    last = max(action.at for action in due)
    while domain_time.now() < last + timedelta(seconds=60):
        time.sleep(max(5.0, (last - domain_time.now()).total_seconds()))
        done = [_done(action) for action in due]
        if None not in done:
            break
    return [seconds for seconds in map(_done, due) if seconds is not None]


def _done(action: Due) -> float | None:
    wanted = {f"data__{name}": value for name, value in action.said.items()}
    line = action.incident.events.filter(kind=action.kind, **wanted).first()
    return (line.recorded_at - action.at).total_seconds() if line else None


def _say(due: list[Due], late: list[float]) -> bool:
    holds = len(late) == len(due) and part_of(late, 0.99) <= MOST and min(late) >= 0
    shares = ", ".join(
        f"{name} {part_of(late, share):.1f} s" for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    )
    print(
        f"{'holds ' if holds else 'BROKEN'} {len(late)} of {len(due)} due actions were done; from due to written: "
        f"{shares}, longest {max(late):.1f} s (at most {MOST:g} s at p99)"
    )
    return holds


if __name__ == "__main__":
    sys.exit(main())
