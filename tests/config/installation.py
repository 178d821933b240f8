"""A real installation for tests: `manage.py up` on free ports and a folder of its own."""

import contextlib
import http.client
import http.cookiejar
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.postgres import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
LAST_LINE = "Ctrl-C stops it."


def wait_for(question: Callable[[], Any], seconds: float = 20.0, what: str = "it") -> Any:
    """The first true answer; fails after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := question():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {seconds:g} s")


class Installation:
    """One `manage.py up`; its output is kept line by line."""

    def __init__(self, data: Path, *, port: int | None = None, **environment: str) -> None:
        self.data, self.port = data, port or free_port()
        self.lines: list[str] = []
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FIREBREAK_", "DJANGO_"))}
        for name in ("REDIS_URL", "DATABASE_URL", "COLUMNS"):
            kept.pop(name, None)
        self.environment = {
            **kept,
            "FIREBREAK_DATA": str(data),
            "FIREBREAK_PORT": str(self.port),
            "FIREBREAK_PRACTICE": "0",
            **environment,
        }
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=REPOSITORY,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # as a terminal would: Ctrl-C goes to the whole group
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_until_ready(self, seconds: float = 60.0) -> "Installation":
        """Until the last line of the start has been printed."""

        def ready() -> bool:
            assert self.process.poll() is None, self.output
            return LAST_LINE in self.lines

        wait_for(ready, seconds, "the start")
        return self

    def wait_until_ended(self, seconds: float = 20.0) -> int:
        status = self.process.wait(seconds)
        self._reader.join(5)
        assert self.process.stdout
        self.process.stdout.close()
        return status

    def interrupt(self) -> None:
        """Ctrl-C: SIGINT to the foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def processes(self) -> dict[int, str]:
        """{process id: command} of everything of this installation that lives."""
        found = {}
        mark = f"FIREBREAK_DATA={self.data}".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                marked = mark in (entry / "environ").read_bytes().split(b"\0") or str(self.data) in command
                # Valkey writes its title over its arguments and environment.
                marked = marked or str((entry / "cwd").readlink()).startswith(str(self.data))
                if state not in "ZX" and marked:
                    found[int(entry.name)] = command
        return found

    def one(self, part: str) -> int:
        """The lowest process id whose command holds the text."""
        return min(pid for pid, command in self.processes().items() if part in command)

    def password(self) -> str:
        line = next(line for line in self.lines if "one-time password" in line)
        return line.rsplit(" ", 1)[1]

    def browser(self) -> "Browser":
        return Browser(self.url)

    def finish(self) -> None:
        """Ends what a failed test left behind."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        wait_for(lambda: not self.processes(), 10, "the end of everything")


class Browser:
    """Cookies and forms, no more."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))

    def get(self, path: str) -> tuple[int, str]:
        return self._ask(urllib.request.Request(self._url + path))

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        token = next((cookie.value for cookie in self._jar if cookie.name == "csrftoken"), "") or ""
        body = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
        return self._ask(urllib.request.Request(self._url + path, body))

    def sign_in(self, name: str, password: str) -> tuple[int, str]:
        self.get("/sign-in/")
        return self.post("/sign-in/", username=name, password=password)

    def cookies(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)

    def stream(self, *topics: str) -> http.client.HTTPResponse:
        """The open event stream, read with `readline()`."""
        address = urllib.parse.urlsplit(self._url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        query = urllib.parse.urlencode([("topic", topic) for topic in topics])
        connection.request("GET", f"/live/?{query}", headers={"Cookie": self.cookies()})
        return connection.getresponse()

    def _ask(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with self._opener.open(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
