"""The check-up: paste any plan and see what would run, what cannot fail and what is missing. Nothing is kept."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from plans.check_up import check_up as examine
from plans.forms import TextForm
from plans.side_by_side import side_by_side

DRAFT = "plan-check-up"


@require_http_methods(["GET", "POST"])
def check_up(request: HttpRequest) -> HttpResponse:
    """Needs no service, no target and no permission: it is where a team begins."""
    if request.method == "GET":
        return render(request, "plans/check_up.html", {"form": TextForm(draft=DRAFT)})
    form = TextForm(request.POST, request.FILES, draft=DRAFT)
    if not form.is_valid() or form.reading is None:
        return render(request, "plans/check_up.html", {"form": form}, status=422)
    found = form.reading
    findings = (found.compiled, found.understood, found.problems, found.lint)
    context = {
        "form": form,
        "report": examine(*findings),
        "blocks": side_by_side(found.text, *findings),
        "title": found.compiled.get("title") or "The text",
    }
    return render(request, "plans/check_up.html", context)
