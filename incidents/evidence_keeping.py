"""Keeps what the evidence run gathered: one row a step, with time, command and hash of the output."""

import hashlib
from typing import Any

from django.db import transaction

from incidents.models import Evidence, EvidenceStatus, Incident
from rollbacks.models import OutputChunk, Run, StepRun
from timeline.models import Event

EXCERPT_LETTERS = 2000
WORDS = {
    "succeeded": EvidenceStatus.GATHERED,
    "failed": EvidenceStatus.FAILED,
    "timed_out": EvidenceStatus.FAILED,
    "lost": EvidenceStatus.FAILED,
    "canceled": EvidenceStatus.FAILED,
    "skipped": EvidenceStatus.SKIPPED,
}


def begin(incident: Incident) -> Run | None:
    """Starts the evidence run once an incident; None without a plan, a checklist, or when it was begun already."""
    if incident.revision is None or not incident.compiled.get("evidence"):
        return None
    with transaction.atomic():
        # The row is the lock: two workers with the same event begin one run.
        Incident.objects.select_for_update().filter(pk=incident.pk).first()
        if Run.objects.of_stream(incident.stream_key).filter(kind=Run.Kind.EVIDENCE).exists():
            return None
        run = Run.gather(
            target=incident.target, revision=incident.revision, stream=incident.stream_key, by=incident.declared_by
        )
        incident.record("evidence.started", by=incident.declared_by, data={"run": run.pk})
    return run


def keep_step(incident: Incident, step_id: int) -> None:
    """Copies one finished step into its row; the event is written once, when the row first gets its outcome."""
    step = StepRun.objects.filter(pk=step_id, run__kind=Run.Kind.EVIDENCE).select_related("run").first()
    if step is None or step.section != StepRun.Section.STEPS or step.status not in WORDS:
        return
    text = output_of(step)
    made = {
        "run_id": step.run_id,
        "position": step.position,
        "item": str(step.definition.get("item") or "")[:200],
        "title": step.title,
        "command": str(step.definition.get("body") or ""),
        "status": WORDS[step.status],
        "detail": (step.detail or step.skipped_reason)[:500],
        "excerpt": text[:EXCERPT_LETTERS],
        "hash": hashlib.sha256(text.encode()).hexdigest(),
        "gathered_at": step.finished_at,
        "seconds": step.seconds,
        "skipped_reason": step.skipped_reason,
    }
    with transaction.atomic():
        item, is_new = Evidence.objects.get_or_create(incident=incident, step_id=step.pk, defaults=made)
        if not is_new and item.status == made["status"]:
            return
        if not is_new:
            Evidence.objects.filter(pk=item.pk).update(**made)
        data = {"title": step.title, "status": str(made["status"]), "hash": made["hash"]}
        kind = "evidence.skipped" if step.status == "skipped" else "evidence.item"
        incident.record(kind, at=step.finished_at, data={**data, "reason": step.skipped_reason})


def finish(incident: Incident, run_id: Any) -> None:
    """Writes `evidence.gathered` once, with how many items there are and how many failed."""
    run = Run.objects.filter(pk=run_id, kind=Run.Kind.EVIDENCE).first()
    if run is None:
        return
    for step_id in StepRun.objects.filter(run=run).values_list("pk", flat=True):
        keep_step(incident, step_id)
    with transaction.atomic():
        Incident.objects.select_for_update().filter(pk=incident.pk).first()
        if incident.events.filter(kind="evidence.gathered", data__run=run.pk).exists():
            return
        items = list(Evidence.objects.filter(incident=incident, run_id=run.pk).values_list("status", flat=True))
        data = {
            "run": run.pk,
            "items": len(items),
            "failed": items.count(EvidenceStatus.FAILED),
            "skipped": items.count(EvidenceStatus.SKIPPED),
            "outcome": run.status,
        }
        incident.record("evidence.gathered", at=run.finished_at, data=data)


def say_refused(incident: Incident, run_id: Any) -> None:
    """Says once why the checklist cannot run: a text that nobody approved, a parameter without a value."""
    run = Run.objects.filter(pk=run_id, kind=Run.Kind.EVIDENCE).select_related("revision__plan").first()
    if run is None:
        return
    reason = " ".join(str(problem) for problem in run.problems) or run.revision.why_not
    if reason and not incident.events.filter(kind="evidence.refused", data__run=run.pk, data__reason=reason).exists():
        with transaction.atomic():
            incident.record("evidence.refused", data={"run": run.pk, "reason": reason})


def output_of(step: StepRun) -> str:
    """Everything that the step's last attempt wrote, as it was kept."""
    attempt = step.last_attempt
    if attempt is None:
        return ""
    return "".join(OutputChunk.objects.filter(attempt=attempt).order_by("seq").values_list("text", flat=True))


def is_evidence(event: Event) -> bool:
    """True for an event of an evidence run."""
    return event.data.get("run_kind") == "evidence"
