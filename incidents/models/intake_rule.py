"""Which alerts belong to which target and row of the matrix; edited by people, first match wins."""

from fnmatch import fnmatchcase
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from incidents.models.incident_record import Severity


class IntakeRuleQuerySet(models.QuerySet["IntakeRule"]):
    def in_order(self) -> "IntakeRuleQuerySet":
        """The active rules in the order in which they are asked."""
        related = ("target__service", "target__environment", "target__plan")
        return self.filter(active=True).select_related(*related).order_by("position", "pk")

    def match(self, name: str, labels: dict[str, Any]) -> "IntakeRule | None":
        """The first active rule, in order, that fits the alert."""
        return next((rule for rule in self.in_order() if rule.fits(name, labels)), None)


class IntakeRule(models.Model):
    """An alert's name and labels → service and environment (the target), row of the matrix, metric."""

    position = models.PositiveSmallIntegerField(default=100)
    alert_name = models.CharField(max_length=200, help_text="The alert's name; * stands for any letters.")
    labels = models.JSONField(
        default=dict, blank=True, help_text="Labels that must be there: {name: value or pattern}."
    )
    target = models.ForeignKey("rollbacks.Target", on_delete=models.CASCADE, related_name="intake_rules")
    # The row's words, not its line: the line moves with every edit of the plan.
    symptom = models.CharField(max_length=300, blank=True, default="")
    severity = models.CharField(max_length=10, choices=Severity.choices, blank=True, default="")
    metric = models.CharField(max_length=120, blank=True, default="", help_text="What the alert's value measures.")
    active = models.BooleanField(default=True)

    objects = IntakeRuleQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.alert_name} → {self.target}"

    def clean(self) -> None:
        """Refuses labels that are no object, before they meet an alert."""
        if not isinstance(self.labels, dict):
            raise ValidationError({"labels": 'Labels are an object: {"job": "orders-*"}.'})

    def fits(self, name: str, labels: dict[str, Any]) -> bool:
        """True when the name and every label of the rule match; case matters, as in Alertmanager."""
        if not fnmatchcase(name, self.alert_name):
            return False
        return all(fnmatchcase(str(labels.get(key, "")), str(wanted)) for key, wanted in self.labels.items())
