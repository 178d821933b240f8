"""How an incident ends, and the ways back: resolve, reopen, dismiss, close, restore."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from incidents import overview, runs, stale
from incidents.access import incident_for
from incidents.models import Incident, Refused
from incidents.views.acting import act, posted
from rollbacks.models import Run

AGAINST_RESOLVING = (
    "verdict.given",
    "watch.rearmed",
    "run.queued",
    "run.started",
    "incident.resolved",
    "incident.dismissed",
)


@require_http_methods(["GET", "POST"])
def resolution(request: HttpRequest, pk: int) -> HttpResponse:
    """Says what proves the recovery and asks for a reason where nothing does; then leads to the final message."""
    incident = incident_for(request.user, pk, to_act=request.method == "POST")
    proof = overview.proof_of(incident)
    refusal, status = "", 200
    if request.method == "POST":
        refusal = stale.changed_since(incident, request.POST.get("seen"), kinds=AGAINST_RESOLVING)
        status = 409
        if not refusal:
            try:
                incident.resolve(by=request.user, verdict=proof.verdict, reason=request.POST.get("reason", ""))
            except Refused as why:
                refusal, status = str(why), 422
            else:
                messages.success(request, "Resolved. Now tell the stakeholders.", extra_tags=f"saved:resolution-{pk}")
                return redirect("incident-messages", pk)
    context = {
        "incident": incident,
        "proof": proof,
        "refusal": refusal,
        "seen": overview.last_line(incident),
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "incidents/resolution.html", context, status=status if refusal else 200)


@posted
def reopening(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a resolution or a dismissal back."""
    reason = request.POST.get("reason", "")
    return act(
        request,
        pk,
        lambda incident: incident.reopen(by=request.user, reason=reason),
        done="Reopened; the clock runs on from the detection.",
        saved=f"reopening-{pk}",
        kinds=("incident.reopened", "incident.closed"),
        repeats="incident.reopened",
    )


@posted
def dismissal(request: HttpRequest, pk: int) -> HttpResponse:
    """Says that this was no incident."""
    reason = request.POST.get("reason", "")
    return act(
        request,
        pk,
        lambda incident: incident.dismiss(by=request.user, reason=reason),
        done="Dismissed. It can be reopened.",
        saved=f"dismissal-{pk}",
        repeats="incident.dismissed",
    )


@posted
def merging(request: HttpRequest, pk: int) -> HttpResponse:
    """Says that this incident is the same as another live one, and leads there."""
    number = request.POST.get("into", "").upper().removeprefix("INC-")
    reason = request.POST.get("reason", "")

    def merge(incident: Incident) -> Incident:
        into = Incident.objects.filter(pk=int(number)).first() if number.isdigit() else None
        if into is None:
            raise Refused("Say into which incident: INC-41.")
        incident.merge(into=into, by=request.user, reason=reason)
        return into

    return act(
        request,
        pk,
        merge,
        done="Merged. Its alerts stand here now.",
        saved=f"merging-{pk}",
        repeats="incident.merged",
        then=lambda _, into: str(into.get_absolute_url()),
    )


@posted
def closure(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends the work on a resolved incident."""
    reason = request.POST.get("reason", "")
    return act(
        request,
        pk,
        lambda incident: incident.close(by=request.user, reason=reason),
        done="Closed.",
        saved=f"closing-{pk}",
        kinds=("incident.reopened", "incident.closed"),
        repeats="incident.closed",
    )


@posted
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Drafts the run that brings the service out of its rolled-back state."""
    return act(
        request,
        pk,
        lambda incident: runs.draft_restore(incident, by=request.user),
        kinds=("run.queued", "run.started"),
        then=_to_run,
    )


def _to_run(incident: Incident, run: Run) -> str:
    return reverse("confirm-run", args=[run.pk])
