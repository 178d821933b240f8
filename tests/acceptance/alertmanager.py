"""What Alertmanager posts."""

from datetime import UTC, datetime
from typing import Any


def alertmanager_body(name: str, value: float) -> dict[str, Any]:
    """What Alertmanager posts for one firing alert (webhook version 4)."""
    labels = {"alertname": name, "severity": "high", "job": "fraiseql-api"}
    annotations = {"summary": f"{value:g} % of GraphQL answers are errors", "value": f"{value:g}%"}
    starts = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{name}"}}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "firebreak",
        "groupLabels": {"alertname": name},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "http://alertmanager.example.test",
        "alerts": [
            {
                "status": "firing",
                "labels": labels,
                "annotations": annotations,
                "startsAt": starts,
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus.example.test/graph",
                "fingerprint": f"{abs(hash((name, starts))):016x}"[:16],
            }
        ],
    }
