"""Mail by SMTP. One call is one recipient and one attempt; what the server said comes back as it was said.

Only one moment of the dialogue is ambiguous: between the closing dot of the body and the server's answer to it
(RFC 5321, 4.1.1.4 and 6.1: the answer moves the responsibility). Everything before it took nothing.
"""

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.message import BadHeaderError

from incidents.channels.letter import html_of
from incidents.channels.outcome import Fenced, Sent

__all__ = ["Fenced", "Mail", "Sent", "compose", "html_of", "send", "source_of"]

NOT_ASKED = "The mail server could not be reached: "
# 421, 450, 451, 452 …: the server itself asks for a later try.
TEMPORARY = range(400, 500)


@dataclass(frozen=True)
class Mail:
    """What one recipient gets."""

    to: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)
    reply_to: str = ""


def compose(mail: Mail) -> EmailMultiAlternatives:
    """The message as it goes out and as the outbox shows it."""
    headers = {"Date": formatdate(), "Auto-Submitted": "auto-generated", **mail.headers}
    message = EmailMultiAlternatives(
        " ".join(mail.subject.split()),
        mail.text,
        to=[mail.to],
        headers=headers,
        reply_to=[mail.reply_to] if mail.reply_to else None,
    )
    message.attach_alternative(mail.html, "text/html")
    return message


def source_of(mail: Mail) -> str:
    """The whole mail, headers first, as text."""
    return compose(mail).message().as_string()


def send(mail: Mail, *, before_body: Callable[[], None] | None = None) -> Sent:
    """Hands one mail over; never raises for what a mail server or a network does.

    `before_body` is called when everything is agreed and the body is about to leave; it may raise Fenced, and then
    nothing leaves.
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
        return refusal(error.smtp_code, error.smtp_error)
    except (smtplib.SMTPException, ssl.SSLError, OSError) as error:
        return Sent("retry", NOT_ASKED + describe(error))
    try:
        return _hand_over(connection, message, before_body or (lambda: None))
    finally:
        # The answer to the mail is known; how the goodbye went changes nothing.
        connection.fail_silently = True
        with contextlib.suppress(smtplib.SMTPException, OSError):
            connection.close()


def _hand_over(connection: Any, message: EmailMultiAlternatives, before_body: Callable[[], None]) -> Sent:
    """Every answer of the server is a yes or a no; silence after the closing dot is *unknown*."""
    smtp = getattr(connection, "connection", None)
    body = BodyWatch(smtp, before_body)
    try:
        taken = connection.send_messages([message])
    except Fenced:
        # Not QUIT: the server waits for the body, and a hang-up is how it learns that none comes.
        if smtp is not None:
            smtp.close()
        raise
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        return refusal(code, words)
    except smtplib.SMTPResponseException as error:
        return refusal(error.smtp_code, error.smtp_error)
    except smtplib.SMTPNotSupportedError as error:
        return Sent("failed", describe(error))
    except (smtplib.SMTPServerDisconnected, smtplib.SMTPException, OSError) as error:
        if not body.left:
            return Sent("retry", f"The connection was lost before the mail was handed over: {describe(error)}")
        return Sent("unknown", f"The connection was lost after the mail was handed over: {describe(error)}")
    if not taken:
        return Sent("failed", "The mail server took nothing.")
    return Sent("accepted")


class BodyWatch:
    """Notices when the whole body has left: only then can the server have taken it without our hearing so."""

    def __init__(self, smtp: Any, before: Callable[[], None]) -> None:
        self.left = smtp is None
        self._before = before
        self._inside = False
        if smtp is None:
            before()
            return
        self._data, self._send = smtp.data, smtp.send
        smtp.data, smtp.send = self._watched_data, self._watched_send

    def _watched_data(self, body: Any) -> Any:
        self._inside = True
        try:
            return self._data(body)
        finally:
            self._inside = False

    def _watched_send(self, payload: Any) -> Any:
        # Inside DATA smtplib sends the command as text and then the body, with its closing dot, as bytes.
        if not (self._inside and isinstance(payload, bytes)):
            return self._send(payload)
        self._before()
        # When this raises, the dot never left the house: the server cannot have taken the mail.
        self._send(payload)
        self.left = True
        return None


def refusal(code: int, words: bytes | str) -> Sent:
    """The server's no: 4xx asks for a later try, 5xx is final."""
    return Sent("retry" if code in TEMPORARY else "failed", said(code, words))


def said(code: int, words: bytes | str) -> str:
    """The server's own words: "550 5.1.1 no such user"."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return f"{code} {' '.join(text.split())}"[:500]


def describe(error: BaseException) -> str:
    """One line for a network error."""
    if isinstance(error, TimeoutError | socket.timeout):
        return "no answer in time"
    return (" ".join(str(error).split()) or type(error).__name__)[:300]
