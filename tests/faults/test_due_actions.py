"""The T+ clock with real processes: whatever is killed and whenever, each due action happens once; the late ones say how late."""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from incidents.models import Delivery, Incident, Message, Notice, Page, Phase, Promise
from tests.faults.installation import ROOT, Installation, wait_for
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


def test_from_three_minutes_before_to_the_day_after_each_action_happens_once(
    installation: Installation, post: Post
) -> None:
    incident = make_incident(make_target(service="clock-api"))
    told(incident)

    def worker(name: str, minutes: float) -> Any:
        more = {
            "FIREBREAK_TIME_OFFSET": str(minutes * 60), "FIREBREAK_SMTP_HOST": "127.0.0.1",
            "FIREBREAK_SMTP_PORT": str(settings.EMAIL_PORT),
        }  # fmt: skip
        return installation.start("control", name, options=EVERYTHING, **more)

    # T-3: only what people did is done, nothing is due.
    early = worker("early", -3)
    wait_for(lambda: Delivery.objects.filter(message__isnull=False, status="accepted").exists(), 60, "the mail", early)
    assert announced(incident) == {}
    early.kill()
    # T+0 to T+6, the broker dies as well: the phase of T+5 fires when both are back.
    late = worker("late", 6)
    wait_for(lambda: len(announced(incident)) == 2, 60, "two phases", late)
    installation.stop_redis()
    late.kill()
    # T+25:30: everything that was missed while nothing ran; the promise is due in less than five minutes.
    installation.start_redis()
    again = worker("again", 25.5)
    wait_for(lambda: len(announced(incident)) == 4 and notices(incident).exists(), 60, "the reminder", again)
    # The broker is cut off under the living worker, and comes back.
    installation.stop_redis()
    installation.start_redis()
    again.kill()
    # T+25 h.
    day_after = worker("dayafter", 25 * 60)
    wait_for(lambda: len(announced(incident)) == 5, 60, "the day after", day_after)
    wait_for(lambda: notices(incident).count() == 2, 60, "the promise was broken", day_after)
    wait_for(lambda: not Delivery.objects.filter(status__in=("pending", "sending")).exists(), 60, "mails", day_after)
    day_after.kill()

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
    assert len(got) == Delivery.objects.filter(status="accepted").count()
    assert chain_holds(Stream.named(incident.stream_key))


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
