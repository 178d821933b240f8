"""What the engine's benchmarks stand on: a whole installation with its own database, Redis, pages and workers."""

import contextlib
import http.server
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import environment as environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

import httpx  # noqa: E402
from django.test import Client  # noqa: E402

from rollbacks.models import Run  # noqa: E402
from tests.faults.installation import Installation, running_installation, wait_for  # noqa: E402
from tests.postgres import free_port  # noqa: E402
from tests.rollbacks.engine.factories import make_operator, make_run  # noqa: E402


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers each GET with two bytes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: Any) -> None:
        """Says nothing: the figures are the output."""


class Scene:
    """The installation at work, a person who is signed in, and a server on loopback to ask."""

    def __init__(self, installation: Installation, folder: Path, asked: str) -> None:
        self.installation, self.folder, self.asked = installation, folder, asked
        self.person = make_operator("ana")
        self.web = f"http://127.0.0.1:{free_port()}"
        installation.serve(int(self.web.rsplit(":", 1)[1]))
        wait_for(self._answers, 60, "the pages answer")
        for kind in ("rollback", "general", "control"):
            installation.start(kind)
        signed_in = Client()
        signed_in.force_login(self.person)
        cookies = {"sessionid": signed_in.cookies["sessionid"].value, "csrftoken": "c" * 32}
        self.browser = httpx.Client(base_url=self.web, cookies=cookies, timeout=30, trust_env=False)

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.web}/healthz", trust_env=False).status_code == 200
        return False

    def press(self, address: str, **fields: str) -> None:
        """Posts a form as a browser does."""
        answer = self.browser.post(address, data={"csrfmiddlewaretoken": "c" * 32, **fields})
        assert answer.status_code == 302, f"{address} answered {answer.status_code}"

    def begin(self, steps: list[dict[str, Any]], **more: Any) -> Run:
        """A queued run in this folder."""
        return make_run(self.folder, steps, **more)


@contextlib.contextmanager
def scene() -> Iterator[Scene]:
    """The product's own clock: leases of 30 s, a scan every 5 s."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder, running_installation(clock={}) as installation:
        yield Scene(installation, Path(folder), f"127.0.0.1:{server.server_address[1]}")
    server.shutdown()


def ended(run: Run, within: float = 120.0) -> Run:
    """The run when it has ended well."""

    def look() -> bool:
        run.refresh_from_db()
        return run.is_over

    wait_for(look, within, "the run ends")
    assert run.status == "succeeded", f"{run}: {run.status} {run.detail}"
    return run


def part_of(figures: Sequence[float], share: float) -> float:
    """The figure that this share of all does not exceed: 0.5 is the median."""
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def machine() -> str:
    """ "2 cores, load 0.4": seconds mean nothing without it."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {time.strftime('%Y-%m-%d')}"
