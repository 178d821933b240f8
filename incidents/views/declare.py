"""Declaring in under 30 seconds, with the plan's advice while typing."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from incidents import advice as advices
from incidents import declaring
from incidents.access import require_responder
from incidents.forms import DeclareForm
from incidents.known import Known, matches
from incidents.models import Refused
from incidents.models.decision import revision_of
from rollbacks.models import Target


@require_http_methods(["GET", "POST"])
def declare(request: HttpRequest) -> HttpResponse:
    """The form; a declared incident opens its page."""
    require_responder(request.user)
    form = DeclareForm(request.POST or None, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            incident, _ = declaring.declare(form.cleaned_data, source="person", by=request.user)
        except Refused as why:
            form.add_error(None, str(why))
        else:
            messages.success(
                request, f"{incident.reference} is declared.", extra_tags="saved:declare-title saved:declare-symptom"
            )
            return redirect("incident", incident.pk)
    found = _advice_for(form)
    context = {"form": form, "advice": found, "known": _known(found, str(form["title"].value() or ""))}
    return render(request, "incidents/declare.html", context, status=422 if form.is_bound else 200)


@require_GET
def advice(request: HttpRequest) -> HttpResponse:
    """What the plan recommends for what was typed so far; a fragment that changes nothing."""
    require_responder(request.user)
    target = (
        Target.objects.select_related("service", "environment", "plan")
        .filter(pk=_number(request.GET.get("target")))
        .first()
    )
    found = advices.advice(target, request.GET.get("symptom", "")) if target else None
    known = _known(found, request.GET.get("title", ""))
    return render(request, "incidents/declare.html#advice", {"advice": found, "known": known})


def _known(found: advices.Advice | None, title: str) -> list[Known]:
    """Issues of the plan and earlier incidents that match what was typed so far."""
    if found is None or not f"{found.symptom}{title}".strip():
        return []
    revision = revision_of(found.target)
    text = f"{found.symptom} {title}"
    return matches(found.target, revision.compiled if revision else {}, text, symptom=found.symptom)


def _initial(request: HttpRequest) -> dict[str, Any]:
    """A link may bring target and symptom: /incidents/declare/?target=3&symptom=…"""
    return {name: request.GET[name] for name in ("target", "symptom", "title", "severity") if request.GET.get(name)}


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _advice_for(form: DeclareForm) -> advices.Advice | None:
    """Without script the advice of the chosen, else the first, target stands on the page."""
    chosen = form["target"].value()
    targets = list(form.fields["target"].queryset)  # type: ignore[attr-defined]
    target = next((target for target in targets if str(target.pk) == str(chosen)), targets[0] if targets else None)
    return advices.advice(target, str(form["symptom"].value() or "")) if target else None
