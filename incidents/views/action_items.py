"""What is to be done after incidents: added with its retrospective, listed in one place, ended by a person."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET

from incidents.access import incident_for, may_respond
from incidents.forms import ActionItemForm, MoveActionForm
from incidents.models import ActionItem, Refused
from incidents.views.acting import posted
from incidents.views.retrospectives import page
from timeline import domain_time

NEWEST_DONE = 20


@require_GET
def actions(request: HttpRequest) -> HttpResponse:
    """Open items, the longest overdue first; `?mine=1` only the reader's own."""
    today = domain_time.now().date()
    rows = ActionItem.objects.select_related("incident", "owner", "done_by")
    if request.GET.get("mine"):
        rows = rows.filter(owner_id=request.user.pk)
    waiting = [(item, item.is_overdue(today)) for item in rows.open().order_by("due_on", "pk")]
    context = {
        "waiting": waiting,
        "overdue": sum(is_overdue for _, is_overdue in waiting),
        "done": list(rows.exclude(done_at=None).order_by("-done_at")[:NEWEST_DONE]),
        "mine": bool(request.GET.get("mine")),
        "people": ActionItemForm().fields["owner"].queryset,  # type: ignore[attr-defined]
        "may_act": may_respond(request.user),
    }
    return render(request, "incidents/actions.html", context)


@posted
def action(request: HttpRequest, pk: int) -> HttpResponse:
    """Adds an action item."""
    incident = incident_for(request.user, pk, to_act=True)
    form = ActionItemForm(request.POST)
    if not form.is_valid():
        return page(request, incident, status=422, action_form=form)
    try:
        ActionItem.add(incident, **form.cleaned_data, by=request.user)
    except Refused as why:
        form.add_error(None, str(why))
        return page(request, incident, status=422, action_form=form)
    messages.success(request, "Added.", extra_tags=f"saved:action-{pk}")
    return redirect("retrospective", pk)


@posted
def action_end(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """Says that an action item is done."""
    incident_for(request.user, pk, to_act=True)
    found = get_object_or_404(ActionItem.objects.select_related("incident"), pk=item, incident_id=pk)
    try:
        found.finish(by=request.user)
    except Refused as why:
        messages.error(request, str(why))
    else:
        messages.success(request, f"Done: {found.text}")
    return _back(request, pk)


@posted
def action_move(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """Gives an action item another owner or day."""
    incident_for(request.user, pk, to_act=True)
    found = get_object_or_404(ActionItem.objects.select_related("incident", "owner"), pk=item, incident_id=pk)
    form = MoveActionForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused("Choose an owner and a day.")
        found.move(by=request.user, **form.cleaned_data)
    except Refused as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "Moved. Who had it before stays on the timeline.")
    return _back(request, pk)


def _back(request: HttpRequest, pk: int) -> HttpResponse:
    """To the list when the form stood there, else to the retrospective."""
    to = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(to, allowed_hosts=None):
        return redirect(to)
    return redirect("retrospective", pk)
