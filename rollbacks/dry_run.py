"""A dry run: the rendered commands of a draft, of which only those that read are really done.

It is a run of its own kind with the draft's snapshot, on the target's own timeline: it takes no slot, opens no watch, counts as no
rehearsal, and no incident hears of it.
"""

from typing import TYPE_CHECKING, Any

from django.db import transaction

from rollbacks.models import Refused, Run
from rollbacks.models.states import ACTIVE, RunKind, RunStatus
from rollbacks.snapshot import hash_of
from timeline import domain_time

if TYPE_CHECKING:
    from django.contrib.auth.models import User

OPEN = (RunStatus.DRAFT, RunStatus.AWAITING_APPROVAL)
MARK = "dry_run_of"  # in the snapshot: the number of the draft whose steps it shows


def dry_run(draft: Run, *, by: "User | Any") -> Run:
    """Starts a dry run of a prepared draft and returns it; the one that is at work already when there is one.

    Raises Refused with a sentence: not a draft, not rendered, or rendered with problems.
    """
    if draft.kind == RunKind.DRY_RUN or draft.status not in OPEN:
        raise Refused(f"{draft} is {draft.get_status_display().lower()}; only a draft has a dry run.")
    if not draft.prepared_at:
        raise Refused("The steps are not rendered yet. Wait a moment, then look again.")
    if draft.problems:
        raise Refused(f"{draft} has no dry run yet: {draft.problems[0]}")
    if at_work := at_work_for(draft):
        return at_work
    with transaction.atomic():
        run = Run.draft(
            target=draft.target,
            revision=draft.revision,
            kind=RunKind.DRY_RUN,
            level=draft.level,
            stream=draft.target.stream,
            by=by,
            params=draft.given,
        )
        snapshot = {**draft.snapshot, MARK: draft.pk}
        changes: dict[str, Any] = {
            "params": draft.params,
            "snapshot": snapshot,
            "snapshot_hash": hash_of(snapshot),
            "prepared_at": domain_time.now(),
            "promise_seconds": None,  # nothing is promised for a look
        }
        Run.objects.filter(pk=run.pk).update(**changes)
        run.refresh_from_db()
    return run.start(by=by, snapshot_hash=run.snapshot_hash)


def at_work_for(draft: Run) -> Run | None:
    """The dry run of this draft that has not ended: a second click leads to the first one's run."""
    running = Run.objects.filter(kind=RunKind.DRY_RUN, target=draft.target, status__in=ACTIVE)
    return next((run for run in running.order_by("-pk") if run.snapshot.get(MARK) == draft.pk), None)


def last_of(draft: Run) -> Run | None:
    """The newest dry run of exactly these steps; None when there was none since they were rendered."""
    made = Run.objects.filter(kind=RunKind.DRY_RUN, target=draft.target, level=draft.level).order_by("-pk")
    expected = {**draft.snapshot, MARK: draft.pk} if draft.snapshot else None
    return next((run for run in made.select_related("target")[:5] if run.snapshot == expected), None)


def in_words(run: Run) -> list[str]:
    """The dry run for a terminal: each step with its commands, and what became of it."""
    lines = [f"Dry run {run.pk} of {run.target}: only what reads is done, nothing is changed."]
    for step in run.steps.order_by("position"):
        lines.append(f"{step.number} {step.title}".strip())
        body = str(step.definition.get("body") or step.definition.get("url") or "")
        lines += [f"    | {line}" for line in body.splitlines()]
        lines.append(f"    {step.get_status_display()}. {step.detail or step.skipped_reason}".rstrip())
    return lines
