"""The HTTP side: POST /graphql, GET /health, GET /about, GET /counts. Loopback only."""

import json
import logging
import os
import sqlite3
import time
from collections.abc import Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .counts import Counts
from .execute import execute
from .faults import Faults
from .query import QueryError, parse
from .release import VERSION, new_pricing
from .schema import build_schema
from .store import Store

log = logging.getLogger("practice_orders.web")
MOST_BYTES = 64 * 1024
LOAD_HEADER = "X-Firebreak-Load"


class Shop:
    """Everything one process of the service holds."""

    def __init__(self, root: Path, settings: Mapping[str, str]) -> None:
        self.store = Store(root / "orders.sqlite3")
        self.pricing = new_pricing(settings)
        self.faults = Faults(root / "faults.json", version=VERSION, pricing_is_on=self.pricing is not None)
        self.counts = Counts()
        self.started_at = time.time()

    def answer(self, body: bytes, *, labelled: bool) -> dict[str, Any]:
        """The GraphQL answer to one request body; counted as an error when it carries any."""
        fault = self.faults.toss()
        answer = self._run(body, fault)
        failed = bool(answer.get("errors"))
        self.counts.add(error=failed, labelled=labelled)
        if failed:
            log.error("query failed: %s", answer["errors"][0]["message"])
        return answer

    def _run(self, body: bytes, fault: str) -> dict[str, Any]:
        try:
            asked = json.loads(body)
            selections = parse(str(asked["query"]))
        except QueryError as error:
            return {"data": None, "errors": [{"message": str(error)}]}
        except (ValueError, KeyError, TypeError):
            return {"data": None, "errors": [{"message": "The body must be JSON with a text under `query`."}]}
        schema = build_schema(self.store, pricing=self.pricing, fails=lambda kind: kind == fault)
        return execute(schema, selections, asked.get("variables") or {})

    def health(self) -> tuple[int, dict[str, Any]]:
        """200 only when the store really answers."""
        try:
            return 200, {"status": "healthy", "orders": self.store.count()}
        except sqlite3.Error as error:
            return 503, {"status": "unhealthy", "reason": str(error)}

    def about(self) -> dict[str, Any]:
        """What runs, as opposed to what is installed on disk."""
        return {
            "version": VERSION,
            "new_pricing": "on" if self.pricing else "off",
            "started_at": round(self.started_at, 3),
            "pid": os.getpid(),
        }


class Handler(BaseHTTPRequestHandler):
    """Answers one connection; keep-alive, so that a trickle does not cost a connection a query."""

    protocol_version = "HTTP/1.1"
    timeout = 30  # an idle keep-alive connection must not hold its thread for ever

    def __init__(self, shop: Shop, *args: Any) -> None:
        self.shop = shop
        super().__init__(*args)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/health":
            self._send(*self.shop.health())
        elif path == "/about":
            self._send(200, self.shop.about())
        elif path == "/counts":
            self._send(200, {"minute": self.shop.counts.last(60), "recent": self.shop.counts.last(15)})
        else:
            self._send(404, {"error": "Not here."})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MOST_BYTES:
            self.close_connection = True
            self._send(413, {"error": f"At most {MOST_BYTES} bytes."})
            return
        body = self.rfile.read(length)
        if self.path.partition("?")[0] != "/graphql":
            self._send(404, {"error": "Not here."})
            return
        self._send(200, self.shop.answer(body, labelled=self.headers.get(LOAD_HEADER) == "1"))

    def _send(self, status: int, body: Mapping[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """No access log: the counts say more in less."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""
        log.debug("a connection ended early", exc_info=True)


def make_server(shop: Shop, port: int) -> Server:
    """Listens on loopback; port 0 takes a free one."""
    return Server(("127.0.0.1", port), partial(Handler, shop))
