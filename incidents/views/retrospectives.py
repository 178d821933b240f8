"""The report after an incident: what the timeline says, and what people add."""

from difflib import SequenceMatcher
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from incidents.access import incident_for, may_respond, retrospective_for
from incidents.forms import ActionItemForm
from incidents.models import Incident, Refused, Retrospective, RetrospectiveComment
from incidents.models.retrospective import FIELDS, Conflict
from incidents.pdf import typesetting
from incidents.retrospective_page import LABELS, RetrospectivePage, digest
from incidents.views.acting import posted
from plans.differences import differences
from timeline import domain_time


@require_http_methods(["GET", "POST"])
def retrospective(request: HttpRequest, pk: int) -> HttpResponse:
    """The report; POST saves what people wrote."""
    incident = incident_for(request.user, pk, to_act=request.method == "POST")
    if request.method == "GET":
        return page(request, incident)
    found = Retrospective.draft_for(incident, by=request.user)
    typed = {name: request.POST[name].replace("\r\n", "\n") for name in FIELDS if name in request.POST}
    version = request.POST.get("version", "")
    try:
        found.change(
            by=request.user,
            version=int(version) if version.isdigit() else None,
            **_written(request, typed, found),
        )
    except Conflict as why:
        return page(request, incident, refusal=str(why), status=409, typed=typed)
    except Refused as why:
        return page(request, incident, refusal=str(why), status=422, typed=typed)
    _star(request, incident)
    saved = " ".join(f"saved:retrospective-{pk}-{name}" for name in typed)
    messages.success(request, "Saved.", extra_tags=saved)
    return redirect("retrospective", pk)


def _written(request: HttpRequest, typed: dict[str, str], found: Retrospective) -> dict[str, Any]:
    """What people wrote; the timeline's own words, posted back as they were shown, stay the timeline's."""
    return {
        name: "" if not getattr(found, name) and request.POST.get(f"shown-{name}") == digest(text) else text
        for name, text in typed.items()
    }


def _star(request: HttpRequest, incident: Incident) -> None:
    """Stars and un-stars lines where the form showed the chronology; both are lines of the timeline."""
    if "stars" in request.POST:
        wanted = {int(seq) for seq in request.POST.getlist("starred") if seq.isdigit()}
        shown = {int(seq) for seq in request.POST.getlist("star-shown") if seq.isdigit()}
        incident.star_exactly(wanted, among=shown, by=request.user)


@posted
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for a review, or takes the text back to draft."""
    incident = incident_for(request.user, pk, to_act=True)
    found = Retrospective.draft_for(incident, by=request.user)
    asks = request.POST.get("act") != "back"
    try:
        found.ask_review(by=request.user) if asks else found.take_back(by=request.user)
    except Refused as why:
        return page(request, incident, refusal=str(why), status=422)
    messages.success(request, "In review: others may comment and change it." if asks else "Back to draft.")
    return redirect("retrospective", pk)


@posted
def publication(request: HttpRequest, pk: int) -> HttpResponse:
    """Freezes figures and chronology."""
    incident = incident_for(request.user, pk, to_act=True)
    found = Retrospective.draft_for(incident, by=request.user)
    try:
        found.publish(by=request.user)
    except Refused as why:
        return page(request, incident, refusal=str(why), status=422)
    messages.success(request, "Published. Later corrections are notes on the timeline.")
    return redirect("retrospective", pk)


@posted
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Says something about a part; anybody who may act on incidents may."""
    incident = incident_for(request.user, pk, to_act=True)
    found = Retrospective.draft_for(incident, by=request.user)
    part = request.POST.get("part", "")
    try:
        RetrospectiveComment.add(
            found, text=request.POST.get("text", ""), by=request.user, part=part if part in LABELS else ""
        )
    except Refused as why:
        return page(request, incident, refusal=str(why), status=422)
    messages.success(request, "Commented.", extra_tags=f"saved:comment-{pk}")
    return redirect("retrospective", pk)


@posted
def comment_end(request: HttpRequest, pk: int, comment: int) -> HttpResponse:
    """Says that a comment was answered."""
    incident_for(request.user, pk, to_act=True)
    rows = RetrospectiveComment.objects.filter(retrospective__incident_id=pk)
    try:
        get_object_or_404(rows, pk=comment).settle(by=request.user)
    except Refused as why:
        messages.error(request, str(why))
    return redirect("retrospective", pk)


@posted
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Keeps that somebody looked at the plan and found nothing to change."""
    incident = incident_for(request.user, pk, to_act=True)
    found = Retrospective.draft_for(incident, by=request.user)
    try:
        found.keep_plan(by=request.user, reason=request.POST.get("reason", ""))
    except Refused as why:
        return page(request, incident, refusal=str(why), status=422)
    messages.success(request, "The plan stays as it is.", extra_tags=f"saved:keep-plan-{pk}")
    return redirect("retrospective", pk)


@require_GET
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Every version that somebody saved, newest first, with what it changed."""
    incident = incident_for(request.user, pk)
    found = retrospective_for(request.user, incident)
    versions = list(found.versions.select_related("by")) if found else []
    older: list[dict[str, str]] = [version.words for version in versions[1:]] + [{}]
    rows = [
        {"version": version, "parts": [_changed(name, before, version.words) for name in version.changed]}
        for version, before in zip(versions, older, strict=False)
    ]
    return render(request, "incidents/retrospective_history.html", {"incident": incident, "rows": rows})


def _changed(name: str, before: dict[str, str], after: dict[str, str]) -> dict[str, Any]:
    old, new = before.get(name, ""), after.get(name, "")
    same = SequenceMatcher(None, old, new, autojunk=False).ratio() if old and new else 0.0
    return {"label": LABELS.get(name, name), "lines": differences(old, new), "same": round(100 * same)}


def page(
    request: HttpRequest,
    incident: Incident,
    *,
    refusal: str = "",
    status: int = 200,
    typed: dict[str, str] | None = None,
    action_form: ActionItemForm | None = None,
) -> HttpResponse:
    """The whole page. `typed` brings back what a person wrote into a form that was refused."""
    found = retrospective_for(request.user, incident)
    shown = RetrospectivePage(incident, found, typed)
    is_published = bool(found and found.is_published)
    context = {
        "incident": incident,
        "retrospective": found,
        "page": shown,
        "report": shown.report,
        "is_published": is_published,
        "action_form": action_form or ActionItemForm(),
        "refusal": refusal,
        "has_pdf": typesetting.is_installed(),
        "today": domain_time.now().date(),
        "may_act": may_respond(request.user),
        "may_edit": may_respond(request.user) and not is_published,
    }
    return render(request, "incidents/retrospective.html", context, status=status)
