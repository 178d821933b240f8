"""The words of everything that leaves: messages, pages to contacts, notices; as a mail, and short for chat and hooks."""

from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

from incidents.channels import email
from incidents.channels.email import Mail
from incidents.models.delivery import SPEAK_FOR_EACH
from incidents.models.drafting import zone_of
from incidents.story import clock_time


@dataclass(frozen=True)
class Words:
    """A page or notice in few words; `url` opens a page with one button and does nothing by itself."""

    title: str
    text: str
    url: str
    incident: str = ""
    severity: str = ""
    kind: str = "page"

    def as_json(self) -> dict[str, Any]:
        """The body of a webhook."""
        return asdict(self)


def mail_of(delivery: Any) -> Mail:
    """The mail of one row: the frozen words of a message, a page, or a notice."""
    if delivery.message:
        return _message_mail(delivery)
    return page_mail(delivery.page) if delivery.page else notice_mail(delivery)


def is_kept_whole(delivery: Any) -> bool:
    """Ten thousand copies of one text are not kept: the message itself has the words, each row its recipient."""
    return delivery.message is None or len(delivery.message.recipients) <= SPEAK_FOR_EACH


def _message_mail(delivery: Any) -> Mail:
    message = delivery.message
    headers = {"Message-ID": message.header_id}
    if message.in_reply_to:
        headers |= {"In-Reply-To": message.in_reply_to, "References": message.in_reply_to}
    return Mail(
        delivery.recipient, message.sent_subject, message.sent_text, message.sent_html, headers, message.reply_to
    )


def page_mail(page: Any) -> Mail:
    """Asks a contact to take the incident. The link opens a page with one button; opening it does nothing."""
    incident = page.incident
    lines = [
        _state_line(incident, "Nobody has it"),
        "",
        incident.title,
        *page_lines(page),
        "",
        "Take it: open this page and press the button there.",
        _address(page.get_absolute_url()),
        "",
        f"The incident: {_address(incident.get_absolute_url())}",
    ]
    if page.wakes_at:
        until = clock_time(page.wakes_at, zone_of(incident.target))
        lines += ["", f"If nobody takes it by {until}, the next contact is asked."]
    return _own_mail(incident, page.address, _subject(incident), lines, priority=True)


def page_lines(page: Any) -> list[str]:
    """The facts of a page."""
    incident = page.incident
    again = f" (round {page.round})" if page.round > 1 else ""
    return [
        f"Service: {_where(incident)}",
        f"Detected: {clock_time(incident.detected_at, zone_of(incident.target))}",
        f"You are asked as contact {page.contact_order}: {page.role}{again}",
    ]


def notice_mail(delivery: Any) -> Mail:
    """Tells one of our own people about their duty."""
    notice, incident = delivery.notice, delivery.incident
    lines = [_state_line(incident, incident.get_status_display()), "", notice.text, ""]
    lines += [f"Open it: {_address(notice.path or incident.get_absolute_url())}"]
    return _own_mail(incident, delivery.recipient, notice.subject, lines, priority=notice.kind.endswith("page"))


def short_words(delivery: Any) -> Words:
    """For chat, push, SMS and hooks."""
    incident = delivery.incident
    if delivery.page:
        title, url = _subject(incident), _address(delivery.page.get_absolute_url())
        text = "\n".join([*page_lines(delivery.page), "", f"Take it: {url}"])
        return Words(title, text, url, incident.reference, incident.severity, "page")
    notice = delivery.notice
    url = _address(notice.path or incident.get_absolute_url())
    return Words(notice.subject, f"{notice.text}\n\n{url}", url, incident.reference, incident.severity, notice.kind)


def test_words() -> Words:
    """What a test says."""
    return Words(
        "Firebreak test", "This is a test: nothing is wrong. Pages reach you here.", settings.PUBLIC_URL, kind="test"
    )


def _own_mail(incident: Any, to: str, subject: str, lines: list[str], *, priority: bool) -> Mail:
    text = "\n".join(lines) + "\n"
    mark = "Drill" if incident.is_drill else ""
    page = email.html_of(subject, text, mark=mark, lead=lines[0])
    return Mail(to, subject, text, page, {"X-Priority": "1"} if priority else {})


def _subject(incident: Any) -> str:
    return f"[{incident.reference}] {incident.get_severity_display()}: {incident.title} ({_where(incident)})"


def _state_line(incident: Any, state: str) -> str:
    return f"{state} · {incident.get_severity_display()} · {_where(incident)}"


def _where(incident: Any) -> str:
    return f"{incident.target.service.name} {incident.target.environment.name}"


def _address(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"
