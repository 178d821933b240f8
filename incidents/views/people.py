"""Who has the incident: acknowledge, escalate, hand over; and the page behind a mailed link."""

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from incidents.access import page_for
from incidents.models import Incident, Refused, RoleName
from incidents.views.acting import act, posted

ENDINGS = ("incident.resolved", "incident.dismissed", "incident.closed")


@posted
def acknowledgement(request: HttpRequest, pk: int) -> HttpResponse:
    """ "I have it"."""
    return act(
        request,
        pk,
        lambda incident: incident.acknowledge(by=request.user),
        done="You have it. The pager stops.",
        kinds=("incident.acknowledged", *ENDINGS),
        repeats="incident.acknowledged",
    )


@posted
def acknowledgement_withdrawal(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes "I have it" back."""
    return act(
        request,
        pk,
        lambda incident: incident.withdraw_acknowledgement(by=request.user),
        done="Withdrawn. The next contact is asked.",
        kinds=("incident.acknowledgement_withdrawn", *ENDINGS),
        repeats="incident.acknowledgement_withdrawn",
    )


@posted
def escalation(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks the named contact, or the next one."""
    order = request.POST.get("order", "")
    return act(
        request,
        pk,
        lambda incident: incident.escalate(by=request.user, order=int(order) if order.isdigit() else None),
        done="Asked. The timeline says what became of the mail.",
        kinds=("incident.escalated", *ENDINGS),
        repeats="incident.escalated",
    )


@posted
def role(request: HttpRequest, pk: int) -> HttpResponse:
    """Gives a role to a person."""

    def assign(incident: Incident) -> None:
        user = get_user_model().objects.filter(pk=request.POST.get("user") or 0, is_active=True).first()
        name = request.POST.get("role", "")
        if user is None or name not in RoleName.values:
            raise Refused("Choose a role and a person.")
        incident.assign_role(role=name, user=user, by=request.user)

    return act(request, pk, assign, done="Handed over.", kinds=("role.assigned", *ENDINGS), repeats="role.assigned")


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind a mailed link: opening it does nothing, its one button takes the incident."""
    asked = page_for(request.user, token, to_act=request.method == "POST")
    if request.method == "GET":
        return render(request, "incidents/page.html", {"page": asked, "incident": asked.incident})
    try:
        asked.incident.acknowledge(by=request.user, page=asked)
    except Refused as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "You have it. The pager stops.")
    return redirect("incident", asked.incident_id)
