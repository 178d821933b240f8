"""A service that answers on its old connections and takes no new ones is broken for everybody who comes now."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from rollbacks import probes
from rollbacks.context import Surroundings
from rollbacks.detection_readings import Stretch, read_crash
from rollbacks.load import ANEW, Load
from rollbacks.statistics import Counts


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        self.server.ports.append(self.client_address[1])  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Set-Cookie", "worker=1")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
        self.server.cookies.append(self.headers.get("Cookie"))  # type: ignore[attr-defined]

    def log_message(self, *_args: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[ThreadingHTTPServer]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads, server.ports, server.cookies = True, [], []
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.socket.close()


def checked(host: str) -> Any:
    return {"kind": "http", "url": f"http://{host}/", "name": "query"}


def test_the_load_notices_that_no_new_connection_is_taken() -> None:
    with serving() as server:
        host = f"127.0.0.1:{server.server_address[1]}"
        load = Load(checked(host), hosts=[host], rate=50)
        try:
            before = load.finish(load.slice(0.5))
            server.shutdown()
            server.socket.close()  # the threads of the connections go on
            after = load.finish(load.slice(1.0))
        finally:
            load.close()
        kept = len(server.ports)  # type: ignore[attr-defined]
    assert (before.errors, before.requests > 0) == (0, True)
    assert set(after.kinds) == {"refused"}
    assert after.requests - after.errors > 0, "the kept connections still answer"
    assert abs(after.errors - after.requests / ANEW) <= 1
    assert kept == before.requests + after.requests - after.errors


def test_detection_calls_it_a_crash() -> None:
    of_a_minute = Stretch(60.0, Counts(600, 150), kinds={"refused": 150})
    assert read_crash(of_a_minute, []).holds is True


def test_a_check_always_connects_anew_and_keeps_no_cookie() -> None:
    with serving() as server:
        host = f"127.0.0.1:{server.server_address[1]}"
        around = Surroundings(Path("/"), (host,))
        asked = [probes.ask(checked(host), around, patient=False) for _ in range(5)]
        deadline = time.monotonic() + 5
        while len(server.cookies) < 5 and time.monotonic() < deadline:  # type: ignore[attr-defined]
            time.sleep(0.01)
        ports, cookies = server.ports, server.cookies  # type: ignore[attr-defined]
        server.shutdown()
        server.socket.close()
        refused = probes.ask(checked(host), around, patient=False)
    assert [one.result for one in asked] == ["pass"] * 5
    assert len(set(ports)) == 5
    assert cookies == [None] * 5, "a cookie would bring every check back to the same worker"
    assert (refused.result, "refuses" in refused.sentence) == ("fail", True)
