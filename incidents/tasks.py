"""What workers and the beat do for incidents; every task may run twice."""

import logging

from celery import shared_task
from django.utils import timezone

from incidents import drills
from incidents.models import Delivery, Page, Phase
from incidents.notifications import deliver, give_up
from plans.models import Refused
from timeline import domain_time

log = logging.getLogger(__name__)
HINT_EXPIRES = 600  # seconds; the scan sends the hint again


def queue_delivery(delivery_id: int) -> None:
    """Tells the mail queue. Redis may be down: the row waits for the next scan."""
    Delivery.objects.filter(pk=delivery_id).update(nudged_at=timezone.now())
    try:
        send_delivery.apply_async(args=(delivery_id,), expires=HINT_EXPIRES)
    except Exception as error:  # kombu raises many kinds when the broker goes away
        log.warning("Mail %s waits for the next scan: %s", delivery_id, error)


@shared_task(name="incidents.send_delivery")
def send_delivery(delivery_id: int) -> None:
    """Sends one mail at most once."""
    rows = Delivery.objects.select_related(
        "message__incident__target__service", "message__incident__target__environment",
        "page__incident__target__service", "page__incident__target__environment",
    )  # fmt: skip
    if delivery := rows.filter(pk=delivery_id).first():
        deliver(delivery)


@shared_task(name="incidents.scan")
def scan() -> None:
    """Fires what is due; harmless when two run at once, and what was missed fires late."""
    for part in (announce_phases, escalate_pages, settle_deliveries, announce_drills):
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
    return asked


def settle_deliveries() -> None:
    """Sends lost hints again and settles mails whose worker is gone."""
    wall = timezone.now()
    for delivery in Delivery.objects.to_nudge(wall)[:100]:
        queue_delivery(delivery.pk)
    for delivery in Delivery.objects.abandoned(wall)[:100]:
        give_up(delivery)


def announce_drills() -> int:
    """Says that a rehearsal is due; returns how many."""
    return drills.announce_due(domain_time.now())
