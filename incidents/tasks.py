"""What workers and the beat do for incidents; every task may run twice."""

import logging

from celery import shared_task
from django.utils import timezone

from incidents import after_care, auditor, drills, hand_overs, promises
from incidents.claiming import RELATED
from incidents.models import Delivery, Page, Phase
from incidents.notifications import deliver, deliver_message, give_up
from plans.models import Refused
from timeline import domain_time
from timeline.hints import put

log = logging.getLogger(__name__)
HINT_EXPIRES = 600  # seconds; the scan sends the hint again


def queue_delivery(delivery_id: int) -> None:
    """Tells the mail queue. Redis may be down: the row waits for the next scan."""
    Delivery.objects.filter(pk=delivery_id).update(nudged_at=timezone.now())
    put(send_delivery, delivery_id, what="Mail", expires=HINT_EXPIRES)


def queue_message(message_id: int) -> None:
    """Tells the mail queue once for all mails of a message."""
    first = Delivery.objects.due(timezone.now()).filter(message_id=message_id).order_by("pk").first()
    if first is None:
        return
    Delivery.objects.filter(pk=first.pk).update(nudged_at=timezone.now())
    put(send_message, message_id, what="Mail of message", expires=HINT_EXPIRES)


@shared_task(name="incidents.send_delivery")
def send_delivery(delivery_id: int) -> None:
    """Sends one mail at most once."""
    rows = Delivery.objects.select_related(*RELATED, "channel")
    if delivery := rows.filter(pk=delivery_id).first():
        deliver(delivery)


@shared_task(name="incidents.send_message")
def send_message(message_id: int) -> None:
    """Sends the due mails of one message, within the rate; the scan goes on with what is left."""
    deliver_message(message_id)


@shared_task(name="incidents.audit")
def audit() -> None:
    """Looks for due actions that are late, and tells the outside monitor that there are none."""
    auditor.report()


@shared_task(name="incidents.scan")
def scan() -> None:
    """Fires what is due; harmless when two run at once, and what was missed fires late."""
    for part in (
        announce_phases,
        escalate_pages,
        settle_deliveries,
        remind,
        page_hand_overs,
        announce_drills,
        remind_of_actions,
    ):
        try:
            part()
        except Exception:
            log.exception("%s failed; the next scan tries again.", part.__name__)


def announce_phases() -> int:
    """Writes `phase.due` for every phase whose time has come; returns how many."""
    phases = Phase.objects.to_announce(domain_time.now()).select_related("incident")
    return sum(phase.announce_due() for phase in phases)


def escalate_pages() -> int:
    """Asks the next contact where nobody answered in time; returns how many were asked."""
    asked = 0
    for page in Page.objects.to_escalate(domain_time.now()).select_related("incident"):
        # The mark first: two scans ask once.
        if not Page.objects.filter(pk=page.pk, wakes_at=page.wakes_at).update(wakes_at=None):
            continue
        try:
            page.incident.escalate(by=None)
            asked += 1
        except Refused as why:
            log.info("%s", why)
            page.incident.say_exhausted(str(why))
    return asked


def settle_deliveries() -> None:
    """Sends lost hints again and settles rows whose worker is gone."""
    wall = timezone.now()
    for delivery in Delivery.objects.to_nudge(wall)[:100]:
        queue_delivery(delivery.pk)
    for message_id, _first in Delivery.objects.messages_to_nudge(wall)[:20]:
        queue_message(message_id)
    for delivery in Delivery.objects.abandoned(wall)[:100]:
        give_up(delivery)


def remind() -> int:
    """Reminds of promised updates, before and after they are due; returns how many were told."""
    return promises.remind(domain_time.now())


def page_hand_overs() -> int:
    """Pages those who were asked to take over and did not answer; returns how many."""
    return hand_overs.page_the_silent(domain_time.now())


def remind_of_actions() -> int:
    """Reminds owners of action items whose day has come; returns how many were told."""
    return after_care.remind(domain_time.now())


def announce_drills() -> int:
    """Says that a rehearsal is due; returns how many."""
    return drills.announce_due(domain_time.now())
