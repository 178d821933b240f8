"""Rehearsals: what the plans' schedules ask for, what is due, and starting one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from incidents import drills as rehearsals
from incidents.access import may_respond, require_responder
from incidents.models import Drill, Refused
from rollbacks.models import Run, Target
from timeline import domain_time


@require_GET
def drills(request: HttpRequest) -> HttpResponse:
    """Open drills, the longest overdue first, and the last ones that were held."""
    today = domain_time.now().date()
    waiting = list(Drill.objects.open().select_related("plan", "incident").order_by("due_on", "level"))
    rows = [
        {"drill": drill, "is_overdue": drill.is_overdue(today), "targets": rehearsals.targets_for(drill)}
        for drill in waiting
    ]
    held = list(Drill.objects.exclude(held_at=None).select_related("plan", "incident").order_by("-held_at")[:20])
    measured = (
        Run.objects.filter(kind="drill", status="succeeded")
        .exclude(started_at=None)
        .select_related("service", "environment")
    )
    context = {"rows": rows, "held": held, "runs": list(measured.defer("snapshot").order_by("-finished_at")[:20])}
    return render(request, "incidents/drills.html", {**context, "may_act": may_respond(request.user)})


@require_POST
def start(request: HttpRequest, drill: int) -> HttpResponse:
    """Declares the drill as an incident that sends nothing outward."""
    require_responder(request.user)
    found = get_object_or_404(Drill.objects.select_related("plan"), pk=drill)
    target = get_object_or_404(Target, pk=request.POST.get("target") or 0)
    try:
        incident = rehearsals.start(found, target=target, by=request.user)
    except Refused as why:
        messages.error(request, str(why))
        return redirect("drills")
    return redirect("incident", incident.pk)
