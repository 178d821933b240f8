"""A worker that is really killed (SIGKILL) between its claim and the sending, with a database file and a real mail server."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.incidents.mail_server import Post, mail_server

pytestmark = [pytest.mark.faults, pytest.mark.one_database]
ROOT = Path(__file__).resolve().parent.parent.parent

PREPARE = """
from django.contrib.auth.models import User
from tests.incidents.factories import make_incident
from incidents.models import Delivery, Message
from django.core.management import call_command
call_command("migrate", verbosity=0)
by = User.objects.create_user("ana")
message = Message.draft_for(make_incident(), by=by)
filled = {blank["name"]: blank["value"] or (blank["choices"] or ["x"])[0] for blank in message.fields}
message.change(by=by, values=filled, recipients="carol@example.test")
message.send(by=by)
"""
KILLED = """
import os, signal
from incidents.channels import email
from incidents.models import Delivery
from incidents.tasks import send_message
def killed(mail, before_body):
    {before}
    os.kill(os.getpid(), signal.SIGKILL)
email.send = killed
send_message(Delivery.objects.get().message_id)
"""
AGAIN = """
from datetime import timedelta
from django.utils import timezone
from incidents.models import Delivery
from incidents.tasks import send_message, settle_deliveries
row = Delivery.objects.get()
send_message(row.message_id)
settle_deliveries()
print(Delivery.objects.get().status)
Delivery.objects.update(claimed_at=timezone.now() - timedelta(minutes=3))
settle_deliveries()
Delivery.objects.update(not_before=None)
send_message(row.message_id)
print(Delivery.objects.get().status, ",".join(row.tries.values_list("state", flat=True)))
"""


@pytest.fixture
def run(tmp_path: Path) -> Any:
    def run_code(code: str, port: int) -> subprocess.CompletedProcess[str]:
        env = {
            **os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "FIREBREAK_DATA": str(tmp_path),
            "FIREBREAK_SMTP_HOST": "127.0.0.1", "FIREBREAK_SMTP_PORT": str(port), "DATABASE_URL": "",
        }  # fmt: skip
        command = [sys.executable, "-c", f"import django; django.setup()\n{code}"]
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)

    return run_code


@pytest.mark.parametrize(
    ("before", "ends", "mails"),
    [
        ("pass", ["sending", "accepted", "retry,accepted"], 1),  # nothing had left: sent by itself
        ("before_body()", ["sending", "unknown", "unknown"], 0),  # it may have left: only a person sends it again
    ],
)
def test_a_killed_worker_loses_nothing_and_sends_nothing_twice(
    run: Any, settings: Any, before: str, ends: list[str], mails: int
) -> None:
    post: Post
    with mail_server() as post:
        port = settings.EMAIL_PORT
        prepared = run(PREPARE, port)
        assert prepared.returncode == 0, prepared.stderr
        assert run(KILLED.format(before=before), port).returncode == -9
        again = run(AGAIN, port)
    assert again.returncode == 0, again.stderr
    assert again.stdout.split() == ends
    assert len(post.mails) == mails
