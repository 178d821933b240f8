"""Writes what monitoring says: attach to the live incident of the target, declare a new one, note what resolved.

One notification is one transaction and a few statements, however many alerts it brings.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from incidents import storms
from incidents.intake.body import IncomingAlert, Notification
from incidents.intake.generic import OPEN
from incidents.models import Alert, AlertStatus, Incident
from incidents.placing import Placer, Placing
from rollbacks.models import Target
from timeline import domain_time

UNPLACED = "No rule and no labels “service” and “environment” name a target for it."
MOST_FACTS = 20  # measured values that one notification may bring
AT_ONCE = 400  # rows in one statement: SQLite binds at most 32766 values

Pair = tuple[Alert, IncomingAlert]


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
    """Keeps every alert of a notification; sending it again is harmless."""
    try:
        with transaction.atomic():
            return _take(notification.alerts, source, notification.group_key)
    except IntegrityError:
        # The same notification arrived twice at once: the other one has kept its alerts by now.
        with transaction.atomic():
            return _take(notification.alerts, source, notification.group_key)


def _take(incoming: Sequence[IncomingAlert], source: str, group_key: str) -> Taken:
    """New ones are kept and placed, known ones counted, resolved ones noted."""
    at, taken = domain_time.now(), Taken()
    known = _known(incoming, source)
    new: dict[tuple[str, datetime], IncomingAlert] = {}
    again: list[Pair] = []
    over: list[Pair] = []
    for alert in (_started(alert, known, at) for alert in incoming):
        row = known.get((alert.fingerprint, alert.starts_at))
        if row is None and alert.status == "firing":
            new[alert.fingerprint, alert.starts_at] = alert
        elif row is None:
            # Its firing never reached us, or it was already over: nothing to declare.
            taken.resolved += 1
        elif alert.status == "resolved" and row.status == AlertStatus.FIRING:
            over.append((row, alert))
        else:
            again.append((row, alert))
    fresh = [(_row(alert, source, group_key, at), alert) for alert in new.values()]
    taken.received, taken.repeated = len(fresh), len(again)
    taken.resolved += len(over)
    _see_again(again, at)
    # A rule may have been added since, or the incident dismissed: an alert that still fires is not lost.
    homeless = [pair for pair in again if _is_homeless(pair[0])]
    _place(fresh, homeless, taken, at)
    _resolve(over, at)
    return taken


def _place(fresh: Sequence[Pair], homeless: Sequence[Pair], taken: Taken, at: datetime) -> None:
    """Attaches alerts to the live incident of their target, or declares one; without a target a person decides.

    New rows are written once, when their place is known.
    """
    if not (fresh or homeless):
        return
    placer = Placer()
    places: dict[int, list[tuple[Pair, Placing]]] = {}
    for alert, incoming in [*fresh, *homeless]:
        placing = placer.of(alert)
        if placing is None:
            alert.why_unassigned = UNPLACED
            taken.unassigned.append(alert.name)
        else:
            alert.rule, alert.why_unassigned = placing.rule, ""
            places.setdefault(placing.target.pk, []).append(((alert, incoming), placing))
    said = [_join(places[target], taken, at) for target in sorted(places)]
    Alert.objects.bulk_create([alert for alert, _ in fresh], AT_ONCE)
    _save_alike([alert for alert, _ in homeless], "rule_id", "incident_id", "why_unassigned")
    for incident, lines in said:
        storms.say(incident, lines, at)


def _join(placed: Sequence[tuple[Pair, Placing]], taken: Taken, at: datetime) -> tuple[Incident, list[storms.Line]]:
    """All alerts of one target: one incident, whatever their number, and what its timeline is to say."""
    (first, _), placing = placed[0]
    # The target's row is the lock: two notifications in the same second make one incident.
    # (SQLite's transaction holds the whole database by now.)
    if connection.features.has_select_for_update:
        list(Target.objects.select_for_update().filter(pk=placing.target.pk).order_by().values_list("pk"))
    incident = Incident.objects.live().real().filter(target=placing.target).order_by("detected_at").first()
    is_new = incident is None
    if incident is None:
        incident = _declare(first, placing, at)
        taken.declared.append(incident.reference)
    said: list[storms.Line] = []
    _measure(incident, placed, at)
    for number, ((alert, _), _) in enumerate(placed):
        alert.incident = incident
        if not is_new or number:
            taken.attached.append(incident.reference)
        data = {"name": alert.name, "labels": alert.labels, "fingerprint": alert.fingerprint, "value": alert.value}
        said.append(("alert.received", {**data, "declared": is_new and not number, "summary": alert.summary}))
    return incident, said


def _resolve(pairs: Sequence[Pair], at: datetime) -> None:
    """Notes that alerts are over; it resolves no incident: only a person does."""
    if not pairs:
        return
    said: dict[int, list[storms.Line]] = {}
    for alert, incoming in pairs:
        alert.status, alert.ends_at, alert.last_seen_at = AlertStatus.RESOLVED, incoming.ends_at or at, at
        if alert.incident_id:
            data = {"name": alert.name, "fingerprint": alert.fingerprint, "ended_at": alert.ends_at}
            said.setdefault(alert.incident_id, []).append(("alert.resolved", data))
    _save_alike([alert for alert, _ in pairs], "status", "ends_at", "last_seen_at")
    for incident in Incident.objects.filter(pk__in=said).order_by("pk"):
        storms.say(incident, said[incident.pk], at)


def _save_alike(alerts: Iterable[Alert], *names: str) -> None:
    """One UPDATE for all rows with the same values: in a storm they are alike, and a CASE per row is slow."""
    alike: dict[tuple[Any, ...], list[int]] = {}
    for alert in alerts:
        alike.setdefault(tuple(getattr(alert, name) for name in names), []).append(alert.pk)
    for values, ids in alike.items():
        for start in range(0, len(ids), AT_ONCE):
            rows = Alert.objects.filter(pk__in=ids[start : start + AT_ONCE])
            rows.update(**dict(zip(names, values, strict=True)))


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


def _measure(incident: Incident, placed: Sequence[tuple[Pair, Placing]], at: datetime) -> None:
    """Alerts' values are facts for the recommendation: of one notification the first of each metric, and not a thousand."""
    facts: dict[str, dict[str, Any]] = {}
    for (alert, incoming), placing in placed:
        if incoming.value is None or placing.metric in facts or len(facts) == MOST_FACTS:
            continue
        unit = incoming.unit or alert.labels.get("unit") or alert.annotations.get("unit") or "%"
        facts[placing.metric] = {"value": incoming.value, "unit": unit, "source": f"alert {alert.name}"}
    incident.remember_measurements(facts, at=at)


