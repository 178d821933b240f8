"""The T+ clock with real processes: whatever is killed and whenever, each due action happens once; the late ones say how late."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from incidents.models import Delivery, Incident, Message, Notice, Page, Phase, Promise
from tests.faults.installation import ROOT, Installation, Part, wait_for
from tests.incidents.factories import make_incident, make_target
from tests.incidents.mail_server import Post, mail_server
from timeline.models import Stream
from timeline.verify import chain_holds

pytestmark = pytest.mark.faults
# Beat, scans, followers and mails in one process: what is killed is all of it at once.
EVERYTHING = ("--queues", "control,general,mail,probe")
SEED = 20261122
# DUE_ACTIONS=1000 asks the whole question; a quarter of it keeps the suite quick.
ACTIONS, KILLS = int(os.environ.get("DUE_ACTIONS", "250")), 8
PROMISED = ACTIONS // 5
DUE = ACTIONS - PROMISED
# One import, then a process for each life: it looks for what is due until it is killed, the last one until nothing is.
LIVES = """
import os, random, signal, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
import incidents.tasks, timeline.tasks
from incidents.tasks import announce_phases, remind
# No hint ever arrives: the rows alone must be enough.
timeline.tasks.ring_and_queue = incidents.tasks.queue_delivery = lambda *lost: None
chance = random.Random(int(sys.argv[1]))
def live():
    while announce_phases() + remind():
        pass
    os._exit(0)
for kill in range(int(sys.argv[2])):
    if (child := os.fork()) == 0:
        live()
    time.sleep(chance.uniform(0.1, 0.5))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
