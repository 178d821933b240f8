"""What the incidents' benchmarks share: a person with an open page, its times, and words for figures."""

import contextlib
import http.client
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.engine_scene import machine as machine
from benchmarks.engine_scene import part_of as part_of
from tests.faults.installation import Installation, Part, wait_for
from tests.postgres import free_port


def serve(installation: Installation) -> tuple[int, Part]:
    """Starts the product's own server; its port and process once it answers."""
    port = free_port()
    part = installation.serve(port)

    def answers() -> bool:
        with contextlib.suppress(OSError):
            return ask(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "GET", "/healthz")[0] == 200
        return False

    wait_for(answers, 60, "the pages answer", part)
    return port, part


def ask(line: http.client.HTTPConnection, method: str, path: str, body: str | None = None, **headers: str) -> Any:
    """(status, body, the seconds until all of it was here)."""
    began = time.perf_counter()
    line.request(method, path, body, headers)
    answer = line.getresponse()
    text = answer.read()
    return answer.status, text, time.perf_counter() - began


class Reader(threading.Thread):
    """Somebody who has an incident's page open and asks it again, `every` seconds; `seconds` are its times."""

    def __init__(self, port: int, person: Any, path: Callable[[], str], every: float = 1.0) -> None:
        super().__init__(daemon=True)
        from django.test import Client

        signed_in = Client()
        signed_in.force_login(person)
        self._cookie = f"sessionid={signed_in.cookies['sessionid'].value}"
        self._port, self._path, self._every = port, path, every
        self._over = threading.Event()
        self.seconds: list[float] = []
        self.refused: list[int] = []

    def run(self) -> None:
        while not self._over.wait(self._every):
            if not (path := self._path()):
                continue
            line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            status, _, took = ask(line, "GET", path, Cookie=self._cookie)
            line.close()
            self.seconds.append(took)
            if status != 200:
                self.refused.append(status)

    def end(self) -> None:
        """The last answer, then no more."""
        self._over.set()
        self.join(90)


@contextlib.contextmanager
def reading(port: int, person: Any, path: Callable[[], str]) -> Iterator[Reader]:
    """A reader while the block runs."""
    reader = Reader(port, person, path)
    reader.start()
    try:
        yield reader
    finally:
        reader.end()


def words(seconds: Sequence[float]) -> str:
    """ "p50 8 ms, p95 12 ms, longest 40 ms" of times in seconds."""
    if not seconds:
        return "nothing was measured"
    figures = {"p50": part_of(seconds, 0.5), "p95": part_of(seconds, 0.95), "longest": max(seconds)}
    return ", ".join(f"{name} {figure * 1000:.0f} ms" for name, figure in figures.items())


def processor_seconds(pid: int) -> float:
    """What a process has computed so far, its threads included (proc(5): fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def database(installation: Installation) -> str:
    """Its name for people."""
    return "PostgreSQL" if installation.database_url.startswith("postgres") else "SQLite"
