"""The shape of every act on a run: fetch, look whether it changed meanwhile, call one verb, go on."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from rollbacks.access import may_operate
from rollbacks.models import Refused, Run
from timeline.models import Event

View = Callable[..., HttpResponse]


def posted(view: View) -> View:
    """POST only, for people who may operate. A GET (after a sign-in that came between) leads to the run, no more."""

    @wraps(view)
    def on_post(request: HttpRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return redirect("run", pk)
        return view(request, pk, *args, **kwargs)

    return may_operate(on_post)


def state_of(run: Run) -> str:
    """What a form carries: the run's moves and its steps' moves, so that any change between is noticed."""
    rows = list(run.steps.order_by("position").values_list("token", "attempt", "status"))
    moves = sum(token + attempt for token, attempt, _status in rows)
    return f"{run.token}.{moves}.{''.join(status[:2] for _token, _attempt, status in rows)}"


def stale_sentence(request: HttpRequest, run: Run) -> str:
    """What changed since the form was drawn and who did it; empty when nothing did."""
    seen = request.POST.get("seen", "")
    if not seen or seen == state_of(run):
        return ""
    event = Event.objects.filter(stream=run.stream, data__run=run.pk).order_by("-seq").first()
    if event is None:
        return "The run has changed since this page was drawn. Nothing was done."
    who = event.actor_name or "Firebreak"
    return f"Nothing was done: the run has changed since this page was drawn. Last, {who}: {sentence_of(event)}."


def sentence_of(event: Event) -> str:
    """One event of a run in words, without its actor."""
    data = event.data
    step = f"“{data.get('title', 'a step')}”"
    words = {
        "run.queued": "the run was started",
        "run.started": "a worker began",
        "run.paused": f"the run paused ({data.get('reason', '')})",
        "run.waiting": f"{step} waits",
        "run.resumed": "the run went on",
        "run.cancel_requested": "the run was told to stop",
        "run.canceled": "the run stopped",
        "run.succeeded": "the run finished",
        "run.failed": "the run failed",
        "run.superseded": "another run took over",
        "run.prepared": "the steps were rendered again",
        "step.settled": f"{step} was settled as {data.get('as', '')}",
    }
    if event.kind in words:
        return words[event.kind]
    return f"{step} {event.kind.removeprefix('step.').removeprefix('run.').replace('_', ' ')}"


def do(
    request: HttpRequest,
    run: Run,
    verb: Callable[[], Any],
    show: Callable[..., HttpResponse],
    *,
    done: str,
    saved: str = "",
) -> HttpResponse:
    """Calls the verb once. A stale form answers 409 with what changed, a refusal 422 with its reason."""
    if changed := stale_sentence(request, run):
        return show(request, run.pk, refusal=changed, status=409)
    try:
        verb()
    except Refused as refused:
        return show(request, run.pk, refusal=str(refused), status=422)
    messages.success(request, done, extra_tags=f"saved:{saved}" if saved else "")
    return redirect("run", run.pk)
