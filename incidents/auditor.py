"""Looks whether anything due is late, and lets an outside monitor know that nothing is.

The monitor is told by a GET to FIREBREAK_HEARTBEAT_URL once a minute. When a due action is more than five minutes late,
or nobody can ask (no worker, no beat, no database), the heartbeat does not come and the monitor raises the alarm:
what watches Firebreak must not depend on Firebreak.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from django.conf import settings
from django.utils import timezone

from incidents import clock
from incidents.models import AuditReport, Delivery, HandOver, Page, Phase, Promise
from rollbacks.http_client import make_client
from timeline import domain_time
from timeline.models import Event

log = logging.getLogger(__name__)
TOO_LATE = timedelta(minutes=5)


@dataclass(frozen=True)
class Late:
    """One due action that did not happen, as a sentence, and since when it is due."""

    sentence: str
    due_at: datetime


def late_actions() -> list[Late]:
    """Every due action that is more than five minutes late, the oldest first."""
    return sorted(_late(domain_time.now(), timezone.now()), key=lambda late: late.due_at)


def _late(now: datetime, wall: datetime) -> Iterator[Late]:
    before, wall_before = now - TOO_LATE, wall - TOO_LATE
    for phase in Phase.objects.to_announce(before)[:20]:
        yield Late(f"Phase “{phase.name}” of INC-{phase.incident_id} was not announced", phase.due_at)
    for page in Page.objects.to_escalate(before)[:20]:
        yield Late(f"The next contact of INC-{page.incident_id} was not asked", page.wakes_at or before)
    for promise in Promise.objects.to_remind_after(before)[:20]:
        yield Late(f"Nobody was reminded of the update of INC-{promise.incident_id}", promise.due_at)
    for hand_over in HandOver.objects.to_page(before)[:20]:
        yield Late("A hand-over was not answered, and nobody was paged", hand_over.wakes_at)
    # A claim counts too: its worker should have come back long ago.
    stuck = Delivery.objects.filter(status="sending", claimed_at__lt=wall_before)
    for delivery in stuck.order_by("claimed_at")[:20]:
        yield Late(f"The mail to {delivery.recipient} was begun and never ended", delivery.claimed_at or wall_before)
    for delivery in Delivery.objects.due(wall_before).filter(message=None, nudged_at__lt=wall_before)[:20]:
        yield Late(f"The page to {delivery.recipient} waits", delivery.not_before or delivery.nudged_at or wall_before)
    for event in Event.objects.unannounced(wall_before).order_by("recorded_at")[:20]:
        yield Late(f"What follows from “{event.kind}” did not happen", event.recorded_at)


def report() -> AuditReport:
    """One round: looks, tells the monitor or withholds the heartbeat, keeps what was found."""
    late, wall = late_actions(), timezone.now()
    state, reason = _heartbeat(late)
    worst = (
        f"{late[0].sentence} ({clock.length((domain_time.now() - late[0].due_at).total_seconds())} late)"
        if late
        else ""
    )
    changes = {"checked_at": wall, "late": len(late), "worst": worst[:300], "beat_state": state, "beat_reason": reason}
    if state == "sent":
        changes["beat_at"] = wall
    if late:
        log.error("%s due actions are more than five minutes late; the oldest: %s", len(late), worst)
    return AuditReport.objects.update_or_create(pk=1, defaults=changes)[0]


def _heartbeat(late: list[Late]) -> tuple[str, str]:
    if not settings.HEARTBEAT_URL:
        return "off", ""
    if late:
        return "withheld", f"{len(late)} due actions are late."
    try:
        with make_client(timeout=5.0, connections=1) as client:
            answer = client.get(settings.HEARTBEAT_URL)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return "failed", f"The monitor could not be reached: {type(error).__name__}"
    if answer.is_success:
        return "sent", ""
    return "failed", f"The monitor answered HTTP {answer.status_code}"
