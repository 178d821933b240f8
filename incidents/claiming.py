"""Takes the next mails of a message, within the rate of the installation: room is counted and taken under one lock."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents.models import Delivery, DeliveryAttempt, DeliveryStatus
from timeline.models import Stream

# Claimed together: with a server that answers each after ten seconds still less than the time of a claim.
AT_ONCE = 10
RELATED = tuple(
    f"{owner}__incident__target__{part}"
    for owner in ("message", "page", "notice")
    for part in ("service", "environment")
)


def claim_mails(message_id: int) -> list[Delivery]:
    """Claimed rows in the order of the recipients, with a row for each attempt; empty when none is due or the rate is full."""
    wall = timezone.now()
    with transaction.atomic():
        # A row that all workers share: else two of them each find the same room, and fill it twice. SQLite's transactions
        # exclude each other anyway.
        Stream.objects.select_for_update().get(pk=Stream.named("installation").pk)
        due = Delivery.objects.due(wall).filter(message_id=message_id).select_related(*RELATED).order_by("pk")
        rows = list(due.select_for_update(of=("self",))[: min(AT_ONCE, room(wall))])
        claimed = {"status": DeliveryStatus.SENDING, "claimed_at": wall, "body_at": None}
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(attempts=F("attempts") + 1, **claimed)
        for row in rows:
            row.status, row.claimed_at, row.body_at = DeliveryStatus.SENDING, wall, None
            row.attempts += 1
        tries = [DeliveryAttempt(delivery=row, number=row.attempts, started_at=wall) for row in rows]
        DeliveryAttempt.objects.bulk_create(tries)
    return rows


def room(wall: datetime) -> int:
    """How many mails of messages may still begin within this minute (FIREBREAK_MAIL_PER_MINUTE; 0 = no limit)."""
    if settings.MAIL_PER_MINUTE <= 0:
        return AT_ONCE
    minute = DeliveryAttempt.objects.filter(started_at__gt=wall - timedelta(seconds=60))
    begun = minute.filter(delivery__message__isnull=False).count()
    return max(0, settings.MAIL_PER_MINUTE - begun)
