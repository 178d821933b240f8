"""How a plan came to be what it is: its revisions, who approved them, what each changed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from plans.access import plan_for, revision_for
from plans.differences import differences, pairs, summary
from timeline.models import Event


@require_GET
def history(request: HttpRequest, slug: str) -> HttpResponse:
    """Every revision, newest first, and the plan's timeline."""
    plan = plan_for(request, slug)
    revisions = list(plan.revisions.light().select_related("author").prefetch_related("approvals__by"))
    for revision in revisions:
        revision.plan = plan
    events = Event.objects.filter(stream__key=plan.stream).order_by("-seq")[:50]
    return render(request, "plans/history.html", {"plan": plan, "revisions": revisions, "events": events})


@require_GET
def difference(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What a revision changed against the one before it, or against `?against=N`."""
    new = revision_for(request, slug, number)
    wished = request.GET.get("against", "")
    old = revision_for(request, slug, int(wished) if wished.isdecimal() else max(1, number - 1))
    lines = differences(old.text, new.text)
    numbers = list(new.plan.revisions.values_list("number", flat=True))
    context = {
        "plan": new.plan,
        "old": old,
        "new": new,
        "pairs": pairs(lines),
        "summary": summary(lines),
        "numbers": numbers,
    }
    return render(request, "plans/difference.html", context)
