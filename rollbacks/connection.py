"""Tests a target from where its commands would run: does the folder exist, do the hosts answer. Changes nothing."""

import os
import socket
from pathlib import Path
from typing import Any

from celery import shared_task
from django.db import transaction

from rollbacks.models import Target, Worker
from timeline import doorbell
from timeline.models import Event

TIMEOUT_SECONDS = 3.0
ASKED, TESTED = "target.test_requested", "target.tested"


def examine_later(target: Target, *, by: Any = None) -> bool:
    """Asks a worker of the target's queue; False when none can be reached: then the test is done from here."""
    reachable = bool(Worker.objects.serving(target.queue)) and doorbell.redis_is_up()
    with transaction.atomic():
        Event.record(target.stream, ASKED, actor=by, data={"target": target.pk, "by_worker": reachable})
        if reachable:
            transaction.on_commit(lambda: examine_target.apply_async(args=(target.pk,), queue=target.queue, expires=60))
    if not reachable:
        examine(target, by_worker=False)
    return reachable


@shared_task(name="rollbacks.examine_target")
def examine_target(target_id: int) -> None:
    """The worker's half of `examine_later`."""
    examine(Target.objects.get(pk=target_id), by_worker=True)


def examine(target: Target, *, by_worker: bool) -> dict[str, Any]:
    """Asks, and keeps the answers as an event of the target's stream."""
    root = folder_answer(target.root)
    hosts = [host_answer(host) for host in target.hosts]
    said = {
        "target": target.pk,
        "host": socket.gethostname(),
        "by_worker": by_worker,
        "root": root,
        "hosts": hosts,
        "ok": root["ok"] and all(host["ok"] for host in hosts),
    }
    Event.record(target.stream, TESTED, data=said)
    return said


def folder_answer(root: str) -> dict[str, Any]:
    """Whether the folder is there and may be entered."""
    if not root:
        return {"ok": False, "sentence": "No folder is set; commands would start in /."}
    path = Path(root)
    if not path.is_absolute():
        return {"ok": False, "sentence": f"{root} is no absolute path."}
    if not path.is_dir():
        return {"ok": False, "sentence": f"{root} {'is no folder' if path.exists() else 'does not exist'} here."}
    if not os.access(path, os.R_OK | os.X_OK):
        return {"ok": False, "sentence": f"{root} exists, but the worker's user may not read it."}
    return {"ok": True, "sentence": f"{root} exists and can be read."}


def host_answer(entry: str) -> dict[str, Any]:
    """Whether something accepts a connection at "host:port"."""
    host, _, port = entry.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=TIMEOUT_SECONDS):
            return {"host": entry, "ok": True, "sentence": f"{entry} accepts connections."}
    except ValueError:
        sentence = f"{entry} names no port. Write it as host:port."
    except socket.gaierror:
        sentence = f"{entry}: the name is not known here."
    except TimeoutError:
        sentence = f"{entry} did not answer within {TIMEOUT_SECONDS:g} s."
    except ConnectionRefusedError:
        sentence = f"{entry} refuses connections: nothing listens there."
    except OSError as error:
        sentence = f"{entry} cannot be reached: {error.strerror or error}."
    return {"host": entry, "ok": False, "sentence": sentence}


def last_test(target: Target) -> Event | None:
    """The last answer, or the question that is still open."""
    return Event.objects.filter(stream__key=target.stream, kind__in=(ASKED, TESTED)).order_by("-seq").first()
