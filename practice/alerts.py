"""Watches the practice service's own counts and raises alerts as an Alertmanager would (webhook body, version 4).

Two alerts: `OrdersResponseErrors` (more than 10 % of the recent queries failed) and `OrdersDown` (no healthy answer
for ten seconds). A body that Firebreak does not accept is sent again after five seconds.
"""

import hashlib
import http.client
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

log = logging.getLogger("practice.alerts")
ERROR_RATE = 0.10
FEWEST_REQUESTS = 20
DOWN_SECONDS = 10.0
REPEAT_SECONDS = 60.0
RETRY_SECONDS = 5.0
NAMES = {
    "OrdersResponseErrors": ("high", "GraphQL response errors of practice-orders are over 10 %"),
    "OrdersDown": ("critical", "practice-orders gives no healthy answer"),
}
Post = Callable[[dict[str, Any]], bool]


@dataclass
class Alert:
    """One alert's life: when it began, what was said of it last, and whether anybody heard."""

    name: str
    port: int
    firing: bool = False
    started_at: datetime | None = None
    told: str = ""
    told_at: float = float("-inf")
    asked_at: float = float("-inf")
    description: str = ""

    def update(self, *, firing: bool, description: str) -> None:
        """Notes what the counts say now; a new firing is a new start."""
        if firing and not self.firing:
            self.started_at, self.told = datetime.now(UTC), ""
        self.firing = firing
        if firing:
            self.description = description

    def tell(self, post: Post, at: float) -> None:
        """Posts the state when it is news, or as a reminder while it fires."""
        status = "firing" if self.firing else "resolved"
        if self.started_at is None or (status == "resolved" and not self.told):
            return
        due = self.told != status or (self.firing and at - self.told_at > REPEAT_SECONDS)
        if not due or at - self.asked_at < RETRY_SECONDS:
            return
        self.asked_at = at
        if post(self.body(status)):
            self.told, self.told_at = status, at

    def body(self, status: str) -> dict[str, Any]:
        """The webhook body, one alert in it."""
        severity, summary = NAMES[self.name]
        labels = {
            "alertname": self.name,
            "service": "practice-orders",
            "environment": "practice",
            "severity": severity,
        }
        ends_at = "0001-01-01T00:00:00Z" if status == "firing" else _text(datetime.now(UTC))
        annotations = {"summary": summary, "description": self.description}
        alert = {
            "status": status,
            "labels": labels,
            "annotations": annotations,
            "startsAt": _text(self.started_at or datetime.now(UTC)),
            "endsAt": ends_at,
            "generatorURL": f"http://127.0.0.1:{self.port}/counts",
            "fingerprint": hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16],
        }
        return {
            "version": "4",
            "groupKey": f'{{}}:{{alertname="{self.name}"}}',
            "truncatedAlerts": 0,
            "status": status,
            "receiver": "firebreak",
            "groupLabels": {"alertname": self.name},
            "commonLabels": labels,
            "commonAnnotations": annotations,
            "externalURL": f"http://127.0.0.1:{self.port}",
            "alerts": [alert],
        }


@dataclass
class Watch:
    """Looks at the counts each time it is asked to, and tells Firebreak."""

    port: int
    post: Post
    _down_since: float | None = None
    _alerts: dict[str, Alert] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._alerts = {name: Alert(name, self.port) for name in NAMES}

    def look(self, recent: dict[str, int] | None, *, meant_to_run: bool, at: float) -> None:
        """`recent` is the service's own count of the last seconds, None when it gave no healthy answer."""
        down_for = self._down_for(away=recent is None and meant_to_run, at=at)
        self._alerts["OrdersDown"].update(
            firing=down_for >= DOWN_SECONDS, description=f"No healthy answer for {down_for:.0f} s."
        )
        if recent is not None:
            self._look_at_errors(recent)
        for alert in self._alerts.values():
            alert.tell(self.post, at)

    @property
    def firing(self) -> list[str]:
        """The names of the alerts that fire now."""
        return [alert.name for alert in self._alerts.values() if alert.firing]

    def _down_for(self, *, away: bool, at: float) -> float:
        if not away:
            self._down_since = None
            return 0.0
        self._down_since = at if self._down_since is None else self._down_since
        return at - self._down_since

    def _look_at_errors(self, recent: dict[str, int]) -> None:
        requests, errors = recent["requests"], recent["errors"]
        if requests < FEWEST_REQUESTS:
            return  # too few to say anything: what was said last stands
        self._alerts["OrdersResponseErrors"].update(
            firing=errors / requests > ERROR_RATE,
            description=f"{errors} of {requests} queries failed in the last {recent['seconds']} s.",
        )


def poster(url: str, read_token: Callable[[], str]) -> Post:
    """Posts one body with the bearer token; False when nobody accepted it."""
    address = urlsplit(url)

    def post(body: dict[str, Any]) -> bool:
        connection = http.client.HTTPConnection(address.hostname or "127.0.0.1", address.port or 80, timeout=5)
        try:
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {read_token()}"}
            connection.request("POST", address.path, json.dumps(body), headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            log.warning("the alert %s could not be delivered: %s", body["commonLabels"]["alertname"], error)
            return False
        finally:
            connection.close()
        said = "accepted" if status < 300 else f"answered with status {status}"
        log.info("alert %s (%s) %s", body["commonLabels"]["alertname"], body["status"], said)
        return status < 300

    return post


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
