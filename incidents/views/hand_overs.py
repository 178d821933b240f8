"""Handing an incident or the whole shift to the next person, and who is here."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents import hand_overs
from incidents.access import incident_for, require_responder
from incidents.brief import briefs_of
from incidents.models import HandOver, Incident, Presence, Refused
from incidents.views.acting import posted
from timeline import domain_time
from timeline.doorbell import ring


@posted
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks a person to take this incident."""
    incident = incident_for(request.user, pk, to_act=True)
    _ask(request, incident)
    return redirect("incident", pk)


@require_http_methods(["GET", "POST"])
def shift(request: HttpRequest) -> HttpResponse:
    """Everything that I hold, one brief an incident; POST asks a person to take it all."""
    require_responder(request.user)
    if request.method == "POST":
        _ask(request, None)
        return redirect("shift")
    waiting = HandOver.objects.waiting().select_related("incident", "from_user", "to_user")
    context = {
        "briefs": _briefs(request.user),
        "people": _people(request.user),
        "mine": waiting.filter(from_user_id=request.user.pk),
        "to_me": waiting.filter(to_user_id=request.user.pk),
    }
    return render(request, "incidents/shift.html", context)


@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind a mailed link: the brief, and one button. Opening it does nothing."""
    found = _found(request, token)
    if request.method == "POST":
        try:
            moved = hand_overs.accept(found, by=request.user)
        except Refused as why:
            messages.error(request, str(why))
            return redirect("hand-over", token)
        messages.success(request, f"You have {_named(moved)} now.")
        return redirect("incident", moved[0].pk) if len(moved) == 1 else redirect("shift")
    incidents = [found.incident] if found.incident else hand_overs.held_by(found.from_user)
    context = {"hand_over": found, "briefs": _read([incident.pk for incident in incidents if incident])}
    return render(request, "incidents/hand_over.html", context)


@require_POST
def withdrawal(request: HttpRequest, token: str) -> HttpResponse:
    """Takes the question back, or declines it."""
    found = _found(request, token)
    try:
        hand_overs.withdraw(found, by=request.user)
    except Refused as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "Nothing was handed over.")
    return redirect("shift")


@posted
def presence(request: HttpRequest, pk: int) -> HttpResponse:
    """A sign of life of an open page; answers with who else is here."""
    incident = incident_for(request.user, pk)
    place = request.POST.get("place", "incident")[:40]
    if Presence.sign(incident, request.user, place, editing=request.POST.get("editing") == "1"):
        ring(f"presence:{pk}")
    here = (
        Presence.objects.here()
        .filter(incident=incident)
        .exclude(user__username=request.user.get_username())
        .select_related("user")
    )
    context = {"incident": incident, "place": place, "others": _others(list(here), place)}
    return render(request, "incidents/_presence.html", context)


def _others(rows: list[Presence], place: str) -> list[dict[str, Any]]:
    """One entry a person: whether they edit what I look at, else where they are."""
    people: dict[int, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: (row.place == place, row.editing)):
        word = "edits this message" if row.editing and row.place == place else ""
        word = word or ("edits a message" if row.editing else "")
        people[row.user_id] = {"name": row.user.get_username(), "word": word, "is_here": row.place == place}
    return list(people.values())


def _ask(request: HttpRequest, incident: Incident | None) -> None:
    to = get_user_model().objects.filter(pk=request.POST.get("user") or 0, is_active=True).first()
    try:
        if to is None:
            raise Refused("Choose who takes it.")
        made = hand_overs.ask(from_user=request.user, to_user=to, incident=incident, note=request.POST.get("note", ""))
    except Refused as why:
        messages.error(request, str(why))
    else:
        messages.success(request, f"{made.to_user.get_username()} was asked; it stays yours until they accept.")


def _found(request: HttpRequest, token: str) -> HandOver:
    require_responder(request.user)
    rows = HandOver.objects.select_related("incident__target__service", "incident__target__environment")
    found = rows.select_related("from_user", "to_user", "incident").filter(token=token).first()
    if found is None:
        raise Http404("No such hand-over.")
    return found


def _briefs(user: Any) -> list[Any]:
    return _read([incident.pk for incident in hand_overs.held_by(user)])


def _read(pks: list[int]) -> list[Any]:
    now = domain_time.now()
    found = {incident.pk: incident for incident in Incident.objects.with_people().filter(pk__in=pks)}
    return briefs_of([found[pk] for pk in pks if pk in found], now)


def _people(user: Any) -> list[Any]:
    return list(get_user_model().objects.filter(is_active=True).exclude(pk=user.pk).order_by("username"))


def _named(incidents: list[Incident]) -> str:
    return ", ".join(incident.reference for incident in incidents) or "nothing"
