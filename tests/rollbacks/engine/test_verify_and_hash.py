"""What is executed is what was approved, and exit status 0 is not yet the effect."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from rollbacks import process, runner
from rollbacks.models import Refused, Run, StepRun, leases
from rollbacks.runner.perform import perform, surroundings
from tests.rollbacks.engine.factories import kinds, make_run, make_user, statuses, step

pytestmark = pytest.mark.django_db


def advance(run: Run) -> Run:
    runner.advance(run.pk, owner="test")
    run.refresh_from_db()
    return run


def verified_run(folder: Path, body: str, verify: str, **changes: Any) -> Run:
    """One step with a verify of its own, and one after it."""
    proof = step("is-there", verify, effect="read", timeout=0.2, **changes.pop("how", {}))
    return make_run(
        folder,
        [step("make", body, verify="is-there", **changes), step("next", "echo x >> next")],
        plan={"reads": [proof]},
    )


def test_a_once_step_is_done_only_when_its_verify_says_so(tmp_path: Path) -> None:
    run = advance(verified_run(tmp_path, "touch made", "test -e made"))
    assert run.status == "succeeded"
    assert run.steps.get(name="make").outcome["verify"]["result"] == "pass"


def test_exit_status_0_without_the_effect_is_a_failure_that_asks(tmp_path: Path) -> None:
    run = advance(verified_run(tmp_path, "true", "test -e made"))
    assert run.status == "paused"
    made = run.steps.get(name="make")
    assert (made.status, made.exit_code) == ("failed", 0)
    assert "its verify says that it is not so" in made.detail
    assert not (tmp_path / "next").exists()
    made.skip(by=make_user(), reason="seen by hand")
    assert advance(run).status == "succeeded"


def test_a_verify_that_cannot_tell_is_said_and_stops_nothing(tmp_path: Path) -> None:
    run = advance(verified_run(tmp_path, "true", "", how={"kind": "http"}))
    assert run.status == "succeeded"
    assert "Its verify cannot tell" in run.steps.get(name="make").detail


@pytest.mark.parametrize("changes", [{"effect": "idempotent"}, {"effect": "read"}])
def test_steps_that_may_run_twice_are_not_asked(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert advance(verified_run(tmp_path, "true", "test -e made", **changes)).status == "succeeded"


def test_a_step_whose_text_was_changed_is_not_started(tmp_path: Path) -> None:
    run = make_run(tmp_path, [step("look", "Look", kind="manual"), step("two", "echo x >> log")])
    advance(run)
    two = run.steps.get(name="two")
    StepRun.objects.filter(pk=two.pk).update(definition={**two.definition, "body": "echo y >> log"})
    run.steps.get(name="look").confirm(by=make_user())
    assert advance(run).status == "failed"
    assert "not the one that was approved" in run.detail
    assert statuses(run)["two"] == "canceled"
    assert not (tmp_path / "log").exists()


def test_a_snapshot_and_a_hash_that_were_both_changed_are_noticed_by_the_timeline(tmp_path: Path) -> None:
    from rollbacks.snapshot import hash_of

    run = make_run(tmp_path, [step("one", "echo x >> log")])
    snapshot = {**run.snapshot, "steps": [{**run.snapshot["steps"][0], "body": "echo y >> log"}]}
    Run.objects.filter(pk=run.pk).update(snapshot=snapshot, snapshot_hash=hash_of(snapshot))
    assert advance(run).status == "failed"
    assert not (tmp_path / "log").exists()
    assert "step.started" not in kinds(run)


@pytest.mark.parametrize(("leaves", "proposal"), [("service", "succeeded"), (None, None)])
def test_the_service_that_a_lost_step_is_meant_to_leave_is_not_in_the_way(
    tmp_path: Path, leaves: str | None, proposal: str | None
) -> None:
    """It carries the step's mark, and lives on: nobody should wait for its end, or end it."""
    body = "setsid sleep 321 >/dev/null 2>&1 &\necho $! > pid"
    run = verified_run(tmp_path, body, "test -e pid", leaves=leaves, timeout=20.0)
    make = leases.claim(run.pk, owner="w", host=process.host_name(), boot_id=process.boot_id())
    assert make is not None
    assert make.claimed is not None
    done = perform(make, surroundings(make, make.claimed, since=None), lambda *_: None, lambda: False)
    try:
        assert done.status == "succeeded"
        StepRun.objects.filter(pk=make.pk).update(lease_until=timezone.now() - timedelta(hours=1))
        (lost,) = runner.reap()
        runner.look_after(StepRun.objects.select_related("run").get(pk=lost.pk))
        answer = StepRun.objects.get(pk=lost.pk).verify_answer
        assert (answer["result"], answer["proposal"]) == ("pass", proposal)
        assert [one["escaped"] for one in answer["processes"]] == ([] if leaves else [True])
        if leaves:
            lost.settle(by=make_user(), as_="again", reason="once more")
        else:
            with pytest.raises(Refused, match="still lives"):
                lost.settle(by=make_user(), as_="again", reason="once more")
    finally:
        os.kill(int((tmp_path / "pid").read_text()), 9)
