"""Where an alert belongs: the first rule that fits, else labels that name a target. Read once a notification."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import cached_property

from incidents.models import Alert, IntakeRule, Severity
from rollbacks.measure import same_words
from rollbacks.models import Target

SEVERITY_WORDS = {
    "critical": "critical", "page": "critical", "emergency": "critical", "error": "high", "high": "high",
    "major": "high",
    "warning": "medium", "warn": "medium", "medium": "medium", "minor": "low", "info": "low", "low": "low",
}  # fmt: skip


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
class Placer:
    """Finds places for many alerts with few questions to the database."""

    _targets: dict[tuple[str, str], Target | None] = field(default_factory=dict)
    _matrices: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    @cached_property
    def rules(self) -> list[IntakeRule]:
        return list(IntakeRule.objects.in_order().select_related(None))

    def of(self, alert: Alert) -> Placing | None:
        """None = a person decides."""
        rule = next((rule for rule in self.rules if rule.fits(alert.name, alert.labels)), None)
        target = rule.target if rule else self._by_labels(alert.labels)
        if target is None:
            return None
        row = self._row_of(target, rule.symptom if rule else alert.labels.get("symptom", ""))
        words = str(row.get("symptom") or "") if row else (rule.symptom if rule else "")
        condition = (row or {}).get("condition") or {}
        metric = (rule.metric if rule else "") or str(condition.get("metric") or words)
        return Placing(
            target=target,
            rule=rule,
            symptom=words,
            severity=_severity(alert, rule, row),
            metric=metric or alert.name,
            line=row["line"] if row else None,
        )

    def _row_of(self, target: Target, symptom: str) -> dict[str, Any] | None:
        """The row of the matrix with these words, in the plan's text of now."""
        if not symptom:
            return None
        if target.pk not in self._matrices:
            revision = (target.plan.runnable or target.plan.current) if target.plan else None
            self._matrices[target.pk] = revision.compiled.get("matrix", []) if revision else []
        rows = self._matrices[target.pk]
        return next((row for row in rows if same_words(row.get("symptom", ""), symptom)), None)

    def _by_labels(self, labels: dict[str, str]) -> Target | None:
        service = labels.get("service") or labels.get("job") or ""
        environment = labels.get("environment") or labels.get("env") or ""
        if not service or not environment:
            return None
        if (service, environment) not in self._targets:
            # Without what stands around it: of ten thousand alerts one declares, the others need its key.
            found = Target.objects.filter(service__slug=service, environment__slug=environment).order_by("pk")
            self._targets[service, environment] = found.first()
        return self._targets[service, environment]


def _severity(alert: Alert, rule: IntakeRule | None, row: dict[str, Any] | None) -> str:
    by_row = str((row or {}).get("severity") or "").lower()
    by_label = SEVERITY_WORDS.get(alert.labels.get("severity", "").lower(), "")
    severity = (rule.severity if rule else "") or by_label or by_row
    return severity if severity in Severity.values else Severity.HIGH