live()
"""


@pytest.fixture
def post() -> Iterator[Post]:
    with mail_server() as server:
        yield server


def told(incident: Incident) -> Message:
    """A message that promises the next update half an hour after now."""
    by = User.objects.create_user(f"ana{incident.pk}", email="ana@example.test")
    incident.assign_role(role="communications", user=by, by=by)
    message = Message.draft_for(incident, by=by)
    message.change(by=by, subject="News", body="All is being looked at.\n", recipients="carol@example.test")
    message.change(by=by, next_update_at=timezone.now() + timedelta(minutes=30))
    message.send(by=by)
    return message


def notices(incident: Incident) -> Any:
    return Notice.objects.filter(incident=incident)


def announced(incident: Incident) -> dict[str, float]:
    return {event.data["phase"]: event.data["late_seconds"] for event in incident.events.filter(kind="phase.due")}


@dataclass(frozen=True)
class Moment:
    """Minutes after T+0 at which a worker starts and is killed: once `seen` holds, or after a random part of a second."""

    minutes: float
    seen: Callable[[], Any] | None = None
    what: str = ""
    broker: bool = False  # Redis is killed too, with all that was queued


def test_from_three_minutes_before_to_the_day_after_each_action_happens_once(
    installation: Installation, post: Post
) -> None:
    incident = make_incident(make_target(service="clock-api"))
    told(incident)
    moments = (
        # Before T+0 only what people did is done, nothing is due.
        Moment(-3, lambda: Delivery.objects.filter(message__isnull=False, status="accepted").exists(), "the mail"),
        Moment(-1),
        Moment(0.5, broker=True),
        Moment(4.5),
        Moment(6, lambda: len(announced(incident)) == 2, "two phases", broker=True),
        Moment(7),
        # Everything that was missed while nothing ran; the promise is due in less than five minutes.
        Moment(25.5, lambda: len(announced(incident)) == 4 and notices(incident).exists(), "the reminder", broker=True),
        Moment(31),
        Moment(70, broker=True),
        Moment(23 * 60 + 50),
    )
    chance = random.Random(SEED)
    for place, moment in enumerate(moments):
        # Beat, scans, followers and mails in one process: the kill takes them all.
        worker = start_worker(installation, f"w{place}", moment.minutes)
        if moment.seen is None:
            time.sleep(chance.uniform(0, 1.2))
        else:
            wait_for(moment.seen, 60, moment.what, worker)
        if moment.minutes < 0:
            assert announced(incident) == {}
        if moment.broker:
            installation.stop_redis()
        worker.kill()
        if moment.broker:
            installation.start_redis()
    # What a killed worker had in its hands is settled after two minutes; they pass now.
    long_ago = timezone.now() - timedelta(minutes=3)
    Delivery.objects.filter(status="sending").update(claimed_at=long_ago)
    Delivery.objects.filter(status="pending").exclude(not_before=None).update(not_before=long_ago)
    last = start_worker(installation, "last", 25 * 60)
    wait_for(lambda: len(announced(incident)) == 5, 60, "the day after", last)
    wait_for(lambda: notices(incident).count() == 2, 60, "the promise was broken", last)
    wait_for(lambda: not Delivery.objects.filter(status__in=("pending", "sending")).exists(), 60, "mails", last)
    last.kill()

    phases = Counter(event.data["phase"] for event in incident.events.filter(kind="phase.due"))
    assert set(phases.values()) == {1}
    late_by = announced(incident)
    assert late_by["Investigation"] >= 55
    assert late_by["Execution"] >= 15 * 60
    assert late_by["Retrospective"] >= 59 * 60
    assert sorted(notices(incident).values_list("kind", flat=True)) == ["promise_after", "promise_before"]
    asked = Counter(Page.objects.filter(incident=incident).values_list("contact_order", "round"))
    assert set(asked.values()) == {1}
    got = Counter((mail["To"], mail["Subject"], _link(mail)) for mail in post.mails)
    assert set(got.values()) == {1}
    # A mail that was cut off while its body left is *unknown*, never called sent and never sent again by itself.
    accepted, unknown = (Delivery.objects.filter(status=status).count() for status in ("accepted", "unknown"))
    assert accepted <= len(got) <= accepted + unknown
    assert not Delivery.objects.filter(status="failed").exists()
    assert chain_holds(Stream.named(incident.stream_key))


def start_worker(installation: Installation, name: str, minutes: float) -> Part:
    """One worker whose clock stands that many minutes after ours."""
    more = {
        "FIREBREAK_TIME_OFFSET": str(minutes * 60), "FIREBREAK_SMTP_HOST": "127.0.0.1",
        "FIREBREAK_SMTP_PORT": str(settings.EMAIL_PORT),
    }  # fmt: skip
    return installation.start("control", name, options=EVERYTHING, **more)


def _link(mail: Any) -> str:
    text = mail.get_payload(0).get_payload(decode=True).decode()
    return next((row for row in text.split("\n") if "/pages/" in row), "")


def test_due_actions_under_random_kills_none_missed_none_doubled(installation: Installation) -> None:
    incident = make_incident(make_target(service="due-api"), ago=timedelta(hours=2))
    Phase.objects.filter(incident=incident).delete()
    message = told(incident)
    then = timezone.now() - timedelta(minutes=9)
    Phase.objects.bulk_create(
        Phase(incident=incident, position=place, name=f"phase {place}", offset_seconds=place, due_at=then)
        for place in range(DUE)
    )
    Promise.objects.filter(incident=incident).delete()
    Promise.objects.bulk_create(
        Promise(incident=incident, message=message, audience=f"audience {place}", due_at=then)
        for place in range(PROMISED)
    )
    seed = random.Random(SEED).randrange(10**6)
    lives = subprocess.run(
        [sys.executable, "-c", LIVES, str(seed), str(KILLS)],
        cwd=ROOT, env=installation.environment, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert lives.returncode == 0, lives.stderr[-2000:]
    said = Counter(event.data["phase"] for event in incident.events.filter(kind="phase.due"))
    assert (len(said), set(said.values())) == (DUE, {1})
    assert min(event.data["late_seconds"] for event in incident.events.filter(kind="phase.due")) >= 540
    reminded = Counter(notices(incident).values_list("text", flat=True))
    assert sum(reminded.values()) == PROMISED
    assert not Promise.objects.filter(incident=incident, after_at=None).exists()
    assert chain_holds(Stream.named(incident.stream_key))
