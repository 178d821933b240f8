"""Looks after the practice service: prepares its folder, runs it, answers `ordersctl`, trickles queries, raises alerts.

`python -m practice.keeper --root DIR --port 8190 --alert-url http://127.0.0.1:8100/api/intake/alertmanager/
--token-file FILE` runs until it is told to stop. Firebreak's supervisor starts it and dies with it.
"""

import argparse
import contextlib
import json
import logging
import os
import queue
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from practice.alerts import Watch, poster
from practice.ctl import SOCKET
from practice.load import Trickle
from practice.premises import CannotPrepare, Premises
from practice.unit import NotReady, Unit, fetch

log = logging.getLogger("practice.keeper")
RATE = 5.0  # labelled queries a second: 75 in the 15 seconds that the alert looks at
LOOK_SECONDS = 1.0
NOT_AGAIN = 78  # EX_CONFIG: the supervisor does not start us again


class Keeper:
    """The main thread owns the service; a socket thread hands it the requests, a third watches, a fourth trickles."""

    def __init__(self, premises: Premises, *, port: int, watch: Watch) -> None:
        self._premises, self._port, self._watch = premises, port, watch
        self._unit = Unit(premises, port)
        self._requests: queue.SimpleQueue[tuple[str, float, socket.socket]] = queue.SimpleQueue()
        self.stopping = threading.Event()

    def run(self) -> None:
        """Until `stopping` is set; the service is stopped on the way out."""
        listener = self._listen()
        for work in (lambda: self._accept(listener), self._trickle, self._look):
            threading.Thread(target=work, daemon=True).start()
        self._say(self._do("start", 20.0)[1])
        while not self.stopping.is_set():
            self._step()
        self._unit.stop()
        listener.close()

    def _step(self) -> None:
        try:
            verb, deadline, connection = self._requests.get(timeout=0.3)
        except queue.Empty:
            said = self._unit.look_after()
            if said:
                self._say(said)
            return
        status, text = self._do(verb, deadline)
        if verb not in ("status", "version"):
            self._say(f"{verb}: {text}")
        # The caller may have been killed while it waited: the work is done all the same.
        with contextlib.suppress(OSError), connection:
            answer = {"status": status, "text": text, "started_at": self._unit.started_at}
            connection.sendall(json.dumps(answer).encode() + b"\n")

    def _do(self, verb: str, deadline: float) -> tuple[int, str]:
        if verb in ("status", "version"):
            return self._report(verb)
        try:
            text = self._unit.stop() if verb in ("stop", "restart") else ""
            return 0, self._unit.start(deadline) if verb in ("start", "restart") else text
        except NotReady as error:
            return 1, str(error)

    def _report(self, verb: str) -> tuple[int, str]:
        if not self._unit.pid:
            return 3, "not running"
        about = fetch(self._port, "/about") or {"version": "unknown", "new_pricing": "unknown"}
        if verb == "version":
            return 0, about["version"]
        return 0, f"running (pid {self._unit.pid}), version {about['version']}, new pricing {about['new_pricing']}"

    def _listen(self) -> socket.socket:
        os.chdir(self._premises.root)  # a unix socket's path may have 107 bytes at most
        SOCKET.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(SOCKET))
        SOCKET.chmod(0o600)
        listener.listen(8)
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            try:
                asked = json.loads(connection.makefile("rb").readline(4096))
                self._requests.put((str(asked["verb"]), min(float(asked["deadline"]), 120.0), connection))
            except (OSError, ValueError, KeyError, TypeError):
                connection.close()

    def _trickle(self) -> None:
        trickle = Trickle(f"http://127.0.0.1:{self._port}/graphql", rate=RATE)
        while not self.stopping.is_set():
            trickle.run(seconds=60, stop=self.stopping)

    def _look(self) -> None:
        while not self.stopping.wait(LOOK_SECONDS):
            counts = fetch(self._port, "/counts") if fetch(self._port, "/health") else None
            self._watch.look(
                counts["recent"] if counts else None, meant_to_run=self._unit.meant_to_run, at=time.monotonic()
            )
            about = fetch(self._port, "/about") or {}
            state = {
                "at": time.time(),
                "running": counts is not None,
                "version": about.get("version"),
                "new_pricing": about.get("new_pricing"),
                "installed": self._premises.installed(),
                "flag": self._premises.flag(),
                "minute": counts["minute"] if counts else None,
                "firing": self._watch.firing,
            }
            with contextlib.suppress(OSError):  # a full disk must not end the watch
                self._premises.write_state(state)

    def _say(self, text: str) -> None:
        log.info("%s", text)


def main() -> int:
    """Exit status 78 when the folder cannot be prepared: starting again would not help."""
    parser = argparse.ArgumentParser(description="Keep the practice service running.")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--alert-url", required=True)
    parser.add_argument("--token-file", type=Path, required=True)
    options = parser.parse_args()
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
    premises = Premises(options.root.resolve())
    watch = Watch(options.port, poster(options.alert_url, lambda: _token(options.token_file)))
    keeper = Keeper(premises, port=options.port, watch=watch)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: keeper.stopping.set())
    try:
        premises.prepare(options.port)
    except CannotPrepare as error:
        log.error("%s", error)
        return NOT_AGAIN
    keeper.run()
    return 0


def _token(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
