"""Deploys as their pipeline marks them: an event on the target's timeline, for the confirm sheet and the charts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rollbacks.models import Refused, Target
from timeline import domain_time
from timeline.models import Event

KIND = "deploy.marked"
STATES = ("started", "finished", "failed")
# A pipeline that died says nothing more: its mark is not believed for ever.
BELIEVED = timedelta(hours=1)


@dataclass(frozen=True)
class Mark:
    """One deploy, as it was marked last."""

    target: str
    state: str
    version: str
    url: str
    who: str
    at: datetime

    @property
    def sentence(self) -> str:
        """ "A deploy of 1.7.0 to orders production goes on since 14:05:10 (pipeline)." """
        what = f"A deploy of {self.version}" if self.version else "A deploy"
        who = f" ({self.who})" if self.who else ""
        words = {"started": "goes on since", "finished": "finished at", "failed": "failed at"}[self.state]
        return f"{what} to {self.target} {words} {self.at:%H:%M:%S}{who}."


def mark(target: Target, *, state: str, version: str = "", url: str = "", who: str = "", by: Any = None) -> Mark:
    """Writes the mark; other states than the three are refused."""
    if state not in STATES:
        raise Refused(f"A deploy is {', '.join(STATES)}; “{state}” is none of them.")
    if url and not url.startswith(("http://", "https://")):
        raise Refused("The url of a deploy begins with http:// or https://.")
    said = {
        "target": target.pk,
        "service": target.service.name,
        "environment": target.environment.name,
        "state": state,
        "version": version[:100],
        "url": url[:500],
        "who": who[:100],
    }
    return _read(target, Event.record(target.stream, KIND, actor=by, at=domain_time.now(), data=said))


def last(target: Target) -> Mark | None:
    """The newest mark of a target."""
    event = Event.objects.filter(stream__key=target.stream, kind=KIND).order_by("-seq").first()
    return _read(target, event) if event else None


def in_progress(target: Target) -> Mark | None:
    """The deploy that was started, lately enough to be believed, and has not ended."""
    newest = last(target)
    if newest is None or newest.state != "started" or domain_time.now() - newest.at > BELIEVED:
        return None
    return newest


def _read(target: Target, event: Event) -> Mark:
    said = event.data
    return Mark(str(target), said["state"], said.get("version", ""), said.get("url", ""), said.get("who", ""), event.at)
