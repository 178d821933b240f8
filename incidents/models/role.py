from django.conf import settings
from django.db import models


class RoleName(models.TextChoices):
    MANAGER = "manager", "Incident manager"
    ON_CALL = "on_call", "On call"
    COMMUNICATIONS = "communications", "Communications"
    SCRIBE = "scribe", "Scribe"


class RoleQuerySet(models.QuerySet["RoleAssignment"]):
    def current(self) -> "RoleQuerySet":
        """Those who hold a role now."""
        return self.filter(ended_at=None)


class RoleAssignment(models.Model):
    """Who held which role of an incident from when to when."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=20, choices=RoleName.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="incident_roles")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = RoleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "role"], condition=models.Q(ended_at=None), name="one_holder_of_a_role"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.user}"
