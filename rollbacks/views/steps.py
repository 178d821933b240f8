"""What a person says about one step: done, yes or no, again, skip it."""

from django.http import HttpRequest, HttpResponse

from rollbacks.access import step_for
from rollbacks.views.acting import do, posted
from rollbacks.views.runs import draft_the_way_back, run_page


@posted
def confirmation(request: HttpRequest, pk: int, step_pk: int) -> HttpResponse:
    """A manual step was done."""
    step = step_for(request, pk, step_pk)
    note = request.POST.get("note", "").strip()[:500]
    return do(
        request,
        step.run,
        lambda: step.confirm(by=request.user, note=note),
        run_page,
        done=f"Confirmed: {step.title}.",
        saved=f"step-{step.pk}",
    )


@posted
def approval(request: HttpRequest, pk: int, step_pk: int) -> HttpResponse:
    """Yes or no to an approval step or gate."""
    step = step_for(request, pk, step_pk)
    reason = request.POST.get("reason", "").strip()[:500]
    if request.POST.get("answer") == "yes":
        return do(
            request,
            step.run,
            lambda: step.approve(by=request.user, reason=reason),
            run_page,
            done=f"Approved: {step.title}.",
            saved=f"step-{step.pk}",
        )
    return do(
        request,
        step.run,
        lambda: step.reject(by=request.user, reason=reason),
        run_page,
        done=f"Refused: {step.title}.",
        saved=f"step-{step.pk}",
    )


@posted
def retry(request: HttpRequest, pk: int, step_pk: int) -> HttpResponse:
    """A failed step once more, as a new attempt."""
    step = step_for(request, pk, step_pk)
    reason = request.POST.get("reason", "").strip()[:500]
    return do(
        request,
        step.run,
        lambda: step.retry(by=request.user, reason=reason),
        run_page,
        done=f"Again: {step.title}.",
        saved=f"step-{step.pk}",
    )


@posted
def undo(request: HttpRequest, pk: int, step_pk: int) -> HttpResponse:
    """Drafts the run that takes this one step back; its own sheet asks for the confirmation."""
    step = step_for(request, pk, step_pk)
    return draft_the_way_back(request, step.run, undoes_step=step)


@posted
def skip(request: HttpRequest, pk: int, step_pk: int) -> HttpResponse:
    """Goes on without a step, with a reason."""
    step = step_for(request, pk, step_pk)
    reason = request.POST.get("reason", "").strip()[:500]
    return do(
        request,
        step.run,
        lambda: step.skip(by=request.user, reason=reason),
        run_page,
        done=f"Skipped: {step.title}.",
        saved=f"step-{step.pk}",
    )
