"""The next level begins by itself, where the plan and the target both said so before the incident."""

from django.db import transaction

from incidents import runs
from incidents.models import Incident, Refused
from rollbacks.models import Run
from timeline.models import Event

PREFIX = "incident:"


def begin(event: Event) -> None:
    """On `escalation.begun`: chooses the level with the evidence as its reason, and drafts a run that starts itself.

    The engine looks again when it starts; what it refuses is said on the timeline, and a person goes on.
    """
    key = event.stream.key
    incident = Incident.objects.filter(pk=key.removeprefix(PREFIX)).first() if key.startswith(PREFIX) else None
    level = event.data.get("to_level")
    if incident is None or not incident.is_live or level is None:
        return
    mine = Run.objects.of_stream(key).filter(level=level, kind__in=("rollback", "drill"))
    if mine.exists():
        return  # a person was quicker, or this event came twice
    try:
        with transaction.atomic():
            incident.choose_level(level=level, by=None, reason=reason_of(event))
            run = runs.draft_rollback(incident, by=None)
            Run.objects.filter(pk=run.pk).update(starts_by_itself=True)
    except Refused as why:
        incident.record("escalation.refused", data={"to_level": level, "reason": str(why)})


def reason_of(event: Event) -> str:
    """The evidence, and who allowed it."""
    why = str(event.data.get("why") or "").strip()
    return f"Level {event.data.get('level')} did not help: {why} Plan and target allow Level {event.data['to_level']}."
