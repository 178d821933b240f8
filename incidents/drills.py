"""Turns a plan's testing schedule into due dates, and holds drills: incidents that send nothing outward."""

from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from incidents.models import Drill, Incident, Kind, Refused
from plans.models import Plan, Revision, RevisionApproval
from rollbacks.models import Target
from rollbacks.recommend import level_name
from timeline import domain_time
from timeline.models import Event

# Shown on the front page this long before the day.
SOON = timedelta(days=14)
DEFAULT_MONTHS = 3


def plan_drills(plan: Plan) -> int:
    """Makes the open drills of a plan those of its approved text; returns how many are open. Safe to call again."""
    revision = plan.runnable
    if revision is None:
        return Drill.objects.open().filter(plan=plan).count()
    wanted = wanted_drills(revision)
    with transaction.atomic():
        # The row is the lock: two workers with the same approval make one drill.
        Plan.objects.select_for_update().filter(pk=plan.pk).first()
        for drill in Drill.objects.open().filter(plan=plan, incident=None):
            if (drill.level, drill.environment) not in wanted:
                drill.delete()
        for (level, environment), entry in wanted.items():
            _plan_one(plan, revision, level, environment, entry)
    return len(wanted)


def wanted_drills(revision: Revision) -> dict[tuple[int, str], dict[str, Any]]:
    """(level, environment) → schedule entry; a level that stands twice is rehearsed at the shorter interval."""
    wanted: dict[tuple[int, str], dict[str, Any]] = {}
    for entry in revision.compiled.get("schedule", []):
        for level in entry.get("levels") or []:
            key = (int(level), str(entry.get("environment") or ""))
            if key not in wanted or months_of(entry) < months_of(wanted[key]):
                wanted[key] = entry
    return wanted


def announce_due(at: datetime) -> int:
    """Writes `drill.due` once for every drill whose day has come; returns how many."""
    announced = 0
    for drill in Drill.objects.due(at.date()).filter(announced_at=None):
        with transaction.atomic():
            if Drill.objects.filter(pk=drill.pk, announced_at=None).update(announced_at=at):
                data = {"drill": drill.pk, "level": drill.level, "environment": drill.environment, "due": drill.due_on}
                Event.record(drill.plan.stream, "drill.due", at=at, data=data)
                announced += 1
    return announced


def due_soon(at: datetime) -> list[Drill]:
    """What the front page shows: overdue first, then what falls due within two weeks."""
    return list(Drill.objects.due((at + SOON).date()))


def targets_for(drill: Drill) -> list[Target]:
    """Where this drill may be held: targets of the plan, in the environment of the schedule, production last."""
    targets = Target.objects.filter(plan=drill.plan).select_related("service", "environment")
    if drill.environment:
        targets = targets.filter(environment__slug=drill.environment)
    return sorted(targets, key=lambda target: (target.environment.is_production, str(target)))


def start(drill: Drill, *, target: Target, by: Any) -> Incident:
    """Declares the drill as an incident; nothing leaves the house."""
    if target.plan_id != drill.plan_id:
        raise Refused(f"{target} does not use the plan {drill.plan}.")
    revision = drill.plan.runnable
    with transaction.atomic():
        locked = Drill.objects.select_for_update().get(pk=drill.pk)
        if locked.incident_id:
            raise Refused(f"This drill was started already: {locked.incident.reference}.")  # type: ignore[union-attr]
        incident = Incident.declare(
            target=target,
            title=f"Drill: {level_name(revision.compiled if revision else {}, drill.level)}",
            severity="low",
            by=by,
            source="drill",
            kind=Kind.DRILL,
        )
        locked.incident = incident
        locked.save(update_fields=["incident"])
        data = {"drill": drill.pk, "level": drill.level, "plan": drill.plan.slug}
        incident.record("drill.started", by=by, data=data)
    return incident


def hold(incident: Incident, *, at: datetime) -> None:
    """A drill that was resolved is held: the next one falls due from today. A dismissed one is due again."""
    drill = Drill.objects.select_related("plan").filter(incident=incident, held_at=None).first()
    if drill is None:
        return
    if incident.status == "dismissed":
        Drill.objects.filter(pk=drill.pk).update(incident=None)
    elif incident.status == "resolved" and Drill.objects.filter(pk=drill.pk, held_at=None).update(held_at=at):
        plan_drills(drill.plan)


def months_of(entry: dict[str, Any]) -> int:
    return int(entry.get("months") or DEFAULT_MONTHS)


def months_later(day: date, months: int) -> date:
    """The same day some months on; the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _plan_one(plan: Plan, revision: Revision, level: int, environment: str, entry: dict[str, Any]) -> None:
    """One open drill: due that many months after it was last held, else after the approval."""
    mine = Drill.objects.filter(plan=plan, level=level, environment=environment)
    last = mine.filter(held_at__isnull=False).order_by("-held_at").first()
    since = last.held_at.date() if last and last.held_at else _first_approval(plan)
    due_on = months_later(since, months_of(entry))
    made = {
        "line": entry.get("line") or 0,
        "recurrence": str(entry.get("recurrence") or "")[:60],
        "tasks": list(entry.get("tasks") or []),
        "due_on": due_on,
    }
    drill, is_new = mine.get_or_create(
        held_at=None, defaults={"plan": plan, "level": level, "environment": environment, **made}
    )
    if not is_new and drill.incident_id is None:
        Drill.objects.filter(pk=drill.pk).update(**made)


def _first_approval(plan: Plan) -> date:
    """The day from which the plan was promised to be rehearsed; a new text of it does not put rehearsals off."""
    first = RevisionApproval.objects.filter(revision__plan=plan).order_by("at").first()
    return (first.at if first else domain_time.now()).date()
