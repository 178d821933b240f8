"""Stopping a run, and steps whose worker is gone."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models.functions import Now

from rollbacks import runner
from rollbacks.context import Outcome
from rollbacks.models import Refused, Run, StepRun, leases
from rollbacks.runner.keeper import Keeper
from tests.rollbacks.engine.factories import kinds, make_draft, make_run, make_target, make_user, statuses, step

pytestmark = pytest.mark.django_db


def advance(run: Run) -> Run:
    runner.advance(run.pk, owner="test")
    run.refresh_from_db()
    return run


def claimed(run: Run) -> StepRun:
    """The first step, claimed by a worker that does nothing."""
    taken = leases.claim(run.pk, owner="w1", host="elsewhere")
    assert taken is not None
    return taken


def lost(run: Run) -> StepRun:
    """The first step, whose worker vanished."""
    taken = claimed(run)
    StepRun.objects.filter(pk=taken.pk).update(lease_until=Now() - timedelta(seconds=1))
    assert runner.reap() == [taken]
    taken.refresh_from_db()
    run.refresh_from_db()
    return taken


def test_a_queued_run_is_stopped_at_once(tmp_path: Path) -> None:
    run = make_run(tmp_path, [step("one", "touch made")])
    run.request_cancel(by=make_user(), reason="wrong service")
    assert advance(run).status == "canceled"
    assert not (tmp_path / "made").exists()


def test_a_run_stops_after_the_step_that_is_running(tmp_path: Path) -> None:
    run = make_run(tmp_path, [step("one", "true"), step("two", "touch made")])
    taken = claimed(run)
    run.request_cancel(by=make_user())
    run.refresh_from_db()
    assert run.status == "canceling"
    taken.record(Outcome("succeeded", 0), token=taken.token)
    run.refresh_from_db()
    assert run.status == "canceled"
    assert statuses(run) == {"one": "succeeded", "two": "pending"}
    with pytest.raises(Refused, match="already over"):
        run.request_cancel(by=make_user())


def test_success_never_overwrites_a_stop_that_came_first(tmp_path: Path) -> None:
    run = make_run(tmp_path, [step("only", "true")])
    taken = claimed(run)
    run.request_cancel(by=make_user())
    with pytest.raises(Refused, match="already stopping"):
        run.request_cancel(by=make_user())
    run.request_cancel(by=make_user(), kill=True)
    taken.record(Outcome("succeeded", 0), token=taken.token)
    run.refresh_from_db()
    assert run.status == "canceled"


def test_a_kill_ends_the_command_and_runs_the_clean_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [step("slow", "sleep 60", on_cancel="goto:tidy"), step("next", "touch made"), step("tidy", "touch tidied")]
    run = make_run(tmp_path, steps)
    monkeypatch.setattr(Keeper, "_look_for_cancel", lambda self: kill(self, run))
    began = time.monotonic()
    assert advance(run).status == "canceled"
    assert time.monotonic() - began < 10
    assert statuses(run) == {"slow": "canceled", "next": "pending", "tidy": "succeeded"}
    assert (tmp_path / "tidied").exists()
    assert not (tmp_path / "made").exists()


def kill(keeper: Keeper, run: Run) -> None:
    if not keeper.step.is_cleanup and not keeper.killed:
        run.request_cancel(by=make_user(), kill=True)
        keeper.killed = True


def test_a_waiting_run_is_stopped_at_once(tmp_path: Path) -> None:
    run = advance(make_run(tmp_path, [step("look", "Look", kind="manual")]))
    run.request_cancel(by=make_user())
    run.refresh_from_db()
    assert run.status == "canceled"
    assert statuses(run) == {"look": "canceled"}


def test_a_run_pauses_after_its_step_and_goes_on(tmp_path: Path) -> None:
    run = make_run(tmp_path, [step("one", "true"), step("two", "true")])
    taken = claimed(run)
    run.pause(by=make_user())
    taken.record(Outcome("succeeded", 0), token=taken.token)
    run.refresh_from_db()
    assert run.status == "paused"
    assert advance(run).status == "paused"
    run.resume(by=make_user())
    assert advance(run).status == "succeeded"


def test_an_expired_lease_makes_the_outcome_unknown(tmp_path: Path) -> None:
    run = make_run(tmp_path, [step("one", "touch made"), step("two", "true")])
    taken = lost(run)
    assert (taken.status, run.status) == ("lost", "needs_operator")
    assert advance(run).status == "needs_operator"
    assert not (tmp_path / "made").exists()
    assert runner.reap() == []
    assert kinds(run)[-2:] == ["step.lost", "run.needs_operator"]


def test_a_renewed_lease_is_never_lost(tmp_path: Path) -> None:
    run = make_run(tmp_path, [step("one", "true")])
    assert not claimed(run).lose()


def test_a_stale_token_only_leaves_a_late_result(tmp_path: Path) -> None:
    run = make_run(tmp_path, [step("one", "true")])
    taken = claimed(run)
    old = taken.token
    StepRun.objects.filter(pk=taken.pk).update(lease_until=Now() - timedelta(seconds=1))
    runner.reap()
    assert not taken.record(Outcome("succeeded", 0), token=old)
    taken.refresh_from_db()
    assert taken.status == "lost"
    assert kinds(run)[-1] == "step.late_result"


def test_verify_is_asked_by_itself_and_proposes_a_settlement(tmp_path: Path) -> None:
    verify = step("is-made", "test -e made && echo there", effect="read")
    run = make_run(tmp_path, [step("make", "touch made", verify="is-made")], plan={"reads": [verify]})
    taken = lost(run)
    (tmp_path / "made").touch()
    assert runner.look_after(taken)
    assert not runner.look_after(StepRun.objects.get(pk=taken.pk))
    taken.refresh_from_db()
    assert taken.verify_answer is not None
    assert taken.verify_answer["proposal"] == "succeeded"
    assert taken.verify_answer["result"] == "pass"


@pytest.mark.parametrize(
    ("as_", "ends"),
    [("succeeded", "succeeded"), ("skipped", "succeeded"), ("failed", "paused"), ("again", "succeeded")],
)
def test_a_named_person_settles_a_lost_step(tmp_path: Path, as_: str, ends: str) -> None:
    run = make_run(tmp_path, [step("one", "echo x >> log"), step("two", "true")])
    taken = lost(run)
    with pytest.raises(Refused, match="Say why"):
        taken.settle(by=make_user(), as_=as_, reason="")
    with pytest.raises(Refused, match="named person"):
        taken.settle(by=None, as_=as_, reason="because")
    taken.settle(by=make_user(), as_=as_, reason="I looked")
    with pytest.raises(Refused, match="nothing to settle"):
        taken.settle(by=make_user(), as_="succeeded", reason="I looked")
    assert advance(run).status == ends
    assert (tmp_path / "log").exists() == (as_ == "again")


def test_stopping_a_run_with_an_unknown_outcome_waits_for_the_settlement(tmp_path: Path) -> None:
    run = make_run(tmp_path, [step("one", "true"), step("two", "touch made")])
    taken = lost(run)
    run.request_cancel(by=make_user(), reason="enough")
    run.refresh_from_db()
    assert run.status == "needs_operator"
    with pytest.raises(Refused, match="cannot run again"):
        taken.settle(by=make_user(), as_="again", reason="try")
    taken.settle(by=make_user(), as_="succeeded", reason="it is done")
    run.refresh_from_db()
    assert run.status == "canceled"


@pytest.mark.parametrize("how", [claimed, lost])
def test_level_2_is_refused_while_a_step_runs_or_is_lost(tmp_path: Path, how: Callable[[Run], StepRun]) -> None:
    target = make_target(tmp_path)
    first = make_run(tmp_path, [step("one", "true")], target=target)
    how(first)
    second = make_draft(tmp_path, [step("one", "true")], target=target, supersedes=first)
    with pytest.raises(Refused, match="cannot be taken over"):
        second.start(by=make_user())
    first.refresh_from_db()
    assert first.is_active


def test_a_living_process_is_looked_for_again_until_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, move_time: Callable[[timedelta], None]
) -> None:
    from rollbacks import process
    from rollbacks.models import Attempt

    alive = [process.Living(7, "sleep 600", True)]
    monkeypatch.setattr(Attempt, "is_here", True)
    monkeypatch.setattr(Attempt, "living", property(lambda self: list(alive)))
    run = make_run(tmp_path, [step("one", "true", effect="idempotent")])
    taken = lost(run)
    assert runner.look_after(taken)
    taken.refresh_from_db()
    assert taken.verify_answer is not None
    assert taken.verify_answer["proposal"] is None
    with pytest.raises(Refused, match=r"still lives: 7 \(sleep 600\)"):
        taken.settle(by=make_user(), as_="again", reason="try")

    alive.clear()
    assert not runner.needs_look(taken)
    move_time(timedelta(seconds=11))
    assert runner.look_after(taken)
    taken.refresh_from_db()
    assert taken.verify_answer["proposal"] == "again"
    assert not runner.needs_look(taken)


def test_a_command_that_will_not_die_leaves_an_unknown_outcome(tmp_path: Path) -> None:
    run = make_run(tmp_path, [step("one", "true")])
    taken = claimed(run)
    run.request_cancel(by=make_user(), kill=True)
    stuck = Outcome("canceled", detail="It was killed, but processes of it still live.", data={"unconfirmed": True})
    assert not taken.record(stuck, token=taken.token)
    run.refresh_from_db()
    assert run.status == "needs_operator"
    StepRun.objects.get(pk=taken.pk).settle(by=make_user(), as_="failed", reason="rebooted the host")
    run.refresh_from_db()
    assert run.status == "canceled"


def test_skipping_a_step_of_a_held_run_does_not_let_it_go(tmp_path: Path) -> None:
    run = advance(make_run(tmp_path, [step("look", "Look", kind="manual"), step("two", "touch made")]))
    run.pause(by=make_user())
    run.steps.get(name="look").skip(by=make_user(), reason="looked before")
    assert advance(run).status == "paused"
    assert not (tmp_path / "made").exists()
    run.resume(by=make_user())
    assert advance(run).status == "succeeded"
