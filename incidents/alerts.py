"""Writes what monitoring says: attach to the live incident of the target, declare a new one, note what resolved."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from incidents.intake.alertmanager import IncomingAlert, Notification
from incidents.models import Alert, AlertStatus, Incident, IntakeRule, Severity
from rollbacks.measure import same_words
from rollbacks.models import Target
from timeline import domain_time

SEVERITY_WORDS = {
    "critical": "critical", "page": "critical", "emergency": "critical", "error": "high", "high": "high",
    "major": "high",
    "warning": "medium", "warn": "medium", "medium": "medium", "minor": "low", "info": "low", "low": "low",
}  # fmt: skip
UNPLACED = "No rule and no labels “service” and “environment” name a target for it."


@dataclass
class Placing:
    """Where an alert belongs."""

    target: Target
    rule: IntakeRule | None
    symptom: str
    severity: str
    metric: str
    line: int | None


@dataclass
class Taken:
    """What became of a notification, for the answer to the sender."""

    received: int = 0
    repeated: int = 0
    resolved: int = 0
    unassigned: list[str] = field(default_factory=list)
    declared: list[str] = field(default_factory=list)
    attached: list[str] = field(default_factory=list)


def take(notification: Notification, *, source: str = "alertmanager") -> Taken:
    """Keeps every alert of a notification; each in its own transaction, so that sending it again is harmless."""
    taken = Taken()
    for incoming in notification.alerts:
        with transaction.atomic():
            take_one(incoming, taken, source=source, group_key=notification.group_key)
    return taken


def take_one(incoming: IncomingAlert, taken: Taken, *, source: str, group_key: str) -> None:
    """One alert: known and changed, known and repeated, or new."""
    at = domain_time.now()
    alert = _known(incoming, source)
    if alert is None:
        if incoming.status == "resolved":
            # Its firing never reached us, or it was already over: nothing to declare.
            taken.resolved += 1
            return
        alert = _keep(incoming, source, group_key, at)
        taken.received += 1
        place(alert, incoming, taken, at)
    elif incoming.status == "resolved" and alert.status == AlertStatus.FIRING:
        resolve(alert, incoming, at)
        taken.resolved += 1
    else:
        _see_again(alert, incoming, at)
        taken.repeated += 1
        # A rule may have been added since, or the incident dismissed: an alert that still fires is not lost.
        if alert.incident_id is None and alert.status == AlertStatus.FIRING and alert.set_aside_at is None:
            place(alert, incoming, taken, at)


def place(alert: Alert, incoming: IncomingAlert, taken: Taken, at: datetime) -> None:
    """Attaches the alert to the live incident of its target, or declares one; without a target a person decides."""
    placing = placing_of(alert)
    if placing is None:
        Alert.objects.filter(pk=alert.pk).update(why_unassigned=UNPLACED)
        taken.unassigned.append(alert.name)
        return
    alert.rule = placing.rule
    alert.why_unassigned = ""
    # The target's row is the lock: two notifications in the same second make one incident.
    Target.objects.select_for_update().filter(pk=placing.target.pk).first()
    incident = Incident.objects.live().real().filter(target=placing.target).order_by("detected_at").first()
    is_new = incident is None
    if incident is None:
        incident = _declare(alert, placing, at)
        taken.declared.append(incident.reference)
    else:
        alert.incident = incident
        taken.attached.append(incident.reference)
    alert.save(update_fields=["rule", "why_unassigned", "incident"])
    _measure(incident, alert, incoming, placing, at)
    data = {"name": alert.name, "labels": alert.labels, "fingerprint": alert.fingerprint, "value": alert.value}
    incident.record("alert.received", at=at, data={**data, "declared": is_new, "summary": alert.summary})


def resolve(alert: Alert, incoming: IncomingAlert, at: datetime) -> None:
    """Notes that the alert is over; it resolves no incident: only a person does."""
    alert.status, alert.ends_at, alert.last_seen_at = AlertStatus.RESOLVED, incoming.ends_at or at, at
    alert.save(update_fields=["status", "ends_at", "last_seen_at"])
    if alert.incident:
        data = {"name": alert.name, "fingerprint": alert.fingerprint, "ended_at": alert.ends_at}
        alert.incident.record("alert.resolved", at=at, data=data)


def placing_of(alert: Alert) -> Placing | None:
    """By the first rule that fits, else by labels that name service and environment; None = a person decides."""
    rule = IntakeRule.objects.match(alert.name, alert.labels)
    target = rule.target if rule else _target_by_labels(alert.labels)
    if target is None:
        return None
    row = _row_of(target, rule.symptom if rule else alert.labels.get("symptom", ""))
    words = str(row.get("symptom") or "") if row else (rule.symptom if rule else "")
    said = alert.labels.get("severity", "")
    by_row = str((row or {}).get("severity") or "").lower()
    severity = (rule.severity if rule else "") or SEVERITY_WORDS.get(said.lower(), "") or by_row
    metric = (rule.metric if rule else "") or (
        str((row or {}).get("condition", {}) and row["condition"]["metric"]) if row and row.get("condition") else words
    )
    return Placing(
        target=target,
        rule=rule,
        symptom=words,
        severity=severity if severity in Severity.values else Severity.HIGH,
        metric=metric or alert.name,
        line=row["line"] if row else None,
    )


def _declare(alert: Alert, placing: Placing, at: datetime) -> Incident:
    return Incident.declare(
        target=placing.target,
        title=alert.summary,
        severity=placing.severity,
        symptom=placing.symptom,
        matrix_line=placing.line,
        # A sender's clock may be ahead of ours.
        detected_at=min(alert.starts_at, at),
        source="alert",
        alert=alert,
        at=at,
    )


def _measure(incident: Incident, alert: Alert, incoming: IncomingAlert, placing: Placing, at: datetime) -> None:
    """An alert's value is a fact for the recommendation."""
    if incoming.value is None:
        return
    unit = incoming.unit or alert.labels.get("unit") or alert.annotations.get("unit") or "%"
    source = f"alert {alert.name}"
    incident.remember_measurement(metric=placing.metric, value=incoming.value, unit=unit, source=source, at=at)


