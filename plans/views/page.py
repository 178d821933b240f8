"""The plan's page: the document beside what was understood, and whether it can run."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from plans.access import current_for, revision_for
from plans.callers import places_of, rehearsals_of
from plans.check_up import check_up
from plans.forms import WithdrawForm
from plans.models import Revision
from plans.questions import ask
from plans.readiness import measured, readiness
from plans.side_by_side import side_by_side


@require_GET
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """The latest revision."""
    return revision_page(request, current_for(request, slug))


@require_GET
def revision(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Any revision."""
    return revision_page(request, revision_for(request, slug, number))


@require_GET
def markdown(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The text as it was written, as a file."""
    found = revision_for(request, slug, number)
    response = HttpResponse(found.text, content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}-revision-{number}.md"'
    return response


def revision_page(
    request: HttpRequest, found: Revision, *, refusal: str = "", withdraw: WithdrawForm | None = None, status: int = 200
) -> HttpResponse:
    """One revision; `refusal` says why the act that was just tried did not take place."""
    newest = found.plan.revisions.order_by("-number").values_list("number", flat=True)[0]
    rehearsals = rehearsals_of([found.plan_id])[found.plan_id]
    is_current = found.number == newest
    findings = (found.compiled, found.reading, found.problems, found.lint)
    context = {
        "plan": found.plan,
        "revision": found,
        "newest": newest,
        "is_current": is_current,
        "open_questions": _open_questions(found) if is_current else [],
        "report": check_up(*findings, measured(rehearsals)),
        "parts": readiness(found.compiled, found.lint, rehearsals),
        "blocks": side_by_side(found.text, *findings),
        "places": places_of(found.plan) if found.may_run else [],
        "why_not_approve": found.may_approve(request.user),
        "withdraw_form": withdraw or WithdrawForm(),
        "refusal": refusal,
    }
    return render(request, "plans/plan.html", context, status=status)


def _open_questions(found: Revision) -> list[str]:
    """What has to be answered before a text without problems is approved: it would run, and not as it was meant."""
    if found.problems or found.is_approved:
        return []
    return [question.title for question in ask(found.text) if question.must]
