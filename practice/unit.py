"""The service's process, looked after as systemd would: start, readiness by a deadline, stop, start again."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import Any

from practice.premises import Premises

POLL = 0.05
STOP_SECONDS = 5.0
LONGEST_PAUSE = 30.0
DIE_WITH_PARENT = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execv(sys.argv[1], sys.argv[1:])"  # PR_SET_PDEATHSIG
)


class NotReady(Exception):
    """The service did not become ready; the message says why."""


class Unit:
    """One service. Only the main thread may call it: the parent-death signal is tied to the thread that spawns."""

    def __init__(self, premises: Premises, port: int) -> None:
        self._premises, self._port = premises, port
        self._process: subprocess.Popen[bytes] | None = None
        self._pause, self._again_at = 1.0, 0.0
        self.meant_to_run = False
        self.started_at: float | None = None  # epoch seconds, taken before the process is made

    @property
    def pid(self) -> int | None:
        """The main process, None when it does not live."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self, deadline: float) -> str:
        """Starts it and waits until it answers as healthy; raises NotReady."""
        self.meant_to_run = True
        if self.pid:
            return f"already running (pid {self.pid})"
        self._spawn()
        ready_after = self._wait_until_ready(deadline)
        self._pause = 1.0
        return f"running (pid {self.pid}), ready after {ready_after:.1f} s"

    def stop(self) -> str:
        """TERM to the process group, five seconds, then KILL; returns when it is gone."""
        self.meant_to_run = False
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return "not running"
        _signal_group(process, signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            _signal_group(process, signal.SIGKILL)
            process.wait()
        return f"stopped (pid {process.pid})"

    def look_after(self) -> str | None:
        """Starts a service that ended by itself, with growing pauses; a sentence when something happened."""
        if not self.meant_to_run or self.pid:
            return None
        now = time.monotonic()
        if self._process is not None:
            ended, self._process = self._process.returncode, None
            self._again_at, self._pause = now + self._pause, min(self._pause * 2, LONGEST_PAUSE)
            return f"the service ended with status {ended}; it is started again in {self._again_at - now:.0f} s"
        if now < self._again_at:
            return None
        self._spawn()
        return f"the service was started again (pid {self.pid})"

    def _spawn(self) -> None:
        root = self._premises.root
        command = [str(self._premises.python), "-m", "practice_orders", "--root", str(root), "--port", str(self._port)]
        self.started_at = time.time()
        self._process = subprocess.Popen(
            [*_death_prefix(), *command],
            cwd=root,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"},
        )

    def _wait_until_ready(self, deadline: float) -> float:
        began = time.monotonic()
        while (waited := time.monotonic() - began) < deadline:
            if self.pid is None:
                raise NotReady(f"the service ended during its start; {self._last_words()}")
            # The port could be answered by a stranger: it must be the process that was just started.
            if fetch(self._port, "/health") is not None and (fetch(self._port, "/about") or {}).get("pid") == self.pid:
                return waited
            time.sleep(POLL)
        raise NotReady(f"the service was not ready after {deadline:.0f} s; {self._last_words()}")

    def _last_words(self) -> str:
        try:
            lines = (self._premises.root / "log" / "orders.log").read_text(encoding="utf-8").splitlines()
        except OSError:
            return "its log cannot be read"
        return f"its log ends with: {lines[-1] if lines else 'nothing'}"


def fetch(port: int, path: str) -> dict[str, Any] | None:
    """The JSON object at a path of the service, None unless it answers with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        found = json.loads(response.read())
        return found if response.status == 200 and isinstance(found, dict) else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _death_prefix() -> list[str]:
    """What makes the command die with the keeper; nothing outside Linux."""
    if not sys.platform.startswith("linux"):
        return []
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else [sys.executable, "-c", DIE_WITH_PARENT]


def _signal_group(process: "subprocess.Popen[bytes]", number: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended in between
        os.killpg(process.pid, number)
