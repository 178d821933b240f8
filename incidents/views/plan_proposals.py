"""A finding of an incident as an edit of the plan: propose it, read it as a difference, accept or decline it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from incidents.access import incident_for, may_respond
from incidents.models import Incident, PlanProposal, Refused
from plans.differences import differences
from plans.models import Revision

EDIT = "plans.edit_plan"


@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    """Some lines of the plan and what should stand there. `?line=41` opens at that line."""
    incident = incident_for(request.user, pk, to_act=True)
    base = _current(incident)
    if base is None:
        messages.error(request, "This service has no plan that could be changed.")
        return redirect("retrospective", pk)
    refusal, status = "", 200
    if request.method == "POST":
        try:
            proposal = PlanProposal.propose(
                incident,
                base=_base(request, base),
                first_line=_number(request, "first_line"),
                last_line=_number(request, "last_line"),
                new_text=request.POST.get("new_text", ""),
                why=request.POST.get("why", ""),
                by=request.user,
            )
        except Refused as why:
            refusal, status = str(why), 422
        else:
            messages.success(request, "Proposed. The plan stays as it is until somebody accepts it.")
            return redirect(proposal)
    context = {"incident": incident, "base": base, "refusal": refusal, **_chosen(request, base)}
    return render(request, "incidents/propose_plan_change.html", context, status=status)


@require_GET
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposed edit as a difference on the text of now."""
    return _page(request, _found(pk))


@require_POST
def decision(request: HttpRequest, pk: int) -> HttpResponse:
    """Accepts it as the next revision, or declines it with a reason."""
    if not request.user.has_perm(EDIT):
        raise PermissionDenied("Your account may not change plans. Ask an administrator for the plan author role.")
    found = _found(pk)
    try:
        if request.POST.get("act") == "decline":
            found.decline(by=request.user, reason=request.POST.get("reason", ""))
            messages.success(request, "Declined; the plan stays as it is.")
            return redirect(found)
        revision = found.accept(by=request.user)
    except Refused as why:
        return _page(request, _found(pk), refusal=str(why), status=409)
    word = "It cannot run yet: look at its problems." if revision.problems else "It waits for an approval."
    messages.success(request, f"Revision {revision.number} cites {found.incident.reference}. {word}")
    return redirect(revision)


def _page(request: HttpRequest, found: PlanProposal, *, refusal: str = "", status: int = 200) -> HttpResponse:
    current = found.plan.current
    assert current is not None  # noqa: S101  (a proposal stands on a revision)
    text, stale = found.base.text, ""
    shown = found.base
    try:
        shown = current if found.status == PlanProposal.Status.PROPOSED else found.base
        text = found.text_on(shown)
    except Refused as why:
        stale = str(why)
        text = found.text_on(found.base)
        shown = found.base
    context = {
        "proposal": found,
        "incident": found.incident,
        "lines": differences(shown.text, text),
        "shown": shown,
        "refusal": refusal or stale,
        "may_decide": request.user.has_perm(EDIT) and found.status == PlanProposal.Status.PROPOSED,
        "is_stale": bool(stale),
        "may_act": may_respond(request.user),
    }
    return render(request, "incidents/plan_proposal.html", context, status=status)


def _found(pk: int) -> PlanProposal:
    rows = PlanProposal.objects.select_related(
        "plan", "base", "by", "decided_by", "revision", "incident__target__service", "incident__target__environment"
    )
    return get_object_or_404(rows, pk=pk)


def _current(incident: Incident) -> Revision | None:
    plan = incident.target.plan or (incident.revision.plan if incident.revision else None)
    return plan.current if plan else None


def _base(request: HttpRequest, current: Revision) -> Revision:
    """The revision that the form showed: its lines are what the person counted."""
    number = request.POST.get("base", "")
    shown = current.plan.revisions.filter(number=int(number)).first() if number.isdigit() else None
    return shown or current


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not text.isdigit():
        raise Refused("Say which lines: two numbers.")
    return int(text)


def _chosen(request: HttpRequest, base: Revision) -> dict[str, object]:
    """The lines in the form: typed, or those of the link, with the words that stand there now."""
    lines = base.text.splitlines()
    given = request.POST if request.method == "POST" else request.GET
    first = int(given.get("first_line") or given.get("line") or 0) if _digits(given, "first_line", "line") else 0
    last = int(given.get("last_line") or first) if _digits(given, "last_line") else first
    standing = "\n".join(lines[max(first - 1, 0) : last]) if first else ""
    return {
        "numbered": list(enumerate(lines, start=1)),
        "first": first or "",
        "last": last or "",
        "new_text": request.POST.get("new_text", standing),
        "why": request.POST.get("why", ""),
    }


def _digits(given: dict[str, str], *names: str) -> bool:
    return all(not given.get(name) or str(given[name]).isdigit() for name in names)
