"""One step of a run. People's verbs stand in `deciding.py`, the worker's in `claims.py` and `leases.py`."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models

from rollbacks.models import deciding, leases
from rollbacks.models.run import Run
from rollbacks.models.states import STEP_MOVES, Refused, StepStatus
from timeline import statements
from timeline.models import Event

if TYPE_CHECKING:
    from rollbacks.context import Outcome
    from rollbacks.models.attempt import Attempt

# Who does these: a person, or the clock. Everything else is done by a worker.
WAITING_KINDS = ("manual", "approval")
# Kinds that change nothing, whatever their effect says.
NO_CHANGE = ("wait", "check", *WAITING_KINDS)


class StepRunQuerySet(models.QuerySet["StepRun"]):
    def to_wake(self, at: datetime) -> "StepRunQuerySet":
        """Timed waits whose time has come."""
        return self.filter(status=StepStatus.WAITING, wake_at__lte=at)

    def expired(self, at: datetime) -> "StepRunQuerySet":
        """Approvals nobody gave in time."""
        return self.filter(status=StepStatus.WAITING, expires_at__lte=at)


class StepRun(models.Model):
    """One step of one run. Nothing outside its verbs writes `status`."""

    Status = StepStatus

    class Section(models.TextChoices):
        BEFORE = "before", "Before"  # the state checks' answers before the first step
        STEPS = "steps", "Steps"
        CHECKS = "checks", "Checks"  # the run's own checks at its end

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField()
    section = models.CharField(max_length=10, choices=Section, default=Section.STEPS)
    name = models.CharField(max_length=100)
    number = models.CharField(max_length=20, blank=True, default="")
    title = models.CharField(max_length=300)
    definition = models.JSONField(default=dict)  # the rendered step
    kind = models.CharField(max_length=10)
    effect = models.CharField(max_length=10)
    status = models.CharField(max_length=10, choices=StepStatus, default=StepStatus.PENDING)
    attempt = models.PositiveIntegerField(default=0)
    token = models.PositiveIntegerField(default=0)  # the fence: every worker's write carries it
    owner = models.CharField(max_length=150, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)  # the database's clock
    wake_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    exit_code = models.IntegerField(null=True, blank=True)
    detail = models.CharField(max_length=500, blank=True, default="")  # what became of it, one sentence
    skipped_reason = models.CharField(max_length=500, blank=True, default="")
    outcome = models.JSONField(default=dict, blank=True)  # what the executor or probe measured; `inverse` for undo
    verify_answer = models.JSONField(null=True, blank=True)  # after a loss: what `verify` said, what still lives
    is_cleanup = models.BooleanField(default=False)  # runs although the run is stopping
    decided = models.BooleanField(default=False)  # its failure needs no person any more

    # The attempt that a worker has just claimed it with; only on the object that `leases` gave.
    claimed: "Attempt | None" = None
    claimed_at = 0.0  # monotonic: no later than its lease began

    objects = StepRunQuerySet.as_manager()

    class Meta:
        ordering = ["run_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="one_step_per_position"),
            models.UniqueConstraint(fields=["run", "name"], name="one_step_per_name"),
            # At most one step of a run is worked on.
            models.UniqueConstraint(
                fields=["run"], condition=models.Q(status=StepStatus.RUNNING), name="one_running_step_per_run"
            ),
        ]
        indexes = [models.Index(fields=["status", "lease_until"], name="steps_by_lease")]

    def __str__(self) -> str:
        return f"Step {self.number} ({self.title})" if self.number else self.title

    # Questions

    @property
    def waits_for_time(self) -> bool:
        """True for *Waiting until hh:mm*; False for *Waiting for you*."""
        return self.status == StepStatus.WAITING and self.wake_at is not None

    @property
    def is_gate(self) -> bool:
        """True for an acting step that an approval must open first."""
        return bool(self.definition.get("approve")) and self.kind != "approval"

    @property
    def is_critical(self) -> bool:
        """False when its failure lets the run still succeed."""
        return bool(self.definition.get("critical", True)) and self.section == self.Section.STEPS

    @property
    def changes_something(self) -> bool:
        return self.effect != "read" and self.kind not in NO_CHANGE

    @property
    def last_attempt(self) -> "Attempt | None":
        return self.attempts.order_by("-number").first()

    @property
    def seconds(self) -> float | None:
        """How long it took or waited, in domain seconds; None before its end."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    def said(self, **more: Any) -> dict[str, Any]:
        """What every event of this step carries."""
        return self.run.said(
            step=self.pk, number=self.number, title=self.title, name=self.name, attempt=self.attempt, **more
        )

    # Verbs of people

    def confirm(self, *, by: Any, note: str = "") -> None:
        """A person did what a manual step says."""
        deciding.confirm(self, by=by, note=note)

    def approve(self, *, by: Any, reason: str = "") -> None:
        """A person says yes to an approval step or gate; with enough of them the run goes on."""
        deciding.approve(self, by=by, reason=reason)

    def reject(self, *, by: Any, reason: str) -> None:
        """A person says no; the run pauses and asks."""
        deciding.reject(self, by=by, reason=reason)

    def retry(self, *, by: Any, reason: str = "") -> None:
        """A person starts a failed step again, as a new attempt."""
        deciding.retry(self, by=by, reason=reason)

    def skip(self, *, by: Any, reason: str) -> None:
        """A person passes over a step that failed, waits or has not begun."""
        deciding.skip(self, by=by, reason=reason)

    def settle(self, *, by: Any, as_: str, reason: str) -> None:
        """A named person says what became of a lost step: succeeded, failed, skipped, or again (a new attempt)."""
        deciding.settle(self, by=by, as_=as_, reason=reason)

    # Verbs of the clock and the workers

    def wake(self) -> bool:
        """The wait is over; False when it was already."""
        return deciding.wake(self)

    def expire(self) -> bool:
        """Nobody approved in time; False when somebody did."""
        return deciding.expire(self)

    def record(self, outcome: "Outcome", *, token: int, then: "leases.Hands | None" = None) -> bool:
        """Writes the outcome under the token and moves the run on; a stale token becomes a late result and False."""
        return leases.record(self, outcome, token=token, then=then)

    def lose(self) -> bool:
        """The lease ran out: the outcome is unknown. False when it was renewed or recorded meanwhile."""
        return leases.lose(self)

    def move_to(
        self, status: str, kind: str = "", *, actor: Any = None, data: dict[str, Any] | None = None, **changes: Any
    ) -> None:
        """The one place where a step's status changes, with its event.

        For the verbs, inside a transaction that locked the run.
        """
        if status not in STEP_MOVES.get(self.status, frozenset()):
            now, then = StepStatus(self.status).label.lower(), StepStatus(status).label.lower()
            raise Refused(f"{self} is {now}; it cannot become {then}.")
        changes = {**changes, "status": status}
        if not statements.update(type(self), {"id": self.pk, "status": self.status, "token": self.token}, changes):
            raise Refused(f"{self} has changed meanwhile. Look again.")
        for name, value in changes.items():
            setattr(self, name, value)
        if kind:
            Event.record(self.run.stream, kind, actor=actor, data=self.said(**(data or {})))