def _known(incoming: Iterable[IncomingAlert], source: str) -> dict[tuple[str, datetime], Alert]:
    rows = Alert.objects.filter(source=source, fingerprint__in={alert.fingerprint for alert in incoming})
    return {(row.fingerprint, row.starts_at): row for row in rows.order_by("starts_at")}


def _started(alert: IncomingAlert, known: dict[tuple[str, datetime], Alert], at: datetime) -> IncomingAlert:
    """A sender that sends no start means its firing row, else now."""
    if alert.starts_at != OPEN:
        return alert
    mine = [row for (fingerprint, _), row in known.items() if fingerprint == alert.fingerprint]
    firing = [row for row in mine if row.status == AlertStatus.FIRING]
    newest = firing[-1] if firing else (mine[-1] if mine and alert.status == "resolved" else None)
    return replace(alert, starts_at=newest.starts_at if newest else at)


def _row(alert: IncomingAlert, source: str, group_key: str, at: datetime) -> Alert:
    return Alert(
        source=source, fingerprint=alert.fingerprint, starts_at=alert.starts_at, name=alert.name,
        labels=alert.labels, annotations=alert.annotations, group_key=group_key, link=alert.link,
        value=alert.value, received_at=at, last_seen_at=at,
    )  # fmt: skip


def _see_again(pairs: Sequence[Pair], at: datetime) -> None:
    ids = [alert.pk for alert, _ in pairs]
    for start in range(0, len(ids), AT_ONCE):
        Alert.objects.filter(pk__in=ids[start : start + AT_ONCE]).update(last_seen_at=at, seen=F("seen") + 1)
    moved = []
    for alert, incoming in pairs:
        if alert.value != incoming.value:
            alert.value = incoming.value
            moved.append(alert)
    if moved:
        Alert.objects.bulk_update(moved, ["value"], AT_ONCE)


def _is_homeless(alert: Alert) -> bool:
    return alert.incident_id is None and alert.status == AlertStatus.FIRING and alert.set_aside_at is None
