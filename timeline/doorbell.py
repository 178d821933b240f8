"""Rings open pages over Redis publish/subscribe. The database is the truth: a lost ring costs one slow poll."""

import json
import logging
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings

log = logging.getLogger(__name__)
CHANNEL = "live"


def channel() -> str:
    """The one publish/subscribe channel of this installation."""
    return f"{settings.REDIS_PREFIX}{CHANNEL}"


@lru_cache(maxsize=4)
def client(url: str) -> redis.Redis:
    """One client a process; short time-outs, because Redis may be down during the very incident we are showing."""
    return redis.Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=0.5)


def ring(topic: str, **what: Any) -> bool:
    """Publishes `{"topic": topic, …}`; False when Redis cannot be reached. Topics: a stream's key, or "run:17"."""
    return ring_all([{"topic": topic, **what}])


def ring_all(rings: Sequence[Mapping[str, Any]]) -> bool:
    """Several rings by one round trip."""
    try:
        pipe = client(settings.REDIS_URL).pipeline(transaction=False)
        for one in rings:
            pipe.publish(channel(), json.dumps(one))
        pipe.execute()
    except redis.RedisError as error:
        log.debug("The doorbell could not ring for %s: %s", rings[0]["topic"], error)
        return False
    return True


def redis_is_up() -> bool:
    """True when Redis answers a ping within half a second."""
    try:
        return bool(client(settings.REDIS_URL).ping())
    except redis.RedisError:
        return False
