"""The confirm sheet: the exact commands with their hash, and the one button that starts them."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from rollbacks import sheet
from rollbacks.access import run_for
from rollbacks.dry_run import last_of
from rollbacks.hands import hands
from rollbacks.models import Conflict, Refused, Run, approving
from rollbacks.preflight import expect_unblocked, may_start, preflight
from rollbacks.rehearsals import rehearsals
from rollbacks.views.acting import posted
from rollbacks.wording import act_of, level_title, steps_in_words

# The sheet says these in a place of their own.
SAID_ELSEWHERE = ("prepared", "problem", "rehearsal")
OPEN = ("draft", "awaiting_approval")


@require_GET
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet of a draft; the run's page for everything later."""
    run = run_for(request, pk)
    return confirm_page(request, run) if run.status in OPEN else redirect(run)


@posted
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Starts exactly the steps that the person saw."""
    run = run_for(request, pk)
    seen = request.POST.get("snapshot_hash", "")
    if run.status in OPEN and seen != run.snapshot_hash:
        return confirm_page(request, run, refusal=_what_changed(request, run), status=409)
    try:
        expect_unblocked(run)
        run.start(by=request.user, snapshot_hash=seen)
    except Conflict as conflict:
        return confirm_page(request, run_for(request, pk), refusal=str(conflict), conflict=conflict.run, status=409)
    except Refused as refused:
        return _refused(request, pk, refused)
    waits = run_for(request, pk).status == "awaiting_approval"
    messages.success(request, f"{act_of(run)}: {'waits for a second person' if waits else 'started'}.")
    return redirect(run)


@posted
def parameters(request: HttpRequest, pk: int) -> HttpResponse:
    """Other values for the parameters; the steps are rendered again."""
    run = run_for(request, pk)
    names = [name.removeprefix("param-") for name in request.POST if name.startswith("param-")]
    given = {name: request.POST.get(f"param-{name}", "").strip() for name in names}
    shown = {row.name: row.value for row in sheet.parameters(run)}
    wanted = {**run.given, **{name: value for name, value in given.items() if value and value != shown.get(name)}}
    if run.status not in OPEN:
        return _refused(request, pk, Refused(f"{run} was started already; its steps do not change any more."))
    Run.objects.filter(pk=run.pk, status="draft").update(given=wanted)
    run_for(request, pk).prepare_later()
    return redirect("confirm-run", pk)


@posted
def approval(request: HttpRequest, pk: int) -> HttpResponse:
    """A second person says yes or no to exactly this snapshot."""
    run = run_for(request, pk)
    seen = request.POST.get("snapshot_hash", "")
    try:
        if request.POST.get("answer") == "yes":
            after = run.approve(by=request.user, snapshot_hash=seen)
            waits = after.status == "awaiting_approval"
            messages.success(request, f"Approved: {act_of(run)} {'waits for more people' if waits else 'is queued'}.")
        elif request.POST.get("answer") == "alone":
            run.go_alone(by=request.user, reason=request.POST.get("reason", ""))
            messages.success(request, f"You went on alone: {act_of(run)} is queued.")
        else:
            run.reject(by=request.user, reason=request.POST.get("reason", ""))
            messages.success(request, "Refused; the run is over and nothing was changed.")
    except Conflict as conflict:
        return confirm_page(request, run_for(request, pk), refusal=str(conflict), conflict=conflict.run, status=409)
    except Refused as refused:
        return _refused(request, pk, refused)
    return redirect(run)


@posted
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Gives a draft up."""
    run = run_for(request, pk)
    try:
        run.discard(by=request.user, reason=request.POST.get("reason", "") or "Not confirmed.")
    except Refused as refused:
        return _refused(request, pk, refused)
    messages.success(request, "The draft is given up; nothing was changed.")
    return redirect(run)


def _refused(request: HttpRequest, pk: int, refused: Refused) -> HttpResponse:
    run = run_for(request, pk)
    if run.status in OPEN:
        return confirm_page(request, run, refusal=str(refused), status=422)
    # Double click, Back and reload: the run is shown as it is, and the sentence says that nothing happened twice.
    messages.warning(request, str(refused))
    return redirect(run)


def _what_changed(request: HttpRequest, run: Run) -> str:
    try:
        seen = json.loads(request.POST.get("drawn_from", ""))
        changes = sheet.what_changed(seen, run) if isinstance(seen, dict) else []
    except (ValueError, AttributeError, TypeError, KeyError):
        changes = []
    said = f" {'; '.join(changes[:5])}." if changes else ""
    return f"The steps have changed since this page was drawn, so nothing was started.{said} Read them again."


def confirm_page(
    request: HttpRequest, run: Run, *, refusal: str = "", conflict: Run | None = None, status: int = 200
) -> HttpResponse:
    """The whole sheet; htmx asks for its part `#sheet` while the steps are rendered."""
    context = sheet_context(request, run)
    part = "#sheet" if getattr(request, "htmx", False) and request.method == "GET" else ""
    return render(
        request, f"rollbacks/confirm.html{part}", {**context, "refusal": refusal, "conflict": conflict}, status=status
    )


def sheet_context(request: HttpRequest, run: Run) -> dict[str, Any]:
    """Everything that the sheet shows."""
    level, reasons = sheet.level_of(run), preflight(run)
    queue = run.queue if run.prepared_at else run.preparing_queue
    found = hands(queue)
    return {
        "run": run,
        "act": act_of(run),
        "title": level_title(run),
        "level": level,
        "sections": sheet.sections(run),
        "in_words": steps_in_words(run.snapshot.get("steps", [])) if run.snapshot else "",
        "parameters": sheet.parameters(run),
        "lint": sheet.lint_of(run),
        "drawn_from": json.dumps(sheet.fingerprint(run)) if run.snapshot else "",
        "rehearsed": rehearsals(run.target, run.level, before=run),
        "reasons": [reason for reason in reasons if reason.key not in SAID_ELSEWHERE],
        "may_start": may_start(reasons),
        "queue": queue,
        "hands": found,
        "has_worker": any(hand.is_there for hand in found),
        "is_waiting": run.prepared_at is None,
        "dry_run": last_of(run),
        "may_change": run.status == "draft" and run.kind != "undo" and request.user.has_perm("rollbacks.operate"),
        "may_approve": run.status == "awaiting_approval" and run.requested_by_id != request.user.pk,
        "may_go_alone": approving.may_go_alone(run, request.user),
        "alone_from": approving.alone_from(run),
        "approvals": run.approvals.select_related("by") if run.status == "awaiting_approval" else [],
        "incident": run.stream.key.removeprefix("incident:") if run.stream.key.startswith("incident:") else "",
    }
