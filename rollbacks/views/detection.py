"""What is watched on a target, whether something may begin by itself there, and when nothing is declared."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from rollbacks import detection
from rollbacks.access import may_edit_targets, may_operate, target_for
from rollbacks.detection_rules import conditions
from rollbacks.forms_guard import GuardForm, MaintenanceForm
from rollbacks.models import Detected, Guard, Heartbeat, Maintenance, Refused, Target
from timeline import domain_time

PAST = 5


@require_http_methods(["GET", "POST"])
def detection_of(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows of the matrix with their values now, the switch, and the windows."""
    target = target_for(request, pk)
    return _order(request, pk) if request.method == "POST" else page(request, target)


@may_edit_targets
def _order(request: HttpRequest, pk: int) -> HttpResponse:
    target = target_for(request, pk)
    form = GuardForm(request.POST)
    if not form.is_valid():
        return page(request, target, guard_form=form, status=422)
    changed = Guard.of(target).order(**form.orders, by=request.user)
    if wanted := form.cleaned_data["measures"]:
        changed |= Heartbeat.switch(target, on=wanted == "on", by=request.user)
    messages.success(request, "Saved." if changed else "Nothing differed, so nothing was changed.")
    return redirect("detection", pk)


@require_http_methods(["GET", "POST"])
@may_operate
def maintenance(request: HttpRequest, pk: int) -> HttpResponse:
    """Plans a window."""
    if request.method == "GET":
        return redirect("detection", pk)
    target = target_for(request, pk)
    form = MaintenanceForm(request.POST)
    if form.is_valid():
        try:
            window = Maintenance.plan(target=target, by=request.user, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"Until {window.ends_at:%H:%M} UTC nothing is declared by itself.")
            return redirect("detection", pk)
    return page(request, target, maintenance_form=form, status=422)


@require_http_methods(["GET", "POST"])
@may_operate
def maintenance_end(request: HttpRequest, pk: int, window: int) -> HttpResponse:
    """Ends a window now, or cancels one that is to come."""
    if request.method == "POST":
        try:
            get_object_or_404(Maintenance, pk=window, target=pk).cancel(by=request.user)
            messages.success(request, "The window is over: what holds is declared again.")
        except Refused as refused:
            messages.warning(request, str(refused))
    return redirect("detection", pk)


def page(
    request: HttpRequest, target: Target, *, guard_form: Any = None, maintenance_form: Any = None, status: int = 200
) -> HttpResponse:
    now = domain_time.now()
    guard = Guard.of(target)
    context = {
        "target": target,
        "guard": guard,
        "heartbeat": Heartbeat.of(target),
        "guard_form": guard_form or GuardForm.of(guard),
        "maintenance_form": maintenance_form or MaintenanceForm.starting(now),
        "is_on": detection.is_on(target, now),
        "silent": detection.why_silent(target, now),
        "rows": rows_of(target),
        "windows": Maintenance.objects.ahead(now).filter(target=target).select_related("planned_by"),
        "past": Maintenance.objects.filter(target=target).exclude(pk__in=Maintenance.objects.ahead(now))[:PAST],
        "now": now,
    }
    return render(request, "rollbacks/detection.html", context, status=status)


def rows_of(target: Target) -> list[dict[str, Any]]:
    """Each row of the matrix with what was last read of it; the gap between the rows comes last."""
    states = {state.key: state for state in Detected.objects.filter(target=target)}
    found = conditions(detection.compiled_of(target))
    rows: list[dict[str, Any]] = [{"condition": one, "state": states.get(one.symptom[:300])} for one in found]
    if detection.GAP in states:
        rows.append({"condition": {"symptom": detection.GAP}, "state": states[detection.GAP]})
    return rows
