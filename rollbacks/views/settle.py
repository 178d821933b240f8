"""Settling an unknown outcome: one page, one decision, by a named person with a reason."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from rollbacks.access import may_operate, step_for
from rollbacks.models import StepRun
from rollbacks.settlement import settlement
from rollbacks.views.acting import do, state_of
from rollbacks.wording import level_title


@require_http_methods(["GET", "POST"])
def settle(request: HttpRequest, pk: int, step_pk: int) -> HttpResponse:
    """Shows what is known and the proposal; a POST settles."""
    step = step_for(request, pk, step_pk)
    if request.method == "POST":
        return _settle(request, pk, step_pk)
    return settle_page(request, step) if step.status == "lost" else redirect("run", pk)


@may_operate
def _settle(request: HttpRequest, pk: int, step_pk: int) -> HttpResponse:
    step = step_for(request, pk, step_pk)
    reason, as_ = request.POST.get("reason", ""), request.POST.get("as", "")

    def again(request: HttpRequest, pk: int, *, refusal: str = "", status: int = 200) -> HttpResponse:
        now = step_for(request, pk, step_pk)
        return settle_page(request, now, refusal=refusal, status=status, reason=reason, chosen=as_)

    return do(
        request,
        step.run,
        lambda: step.settle(by=request.user, as_=as_, reason=reason),
        again,
        done=f"Settled: {step.title}.",
        saved=f"settle-{step.pk}",
    )


def settle_page(
    request: HttpRequest, step: StepRun, *, refusal: str = "", status: int = 200, reason: str = "", chosen: str = ""
) -> HttpResponse:
    """The page, or for htmx the facts that may still come (verify's answer, living processes)."""
    part = "#facts" if getattr(request, "htmx", False) and request.method == "GET" else ""
    context = {
        "run": step.run,
        "step": step,
        "title": level_title(step.run),
        "settlement": settlement(step),
        "seen": state_of(step.run),
        "refusal": refusal,
        "reason": reason,
        "chosen": chosen,
        "is_lost": step.status == "lost",
        "topic": step.run.stream.key,
        "event_name": step.run.stream.key.replace(":", "-"),
    }
    return render(request, f"rollbacks/settle.html{part}", context, status=status)
