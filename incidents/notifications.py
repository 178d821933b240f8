"""Sends what was queued: claim the row, send outside any transaction, keep the outcome. Mails are written here too."""

import logging
from typing import Any

from django.conf import settings

from incidents.channels import email
from incidents.channels.email import Mail
from incidents.models import Delivery, DeliveryStatus
from incidents.models.message import zone_of
from incidents.story import clock_time

log = logging.getLogger(__name__)
NO_SERVER = "No mail server is set up (FIREBREAK_SMTP_HOST): this is what would have been sent."
DRILL = "A drill sends nothing outward: this is what would have been sent."
ABANDONED = "The worker stopped while it was sending; nobody knows whether the mail server took it."


def deliver(delivery: Delivery) -> bool:
    """Sends one pending mail at most once; False when another worker has it or it is done."""
    if not delivery.claim():
        return False
    mail = mail_of(delivery)
    source = email.source_of(mail)
    if delivery.incident.is_drill:
        return delivery.finish(DeliveryStatus.KEPT, reason=DRILL, mail=source)
    if not settings.MAIL_CONFIGURED:
        return delivery.finish(DeliveryStatus.KEPT, reason=NO_SERVER, mail=source)
    sent = email.send(mail)
    return delivery.finish(sent.status, reason=sent.reason, mail=source)


def give_up(delivery: Delivery) -> bool:
    """Marks a claim whose worker never came back as *outcome unknown*; only a person sends it again."""
    return delivery.finish(DeliveryStatus.UNKNOWN, reason=ABANDONED)


def mail_of(delivery: Delivery) -> Mail:
    """The mail of one row: the frozen words of a message, or a page."""
    if delivery.message:
        message = delivery.message
        headers = {"Message-ID": message.header_id}
        if message.in_reply_to:
            headers |= {"In-Reply-To": message.in_reply_to, "References": message.in_reply_to}
        return Mail(delivery.recipient, message.sent_subject, message.sent_text, message.sent_html, headers)
    return page_mail(delivery.page)


def page_mail(page: Any) -> Mail:
    """Asks a contact to take the incident. The link opens a page with one button; opening it does nothing."""
    incident = page.incident
    zone = zone_of(incident.target)
    where = f"{incident.target.service.name} {incident.target.environment.name}"
    subject = f"[{incident.reference}] {incident.get_severity_display()}: {incident.title} ({where})"
    lines = [
        f"{incident.title}",
        "",
        f"Service: {where}",
        f"Severity: {incident.get_severity_display()}",
        f"Detected: {clock_time(incident.detected_at, zone)}",
        f"You are asked as contact {page.contact_order}: {page.role}",
        "",
        "Take it: open this page and press the button there.",
        f"{settings.PUBLIC_URL}{page.get_absolute_url()}",
        "",
        f"The incident: {settings.PUBLIC_URL}{incident.get_absolute_url()}",
    ]
    if page.wakes_at:
        lines += ["", f"If nobody takes it by {clock_time(page.wakes_at, zone)}, the next contact is asked."]
    text = "\n".join(lines) + "\n"
    mark = "Drill" if incident.is_drill else ""
    return Mail(page.address, subject, text, email.html_of(subject, text, mark=mark), {"X-Priority": "1"})


def test_mail(address: str) -> email.Sent:
    """A test mail to somebody who is setting Firebreak up; the outcome is shown at once, nothing is kept."""
    if not settings.MAIL_CONFIGURED:
        return email.Sent("failed", "No mail server is set up: set FIREBREAK_SMTP_HOST and restart.")
    subject, text = "Firebreak test mail", f"Mail from Firebreak at {settings.PUBLIC_URL} reaches you.\n"
    return email.send(Mail(address, subject, text, email.html_of(subject, text)))
