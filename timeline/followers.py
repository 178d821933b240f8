"""The only upward path: rooms above register callables for event kinds, and the announcing task calls them.

A follower must be safe to call twice for one event: a worker may die between the call and the mark.
"""

import logging
from collections.abc import Callable, Mapping

from timeline.models import Event

Follower = Callable[[Event], None]
FOLLOWERS: dict[str, list[Follower]] = {}
log = logging.getLogger(__name__)


def register(table: Mapping[str, tuple[Follower, ...]]) -> None:
    """Adds a room's `{event kind: (callables)}`; called once from `apps.ready()`. The kind "*" follows every event."""
    for kind, followers in table.items():
        known = FOLLOWERS.setdefault(kind, [])
        known.extend(follower for follower in followers if follower not in known)


def followers_of(kind: str) -> list[Follower]:
    """Those who asked for this kind, then those who asked for every kind."""
    return [*FOLLOWERS.get(kind, []), *FOLLOWERS.get("*", [])]


def dispatch(event: Event) -> bool:
    """Calls every follower; one that fails does not stop the others. False when any failed, so that the scan tries again."""
    ok = True
    for follower in followers_of(event.kind):
        try:
            follower(event)
        except Exception:
            log.exception(
                "The follower %s failed on event %s (%s); the scan tries again.",
                follower.__name__,
                event.pk,
                event.kind,
            )
            ok = False
    return ok
