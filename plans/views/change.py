"""Changing a plan: check, save as a new revision, approve, take an approval back."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from plans.access import current_for, may_approve, may_edit, plan_for, revision_for
from plans.check_up import check_up
from plans.differences import differences, summary
from plans.forms import ChangeForm, WithdrawForm
from plans.models import Refused, Revision, Stale
from plans.views.page import revision_page


@require_http_methods(["GET", "POST"])
@may_edit
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """A new revision. `?incident=INC-41` is cited in it."""
    current = current_for(request, slug)
    draft = f"plan-{slug}-after-{current.number}"
    if request.method == "GET":
        incident = request.GET.get("incident", "")[:40]
        initial = {"text": current.text, "after": current.number, "incident": incident}
        initial["reason"] = f"After {incident}: " if incident else ""
        return render(
            request,
            "plans/change.html",
            {"form": ChangeForm(initial=initial, draft=draft), "plan": current.plan, "current": current},
        )
    form = ChangeForm(request.POST, request.FILES, draft=draft)
    if not form.is_valid():
        return _again(request, form, current)
    if request.POST.get("act") == "check":
        return _again(request, form, current, status=200)
    if form.needs_acceptance:
        return _again(request, form, current)
    return _save(request, form, current, draft)


def _save(request: HttpRequest, form: ChangeForm, current: Revision, draft: str) -> HttpResponse:
    said = form.cleaned_data
    try:
        revision = current.plan.add_revision(
            text=said["text"],
            by=request.user,
            reason=said["reason"],
            incident_ref=said["incident"],
            after=said["after"],
        )
    except Stale as stale:
        # Saving again is then a deliberate act: the form now starts from the newer revision and shows both differences.
        again = cast(QueryDict, form.data).copy()
        again["after"] = str(current.number)
        form.data = again
        return _again(
            request,
            form,
            current,
            refusal=f"{stale} Your text is below; compare it with revision {current.number} first.",
            status=409,
        )
    except Refused as refused:
        return _again(request, form, current, refusal=str(refused))
    word = "It cannot run yet." if revision.problems else "It waits for an approval before it can run."
    messages.success(request, f"Saved as revision {revision.number}. {word}", extra_tags=f"saved:{draft}")
    return redirect("plan", slug=current.plan.slug)


def _again(
    request: HttpRequest, form: ChangeForm, current: Revision, refusal: str = "", status: int = 422
) -> HttpResponse:
    found = form.reading
    lines = differences(current.text, found.text) if found else []
    context = {
        "form": form,
        "plan": current.plan,
        "current": current,
        "report": check_up(found.compiled, found.understood, found.problems, found.lint) if found else None,
        "lines": lines,
        "summary": summary(lines),
        "refusal": refusal,
    }
    return render(request, "plans/change.html", context, status=status)


@require_POST
@may_approve
def approval(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A person stands for the text with this hash."""
    found = revision_for(request, slug, number)
    try:
        found.approve(by=request.user, sha256=request.POST.get("sha256", ""))
    except Refused as refused:
        return revision_page(request, revision_for(request, slug, number), refusal=str(refused), status=409)
    messages.success(
        request, f"Revision {number} is approved: {'runs may use it' if found.may_run else found.why_not}."
    )
    return redirect(found)


@require_POST
@may_approve
def withdrawal(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Takes the approval back: runs that are not queued yet are refused."""
    found, form = revision_for(request, slug, number), WithdrawForm(request.POST)
    if not form.is_valid():
        return revision_page(request, found, withdraw=form, status=422)
    try:
        found.withdraw_approval(by=request.user, reason=form.cleaned_data["reason"])
    except Refused as refused:
        return revision_page(request, revision_for(request, slug, number), refusal=str(refused), status=409)
    messages.success(request, f"The approval of revision {number} is taken back.")
    return redirect(found)


@require_POST
@may_approve
def second_person(request: HttpRequest, slug: str) -> HttpResponse:
    """Whether an approver must be somebody else than the author."""
    found = plan_for(request, slug)
    found.ask_second_person(request.POST.get("second_person") == "yes", by=request.user)
    messages.success(
        request,
        f"{found.title} {'asks for a second person' if found.second_person else 'needs no second person'} from now on.",
    )
    return redirect("plan-history", slug=slug)
