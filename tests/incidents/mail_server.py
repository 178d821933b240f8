"""A mail server on loopback that keeps what it takes, and can refuse, hang up, or fall silent."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller
from django.conf import settings

from tests.postgres import free_port


class Post:
    """The server's behaviour; `refuse` are addresses that do not exist, `drop` hangs up after the body was taken."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.recipients: list[str] = []
        self.refuse: set[str] = set()
        self.drop = False
        self.hang_up_at_rcpt = False
        self.reject_body = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.hang_up_at_rcpt:
            server.transport.abort()
            return "421 gone"
        if address in self.refuse:
            return "550 5.1.1 <no such mailbox>"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.reject_body:
            return self.reject_body
        self.mails.append(message_from_bytes(envelope.content))
        self.recipients += envelope.rcpt_tos
        if self.drop:
            server.transport.abort()
        return "250 2.0.0 queued"


@contextmanager
def mail_server() -> Iterator[Post]:
    """Runs the server and points Django's mail settings at it."""
    post = Post()
    controller = Controller(post, hostname="127.0.0.1", port=free_port())
    controller.start()
    wanted = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": controller.port, "EMAIL_TIMEOUT": 5, "MAIL_CONFIGURED": True,
    }  # fmt: skip
    before = {name: getattr(settings, name) for name in wanted}
    try:
        for name, value in wanted.items():
            setattr(settings, name, value)
        yield post
    finally:
        for name, value in before.items():
            setattr(settings, name, value)
        controller.stop()
