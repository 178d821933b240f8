"""The report after an incident: what the timeline says, and what people add."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from incidents.access import incident_for, may_respond, require_responder, retrospective_for
from incidents.forms import ActionItemForm
from incidents.markdown_report import to_markdown
from incidents.models import ActionItem, Incident, Refused, Retrospective
from incidents.models.retrospective import FIELDS, report_of
from incidents.views.acting import posted

QUESTIONS = (
    ("summary", "Summary", "Three sentences for somebody who was not there."),
    (
        "contributing_factors",
        "Contributing factors",
        "What made it possible, likely or worse. People acted sensibly with what they knew.",
    ),
    ("root_cause", "Root cause", "“Not known” is an answer."),
    ("went_well", "What went well", ""),
    ("lucky", "Where we got lucky", "What would have made it worse, had it been otherwise."),
    ("surprised", "What surprised us", ""),
    ("bug_report", "Bug report", "Address or text."),
    ("permanent_fix", "Permanent fix", "What makes the rollback unnecessary, and when."),
)


@require_http_methods(["GET", "POST"])
def retrospective(request: HttpRequest, pk: int) -> HttpResponse:
    """The report; POST saves what people wrote."""
    incident = incident_for(request.user, pk, to_act=request.method == "POST")
    if request.method == "GET":
        return _page(request, incident)
    found = Retrospective.draft_for(incident, by=request.user)
    values = {name: request.POST[name] for name in FIELDS if name in request.POST}
    version = request.POST.get("version", "")
    try:
        found.change(
            by=request.user, version=int(version) if version.isdigit() else None, **_with_stars(request, values)
        )
    except Refused as why:
        return _page(request, incident, refusal=str(why), status=409, typed=values)
    saved = " ".join(f"saved:retrospective-{pk}-{name}" for name in values)
    messages.success(request, "Saved.", extra_tags=saved)
    return redirect("retrospective", pk)


def _with_stars(request: HttpRequest, values: dict[str, str]) -> dict[str, object]:
    """The starred lines, where the form shows the chronology."""
    if "stars" not in request.POST:
        return dict(values)
    return {**values, "starred": [int(seq) for seq in request.POST.getlist("starred") if seq.isdigit()]}


@posted
def publication(request: HttpRequest, pk: int) -> HttpResponse:
    """Freezes figures and chronology."""
    incident = incident_for(request.user, pk, to_act=True)
    found = Retrospective.draft_for(incident, by=request.user)
    try:
        found.publish(by=request.user)
    except Refused as why:
        return _page(request, incident, refusal=str(why), status=422)
    messages.success(request, "Published. Later corrections are notes on the timeline.")
    return redirect("retrospective", pk)


@posted
def action(request: HttpRequest, pk: int) -> HttpResponse:
    """Adds an action item."""
    incident = incident_for(request.user, pk, to_act=True)
    form = ActionItemForm(request.POST)
    if not form.is_valid():
        return _page(request, incident, status=422, action_form=form)
    given = form.cleaned_data
    try:
        ActionItem.add(incident, text=given["text"], owner=given["owner"], due_on=given["due_on"], by=request.user)
    except Refused as why:
        form.add_error(None, str(why))
        return _page(request, incident, status=422, action_form=form)
    messages.success(request, "Added.", extra_tags=f"saved:action-{pk}")
    return redirect("retrospective", pk)


@posted
def action_end(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """Says that an action item is done."""
    require_responder(request.user)
    found = get_object_or_404(ActionItem.objects.select_related("incident"), pk=item, incident_id=pk)
    try:
        found.finish(by=request.user)
    except Refused as why:
        messages.error(request, str(why))
    else:
        messages.success(request, f"Done: {found.text}")
    return redirect("retrospective", pk)


@posted
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Keeps that somebody looked at the plan and found nothing to change."""
    incident = incident_for(request.user, pk, to_act=True)
    found = Retrospective.draft_for(incident, by=request.user)
    try:
        found.keep_plan(by=request.user, reason=request.POST.get("reason", ""))
    except Refused as why:
        return _page(request, incident, refusal=str(why), status=422)
    messages.success(request, "The plan stays as it is.", extra_tags=f"saved:keep-plan-{pk}")
    return redirect("retrospective", pk)


@require_GET
def markdown(request: HttpRequest, pk: int) -> HttpResponse:
    """The report for the team's own repository."""
    incident = incident_for(request.user, pk)
    found = retrospective_for(request.user, incident)
    words = {name: getattr(found, name) for name in FIELDS} if found else {}
    report = report_of(incident, starred=found.starred if found else [])
    body = to_markdown(report, words, is_drill=incident.is_drill)
    response = HttpResponse(body, content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{incident.reference.lower()}-retrospective.md"'
    return response


def _page(
    request: HttpRequest,
    incident: Incident,
    *,
    refusal: str = "",
    status: int = 200,
    typed: dict[str, str] | None = None,
    action_form: ActionItemForm | None = None,
) -> HttpResponse:
    found = retrospective_for(request.user, incident)
    starred = found.starred if found else []
    is_published = bool(found and found.status == "published")
    context = {
        "incident": incident,
        "retrospective": found,
        "is_published": is_published,
        "report": report_of(incident, starred=starred),
        "starred": starred,
        "questions": [
            {"name": name, "label": label, "help": words, "value": (typed or {}).get(name, getattr(found, name, ""))}
            for name, label, words in QUESTIONS
        ],
        "action_items": list(ActionItem.objects.filter(incident=incident).select_related("owner", "done_by")),
        "action_form": action_form or ActionItemForm(),
        "refusal": refusal,
        "may_act": may_respond(request.user),
        "may_edit": may_respond(request.user) and not is_published,
    }
    return render(request, "incidents/retrospective.html", context, status=status)
