"""`python benchmarks/bench_mail.py`: one message to 10,000 recipients, with the worker killed twice meanwhile.

Claims: nobody gets it twice, accepted + outcome unknown = all, no 60 seconds see more than the limit, and the page of the
incident stays quick. A whole installation and a mail server on loopback: first a minute with the default limit, then a
worker with a raised one. RECIPIENTS=2000 asks less. SQLite, or PostgreSQL with `python -m tests.postgres …`.
"""

import logging
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aiosmtpd.controller import Controller

from benchmarks.incident_scene import database, machine, reading, serve, words
from incidents.models import Delivery, DeliveryAttempt, Message
from tests.faults.installation import Installation, Part, running_installation, wait_for
from tests.incidents.factories import make_incident
from tests.postgres import free_port
from tests.rollbacks.engine.factories import make_operator

MANY = int(os.environ.get("RECIPIENTS", "10000"))
DEFAULT, RAISED = 600, 9000  # mails a minute
MINUTE, PATIENCE = 62.0, 900.0  # seconds


class Sink:
    """Takes every mail and counts who of the recipients got it; our own people get notices."""

    def __init__(self) -> None:
        self.got: Counter[str] = Counter()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.got.update(who for who in envelope.rcpt_tos if who.startswith("person"))
        return "250 queued"


class Post:
    """The installation with its general worker, which is killed and replaced."""

    def __init__(self, installation: Installation, smtp_port: int) -> None:
        self.installation = installation
        self.settings = {"FIREBREAK_SMTP_HOST": "127.0.0.1", "FIREBREAK_SMTP_PORT": str(smtp_port)}
        self.worker: Part | None = None
        self.lives = 0
        installation.start("control", **self.settings, FIREBREAK_MAIL_PER_MINUTE=str(RAISED))

    def live(self, rate: int) -> None:
        """Kills the worker, whatever it does, and starts another with this limit."""
        if self.worker is not None:
            self.worker.kill()
        self.lives += 1
        more = {**self.settings, "FIREBREAK_MAIL_PER_MINUTE": str(rate)}
        self.worker = self.installation.start("general", f"general{self.lives}", **more)


def main() -> int:
    """0 when every claim holds."""
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    with running_installation(clock={}) as installation:
        port, _ = serve(installation)
        person = make_operator("ana")
        incident = make_incident()
        post = Post(installation, controller.port)
        with reading(port, person, incident.get_absolute_url) as reader:
            message = _message(incident, person)
            post.live(DEFAULT)
            message.send(by=person)
            time.sleep(MINUTE)
            slow, began = _most_in_a_minute(), time.monotonic()
            post.live(RAISED)
            wait_for(lambda: _ended() > MANY // 2, PATIENCE, "half of the mails", post.worker)
            post.live(RAISED)
            wait_for(lambda: _ended() > MANY - 100, PATIENCE, "nearly all mails", post.worker)
            rate = _ended() / (time.monotonic() - began) * 60
            # What was in the hands of a killed worker is settled two minutes later.
            wait_for(lambda: _ended() == MANY, PATIENCE, "every mail", post.worker)
        print(f"{database(installation)}, {machine()}")
        holds = _say(sink, slow, rate) and not reader.refused
        print(f"  the incident's page meanwhile: {words(reader.seconds)} ({len(reader.seconds)} times)")
    controller.stop()
    return 0 if holds else 1


def _message(incident: Any, person: Any) -> Message:
    message = Message.draft_for(incident, by=person)
    message.change(by=person, subject="News", body="We look at it.\n", recipients="carol@example.test")
    Message.objects.filter(pk=message.pk).update(recipients=[f"person{n}@example.test" for n in range(MANY)])
    message.refresh_from_db()
    return message


def _ended() -> int:
    time.sleep(0.5)
    return Delivery.objects.filter(message__isnull=False, status__in=("accepted", "unknown", "failed")).count()


def _most_in_a_minute() -> int:
    """The most mails of messages that began within any 60 seconds; pages to contacts are never held back."""
    attempts = DeliveryAttempt.objects.filter(delivery__message__isnull=False).order_by("started_at")
    began = [at.timestamp() for at in attempts.values_list("started_at", flat=True)]
    most = last = 0
    for first, at in enumerate(began):
        while last < len(began) and began[last] < at + 60:
            last += 1
        most = max(most, last - first)
    return most


def _say(sink: Sink, slow: int, rate: float) -> bool:
    states = Counter(Delivery.objects.filter(message__isnull=False).values_list("status", flat=True))
    twice = [who for who, times in sink.got.items() if times > 1]
    settled = states["accepted"] + states["unknown"]
    holds = not twice and settled == MANY and slow <= DEFAULT
    # Nobody is called told who was not.
    holds &= states["accepted"] <= len(sink.got) <= settled
    print(
        f"{'holds ' if holds else 'BROKEN'} {MANY} recipients, worker killed twice: {len(sink.got)} got it, {len(twice)} twice; "
        f"{dict(states)}; at most {slow} in a minute (limit {DEFAULT}), {rate:.0f} a minute with a limit of {RAISED}"
    )
    return holds


if __name__ == "__main__":
    sys.exit(main())
