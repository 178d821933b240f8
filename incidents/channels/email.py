"""Mail by SMTP. One call is one recipient and one attempt; what the server said comes back as it was said."""

import contextlib
import html
import re
import smtplib
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import css_inline
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.message import BadHeaderError
from django.template.loader import render_to_string

ADDRESS = re.compile(r"https?://[^\s<>\"']+")
NOT_ASKED = "The mail server could not be reached: "


@dataclass(frozen=True)
class Mail:
    """What one recipient gets."""

    to: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """`accepted` by the server, `failed` (it certainly did not take it), or `unknown` (it may have)."""

    status: str
    reason: str = ""


def html_of(subject: str, text: str, *, mark: str = "") -> str:
    """The text as HTML with inlined style: headings, lists, paragraphs; everything escaped."""
    page = render_to_string("emails/message.html", {"subject": subject, "blocks": blocks_of(text), "mark": mark})
    return css_inline.inline(page, load_remote_stylesheets=False)


def compose(mail: Mail) -> EmailMultiAlternatives:
    """The message as it goes out and as the outbox shows it."""
    headers = {"Date": formatdate(), "Auto-Submitted": "auto-generated", **mail.headers}
    message = EmailMultiAlternatives(" ".join(mail.subject.split()), mail.text, to=[mail.to], headers=headers)
    message.attach_alternative(mail.html, "text/html")
    return message


def source_of(mail: Mail) -> str:
    """The whole mail, headers first, as text."""
    return compose(mail).message().as_string()


def send(mail: Mail) -> Sent:
    """Hands one mail over; never raises for what a mail server or a network does.

    No retry here: after a lost connection nobody knows whether the server took the mail, so a person decides.
    """
    try:
        message = compose(mail)
        message.message()
    except (BadHeaderError, ValueError, UnicodeError) as error:
        return Sent("failed", f"This mail cannot be written: {error}")
    try:
        connection = get_connection(fail_silently=False)
        connection.open()
    except smtplib.SMTPAuthenticationError as error:
        return Sent("failed", f"The mail server refused the sign-in: {said(error.smtp_code, error.smtp_error)}")
    except smtplib.SMTPResponseException as error:
        return Sent("failed", said(error.smtp_code, error.smtp_error))
    except (smtplib.SMTPException, ssl.SSLError, OSError) as error:
        return Sent("failed", NOT_ASKED + describe(error))
    try:
        return _hand_over(connection, message)
    finally:
        # The answer to the mail is known; how the goodbye went changes nothing.
        connection.fail_silently = True
        with contextlib.suppress(smtplib.SMTPException, OSError):
            connection.close()


def _hand_over(connection: Any, message: EmailMultiAlternatives) -> Sent:
    """Every answer of the server is a refusal; silence after the body began is *unknown*."""
    body = BodyWatch(getattr(connection, "connection", None))
    try:
        taken = connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        return Sent("failed", "; ".join(said(code, words) for code, words in error.recipients.values()))
    except smtplib.SMTPResponseException as error:
        return Sent("failed", said(error.smtp_code, error.smtp_error))
    except smtplib.SMTPNotSupportedError as error:
        return Sent("failed", describe(error))
    except (smtplib.SMTPServerDisconnected, smtplib.SMTPException, OSError) as error:
        if not body.begun:
            return Sent("failed", f"The connection was lost before the mail was handed over: {describe(error)}")
        return Sent("unknown", f"The connection was lost after the mail was handed over: {describe(error)}")
    if not taken:
        return Sent("failed", "The mail server took nothing.")
    return Sent("accepted")


class BodyWatch:
    """Notices when the body of the mail begins to leave: before that a lost connection lost nothing."""

    def __init__(self, smtp: Any) -> None:
        self.begun = smtp is None
        if smtp is None:
            return
        self._data = smtp.data
        smtp.data = self._watched

    def _watched(self, body: Any) -> Any:
        self.begun = True
        return self._data(body)


def said(code: int, words: bytes | str) -> str:
    """The server's own words: "550 5.1.1 no such user"."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return f"{code} {' '.join(text.split())}"[:500]


def describe(error: BaseException) -> str:
    """One line for a network error."""
    if isinstance(error, TimeoutError | socket.timeout):
        return "no answer in time"
    return (" ".join(str(error).split()) or type(error).__name__)[:300]


def blocks_of(text: str) -> list[dict[str, object]]:
    """Paragraphs, headings ("Impact:" alone on a line) and lists; each line is escaped HTML with links."""
    blocks: list[dict[str, object]] = []
    for line in text.split("\n"):
        stripped = line.strip()
        if not stripped:
            blocks.append({"kind": "gap", "lines": []})
            continue
        kind, words = "lines", stripped
        if stripped.startswith(("- ", "* ", "• ")):
            kind, words = "list", stripped[2:]
        elif stripped.endswith(":") and len(stripped) < 60:
            kind = "heading"
        last = blocks[-1] if blocks else None
        if last and last["kind"] == kind and kind != "heading":
            last["lines"].append(linked(words))  # type: ignore[attr-defined]
        else:
            blocks.append({"kind": kind, "lines": [linked(words)]})
    return [block for block in blocks if block["kind"] != "gap"]


def linked(words: str) -> str:
    """Escaped text whose http addresses are links."""
    parts, end = [], 0
    for found in ADDRESS.finditer(words):
        address = html.escape(found.group())
        parts += [html.escape(words[end : found.start()]), f'<a href="{address}">{address}</a>']
        end = found.end()
    return "".join([*parts, html.escape(words[end:])])
