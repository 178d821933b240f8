"""Is every part of the product itself up? Each with its last proof, and the way to go on without it."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from incidents.models import AuditReport, Delivery
from rollbacks.models.worker import Worker
from timeline import domain_time, doorbell

# Pages ask Redis at most this often a process: a dead Redis costs half a second a ping.
REDIS_ANSWER_SECONDS = 3.0
# A task ran this recently = beat rings and the queue flows. Scans come every few seconds.
FLOW_SECONDS = 60


@dataclass(frozen=True)
class Part:
    """One part: its name, whether it is up, the proof as a sentence, and what to do without it."""

    name: str
    is_up: bool
    proof: str
    way_on: str
    proof_at: datetime | None = None
    is_degraded: bool = False  # up in the sense of "known and harmless", as mail that was never configured

    @property
    def tone(self) -> str:
        return "needs-you" if not self.is_up else "is-late" if self.is_degraded else "is-done"

    @property
    def word(self) -> str:
        return "Down" if not self.is_up else "Not set up" if self.is_degraded else "Up"

    @property
    def icon(self) -> str:
        return "cross" if not self.is_up else "warn" if self.is_degraded else "check"


@dataclass(frozen=True)
class Banner:
    """What stands over every page while a part is down."""

    title: str
    text: str
    url: str = ""
    link: str = ""
    tone: str = "needs-you"


@dataclass(frozen=True)
class Summary:
    """Health in the header."""

    word: str = ""
    tone: str = ""
    icon: str = "check"


_redis_answer: tuple[float, bool] = (0.0, False)


def redis_is_up() -> bool:
    """Redis's answer, at most `REDIS_ANSWER_SECONDS` old."""
    global _redis_answer
    asked_at, answer = _redis_answer
    if time.monotonic() - asked_at > REDIS_ANSWER_SECONDS:
        answer = doorbell.redis_is_up()
        _redis_answer = (time.monotonic(), answer)
    return answer


def parts() -> list[Part]:
    """Every part, in the order in which a rollback needs them; two queries."""
    workers = list(Worker.objects.living())
    return [_database(), _redis(), _worker(workers), _queue(workers), _mail()]


def _database() -> Part:
    # This page was built from it: the sessions and the workers were just read.
    return Part(
        "Database",
        True,
        f"{connection.vendor.capitalize()} answered for this page.",
        "Without it nothing is shown or started: work by hand from a printed plan and note what you do.",
        domain_time.now(),
    )


def _redis() -> Part:
    up = redis_is_up()
    proof = "Answered a ping." if up else f"No answer at {_address()}."
    way_on = (
        "Nothing you wrote is lost. Pages poll every 30 seconds; runs are driven by "
        "“manage.py rollback drive RUN” on the target's host, or by hand from the printed plan."
    )
    return Part("Redis (queue and live updates)", up, proof, way_on, domain_time.now() if up else None)


def _address() -> str:
    """Redis's address without a password."""
    return settings.REDIS_URL.rsplit("@", 1)[-1].removeprefix("redis://")


def _worker(workers: list[Worker]) -> Part:
    up = [worker for worker in workers if not worker.stopping]
    proof = f"{len(up)} of {len(workers)} take steps." if up else "No worker gave a sign of life within 30 seconds."
    way_on = (
        "Start one with “manage.py up”, or drive a run by hand: “manage.py rollback drive RUN” on the target's host."
    )
    return Part("Workers", bool(up), proof, way_on, max((worker.last_beat for worker in workers), default=None))


def _queue(workers: list[Worker]) -> Part:
    last = max((worker.last_task_at for worker in workers if worker.last_task_at), default=None)
    flows = last is not None and domain_time.now() - last < timedelta(seconds=FLOW_SECONDS + _moved())
    proof = (
        "Beat rings and tasks run." if flows else "No task ran within the last minute: beat or the queue stands still."
    )
    way_on = "Deadlines, pages to contacts and mails wait until it flows again; the run page still shows every step."
    return Part("Queue and beat", flows, proof, way_on, last)


def auditor_part() -> Part:
    """Whether anything due is late, and the outside monitor's heartbeat; one query, for the health page only."""
    report = AuditReport.objects.filter(pk=1).first()
    way_on = (
        "Look at every live incident's deadlines yourself and page by telephone. "
        "An outside monitor that misses the heartbeat raises the alarm."
    )
    if report is None:
        return Part("Auditor", True, "It looks once a minute; it has not run yet.", way_on, None, is_degraded=True)
    stands = timezone.now() - report.checked_at > timedelta(minutes=3)
    heart = {"sent": "The heartbeat was taken.", "withheld": "The heartbeat is withheld.", "failed": report.beat_reason,
             "off": "No outside monitor is set (FIREBREAK_HEARTBEAT_URL)."}[report.beat_state or "off"]  # fmt: skip
    found = f"{report.late} due actions are late: {report.worst}." if report.late else "No due action is late."
    found = "The auditor itself stands still." if stands else found
    up = not (report.late or stands or report.beat_state == "failed")
    return Part("Auditor", up, f"{found} {heart}", way_on, report.checked_at, is_degraded=report.beat_state == "off")


def _moved() -> float:
    """How far tests moved the domain clock away from the database's."""
    return abs(settings.DOMAIN_TIME_OFFSET_SECONDS)


def _mail() -> Part:
    if not settings.MAIL_CONFIGURED:
        way_on = "Messages stay in the outbox: copy each as text, send it by hand and say when."
        return Part("Mail", True, "No mail server is set (FIREBREAK_SMTP_HOST).", way_on, None, is_degraded=True)
    latest = (
        Delivery.objects.exclude(status__in=("pending", "kept", "by_hand"))
        .order_by("-pk")
        .values("status", "finished_at")
        .first()
    )
    failed = latest is not None and latest["status"] in ("failed", "unknown")
    proof = {True: "The last message was not accepted.", False: "The last message was accepted."}[failed]
    way_on = "Copy the message as text, send it by hand and say when; each recipient can be tried again."
    at = latest["finished_at"] if latest else None
    return Part("Mail", not failed, proof if latest else "Set up; nothing was sent yet.", way_on, at)


def summary(known: list[Part]) -> Summary:
    """One line in the header; parts that are not set up do not count as down."""
    down = [part.name for part in known if not part.is_up]
    if not down:
        return Summary("all parts up", "", "check")
    return Summary(f"{len(down)} {'part' if len(down) == 1 else 'parts'} down", "needs-you", "warn")


def banners(known: list[Part]) -> list[Banner]:
    """At most one: the part that everything else waits for, and what to do now."""
    for part in known:
        if not part.is_up:
            title = {"Workers": "No worker is running.", "Mail": "Mail is failing."}.get(part.name)
            title = title or ("The queue is down." if part.name.startswith("Redis") else f"{part.name}: down.")
            return [Banner(title, part.way_on, reverse("health"), "Which part, since when")]
    return []
