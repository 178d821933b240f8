"""The check-up: paste any plan and see what would run, what cannot fail and what is missing. Nothing is kept."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from plans.check_up import check_up as examine
from plans.forms import TextForm
from plans.seed import as_written
from plans.side_by_side import side_by_side

DRAFT = "plan-check-up"


@require_http_methods(["GET", "POST"])
def check_up(request: HttpRequest) -> HttpResponse:
    """Needs no service, no target and no permission: it is where a team begins. `?example=1` shows one at work."""
    if request.method == "GET" and "example" not in request.GET:
        return render(request, "plans/check_up.html", {"form": TextForm(draft=DRAFT)})
    given = request.POST if request.method == "POST" else {"text": as_written()}
    form = TextForm(given, request.FILES, draft=DRAFT if request.method == "POST" else "")
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


@require_POST
def live(request: HttpRequest) -> HttpResponse:
    """The verdict of a text that is being written, for the line under its field; the form's button says it in full."""
    form = TextForm({"text": request.POST.get("text", "")})
    if not form.is_valid() or form.reading is None:
        return render(request, "plans/live_check.html", {"errors": form.errors.get("text", [])})
    found = form.reading
    report = examine(found.compiled, found.understood, found.problems, found.lint)
    return render(request, "plans/live_check.html", {"report": report})
