"""What incidents leave to be done: a service that still runs rolled back, and reminders of open action items."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from incidents.models import ActionItem, ActionKind, Incident, Notice, Refused
from incidents.standing import standings
from rollbacks.models import Run
from timeline import domain_time

ROLLED_BACK = "rolled-back"
DAYS = timedelta(days=7)  # until the service should run forward again
AT_ONCE = 100


def keep_rolled_back(incident: Incident) -> ActionItem | None:
    """Makes "runs rolled back since …" an action item once the incident is over; None where nothing stands."""
    if incident.is_live or incident.is_drill:
        return None
    run = _standing(incident)
    owner = _owner(incident, run) if run else None
    if run is None or owner is None:
        return None
    since = run.finished_at or domain_time.now()
    text = f"{incident.target} runs rolled back since {since:%Y-%m-%d %H:%M} UTC ({run.what}): restore it"
    due = (since + DAYS).date()
    return ActionItem.add(
        incident, text=text, owner=owner, due_on=due, by=None, kind=ActionKind.MITIGATE, key=ROLLED_BACK
    )


def end_rolled_back(target_id: int) -> int:
    """A restore or an undo succeeded: the items of this target are done, by themselves. Returns how many."""
    if any(standing.is_rolled_back for standing in standings() if standing.target.pk == target_id):
        return 0
    ended = 0
    items = ActionItem.objects.open().filter(key=ROLLED_BACK, incident__target_id=target_id)
    for item in items.select_related("incident__target__environment"):
        try:
            item.finish(by=None)
            ended += 1
        except Refused:
            # A person was faster.
            continue
    return ended


def remind(at: datetime) -> int:
    """Tells owners of items whose day has come, and every week again; returns how many were told."""
    told = 0
    for item in ActionItem.objects.to_remind(at)[:AT_ONCE]:
        with transaction.atomic():
            # The mark first: two scans remind once.
            before = ActionItem.objects.filter(pk=item.pk, reminded_at=item.reminded_at, done_at=None)
            if not before.update(reminded_at=at):
                continue
            _tell(item, at)
            told += 1
    return told


def _tell(item: ActionItem, at: datetime) -> None:
    late = (at.date() - item.due_on).days if item.due_on else 0
    when = "today" if late == 0 else f"{late} day{'s' if late > 1 else ''} ago"
    where = f"{item.incident.reference}: {item.incident.title}"
    Notice.tell(
        item.incident,
        user=item.owner,
        kind="action_item",
        subject=f"[{item.incident.reference}] Due {when}: {item.text}"[:300],
        text=f"{item.text}\n\nIt was due {item.due_on:%Y-%m-%d} ({when}) and is yours since {where}.\n",
        path=f"{item.incident.get_absolute_url()}retrospective/#actions",
        at=at,
    )


def _standing(incident: Incident) -> Run | None:
    """The rollback of this incident that is still in force."""
    mine = [standing.run for standing in standings() if standing.target.pk == incident.target_id]
    return next((run for run in mine if run and run.stream.key == incident.stream_key), None)


def _owner(incident: Incident, run: Run) -> Any:
    """Who has it: the incident manager, else who asked for the run, else who declared."""
    held = incident.roles.current().filter(role="manager").select_related("user").first()
    found = (held.user if held else None, run.requested_by, incident.acknowledged_by, incident.declared_by)
    return next((person for person in found if person), None)
