"""A real SMTP server that keeps what it is given."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tests.acceptance.real_target import free_port


class MailSink:
    """Listens on a port of its own; `messages` are (recipients, message) in the order of arrival."""

    def __init__(self) -> None:
        self.port = free_port()
        self.messages: list[tuple[list[str], EmailMessage]] = []
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.original_content or envelope.content, policy=default)
        self.messages.append((list(envelope.rcpt_tos), message))  # type: ignore[arg-type]
        return "250 kept"

    def to(self, recipient: str) -> list[EmailMessage]:
        return [message for recipients, message in self.messages if recipient in recipients]


def words_of(message: EmailMessage) -> str:
    """Returns the plain text of a mail."""
    part = message.get_body(preferencelist=("plain", "html"))
    return part.get_content() if part else ""
