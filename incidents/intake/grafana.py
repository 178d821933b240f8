"""Grafana's webhook body, read into plain alerts. Pure.

Grafana sends Alertmanager's shape with version "1" and, beside each alert, the values of its expressions: `{"B": 12.4, "C": 1}`.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from incidents.intake.alertmanager import notification_of
from incidents.intake.body import IncomingAlert, Malformed, Notification, parse, storable

# Grafana names a rule without labels like this when its query has no data or fails.
NO_DATA = ("DatasourceNoData", "DatasourceError")


def read(body: bytes) -> Notification:
    """The notification of a body; raises Malformed with a sentence."""
    data = parse(body)
    if "orgId" not in data and str(data.get("version")) != "1":
        raise Malformed("The body has no “orgId”, which Grafana sends. Is this another sender's body?")
    notification = notification_of(data, "Set “Max Alerts” of the contact point.")
    alerts = tuple(_measured(alert, raw) for alert, raw in zip(notification.alerts, data["alerts"], strict=True))
    return replace(notification, alerts=alerts)


def _measured(alert: IncomingAlert, raw: Mapping[str, Any]) -> IncomingAlert:
    """With the value of the expression that the annotation `value_from` names, else of the only number that is measured."""
    alert = replace(alert, name=alert.labels.get("rulename", alert.name)[:200]) if alert.name in NO_DATA else alert
    link = alert.link or storable(raw.get("panelURL") or raw.get("dashboardURL"), 2000)
    values = raw.get("values")
    if alert.value is not None or not isinstance(values, Mapping):
        return replace(alert, link=link)
    numbers = {str(name): float(value) for name, value in values.items() if _is_number(value)}
    wanted = alert.annotations.get("value_from", "")
    # By Grafana's own habit the last expression (0 or 1) is the condition, and the one before it what was measured.
    names = [name for name in sorted(numbers) if numbers[name] not in (0.0, 1.0)]
    value = numbers.get(wanted, numbers[names[0]] if len(names) == 1 else None)
    return replace(alert, link=link, value=value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