def _known(incoming: IncomingAlert, source: str) -> Alert | None:
    same = Alert.objects.select_related("incident").filter(source=source, fingerprint=incoming.fingerprint)
    return same.filter(starts_at=incoming.starts_at).first()


def _keep(incoming: IncomingAlert, source: str, group_key: str, at: datetime) -> Alert:
    made: dict[str, Any] = {
        "name": incoming.name, "labels": incoming.labels, "annotations": incoming.annotations, "group_key": group_key,
        "link": incoming.link, "value": incoming.value, "received_at": at, "last_seen_at": at,
    }  # fmt: skip
    key = {"source": source, "fingerprint": incoming.fingerprint, "starts_at": incoming.starts_at}
    try:
        with transaction.atomic():
            return Alert.objects.create(**key, **made)
    except IntegrityError:
        # The same notification arrived twice at once: the other one keeps it.
        return Alert.objects.select_related("incident").get(**key)


def _see_again(alert: Alert, incoming: IncomingAlert, at: datetime) -> None:
    Alert.objects.filter(pk=alert.pk).update(last_seen_at=at, seen=F("seen") + 1, value=incoming.value)
    alert.refresh_from_db()


def _target_by_labels(labels: dict[str, str]) -> Target | None:
    service = labels.get("service") or labels.get("job") or ""
    environment = labels.get("environment") or labels.get("env") or ""
    if not service or not environment:
        return None
    targets = Target.objects.select_related("service", "environment", "plan")
    return targets.filter(service__slug=service, environment__slug=environment).first()


def _row_of(target: Target, symptom: str) -> dict[str, Any] | None:
    """The row of the matrix with these words, in the plan's text of now."""
    revision = (target.plan.runnable or target.plan.current) if target.plan else None
    if not symptom or revision is None:
        return None
    rows = revision.compiled.get("matrix", [])
    return next((row for row in rows if same_words(row.get("symptom", ""), symptom)), None)
