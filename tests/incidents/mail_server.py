"""A mail server on loopback that keeps what it takes, and can refuse, hang up, or fall silent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    with settings_for_mail(controller.port):
        try:
            yield post
        finally:
            controller.stop()


@contextmanager
def settings_for_mail(port: int) -> Iterator[None]:
    """Points Django's mail settings at a server on loopback."""
    wanted = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": port, "EMAIL_TIMEOUT": 5, "MAIL_CONFIGURED": True,
    }  # fmt: skip
    before = {name: getattr(settings, name) for name in wanted}
    try:
        for name, value in wanted.items():
            setattr(settings, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(settings, name, value)


# The moments of an SMTP dialogue at which the line may break, in order (RFC 5321, 3).
STAGES = ("connect", "ehlo", "mail", "rcpt", "data", "body", "dot", "reply", "quit")


class BreakingPost:
    """A mail server written by hand that breaks the line at one stage of the first dialogue, and then behaves."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.taken: list[Message] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line, line.makefile("rb") as told, suppress(OSError):
                self._talk(line, told)

    def _breaks(self, stage: str) -> bool:
        if self.stage != stage:
            return False
        self.stage = ""
        return True

    def _talk(self, line: socket.socket, told: Any) -> None:
        if self._breaks("connect"):
            return
        line.sendall(b"220 sink\r\n")
        while command := told.readline().decode("ascii", "replace").strip().lower():
            verb = command.split(":")[0].split(" ")[0]
            if self._breaks(verb):
                return
            if verb == "data":
                line.sendall(b"354 go on\r\n")
                if not self._take(line, told):
                    return
            elif verb == "quit":
                line.sendall(b"221 bye\r\n")
                return
            else:
                line.sendall(b"250 OK\r\n")

    def _take(self, line: socket.socket, told: Any) -> bool:
        """Reads the body; False when the line broke."""
        if self._breaks("body"):
            told.readline()
            return False
        body = b""
        while (row := told.readline()) not in (b".\r\n", b""):
            body += row
        self.taken.append(message_from_bytes(body))
        if self._breaks("dot"):
            return False
        line.sendall(b"250 2.0.0 queued\r\n")
        return not self._breaks("reply")


@contextmanager
def breaking_post(stage: str) -> Iterator[BreakingPost]:
    """Runs the breaking server and points Django's mail settings at it."""
    post = BreakingPost(stage)
    with settings_for_mail(post.port):
        try:
            yield post
        finally:
            post.close()
