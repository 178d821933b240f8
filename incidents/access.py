"""Who may see and do what: objects of this room are fetched here and nowhere else."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404

from incidents.models import Delivery, Evidence, Incident, Message, Page, Retrospective, Task

RESPOND = "incidents.respond"


def may_respond(user: Any) -> bool:
    """True for people who act on incidents; viewers only read."""
    return bool(user.is_authenticated and user.is_active and user.has_perm(RESPOND))


def require_responder(user: Any) -> None:
    """403 for a reader."""
    if not may_respond(user):
        raise PermissionDenied(
            "Your account may read incidents, not act on them. Ask an administrator for the responder role."
        )


def incident_for(user: Any, pk: int, *, to_act: bool = False) -> Incident:
    """The incident with its people and tasks; 404 for a stranger, 403 for a reader who wants to act."""
    if not (user.is_authenticated and user.is_active):
        raise Http404("No such incident.")
    if to_act:
        require_responder(user)
    incident = Incident.objects.with_people().filter(pk=pk).first()
    if incident is None:
        raise Http404("No such incident.")
    return incident


def task_for(user: Any, incident_id: int, pk: int) -> Task:
    """A task of an incident, to be ticked or un-ticked."""
    return _of_incident(user, Task.objects.select_related("phase", "incident__target__environment"), incident_id, pk)


def evidence_for(user: Any, incident_id: int, pk: int) -> Evidence:
    """An item of evidence, to be skipped."""
    return _of_incident(user, Evidence.objects.select_related("incident"), incident_id, pk)


def message_for(user: Any, incident_id: int, pk: int, *, to_act: bool = False) -> Message:
    """A message with the state of every recipient."""
    related = ("incident__target__environment", "incident__target__service", "incident__revision", "edited_by")
    messages = Message.objects.for_list().select_related(*related, "sent_by", "created_by")
    return _of_incident(user, messages, incident_id, pk, to_act=to_act)


def delivery_for(user: Any, incident_id: int, pk: int) -> Delivery:
    """One mail of an incident, to be sent again."""
    require_responder(user)
    rows = Delivery.objects.select_related("message__incident__target", "page__incident__target")
    delivery = rows.filter(pk=pk).first()
    if delivery is None or delivery.incident.pk != incident_id:
        raise Http404("No such mail.")
    return delivery


def retrospective_for(user: Any, incident: Incident, *, to_act: bool = False) -> Retrospective | None:
    """The retrospective, None before somebody began it."""
    if to_act:
        require_responder(user)
    return Retrospective.objects.filter(incident=incident).select_related("published_by").first()


def page_for(user: Any, token: str, *, to_act: bool = False) -> Page:
    """The page behind a mailed link. The token says which page, the account says who: both are needed."""
    if to_act:
        require_responder(user)
    page = (
        Page.objects.filter(token=token)
        .select_related("incident__target__service", "incident__target__environment")
        .first()
    )
    if page is None:
        raise Http404("No such page.")
    return page


def _of_incident(user: Any, rows: Any, incident_id: int, pk: int, *, to_act: bool = True) -> Any:
    if not (user.is_authenticated and user.is_active):
        raise Http404("Not here.")
    if to_act:
        require_responder(user)
    row = rows.filter(incident_id=incident_id, pk=pk).first()
    if row is None:
        raise Http404("Not here.")
    return row
