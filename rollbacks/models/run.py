"""One execution of one procedure on one target, with its own immutable snapshot.

The verbs stand here by name; what they do stands in `starting.py` (draft to queued), `flow.py` (queued to the
end) and `holding.py` (held and stopped by people).
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from rollbacks.models import approving, flow, holding, starting
from rollbacks.models.driven import LENT, Driven
from rollbacks.models.run_queries import RunQuerySet
from rollbacks.models.service import Environment, Service
from rollbacks.models.states import ACTIVE, BESIDE, EXCLUSIVE, RUN_MOVES, TERMINAL, RunKind, RunStatus, StepStatus
from rollbacks.models.states import Conflict as Conflict
from rollbacks.models.states import Refused as Refused
from rollbacks.models.target import DEFAULT_QUEUE, Target
from timeline import domain_time, statements
from timeline.models import Stream

if TYPE_CHECKING:
    from rollbacks.models.step_run import StepRun


def beside(queue: str) -> str:
    """The queue for what must not wait behind a rollback: `probe` on this host, the same one elsewhere."""
    return "probe" if queue == DEFAULT_QUEUE else queue


class Run(Driven, models.Model):
    """One run. Nothing outside its verbs writes `status`."""

    Status = RunStatus
    Kind = RunKind

    target = models.ForeignKey(Target, on_delete=models.PROTECT, related_name="runs")
    # Copied from the target: `one_active_run` is an index over this table.
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="runs")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="runs")
    revision = models.ForeignKey("plans.Revision", on_delete=models.PROTECT, related_name="runs")
    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=RunKind)
    level = models.PositiveIntegerField(null=True, blank=True)
    level_name = models.CharField(max_length=200, blank=True, default="")
    status = models.CharField(max_length=20, choices=RunStatus, default=RunStatus.DRAFT)
    token = models.PositiveIntegerField(default=0)  # counts the moves: a form carries the one it was drawn from
    detail = models.CharField(max_length=500, blank=True, default="")  # why it stands where it stands, one sentence

    given = models.JSONField(default=dict, blank=True)  # parameters that a person gave
    params = models.JSONField(default=dict, blank=True)  # all parameters, as the snapshot holds them
    snapshot = models.JSONField(default=dict, blank=True)
    snapshot_hash = models.CharField(max_length=64, blank=True, default="")
    problems = models.JSONField(default=list, blank=True)  # sentences; none = it may start
    starts_by_itself = models.BooleanField(default=False)  # evidence: as soon as it is prepared
    promise_seconds = models.FloatField(null=True, blank=True)
    matrix_seconds = models.FloatField(null=True, blank=True)
    # {check name: {"result", "value", "sentence"}}: the answers before the first step, which its undo must bring back.
    state_before = models.JSONField(null=True, blank=True)

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=domain_time.now, editable=False)
    prepare_requested_at = models.DateTimeField(null=True, blank=True)
    prepared_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)  # of a wait for approval
    queued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)  # the first command: the promise counts from here
    finished_at = models.DateTimeField(null=True, blank=True)
    promise_crossed_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    kill_requested = models.BooleanField(default=False)
    pause_requested_at = models.DateTimeField(null=True, blank=True)
    # The outbox of hints: when a worker was last told, and how long until it is told again (wall time, seconds).
    nudged_at = models.DateTimeField(null=True, blank=True)
    nudge_seconds = models.PositiveIntegerField(default=5)

    supersedes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by")
    # An undo of one step only; None undoes the whole run.
    undoes_step = models.ForeignKey("StepRun", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # What the preparing worker saw where the commands would run: {"host", "disks": [{"path", "free", "total"}], "at"}.
    seen_there = models.JSONField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        permissions = [
            ("operate", "Can start, stop, approve and settle runs"),
            ("go_alone", "Can go on alone with a run that nobody else approved in time"),
        ]
        constraints = [
            # Two people at once, Level 1 and Level 2, a drill and a rollback: one wins.
            models.UniqueConstraint(
                fields=["service", "environment"],
                condition=Q(kind__in=EXCLUSIVE, status__in=ACTIVE),
                name="one_active_run",
            ),
        ]
        indexes = [
            models.Index(fields=["status"], name="runs_by_status"),
            models.Index(fields=["stream", "kind"], name="runs_by_stream"),
        ]

    def __str__(self) -> str:
        return f"{self.what} on {self.target}"

    def get_absolute_url(self) -> str:
        return reverse("run", args=[self.pk])

    # Questions

    @property
    def what(self) -> str:
        """ "Level 2" or "Evidence": what this run is, in two words."""
        if self.kind == RunKind.ROLLBACK and self.level is not None:
            return f"Level {self.level}"
        return f"{self.get_kind_display()} of level {self.level}" if self.level is not None else self.get_kind_display()

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def is_over(self) -> bool:
        """True for a state that never changes again."""
        return self.status in TERMINAL

    @property
    def is_prepared(self) -> bool:
        return self.prepared_at is not None

    @property
    def queue(self) -> str:
        """Where its hints go: the queue that its snapshot froze. Evidence never waits behind a rollback here, and a
        rollback never behind evidence; a worker elsewhere does both, because only it reaches the service."""
        frozen = (self.snapshot or {}).get("target", {}).get("queue")
        return beside(frozen or self.target.queue) if self.kind in BESIDE else frozen or self.target.queue

    @property
    def preparing_queue(self) -> str:
        """Where its steps are rendered: the plan's reads are asked where its commands would run."""
        return beside(self.target.queue)

    @property
    def current_step(self) -> "StepRun | None":
        """The step that is worked on, waited for, or needs a person; None between steps and at the end."""
        held = (StepStatus.LOST, StepStatus.RUNNING, StepStatus.WAITING, StepStatus.QUEUED)
        if self.is_over:
            return None
        return self.steps.filter(status__in=held).order_by("position").first() or self.undecided_step

    @property
    def undecided_step(self) -> "StepRun | None":
        """The failed step for which a paused run waits: retry, skip, or stop."""
        if self.status != RunStatus.PAUSED:
            return None
        return self.steps.filter(status__in=flow.UNDECIDED, decided=False).order_by("-position").first()

    @property
    def waiting_until(self) -> datetime | None:
        """The end of a timed wait; None while it waits for a person."""
        step = self.steps.filter(status=StepStatus.WAITING).exclude(wake_at=None).first()
        return step.wake_at if step else None

    @property
    def needs_second_person(self) -> bool:
        """True when this target asks for an approval of the snapshot of this level."""
        return self.kind in (RunKind.ROLLBACK, RunKind.UNDO) and self.level in (self.target.second_person_levels or [])

    def said(self, **more: Any) -> dict[str, Any]:
        """What every event of this run carries: a sentence on the timeline needs no other table."""
        return {
            "run": self.pk,
            "run_kind": self.kind,
            "level": self.level,
            "level_name": self.level_name,
            "target": self.target_id,
            "service": self.service.name,
            "environment": self.environment.name,
            **more,
        }

    # Verbs, from draft to queued

    draft = staticmethod(starting.draft)

    @classmethod
    def gather(cls, *, target: Target, revision: Any, stream: Stream | str, by: Any = None) -> "Run":
        """An evidence run that prepares and starts by itself in a worker."""
        return starting.gather(target=target, revision=revision, stream=stream, by=by)

    def prepare(self, *, params: dict[str, str] | None = None) -> "Run":
        """Asks the plan's `from:` reads, renders the snapshot and keeps it with its hash and its problems.

        Again for new `params`.
        """
        return starting.prepare(self, params=params)

    def prepare_later(self) -> None:
        """Queues `prepare()`; the scan asks again when the hint was lost."""
        starting.prepare_later(self)

    def start(self, *, by: Any = None, snapshot_hash: str | None = None) -> "Run":
        """Draft → queued (or waiting for approval). `snapshot_hash` is what the person saw.

        Raises Refused with a sentence, or Conflict when another run holds the slot.
        """
        return starting.start(self, by=by, snapshot_hash=snapshot_hash)

    def approve(self, *, by: Any, snapshot_hash: str | None = None) -> "Run":
        """Another person stands for the snapshot; with enough of them the run is queued."""
        return approving.approve(self, by=by, snapshot_hash=snapshot_hash)

    def go_alone(self, *, by: Any, reason: str) -> "Run":
        """Nobody else answered in time: whoever leads queues the run alone, which the timeline says."""
        return approving.go_alone(self, by=by, reason=reason)

    def reject(self, *, by: Any, reason: str) -> "Run":
        """A second person refuses the snapshot; the run is over."""
        return approving.reject(self, by=by, reason=reason)

    def expire(self) -> "Run":
        """Nobody approved in time; the run is over."""
        return approving.expire(self)

    def discard(self, *, by: Any = None, reason: str = "") -> "Run":
        """Gives up a draft, a wait for approval or a run no worker has begun."""
        return self.request_cancel(by=by, reason=reason)

    # Verbs, from queued to the end

    def advance_later(self) -> None:
        """Tells a worker to look at this run, after the commit. A lost hint costs one scan."""
        flow.advance_later(self)

    def pause(self, *, by: Any, reason: str = "") -> "Run":
        """Holds the run after the step that is running now."""
        return holding.pause(self, by=by, reason=reason)

    def resume(self, *, by: Any) -> "Run":
        """Goes on after a pause. A failed step must be retried or skipped first."""
        return holding.resume(self, by=by)

    def request_cancel(self, *, by: Any = None, kill: bool = False, reason: str = "") -> "Run":
        """Stops the run: after this step, or with `kill` now. Nothing more is started."""
        return holding.request_cancel(self, by=by, kill=kill, reason=reason)

    def remember_state(self, answers: dict[str, Any]) -> None:
        """Keeps the answers of the state checks before the first step."""
        type(self).objects.filter(pk=self.pk, state_before__isnull=True).update(state_before=answers)
        self.state_before = answers

    def cross_promise(self) -> bool:
        """Records once that the promised time has passed; False when it had been recorded."""
        return holding.cross_promise(self)

    @classmethod
    def locked(cls, pk: int) -> "Run":
        """The run with its row locked until the transaction ends (lock order: run, then stream).

        SQLite locks as a whole.
        """
        return cls.objects.select_for_update(of=("self",)).select_related(*LENT).get(pk=pk)

    def move_to(self, status: str, **changes: Any) -> None:
        """The one place where a run's status changes: guarded by the moves, the old status and the token.

        For the verbs only.
        """
        if status not in RUN_MOVES.get(self.status, frozenset()):
            raise Refused(
                f"{self} is {RunStatus(self.status).label.lower()}; it cannot become {RunStatus(status).label.lower()}."
            )
        changes = {**changes, "status": status, "token": self.token + 1}
        if not statements.update(type(self), {"id": self.pk, "status": self.status, "token": self.token}, changes):
            raise Refused(f"{self} has changed meanwhile. Look again.")
        for name, value in changes.items():
            setattr(self, name, value)
