"""A plain JSON body for every sender that has no kind of its own. Pure; docs/alerts.md shows it.

One alert is an object, several stand in `{"alerts": […]}`. Only `name` must be there.
"""

import hashlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from incidents.intake.body import (
    MAX_ALERTS,
    MAX_TEXT,
    IncomingAlert,
    Malformed,
    Notification,
    parse,
    storable,
    texts,
    time,
    value_of,
)

KNOWN = frozenset({
    "name", "id", "status", "service", "environment", "severity", "summary", "description", "starts_at", "ends_at",
    "value", "unit", "link", "labels",
})  # fmt: skip
RESOLVED = frozenset({"resolved", "ok", "closed", "recovered", "inactive"})
FIRING = frozenset({"firing", "alerting", "open", "triggered", "active", "problem", ""})
# Those that say where it belongs and how bad it is become labels: rules and targets are found by labels.
AS_LABELS = ("service", "environment", "severity", "unit")


def read(body: bytes) -> Notification:
    """The notification of a body; raises Malformed with a sentence."""
    data = parse(body)
    alerts = data.get("alerts", [data])
    if not isinstance(alerts, list) or not alerts:
        raise Malformed("“alerts” is a list of alerts, and it is not empty.")
    if len(alerts) > MAX_ALERTS:
        raise Malformed(f"The body has {len(alerts)} alerts; at most {MAX_ALERTS} are read. Send them in parts.")
    read_alerts = tuple(_alert(alert, number) for number, alert in enumerate(alerts, start=1))
    return Notification(group_key=storable(data.get("group"), 500), status="", alerts=read_alerts)


def _alert(alert: Any, number: int) -> IncomingAlert:
    where = f"Alert {number}"
    if not isinstance(alert, Mapping):
        raise Malformed(f"{where} is not an object.")
    name = storable(alert.get("name"), 200).strip()
    if not name:
        raise Malformed(f"{where} has no “name”.")
    if unknown := sorted(set(map(str, alert)) - KNOWN - {"group"}):
        raise Malformed(
            f"{where} ({name}) has {', '.join(unknown)}, which nobody reads. Put what is your own into “labels”."
        )
    labels = texts(alert, "labels", where)
    labels |= {key: storable(alert[key], 200).strip() for key in AS_LABELS if alert.get(key)}
    annotations = {key: storable(alert[key], MAX_TEXT) for key in ("summary", "description") if alert.get(key)}
    status = _status(alert, f"{where} ({name})")
    starts_at = time(alert["starts_at"], where, "starts_at") if alert.get("starts_at") else None
    ends_at = time(alert["ends_at"], where, "ends_at") if alert.get("ends_at") else None
    value, unit = _value(alert)
    return IncomingAlert(
        name=name,
        fingerprint=storable(alert.get("id"), 128).strip() or fingerprint_of(name, labels),
        status=status,
        starts_at=starts_at or OPEN,
        ends_at=ends_at,
        labels={**labels, "alertname": name},
        annotations=annotations,
        link=storable(alert.get("link"), 2000),
        value=value,
        unit=unit,
    )


def fingerprint_of(name: str, labels: Mapping[str, str]) -> str:
    """The same name and labels are the same alert; severity may change while it fires."""
    said = [name, *(f"{key}={value}" for key, value in sorted(labels.items()) if key not in ("severity", "unit"))]
    return hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:32]


def _status(alert: Mapping[str, Any], where: str) -> str:
    word = str(alert.get("status") or "").strip().lower()
    if word in RESOLVED:
        return "resolved"
    if word in FIRING:
        return "firing"
    raise Malformed(f"{where} has status {word!r}; it must be firing or resolved.")


def _value(alert: Mapping[str, Any]) -> tuple[float | None, str]:
    value = alert.get("value")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (float(value), storable(alert.get("unit"), 10)) if math.isfinite(value) else (None, "")
    return value_of({"value": storable(value, 100)}, {})


# "No start was sent": the alert that is known joins whatever start it had, a new one starts now.
OPEN = datetime(1, 1, 1, tzinfo=UTC)
