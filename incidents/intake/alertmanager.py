"""Alertmanager's webhook body, version 4, read into plain alerts. Pure: no database, no Django."""

from collections.abc import Mapping
from typing import Any

from incidents.intake.body import (
    MAX_ALERTS,
    NOT_ENDED,
    IncomingAlert,
    Malformed,
    Notification,
    parse,
    storable,
    texts,
    time,
    value_of,
)

__all__ = ["IncomingAlert", "Malformed", "Notification", "read"]


def read(body: bytes) -> Notification:
    """The notification of a body; raises Malformed with a sentence."""
    data = parse(body)
    version = data.get("version")
    if str(version) != "4":
        raise Malformed(f'The body has version {version!r}; Firebreak reads version "4" of Alertmanager\'s webhook.')
    return notification_of(data, "Set max_alerts in Alertmanager.")


def notification_of(data: Mapping[str, Any], hint: str) -> Notification:
    """The alerts of a body of this shape; Grafana sends the same one with more in it."""
    alerts = data.get("alerts")
    if not isinstance(alerts, list) or not alerts:
        raise Malformed("The body has no list “alerts”, or it is empty.")
    if len(alerts) > MAX_ALERTS:
        raise Malformed(f"The body has {len(alerts)} alerts; at most {MAX_ALERTS} are read. {hint}")
    common = {"labels": texts(data, "commonLabels"), "annotations": texts(data, "commonAnnotations")}
    truncated = data.get("truncatedAlerts")
    return Notification(
        group_key=storable(data.get("groupKey"), 500),
        status=storable(data.get("status"), 20),
        alerts=tuple(_alert(alert, number, common) for number, alert in enumerate(alerts, start=1)),
        truncated=truncated if isinstance(truncated, int) and truncated > 0 else 0,
    )


def _alert(alert: Any, number: int, common: Mapping[str, dict[str, str]]) -> IncomingAlert:
    where = f"Alert {number}"
    if not isinstance(alert, dict):
        raise Malformed(f"{where} is not an object.")
    labels = {**common["labels"], **texts(alert, "labels", where)}
    annotations = {**common["annotations"], **texts(alert, "annotations", where)}
    name = labels.get("alertname", "").strip()
    if not name:
        raise Malformed(f"{where} has no label “alertname”.")
    status = alert.get("status")
    if status not in ("firing", "resolved"):
        raise Malformed(f"{where} ({name}) has status {status!r}; it must be firing or resolved.")
    fingerprint = storable(alert.get("fingerprint"), 128).strip()
    if not fingerprint:
        raise Malformed(f"{where} ({name}) has no fingerprint; Alertmanager sends one since version 0.19.")
    ended = status == "resolved" and not str(alert.get("endsAt") or NOT_ENDED).startswith(NOT_ENDED)
    ends_at = time(alert.get("endsAt"), where, "endsAt") if ended else None
    value, unit = value_of(annotations, labels)
    return IncomingAlert(
        name=name[:200],
        fingerprint=fingerprint,
        status=status,
        starts_at=time(alert.get("startsAt"), where, "startsAt"),
        ends_at=ends_at,
        labels=labels,
        annotations=annotations,
        link=storable(alert.get("generatorURL"), 2000),
        value=value,
        unit=unit,
    )
