"""Handing over: ask, accept, take back; a whole shift at once. Who does not answer in five minutes is paged."""

from datetime import datetime
from typing import Any

from django.db import transaction

from incidents.models import HandOver, Incident, Message, Notice, Refused, RoleAssignment
from incidents.models.hand_over import ANSWER_WITHIN
from incidents.models.incident_record import clean, present

MOVING = ("open", "resolved")  # a resolved incident still has its day-after tasks


def ask(
    *, from_user: Any, to_user: Any, incident: Incident | None = None, note: str = "", at: datetime | None = None
) -> HandOver:
    """Asks the next person; nothing moves until they accept. Without an incident it is the whole shift."""
    at = present(at)
    if to_user == from_user:
        raise Refused("Choose somebody else: you have it already.")
    held = held_by(from_user)
    if incident is None and not held:
        raise Refused("You hold no incident: there is nothing to hand over.")
    with transaction.atomic():
        if HandOver.objects.waiting().filter(from_user=from_user, incident=incident).exists():
            raise Refused("You have asked somebody already: wait for the answer, or take the question back.")
        made = HandOver.objects.create(
            incident=incident, from_user=from_user, to_user=to_user, note=clean(note), asked_at=at,
            wakes_at=at + ANSWER_WITHIN,
        )  # fmt: skip
        about = [incident] if incident else held
        for each in about:
            each.record("hand_over.asked", by=from_user, at=at, data=_said(made))
        _tell(made, about[0], at=at, loudly=False)
    return made


def accept(hand_over: HandOver, *, by: Any, at: datetime | None = None) -> list[Incident]:
    """Moves every role of the incident, or of all that the other holds; returns the incidents that moved."""
    at = present(at)
    if by != hand_over.to_user:
        raise Refused(f"{hand_over.to_user} was asked, not you.")
    with transaction.atomic():
        if not HandOver.objects.waiting().filter(pk=hand_over.pk).update(accepted_at=at):
            raise Refused("This hand-over was answered or taken back already.")
        hand_over.refresh_from_db()
        moved = [hand_over.incident] if hand_over.incident else held_by(hand_over.from_user)
        for incident in moved:
            _move(incident, hand_over, at=at)
    return moved


def withdraw(hand_over: HandOver, *, by: Any, at: datetime | None = None) -> None:
    """Takes the question back; either side may."""
    at = present(at)
    if by not in (hand_over.from_user, hand_over.to_user):
        raise Refused("Only the two people of this hand-over can end it.")
    with transaction.atomic():
        if not HandOver.objects.waiting().filter(pk=hand_over.pk).update(withdrawn_at=at):
            raise Refused("This hand-over was answered or taken back already.")
        about = [hand_over.incident] if hand_over.incident else held_by(hand_over.from_user)
        for incident in about:
            incident.record("hand_over.withdrawn", by=by, at=at, data=_said(hand_over))


def page_the_silent(at: datetime) -> int:
    """Pages, on every channel, those who were asked five minutes ago; returns how many."""
    paged = 0
    for hand_over in HandOver.objects.to_page(at).select_related("incident", "from_user", "to_user"):
        with transaction.atomic():
            # The mark first: two scans page once.
            if not HandOver.objects.to_page(at).filter(pk=hand_over.pk).update(paged_at=at):
                continue
            about = [hand_over.incident] if hand_over.incident else held_by(hand_over.from_user)
            if about:
                _tell(hand_over, about[0], at=at, loudly=True)
                paged += 1
    return paged


def held_by(user: Any) -> list[Incident]:
    """The incidents in which this person holds a role, the live ones first."""
    mine = RoleAssignment.objects.current().filter(user=user, incident__status__in=MOVING).values("incident")
    found = Incident.objects.filter(pk__in=mine).select_related("target__service", "target__environment", "revision")
    return sorted(found, key=lambda incident: (not incident.is_live, incident.detected_at))


def _move(incident: Incident, hand_over: HandOver, *, at: datetime) -> None:
    giver, taker = hand_over.from_user, hand_over.to_user
    for held in RoleAssignment.objects.current().filter(incident=incident, user=giver):
        incident.assign_role(role=held.role, user=taker, by=taker, at=at)
    if incident.acknowledged_by_id == giver.pk:
        Incident.objects.filter(pk=incident.pk, acknowledged_by=giver).update(acknowledged_by=taker)
    # A draft that the giver began is the taker's to finish; what they promised moved with the role.
    Message.objects.drafts().filter(incident=incident, created_by=giver).update(created_by=taker)
    incident.record("hand_over.accepted", by=taker, at=at, data=_said(hand_over))


def _said(hand_over: HandOver) -> dict[str, Any]:
    return {
        "from": hand_over.from_user.get_username(),
        "to": hand_over.to_user.get_username(),
        "shift": hand_over.incident_id is None,
        "note": hand_over.note,
        "hand_over": hand_over.pk,
    }


def _tell(hand_over: HandOver, incident: Incident, *, at: datetime, loudly: bool) -> None:
    who = hand_over.from_user.get_username()
    what = incident.reference if hand_over.incident else "the shift"
    still = "is still waiting for you to take" if loudly else "asks you to take"
    note = f"\n\n{hand_over.note}" if hand_over.note else ""
    Notice.tell(
        incident,
        user=hand_over.to_user,
        kind="hand_over_page" if loudly else "hand_over",
        subject=f"[{incident.reference}] {who} {still} {what}",
        text=f"{who} {still} {what}. Read the brief, then press the button there.{note}",
        path=hand_over.get_absolute_url(),
        at=at,
        loudly=loudly,
    )
