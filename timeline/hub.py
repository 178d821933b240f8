"""One Redis subscription for the whole process, and a bounded queue for each open page."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from timeline.doorbell import channel

log = logging.getLogger(__name__)
QUEUE_LENGTH = 64
RECONNECT_SECONDS = 1.0


class Hub:
    """Fans rings out to the clients that asked for their topic. Slow clients lose the oldest ring: the next one makes them re-fetch."""

    def __init__(self) -> None:
        self._clients: dict[asyncio.Queue[dict[str, object]], frozenset[str]] = {}
        self._listener: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def subscribed(self, topics: frozenset[str]) -> AsyncIterator[asyncio.Queue[dict[str, object]]]:
        """A queue that receives every ring for one of the topics; "*" receives all."""
        queue: asyncio.Queue[dict[str, object]] = asyncio.Queue(QUEUE_LENGTH)
        self._clients[queue] = topics
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        try:
            yield queue
        finally:
            self._clients.pop(queue, None)

    async def _listen(self) -> None:
        while True:
            try:
                client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1)
                async with client.pubsub() as pubsub:
                    await pubsub.subscribe(channel())
                    # What was rung while we were away is lost: every page re-fetches once.
                    self._deliver({"topic": "*"})
                    async for message in pubsub.listen():
                        if message["type"] == "message":
                            self._deliver(json.loads(message["data"]))
            except (RedisError, OSError, ValueError) as error:
                log.debug("The hub listens again in %s s: %s", RECONNECT_SECONDS, error)
                await asyncio.sleep(RECONNECT_SECONDS)

    def _deliver(self, ring: dict[str, object]) -> None:
        topic = str(ring.get("topic", ""))
        for queue, topics in list(self._clients.items()):
            if topic != "*" and topic not in topics and "*" not in topics:
                continue
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(ring)


HUB = Hub()
