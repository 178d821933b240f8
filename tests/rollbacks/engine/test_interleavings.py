"""Random interleavings of claim, renew, finish, reap, cancel, crash and duplicate hints, against the invariants I1 to I7."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollbacks.context import Outcome
from rollbacks.models import Attempt, Refused, Run, StepRun, leases
from rollbacks.models.states import RUN_MOVES, STEP_MOVES, TERMINAL
from rollbacks.runner import reap
from tests.rollbacks.engine.factories import make_draft, make_run, make_user, step
from timeline.verify import chain_holds

pytestmark = pytest.mark.django_db
ACTS = (
    "claim",
    "claim",
    "finish",
    "fail",
    "late",
    "silence",
    "reap",
    "cancel",
    "kill",
    "again",
    "settle",
    "retry",
    "takeover",
)


class World:
    """One run of two `once` steps, and the workers that hold or held one of them."""

    def __init__(self, folder: Path) -> None:
        self.run = make_run(folder, [step("one", "true"), step("two", "true")])
        self.other = make_draft(folder, [step("x", "true")], target=self.run.target)
        self.held: list[StepRun] = []  # what each worker believes to hold, oldest first
        self.settled_again = 0
        self.retried = 0
        self.seen: dict[int, str] = {}
        self.terminal: str | None = None

    def do(self, act: str) -> None:
        try:
            with transaction.atomic():
                getattr(self, act)()
        except Refused:
            pass  # a sentence for a person; nothing has changed

    def claim(self) -> None:
        if taken := leases.claim(self.run.pk, owner=f"w{len(self.held)}", host="h"):
            self.held.append(taken)

    def finish(self) -> None:
        if self.held:
            self.held[-1].record(Outcome("succeeded", 0), token=self.held[-1].token)

    def fail(self) -> None:
        if self.held:
            self.held[-1].record(Outcome("failed", 1), token=self.held[-1].token)

    def late(self) -> None:
        if self.held:
            self.held[0].record(Outcome("succeeded", 0), token=self.held[0].token)

    def silence(self) -> None:
        StepRun.objects.filter(run=self.run, status="running").update(lease_until=Now() - timedelta(seconds=1))

    def reap(self) -> None:
        reap()

    def cancel(self) -> None:
        self.run.request_cancel(by=make_user(), reason="enough")

    def kill(self) -> None:
        self.run.request_cancel(by=make_user(), kill=True)

    def lost_step(self) -> StepRun | None:
        return self.run.steps.filter(status="lost").first()

    def again(self) -> None:
        if lost := self.lost_step():
            lost.settle(by=make_user(), as_="again", reason="look")
            self.settled_again += 1

    def settle(self) -> None:
        if lost := self.lost_step():
            lost.settle(by=make_user(), as_="succeeded", reason="look")

    def retry(self) -> None:
        self.run.refresh_from_db()
        if failed := self.run.undecided_step:
            failed.retry(by=make_user())
            self.retried += 1

    def takeover(self) -> None:
        Run.objects.filter(pk=self.other.pk).update(supersedes=self.run)
        self.other.refresh_from_db()
        if self.other.status == "draft":
            self.other.start(by=make_user())

    def check(self) -> None:
        self.run.refresh_from_db()
        running = self.run.steps.filter(status="running")
        active = [one for one in Run.objects.filter(target=self.run.target) if one.is_active]
        assert len(active) <= 1  # I1
        assert running.count() <= 1  # I5
        starts = Attempt.objects.filter(step_run__run=self.run).count()
        assert starts <= 2 + self.settled_again + self.retried  # I6
        assert starts == self.run.stream.events.filter(kind="step.started", data__run=self.run.pk).count()  # I3, I5
        if running.exists():
            assert self.run.status in ("running", "canceling")
        if self.lost_step():
            assert self.run.status == "needs_operator"
        self.check_moves()

    def check_moves(self) -> None:
        if self.terminal:
            assert self.run.status == self.terminal  # I4
        if self.run.status in TERMINAL:
            self.terminal = self.run.status
            assert self.run.finished_at is not None
        for one in self.run.steps.all():
            before = self.seen.get(one.pk, "pending")
            assert one.status == before or reachable(before, one.status)
            self.seen[one.pk] = one.status


def reachable(old: str, new: str) -> bool:
    """One act may make several moves; each of them must be in the table."""
    seen, front = {old}, [old]
    while front:
        for following in STEP_MOVES.get(front.pop(), frozenset()):
            if following not in seen:
                seen.add(following)
                front.append(following)
    return new in seen


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts=st.lists(st.sampled_from(ACTS), min_size=5, max_size=25))
def test_no_order_of_events_breaks_an_invariant(tmp_path: Path, acts: list[str]) -> None:
    savepoint: Any = transaction.savepoint()
    try:
        world = World(tmp_path)
        for act in acts:
            world.do(act)
            world.check()
        assert chain_holds(world.run.stream)
    finally:
        transaction.savepoint_rollback(savepoint)


def test_every_state_can_be_left_or_is_final() -> None:
    named = {status for moves in RUN_MOVES.values() for status in moves}
    assert named <= {*RUN_MOVES, *TERMINAL}
    assert set(TERMINAL) <= named
