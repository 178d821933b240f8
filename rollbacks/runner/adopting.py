"""Detached steps whose worker is gone: their end is collected, or their lease is kept while they still run."""

from dataclasses import replace

from django.utils import timezone

from rollbacks.context import Surroundings
from rollbacks.executors.detached import Detached, end_group
from rollbacks.executors.text import TextReader
from rollbacks.models import Attempt, StepRun, leases
from rollbacks.runner.output import OutputWriter
from rollbacks.runner.proving import proved


def adopt(step: StepRun) -> bool:
    """True when the step needs no person: it has ended and its end was recorded, or it is still at work."""
    attempt = step.last_attempt
    if not step.definition.get("detached") or attempt is None:
        return False
    there = Detached.of(attempt.mark)
    code = there.exit_code
    if code is not None:
        writer = collect(step, attempt, there)
        # Not patient: this is the scan, which others wait for.
        outcome = proved(step, attempt, there.outcome(code, step.definition.get("ok") or [0]), no_stop, patient=False)
        recorded = step.record(replace(outcome, detail=writer.redactor.mask(outcome.detail)), token=step.token)
        there.forget()
        return recorded
    if not attempt.living:
        return False
    late = (timezone.now() - attempt.started_at).total_seconds() > float(step.definition.get("timeout") or 60.0)
    if late or step.run.kill_requested:
        end_group(attempt.pgid or 0) if attempt.pgid else None
        return False
    return leases.extend(step)


def collect(step: StepRun, attempt: Attempt, there: Detached) -> OutputWriter:
    """Its whole output once more: what the dead worker had written of it may lack its end."""
    secrets = Surroundings.for_snapshot(step.run.snapshot).secrets.values()
    writer = OutputWriter(attempt, step_id=step.pk, token=step.token, secrets=secrets)
    writer.seq = attempt.output.count() and max(attempt.output.values_list("seq", flat=True))
    attempt.output.all().delete()
    reader, seen = TextReader(), 0
    while data := there.output(seen):
        seen += len(data)
        writer("stdout", reader.feed(data))
    writer.finish()
    writer.flush()
    return writer


def no_stop() -> bool:
    """Nobody stops the collecting of what has ended."""
    return False
