"""Reads what a retrospective shows: the timeline's report, frozen once published, and the words that go with it."""

from collections import Counter
from typing import Any

from django.db.models import Sum

from incidents import clock, reports
from incidents.figures import recovered_at
from incidents.models.incident_record import present
from incidents.models.message import Message, lines_of
from incidents.models.task import Task
from incidents.report_lines import Duty, Report
from incidents.told import Told
from rollbacks.models import Sample

MOST_KINDS = 5000  # samples whose kinds of errors are read


def report_of(incident: Any, *, starred: list[int] | None = None, counts: bool = True) -> Report:
    """What the timeline says of an incident, as it stands now. `counts=False`: without what was measured, for lists."""
    lines = lines_of(incident)
    return reports.report(
        reference=incident.reference,
        lines=lines,
        levels=incident.compiled.get("levels") or [],
        duties=duties_of(incident),
        starred=starred or [],
        counted=counted_of(incident, Told(lines)) if counts else (),
        texts=texts_of(incident) if counts else None,
    )


def duties_of(incident: Any) -> list[Duty]:
    """The tasks of the communication plan as they stand."""
    at = present(None)
    duties = []
    for task in (
        Task.objects.filter(incident_id=incident.pk).select_related("phase").order_by("phase__position", "position")
    ):
        state = clock.state_of_task(
            clock.TaskFacts(task.pk, task.text, task.required_from, task.ticked_at, task.how),
            task.phase.due_at, at, severity=incident.severity,
        )  # fmt: skip
        late = state.seconds if state.word in ("done", "overdue") else None
        duties.append(Duty(task.phase.name, task.text, state.word, task.how, late))
    return duties


def texts_of(incident: Any) -> dict[int, tuple[str, str]]:
    """The kind and the words of every message that was sent."""
    sent = Message.objects.filter(incident_id=incident.pk).exclude(sent_at=None)
    return {pk: (kind, text) for pk, kind, text in sent.values_list("pk", "kind", "sent_text")}


def counted_of(incident: Any, told: Told) -> list[dict[str, Any]]:
    """Requests and errors of every signal from the detection until it was good again."""
    until = recovered_at(told) or (told.resolved.at if told.resolved else None)
    signals = incident.compiled.get("signals") or {}
    if not signals:
        return []
    samples = Sample.objects.of(incident.target_id).between(told.detected_at, until)
    rows = samples.order_by().values("signal").annotate(requests=Sum("requests"), errors=Sum("errors"))
    kinds = _kinds(samples)
    return [
        {**row, "queries": _queries(signals.get(row["signal"]) or {}), "kinds": dict(kinds.get(row["signal"], {}))}
        for row in rows.order_by("signal")
    ]


def _kinds(samples: Any) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    bad = samples.filter(errors__gt=0).values_list("signal", "error_kinds")[:MOST_KINDS]
    for signal, kinds in bad:
        found.setdefault(signal, Counter()).update({str(name): int(count) for name, count in kinds.items()})
    return found


def _queries(signal: dict[str, Any]) -> list[str]:
    """The plan's own names for what was asked."""
    query = signal.get("query") or signal.get("queries") or []
    return [query] if isinstance(query, str) else [str(name) for name in query]
