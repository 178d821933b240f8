"""Sends what was queued: claim the row, send outside any transaction, keep the outcome. Mails are written in letters.py."""

import logging
import time

from django.conf import settings

from incidents import letters
from incidents.channels import apprise, email, webhook
from incidents.channels.email import Mail
from incidents.channels.outcome import Fenced, Sent
from incidents.claiming import claim_mails
from incidents.models import Delivery, DeliveryStatus
from rollbacks.encryption import Unreadable
from timeline import domain_time

log = logging.getLogger(__name__)
NO_SERVER = "No mail server is set up (FIREBREAK_SMTP_HOST): this is what would have been sent."
DRILL = "A drill sends nothing outward: this is what would have been sent."
ABANDONED = "The worker stopped while the mail was leaving; nobody knows whether the mail server took it."
STOPPED_BEFORE = "The worker stopped before anything was handed over."
CHANNEL_GONE = "This way to the contact was removed meanwhile."
# A batch gives the worker back after this long; the scan goes on with the rest.
BATCH_SECONDS = 20.0


def deliver(delivery: Delivery) -> bool:
    """Sends one pending row at most once; False when another worker has it or it is done."""
    return delivery.claim() and _hand_over(delivery)


def _hand_over(delivery: Delivery) -> bool:
    """Sends a row that this worker has claimed."""
    if delivery.kind != "mail":
        return _by_channel(delivery)
    mail = letters.mail_of(delivery)
    source = email.source_of(mail) if letters.is_kept_whole(delivery) else ""
    if delivery.incident.is_drill:
        return delivery.finish(DeliveryStatus.KEPT, reason=DRILL, mail=source or email.source_of(mail))
    if not settings.MAIL_CONFIGURED:
        return delivery.finish(DeliveryStatus.KEPT, reason=NO_SERVER, mail=source or email.source_of(mail))
    try:
        sent = email.send(mail, before_body=delivery.begin_body)
    except Fenced as why:
        log.warning("Nothing was sent: %s", why)
        return False
    return _settle(delivery, sent, mail=source)


def deliver_message(message_id: int, *, seconds: float = BATCH_SECONDS) -> int:
    """Sends what is due of one message, in the order of its recipients, within the rate; returns how many rows."""
    until, sent = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        batch = claim_mails(message_id)
        if not batch:
            break
        # All that was claimed is sent; a worker that dies meanwhile leaves rows that nobody began: safe to try again.
        sent += sum([_hand_over(delivery) for delivery in batch])
    return sent


def give_up(delivery: Delivery) -> bool:
    """Settles a claim whose worker never came back: safe stages are tried again, the ambiguous one is *unknown*."""
    if delivery.body_at is None:
        return delivery.try_again(STOPPED_BEFORE)
    return delivery.finish(DeliveryStatus.UNKNOWN, reason=ABANDONED)


def _by_channel(delivery: Delivery) -> bool:
    """A page or notice by chat, push, SMS or webhook."""
    words = letters.short_words(delivery)
    shown = f"{words.title}\n\n{words.text}"
    if delivery.incident.is_drill:
        return delivery.finish(DeliveryStatus.KEPT, reason=DRILL, mail=shown)
    if delivery.channel is None:
        return delivery.finish(DeliveryStatus.FAILED, reason=CHANNEL_GONE, mail=shown)
    try:
        # Both services may have taken it as soon as the request leaves.
        delivery.begin_body()
        sent = send_by(delivery.channel, words, key=f"firebreak-delivery-{delivery.pk}")
    except Fenced as why:
        log.warning("Nothing was sent: %s", why)
        return False
    return _settle(delivery, sent, mail=shown)


def send_by(channel: object, words: letters.Words, *, key: str = "") -> Sent:
    """One attempt over one further way to a contact."""
    try:
        url, secret = channel.url, channel.secret  # type: ignore[attr-defined]
    except Unreadable as why:
        return Sent("failed", str(why))
    if channel.kind == "apprise":  # type: ignore[attr-defined]
        return apprise.send(url, title=words.title, body=words.text)
    return webhook.send(url, body=words.as_json(), secret=secret, key=key)


def _settle(delivery: Delivery, sent: Sent, *, mail: str) -> bool:
    if sent.status == "retry":
        return delivery.try_again(sent.reason, mail=mail)
    return delivery.finish(sent.status, reason=sent.reason, mail=mail)


def test_mail(address: str) -> Sent:
    """A test mail to somebody who is setting Firebreak up; the outcome is shown at once, nothing is kept."""
    if not settings.MAIL_CONFIGURED:
        return Sent("failed", "No mail server is set up: set FIREBREAK_SMTP_HOST and restart.")
    subject, text = "Firebreak test mail", f"Mail from Firebreak at {settings.PUBLIC_URL} reaches you.\n"
    return email.send(Mail(address, subject, text, email.html_of(subject, text)))


def test_channel(channel: object) -> Sent:
    """A test over one way to a contact; the outcome stays beside the channel."""
    sent = send_by(channel, letters.test_words(), key=f"firebreak-test-{time.time_ns()}")
    channel.tested_at, channel.test_state = domain_time.now(), sent.status  # type: ignore[attr-defined]
    channel.test_reason = sent.reason[:500]  # type: ignore[attr-defined]
    channel.save(update_fields=["tested_at", "test_state", "test_reason"])  # type: ignore[attr-defined]
    return sent
