"""What the detection raised becomes an incident, or joins the one that is live."""

from typing import Any

from django.db import transaction

from incidents.models import Incident, Severity
from rollbacks.models import Target
from timeline.models import Event

SOURCE = "detection"
GAP_SEVERITY = Severity.MEDIUM


def take(event: Event) -> None:
    """On `detection.raised`: attaches to the live incident of the target, else declares one. Twice is harmless."""
    found = event.data
    target = Target.objects.select_related("service", "environment", "plan").filter(pk=found.get("target")).first()
    if target is None:
        return
    with transaction.atomic():
        # The target's row is the lock: an alert and the detection in the same second make one incident.
        Target.objects.select_for_update().filter(pk=target.pk).first()
        live = Incident.objects.live().real().filter(target=target).order_by("detected_at").first()
        incident = live or declare(target, event)
        attach(incident, event, declared=live is None)


def declare(target: Target, event: Event) -> Incident:
    """A new incident with the row that holds; where no row covers it, that is its first line."""
    found, severity = event.data, str(event.data.get("severity") or "")
    has_row = found.get("line") is not None
    return Incident.declare(
        target=target,
        title=title_of(found),
        severity=severity if severity in Severity.values else GAP_SEVERITY,
        symptom=str(found.get("symptom") or "") if has_row else "",
        matrix_line=found.get("line"),
        detected_at=event.at,
        source=SOURCE,
        key=f"detection-{event.pk}",
    )


def title_of(found: dict[str, Any]) -> str:
    """ "Query errors (> 10%): 30 % of 600 requests in 60 s"."""
    return f"{found.get('symptom')}: {found.get('words')}"[:200]


def attach(incident: Incident, event: Event, *, declared: bool) -> None:
    """Notes the measured value with its row; what goes on holding is said only once in an incident."""
    found = event.data
    same = incident.events.filter(kind="condition.detected", data__symptom=found.get("symptom"))
    if same.exists():
        return
    if not declared and found.get("line") is not None and not incident.symptom and incident.matrix_line is None:
        # The incident began without a row: this one answers what the plan says about it.
        incident.correct(field="matrix_line", value=found["line"], by=None)
        incident.correct(field="symptom", value=str(found.get("symptom") or ""), by=None)
    if found.get("value") is not None and found.get("family") == "errors":
        metric = str(found.get("signal") or found.get("symptom"))
        unit = str(found.get("unit") or "%")
        incident.remember_measurement(
            metric=metric, value=float(found["value"]), unit=unit, source="the detection", at=event.at
        )
    keys = ("symptom", "line", "severity", "words", "value", "unit", "limit")
    incident.record(
        "condition.detected", at=event.at, data={key: found.get(key) for key in keys} | {"declared": declared}
    )
