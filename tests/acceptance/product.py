"""The running product: `manage.py up` on a data folder and a port of its own, with its parts found by process id."""

import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.acceptance.real_target import free_port

REPOSITORY = Path(__file__).parents[2]
START_SECONDS = 180.0  # a patience for loaded machines, not a claim
STOP_SECONDS = 30.0
# Nothing of the machine's own installation may come in.
DROPPED = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "FIREBREAK_TESTING")


class Product:
    """One installation. `start` may be called again after `stop`, on the same data and with the clock moved."""

    def __init__(self, *, smtp_port: int | None = None) -> None:
        self.data = Path(tempfile.mkdtemp(prefix="firebreak-product-"))
        self.port = free_port()
        self.smtp_port = smtp_port
        self.process: subprocess.Popen[bytes] | None = None
        self.time_offset = 0.0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.data / "acceptance.log"

    def environment(self) -> dict[str, str]:
        env = {
            name: value
            for name, value in os.environ.items()
            if name not in DROPPED and not name.startswith("FIREBREAK_")
        }
        env |= {
            "FIREBREAK_DATA": str(self.data),
            "FIREBREAK_PORT": str(self.port),
            "FIREBREAK_URL": self.base_url,
            "FIREBREAK_PRACTICE": "0",
            "FIREBREAK_TIME_OFFSET": str(self.time_offset),
            "PYTHONWARNINGS": "default",
        }
        if self.smtp_port:
            env |= {"FIREBREAK_SMTP_HOST": "127.0.0.1", "FIREBREAK_SMTP_PORT": str(self.smtp_port)}
        return env

    def start(self, *, time_offset: float = 0.0) -> None:
        """Starts everything and waits until all parts are there; `time_offset` (seconds) moves the domain clock."""
        self.time_offset = time_offset
        before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=REPOSITORY,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        ends = time.monotonic() + START_SECONDS
        while not (self._has_announced(before) and self._answers()):
            assert self.process.poll() is None, f"`manage.py up` ended with {self.process.returncode}:\n{self.said()}"
            assert time.monotonic() < ends, f"The pages did not answer within {START_SECONDS:g} s:\n{self.said()}"
            time.sleep(0.2)

    def stop(self) -> None:
        """Stops everything as Ctrl-C does; what is left after half a minute is ended by force."""
        if self.process is None:
            return
        members = self.members()
        os.killpg(self.process.pid, signal.SIGINT)  # as a terminal does
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in [self.process.pid, *members]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait(10)
        self.process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def said(self, last: int = 6000) -> str:
        """The end of what the processes wrote."""
        return self.log.read_text(errors="replace")[-last:] if self.log.exists() else ""

    def manage(self, *words: str) -> str:
        """Runs a management command of this installation and returns what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=REPOSITORY,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"manage.py {' '.join(words)} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def first_sign_in(self) -> tuple[str, str]:
        """The first administrator's name and one-time password, as the terminal showed them."""
        found = re.search(r"Sign in as (\S+) with the one-time password (\S+)", self.log.read_text(errors="replace"))
        assert found, f"No one-time password was printed:\n{self.said()}"
        return found[1], found[2]

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """Reads the database beside the product; it changes nothing."""
        with contextlib.closing(
            sqlite3.connect(f"file:{self.data / 'firebreak.sqlite3'}?mode=ro", uri=True, timeout=20)
        ) as database:
            database.row_factory = sqlite3.Row
            return database.execute(query, values).fetchall()

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """The timeline in order, each with its kind and data; `kind` may end in `*`."""
        query = (
            "SELECT s.key AS stream, e.kind, e.data FROM timeline_event e JOIN timeline_stream s ON s.id = e.stream_id "
            "WHERE e.kind GLOB ? ORDER BY e.id"
        )
        rows = self.rows(query, kind or "*")
        return [{"stream": row["stream"], "kind": row["kind"], "data": json.loads(row["data"])} for row in rows]

    def members(self) -> list[int]:
        """Process ids of everything that `up` started, children of children too."""
        return list(descendants(self.process.pid)) if self.process else []

    def worker(self, queue: str) -> int:
        """The main process of the worker that listens to a queue."""
        for pid in self.members():
            line = command_line(pid)
            if (
                "celery" in line
                and re.search(rf"(--queues|-Q)[ =]\S*\b{re.escape(queue)}\b", line)
                and parent(pid) is not None
            ):
                return pid
        raise AssertionError(f"No worker listens to {queue!r}: {[command_line(pid) for pid in self.members()]}")

    def _has_announced(self, since: int) -> bool:
        return b"Firebreak answers on" in self.log.read_bytes()[since:]

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.base_url}/healthz", timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False


def parent(pid: int) -> int | None:
    """The parent of a process, None when it has ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def descendants(pid: int) -> Iterator[int]:
    """Children before their own children."""
    below = [
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and parent(int(entry.name)) == pid
    ]
    for child in below:
        yield child
        yield from descendants(child)


def is_alive(pid: int) -> bool:
    """False for a process that has ended, also when nobody has reaped it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[0] != "Z"
    except (OSError, IndexError):
        return False
