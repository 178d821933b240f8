"""Pages and event stream on one port: pages through WSGI in a small thread pool, the stream as ASGI.

Django's own ASGI handler answered about 200 pages a second where WSGI answered 3,000, hence the two ways in.
`python -m config.server --port 8100` serves it; `--fd` takes a socket that somebody else listens on.
"""

import argparse
import asyncio
import gc
import logging
import os
import socket
import sys
from types import FrameType
from typing import Any

import uvicorn
from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
wsgi: Any = get_wsgi_application()
pages: Any = WSGIMiddleware(wsgi, workers=8)

from config import live  # noqa: E402 (needs the settings)

# Every view is imported now: the first person does not wait for it, and a broken installation ends at its start.
_ = get_resolver().url_patterns

log = logging.getLogger("config.server")
GRACE_SECONDS = 2  # for answers under way; open streams end at once


async def app(scope: live.Scope, receive: live.Receive, send: live.Send) -> None:
    """The one ASGI application of the installation."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] != "http":
        await send({"type": "websocket.close", "code": 1000})
    elif scope["path"] == live.PATH:
        await live.live(scope, receive, send)
    else:
        await pages(scope, receive, send)


async def _lifespan(receive: live.Receive, send: live.Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.startup":
            log.info("pages answer")
        if message["type"] == "lifespan.shutdown":
            return


class Server(uvicorn.Server):
    """Ends the event streams as soon as it is told to stop, instead of waiting for browsers to hang up."""

    loop: asyncio.AbstractEventLoop

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.loop.call_soon_threadsafe(live.STREAMS.close)
        # Not the parent's: it raises the signal once more after the clean-up, and that would look like a crash.
        self.force_exit = self.should_exit
        self.should_exit = True


def main() -> None:
    """Serves until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Serve Firebreak's pages and event stream.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--fd", type=int, help="a listening socket handed down by a supervisor")
    parser.add_argument("--wait-on", type=int, help="a pipe: serve only when its other end has been closed")
    parser.add_argument("--proxy", default="", help="addresses whose X-Forwarded-* headers are believed")
    options = parser.parse_args()
    configuration = uvicorn.Config(
        app,
        host=options.host,
        port=options.port,
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=bool(options.proxy),
        forwarded_allow_ips=options.proxy or None,
        timeout_graceful_shutdown=GRACE_SECONDS,
        lifespan="on",
    )
    # What was imported lives as long as the process: no collection needs to look at it again.
    gc.freeze()
    server = Server(configuration)
    if options.wait_on is not None:
        os.read(options.wait_on, 1)
    # Not uvicorn's own `fd=`: it takes the socket for a unix socket, and the client's address is lost.
    server.run(None if options.fd is None else [socket.socket(fileno=options.fd)])
    sys.exit(0 if server.started else 3)


if __name__ == "__main__":
    main()
