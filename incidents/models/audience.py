"""Who is spoken to, and in which words: recipient groups per service and severity, templates per audience and stage."""

from typing import Any

from django.db import models


class Audience(models.TextChoices):
    STAKEHOLDERS = "stakeholders", "Stakeholders"
    TEAM = "team", "Team"
    MANAGEMENT = "management", "Management"


class Stage(models.TextChoices):
    ANY = "", "Every stage"
    FIRST = "first", "First message"
    UPDATE = "update", "Update"
    FINAL = "final", "Final message"


class RecipientGroupQuerySet(models.QuerySet["RecipientGroup"]):
    def for_incident(self, incident: Any, audience: str) -> "list[RecipientGroup]":
        """Groups of the service in its environment, and those of every service, that want this severity."""
        mine = self.filter(models.Q(target_id=incident.target_id) | models.Q(target=None), audience=audience)
        return [group for group in mine if not group.severities or incident.severity in group.severities]


class RecipientGroup(models.Model):
    """Some addresses that get the messages for one audience; without a target those of every service."""

    target = models.ForeignKey(
        "rollbacks.Target", on_delete=models.CASCADE, null=True, blank=True, related_name="recipient_groups"
    )
    name = models.CharField(max_length=120)
    audience = models.CharField(max_length=20, choices=Audience.choices, default=Audience.STAKEHOLDERS)
    addresses = models.JSONField(default=list, blank=True)
    severities = models.JSONField(default=list, blank=True)  # empty = whatever the severity

    objects = RecipientGroupQuerySet.as_manager()

    class Meta:
        ordering = ["target_id", "name", "pk"]

    def __str__(self) -> str:
        return self.name


class MessageTemplateQuerySet(models.QuerySet["MessageTemplate"]):
    def best_for(self, target_id: int, audience: str, stage: str) -> "MessageTemplate | None":
        """The most particular one: of this target before every target, of this stage before every stage."""
        mine = self.filter(models.Q(target_id=target_id) | models.Q(target=None), audience=audience)
        found = [template for template in mine if template.stage in (stage, Stage.ANY)]
        return max(found, key=_how_particular, default=None)


class MessageTemplate(models.Model):
    """Subject and text with `[fields]` for one audience and stage; the plan's own template stands behind it."""

    target = models.ForeignKey(
        "rollbacks.Target", on_delete=models.CASCADE, null=True, blank=True, related_name="message_templates"
    )
    audience = models.CharField(max_length=20, choices=Audience.choices, default=Audience.STAKEHOLDERS)
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.ANY, blank=True)
    subject = models.CharField(max_length=300)
    body = models.TextField()

    objects = MessageTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["target_id", "audience", "stage", "pk"]

    def __str__(self) -> str:
        return f"{self.get_audience_display()} · {self.get_stage_display()}"

    def as_plan_part(self) -> dict[str, Any]:
        """The shape in which a plan keeps its template."""
        return {"subject": self.subject, "body": self.body, "fields": []}


def _how_particular(template: MessageTemplate) -> tuple[bool, bool]:
    return (template.target_id is not None, template.stage != Stage.ANY)
