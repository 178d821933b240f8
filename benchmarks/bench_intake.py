"""`python benchmarks/bench_intake.py`: a storm of 10,000 alerts in a minute, one a call and 100 a call.

Claims: 95 of 100 calls are answered within 100 ms, one incident comes of it, no alert is lost. A whole installation:
the product's server and workers, real HTTP on loopback, and a person whose incident page asks again every second.
SQLite, or PostgreSQL with `python -m tests.postgres python benchmarks/bench_intake.py`. ALERTS=2000 asks less, in
the same proportion of a minute.
"""

import http.client
import itertools
import json
import os
import sys
import threading
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.incident_scene import ask, database, machine, part_of, processor_seconds, reading, serve, words
from incidents.models import Alert, Incident, IntakeToken
from tests.faults.installation import running_installation
from tests.incidents.factories import make_target
from tests.rollbacks.engine.factories import make_operator

ALERTS = int(os.environ.get("ALERTS", "10000"))
MINUTE = 60.0 * ALERTS / 10_000
SENDERS = 4
MOST = 0.100  # seconds, 95 of 100 calls
Answer = tuple[int, dict[str, object], float]


class Storm:
    """Calls of `size` alerts, evenly over the minute, by senders that each wait for their answer."""

    def __init__(self, port: int, token: str, size: int) -> None:
        self.size, self.port = size, port
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.calls = ALERTS // size
        self.answers: list[Answer] = []
        self._next = itertools.count()
        self._began = time.perf_counter()

    def blow(self) -> float:
        """Seconds until the last answer."""
        senders = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        return time.perf_counter() - self._began

    def _send(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while (call := next(self._next)) < self.calls:
            time.sleep(max(0.0, self._began + call * MINUTE / self.calls - time.perf_counter()))
            status, text, took = ask(line, "POST", "/api/intake/generic/", self._body(call), **self.headers)
            self.answers.append((status, json.loads(text), took))

    def _body(self, call: int) -> str:
        first = call * self.size
        where = {"service": f"orders-{self.size}", "environment": "production"}
        alerts = [
            {"name": f"Pod {n} down", "id": f"p{self.size}-{n}", **where} for n in range(first, first + self.size)
        ]
        return json.dumps({"alerts": alerts})


def main() -> int:
    """0 when every claim holds."""
    with running_installation(clock={}) as installation:
        port, server = serve(installation)
        for kind in ("general", "control"):
            installation.start(kind)
        person = make_operator("ana")
        _, token = IntakeToken.make(name="benchmark")
        print(f"{database(installation)}, {machine()}")
        holds = True
        for size in (1, 100):
            make_target(service=f"orders-{size}")
            storm = Storm(port, token, size)
            incidents = Incident.objects.filter(target__service__slug=f"orders-{size}")
            before = processor_seconds(server.pid)
            with reading(port, person, partial(_page, incidents)) as reader:
                lasted = storm.blow()
            holds &= _say(storm, incidents, lasted) and not reader.refused
            took = (processor_seconds(server.pid) - before) / storm.calls * 1000
            print(
                f"  the incident's page meanwhile: {words(reader.seconds)} ({len(reader.seconds)} times);"
                f" {took:.1f} ms of the server's processor time a call, pages included"
            )
    return 0 if holds else 1


def _page(incidents: object) -> str:
    found = incidents.first()  # type: ignore[attr-defined]
    return found.get_absolute_url() if found else ""


def _say(storm: Storm, incidents: object, lasted: float) -> bool:
    """Prints one form of the storm; False where a claim does not hold."""
    found = list(incidents)  # type: ignore[call-overload]
    kept = Alert.objects.filter(incident__in=found).count()
    new = sum(int(str(answer["received"])) for status, answer, _ in storm.answers if status == 202)
    times = [took for _, _, took in storm.answers]
    refused = sorted({status for status, _, _ in storm.answers if status != 202})
    holds = part_of(times, 0.95) < MOST and len(found) == 1 and kept == new == ALERTS and not refused
    print(
        f"{'holds ' if holds else 'BROKEN'} {ALERTS} alerts, {storm.size} a call, {ALERTS / lasted * 60:.0f} a minute:"
        f" {words(times)}; {len(found)} incident, {kept} kept, refused: {refused or 'none'},"
        f" {found[0].events.count() if found else 0} lines"
    )
    return holds


if __name__ == "__main__":
    sys.exit(main())
