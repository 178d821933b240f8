"""One service in one environment, with everything that a plan leaves open."""

from django.db import models
from django.urls import reverse

from rollbacks.models.service import Environment, Service

DEFAULT_QUEUE = "rollback"


class OutputLimit(models.TextChoices):
    TRUNCATE = "truncate", "Cut its output, let it go on"
    HALT = "halt", "End the step"


class Target(models.Model):
    """Folder, queue, hosts, parameters and chosen alternatives of one service in one environment."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="targets")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="targets")
    plan = models.ForeignKey("plans.Plan", on_delete=models.PROTECT, null=True, blank=True, related_name="targets")
    # Its runs are advanced by workers that listen to this queue: those on the host that can reach the service.
    queue = models.CharField(max_length=60, default=DEFAULT_QUEUE)
    # Commands start here; paths in steps are under it.
    root = models.CharField(max_length=500, blank=True, default="")
    # "host:port" entries: the only addresses that http and graphql steps may ask.
    hosts = models.JSONField(default=list, blank=True)
    # Values for `bind: target` and for any other parameter of the plan.
    params = models.JSONField(default=dict, blank=True)
    # The alternative that runs here: systemd, docker, kubernetes, dev or the plan's own word; several by comma.
    deployment = models.CharField(max_length=500, blank=True, default="")
    # Variables: PATH, HOME, LANG and TZ always, others where a step names them in `env=`.
    env = models.JSONField(default=dict, blank=True)
    # Names only; the values stand in the worker's environment as FIREBREAK_SECRET_<NAME>. Those that are set on the
    # target's page are rows of `Secret`.
    secrets = models.JSONField(default=list, blank=True)
    # {name: {"read", "value", "set", "body", "header", …}}: what `via=http:<name>` asks; see executors/flag_service.py.
    flag_services = models.JSONField(null=True, blank=True)
    # What happens to a command that says more than 32 MiB: its output is cut, or it is ended.
    output_limit = models.CharField(
        max_length=10, choices=OutputLimit, default=OutputLimit.TRUNCATE, db_default=OutputLimit.TRUNCATE
    )
    # Replaces keys of the plan's `watch`, for targets that are not production; pages and verdicts then say so.
    watch = models.JSONField(null=True, blank=True)
    # Answers to the plan's facts that this target states itself: {"has_tests": false}.
    facts = models.JSONField(default=dict, blank=True)
    # Levels whose exact snapshot a second person must approve before it runs.
    second_person_levels = models.JSONField(default=list, blank=True)
    # How many other people must approve such a snapshot.
    approvals_needed = models.PositiveSmallIntegerField(default=1, db_default=1)

    class Meta:
        ordering = ["service__name", "environment__name"]
        constraints = [
            models.UniqueConstraint(fields=["service", "environment"], name="one_target_per_service_and_environment")
        ]
        permissions = [("edit_target", "Can add and change targets")]

    def __str__(self) -> str:
        return f"{self.service} {self.environment}"

    def get_absolute_url(self) -> str:
        return reverse("target", args=[self.pk])

    @property
    def secret_names(self) -> list[str]:
        """Every secret that steps may name here: those set on its page and those of the workers' environment."""
        return sorted({*(self.secrets or []), *(secret.name for secret in self.sealed.all())})

    @property
    def stream(self) -> str:
        """The key of the timeline that changes of this target are written to."""
        return f"target:{self.pk}"
