"""The event stream, `GET /live/?topic=incident:42&topic=run:17`: pure ASGI, one queue a page, no thread kept.

It says only *that* something changed; the page then re-fetches its fragment through the ordinary views and their
permissions. So being signed in is all it asks.
"""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import DatabaseError, connections

from timeline.hub import HUB

log = logging.getLogger(__name__)
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATH = "/live/"
PING_SECONDS = 15.0  # proxies drop a silent connection after 30 to 60
# The browser connects again by itself, and is then asked anew whether it is still signed in.
LONGEST_SECONDS = 900.0
MOST_TOPICS = 50
TOPIC = re.compile(r"[a-z_]{1,40}(:[A-Za-z0-9_-]{1,80})?")
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


class Streams:
    """The open streams of this process, so that a stopping server can end them at once."""

    def __init__(self) -> None:
        self._open: set[asyncio.Task[None]] = set()
        self.closing = False

    def add(self, task: "asyncio.Task[None]") -> None:
        """Remembers a stream for as long as it lives."""
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    def close(self) -> None:
        """Ends every stream; call it in the loop's own thread."""
        self.closing = True
        for task in list(self._open):
            task.cancel()


STREAMS = Streams()


async def live(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers one request: 401 without sign-in, 400 for an odd topic, else the stream until somebody hangs up."""
    if scope["method"] != "GET":
        await _refuse(send, 405, "Only GET is answered here.")
        return
    topics = frozenset(parse_qs(scope.get("query_string", b"").decode("latin-1")).get("topic", []))
    if not 0 < len(topics) <= MOST_TOPICS or not all(TOPIC.fullmatch(topic) for topic in topics):
        await _refuse(send, 400, f"Name one to {MOST_TOPICS} topics, such as incident:42.")
        return
    try:
        signed_in = await sync_to_async(_is_signed_in)(_session_key(scope))
    except DatabaseError:
        await _refuse(send, 503, "The database does not answer; the page asks again by itself.")
        return
    if not signed_in:
        await _refuse(send, 401, "Sign in first.")
        return
    await _stream(topics, receive, send)


async def _stream(topics: frozenset[str], receive: Receive, send: Send) -> None:
    if STREAMS.closing:
        await _refuse(send, 503, "The server is stopping.")
        return
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    task = asyncio.create_task(_rings(topics, send))
    STREAMS.add(task)
    hung_up = asyncio.create_task(_until_disconnect(receive))
    await asyncio.wait({task, hung_up}, timeout=LONGEST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for part in (task, hung_up):
        part.cancel()
        with suppress(asyncio.CancelledError, OSError):
            await part
    with suppress(OSError):
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _rings(topics: frozenset[str], send: Send) -> None:
    async with HUB.subscribed(topics) as queue:
        # The first bytes open the stream at once; `retry` is how soon a browser comes back.
        await _write(send, "retry: 2000\n: open\n\n")
        while True:
            try:
                ring = await asyncio.wait_for(queue.get(), PING_SECONDS)
            except TimeoutError:
                await _write(send, ": still here\n\n")
                continue
            await _write(send, messages(ring, topics))


def messages(ring: dict[str, object], topics: frozenset[str]) -> str:
    """One message for each topic meant: `incident:42` is named `incident-42`; the topic "*" means all that are open."""
    topic = str(ring.get("topic", ""))
    data = json.dumps(ring)
    meant = sorted(topics) if topic == "*" else [topic]
    return "".join(f"event: {name.replace(':', '-')}\ndata: {data}\n\n" for name in meant)


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(send: Send, status: int, sentence: str) -> None:
    body = sentence.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send(
        {"type": "http.response.start", "status": status, "headers": [*headers, (b"cache-control", b"no-store")]}
    )
    await send({"type": "http.response.body", "body": body})


def _session_key(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"cookie":
            with suppress(CookieError):
                cookie = SimpleCookie(value.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
                return cookie.value if cookie else ""
    return ""


def _is_signed_in(key: str) -> bool:
    """The same question as AuthenticationMiddleware asks, password change and deactivation included."""
    if not key:
        return False
    try:
        session = import_module(settings.SESSION_ENGINE).SessionStore(key)
        # get_user reads nothing of a request but its session.
        user = get_user(SimpleNamespace(session=session))  # type: ignore[arg-type]
        return bool(user.is_authenticated and user.is_active)
    finally:
        # Else every open page would keep one database connection.
        connections.close_all()
