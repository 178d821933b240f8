"""One start of a step's command. Written before the process starts, so that no start goes unrecorded."""

from django.db import models

from rollbacks import process
from rollbacks.models.step_run import StepRun


class Attempt(models.Model):
    """One start of one step: which process on which host, when, and what became of it."""

    step_run = models.ForeignKey(StepRun, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    # The token that this attempt was claimed with: what it writes under an older one is a late result.
    token = models.PositiveIntegerField(default=0)
    owner = models.CharField(max_length=150, blank=True, default="")
    host = models.CharField(max_length=150, blank=True, default="")
    # Together they name a process for certain, also after the id was used again: id, boot, start time in clock ticks.
    pid = models.PositiveIntegerField(null=True, blank=True)
    pgid = models.PositiveIntegerField(null=True, blank=True)
    boot_id = models.CharField(max_length=40, blank=True, default="")
    leader_started = models.PositiveBigIntegerField(null=True, blank=True)
    # Wall time, not domain time: checks compare them with the start times of processes.
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        ordering = ["step_run_id", "number"]
        constraints = [models.UniqueConstraint(fields=["step_run", "number"], name="one_attempt_per_number")]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.step_run}"

    @property
    def is_here(self) -> bool:
        """True when its processes could be seen from this one: same host (a container is one), same boot."""
        return self.host == process.host_name() and self.boot_id == process.boot_id()

    @property
    def living(self) -> list[process.Living]:
        """What still lives of it; empty also where it cannot be seen (ask `is_here`)."""
        if not self.is_here:
            return []
        return process.living(self.pgid, self.leader_started, self.mark)

    @property
    def in_the_way(self) -> list[process.Living]:
        """What must end before the step may be settled or run again. The service that a step is meant to leave behind
        carries its mark as well, and is none of it."""
        meant = self.step_run.definition.get("leaves") == "service"
        return [one for one in self.living if not (meant and one.escaped)]

    @property
    def mark(self) -> str:
        """What every process of it carries in its environment."""
        return process.token_of(self.step_run.run_id, self.step_run_id, self.token)

    @property
    def seconds(self) -> float | None:
        """How long it took, in seconds; None while it runs or when nobody saw its end."""
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None
