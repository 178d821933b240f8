"""A tiny real HTTP server on loopback, told by the test what to answer."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# (path, body) → (status, body); a number as body sleeps that long first
Answering = Callable[[str, bytes], tuple[int, bytes]]


@dataclass
class Service:
    """What the test reads: the port and every request with its headers."""

    port: int
    requests: list[dict[str, Any]] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"


@contextmanager
def serving(answer: Answering, headers: dict[str, str] | None = None) -> Iterator[Service]:
    """A server that answers with `answer(path, body)`."""
    seen: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.append({"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body})
            status, data = answer(self.path, body)
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            try:
                self.wfile.write(data)
            except OSError:
                self.close_connection = True

        do_POST = do_GET

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Service(server.server_address[1], seen)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


def graphql(data: Any = None, errors: list[dict[str, str]] | None = None) -> bytes:
    """A GraphQL answer."""
    return json.dumps({"data": data, **({"errors": errors} if errors else {})}).encode()


def slowly(seconds: float, status: int = 200, body: bytes = b"{}") -> Answering:
    """Answers after so many seconds."""

    def answer(_path: str, _body: bytes) -> tuple[int, bytes]:
        time.sleep(seconds)
        return status, body

    return answer
