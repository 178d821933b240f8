"""All plans, and a new one."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from plans.access import may_edit
from plans.callers import rehearsals_of
from plans.check_up import check_up
from plans.forms import NewPlanForm
from plans.models import Plan, Revision
from plans.readiness import summary
from plans.seed import EXAMPLES, example_text

DRAFT = "plan-new"


@require_GET
def plans(request: HttpRequest) -> HttpResponse:
    """Every plan with the state of its latest revision."""
    found = [plan for plan in Plan.objects.for_list() if plan.latest]
    tried = rehearsals_of([plan.pk for plan in found])
    rows = [
        {"plan": plan, "revision": plan.latest[0], "tried": summary(plan.latest[0].compiled, tried[plan.pk])}
        for plan in found
    ]
    return render(request, "plans/plans.html", {"rows": rows, "examples": EXAMPLES})


@require_http_methods(["GET", "POST"])
@may_edit
def new_plan(request: HttpRequest) -> HttpResponse:
    """A new plan from text or file; `?example=` begins with one that Firebreak ships.

    `act=guide` keeps a text that cannot run yet, and goes on with the questions.
    """
    if request.method == "GET":
        form = NewPlanForm(draft=DRAFT, initial={"text": _example(request.GET.get("example", ""))})
        return render(request, "plans/new.html", {"form": form})
    form = NewPlanForm(request.POST, request.FILES, draft=DRAFT)
    if not form.is_valid():
        return _again(request, form)
    if request.POST.get("act") == "check":
        return _again(request, form, status=200)
    if form.needs_acceptance and request.POST.get("act") != "guide":
        return _again(request, form)
    if known := _known(form):
        messages.info(request, f"This text is kept already: it is the latest revision of {known.title}.")
        return redirect("plan-guide", slug=known.slug) if request.POST.get("act") == "guide" else redirect(known)
    plan = Plan.create(
        text=form.cleaned_data["text"],
        title=form.cleaned_data["title"],
        service_name=form.cleaned_data["service_name"],
        by=request.user,
    )
    messages.success(request, f"{plan.title} is added as revision 1.", extra_tags=f"saved:{DRAFT}")
    return redirect("plan-guide", slug=plan.slug) if request.POST.get("act") == "guide" else redirect(plan)


def _known(form: NewPlanForm) -> Plan | None:
    """The plan whose latest revision is this text: pasted again, it makes no second plan."""
    sha256 = form.reading.sha256 if form.reading else ""
    for revision in Revision.objects.filter(sha256=sha256).select_related("plan").order_by("pk"):
        current = revision.plan.current
        if current and current.pk == revision.pk:
            return revision.plan
    return None


def _example(name: str) -> str:
    if not name:
        return ""
    if name not in EXAMPLES:
        raise Http404("No such example.")
    return example_text(name)


def _again(request: HttpRequest, form: NewPlanForm, status: int = 422) -> HttpResponse:
    found = form.reading
    report = check_up(found.compiled, found.understood, found.problems, found.lint) if found else None
    return render(request, "plans/new.html", {"form": form, "report": report}, status=status)
