"""The run's page: every step with its state, the output as it comes, and the ways to hold, stop, go on and undo."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from rollbacks.access import run_for
from rollbacks.hands import hands
from rollbacks.models import OutputChunk, Refused, Run, StepRun
from rollbacks.promise import promise_of
from rollbacks.rehearsals import rehearsals
from rollbacks.views.acting import do, posted, state_of
from rollbacks.way_back import way_back
from rollbacks.wording import act_of, level_title
from timeline import domain_time

SHOWS_OUTPUT = ("running", "failed", "timed_out", "lost")
SECTIONS = {"before": "First", "steps": "Steps", "checks": "Then it proves itself"}


@require_GET
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """The page, or for htmx its live part."""
    return run_page(request, pk)


@posted
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """After this step by default; `kill` ends the running command now."""
    found = run_for(request, pk)
    kill = request.POST.get("kill") == "yes"
    done = (
        "The running command is being ended; the page says when it is gone."
        if kill
        else "It stops after this step. Nothing more is started."
    )
    return do(
        request,
        found,
        lambda: found.request_cancel(by=request.user, kill=kill, reason=request.POST.get("reason", "")),
        run_page,
        done=done,
    )


@posted
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Holds the run after this step; it can go on."""
    found = run_for(request, pk)
    return do(
        request,
        found,
        lambda: found.pause(by=request.user, reason=request.POST.get("reason", "")),
        run_page,
        done="It holds after this step.",
    )


@posted
def resumption(request: HttpRequest, pk: int) -> HttpResponse:
    """Goes on after a pause."""
    found = run_for(request, pk)
    return do(request, found, lambda: found.resume(by=request.user), run_page, done="The run goes on.")


@posted
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Drafts the run that takes this one back; its own sheet asks for the confirmation."""
    found = run_for(request, pk)
    return draft_the_way_back(request, found, undoes=found)


def draft_the_way_back(request: HttpRequest, found: Run, **undone: Any) -> HttpResponse:
    """Leads to the draft that takes back `undoes=` a run or `undoes_step=` one step of it; a waiting one serves again."""
    try:
        waiting, is_new = way_back(found, by=request.user, **undone)
        if is_new:
            waiting.prepare_later()
    except Refused as refused:
        return run_page(request, found.pk, refusal=str(refused), status=422)
    return redirect("confirm-run", waiting.pk)


def run_page(
    request: HttpRequest, pk: int, *, refusal: str = "", status: int = 200, typed: dict[str, Any] | None = None
) -> HttpResponse:
    """One run. `?open=<step>` shows that step's output too, without script."""
    found = run_for(request, pk)
    if found.status == "draft" and not refusal and request.method == "GET":
        return redirect("confirm-run", pk)
    part = "#live" if getattr(request, "htmx", False) and request.method == "GET" else ""
    context = {**run_context(request, found), "refusal": refusal, "typed": typed or {}}
    return render(request, f"rollbacks/run.html{part}", context, status=status)


def run_context(request: HttpRequest, found: Run) -> dict[str, Any]:
    """Everything that the page shows, with a fixed number of queries."""
    wished = request.GET.get("open", "")
    steps = list(found.steps.prefetch_related("attempts", "approvals__by"))
    current = (
        next((step for step in steps if step.status in ("running", "lost", "waiting", "queued")), None)
        if not found.is_over
        else None
    )
    undecided = next(
        (
            step
            for step in reversed(steps)
            if step.status in ("failed", "timed_out", "rejected", "expired") and not step.decided
        ),
        None,
    )
    focus = undecided if found.status == "paused" else current
    for step in steps:
        step.run = found
    opened = [step for step in steps if step.status in SHOWS_OUTPUT or str(step.pk) == wished]
    outputs = {step.pk: tail_of(step) for step in opened[-6:]}
    rows: list[dict[str, Any]] = [
        {"step": step, "output": outputs.get(step.pk), "is_focus": focus is not None and step.pk == focus.pk}
        for step in steps
    ]
    return {
        "run": found,
        "act": act_of(found),
        "title": level_title(found),
        "sections": [(title, [row for row in rows if row["step"].section == key]) for key, title in SECTIONS.items()],
        "focus": focus,
        "undecided": undecided if found.status == "paused" else None,
        "done_count": sum(step.status in ("succeeded", "skipped") for step in steps),
        "step_count": len(steps),
        "seen": state_of(found),
        "promise": promise_of(found, domain_time.now()),
        "rehearsed": rehearsals(found.target, found.level, before=found),
        "hands": hands(found.queue) if not found.is_over else [],
        "may_undo": found.is_over and found.kind in ("rollback", "drill", "restore") and found.started_at is not None,
        "incident": found.stream.key.removeprefix("incident:") if found.stream.key.startswith("incident:") else "",
        "topic": found.stream.key,
        "event_name": found.stream.key.replace(":", "-"),
    }


TAIL_BYTES = 64 * 1024


def tail_of(step: StepRun) -> dict[str, Any]:
    """The last 64 KiB of the last attempt's output, the number of its last chunk, and whether more may come."""
    attempts = list(step.attempts.all())
    if not attempts:
        return {"chunks": [], "after": 0, "is_open": step.status == "running", "cut": False}
    newest = max(attempts, key=lambda attempt: attempt.number)
    chunks: list[OutputChunk] = []
    size = 0
    for chunk in newest.output.order_by("-seq")[:400]:
        if chunks and size + len(chunk.text) > TAIL_BYTES:
            break
        chunks.append(chunk)
        size += len(chunk.text)
    chunks.reverse()
    return {
        "chunks": chunks,
        "after": chunks[-1].seq if chunks else 0,
        "is_open": step.status == "running",
        "cut": bool(chunks) and chunks[0].seq > 1,
    }
