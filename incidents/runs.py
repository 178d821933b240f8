"""The runs of an incident: drafting what a person decided, and what of it still stands."""

from typing import Any

from incidents.models import Incident, Refused
from rollbacks.models import Run

CHANGING = ("rollback", "drill", "undo", "restore")


def of(incident: Incident) -> list[Run]:
    """Every run that changes something, oldest first."""
    runs = Run.objects.of_stream(incident.stream_key).filter(kind__in=CHANGING)
    return list(runs.select_related("requested_by", "service", "environment", "escalation").defer("revision__text"))


def draft_rollback(incident: Incident, *, by: Any) -> Run:
    """The draft of the chosen level; the same draft again while it was not started. Raises Refused."""
    if incident.revision is None:
        raise Refused("This service has no plan yet: add one, or act by hand and note what you did.")
    if incident.chosen_level is None:
        raise Refused("No level is chosen; choose one first.")
    kind = "drill" if incident.is_drill else "rollback"
    return _draft(incident, by=by, kind=kind, level=incident.chosen_level)


def draft_restore(incident: Incident, *, by: Any) -> Run:
    """The draft that brings the service out of its rolled-back state."""
    if incident.revision is None:
        raise Refused("This service has no plan; nothing is known that could be restored.")
    return _draft(incident, by=by, kind="restore", level=None)


def _draft(incident: Incident, *, by: Any, kind: str, level: int | None) -> Run:
    mine = Run.objects.of_stream(incident.stream_key)
    waiting = mine.filter(kind=kind, level=level, status="draft", revision=incident.revision).last()
    if waiting:
        return waiting
    active = mine.filter(kind__in=CHANGING).active().last()
    run = Run.draft(
        target=incident.target,
        revision=incident.revision,
        kind=kind,
        level=level,
        stream=incident.stream_key,
        by=by,
        supersedes=active,
        matrix_seconds=_matrix_seconds(incident, level),
    )
    run.prepare_later()
    return run


def _matrix_seconds(incident: Incident, level: int | None) -> float | None:
    """The timeframe of the row that recommended this level; it may disagree with what the level promises."""
    recommended = incident.recommendation or {}
    seconds = recommended.get("timeframe_seconds") if level and recommended.get("level") == level else None
    return float(seconds) if seconds else None
