"""A worker that was started elsewhere, on a queue of its own, does what belongs to its target; nobody else does."""

import base64
import json
from pathlib import Path

import pytest

from rollbacks import tasks
from rollbacks.models import Run
from rollbacks.preflight import preflight
from tests.faults.installation import Installation, wait_for
from tests.faults.test_lost_workers import has_status
from tests.rollbacks.engine.factories import (
    compiled,
    make_revision,
    make_target,
    make_user,
    output,
    statuses,
    step,
)
from timeline.doorbell import client

pytestmark = pytest.mark.faults
QUEUE = "target.shop"


def sentences(run: Run) -> dict[str, str]:
    return {reason.key: reason.sentence for reason in preflight(run)}


def test_a_worker_elsewhere_renders_and_does_the_runs_of_its_target(
    installation: Installation, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    installation.start("rollback")
    installation.start("general")
    installation.start("control")
    # The one thing that only the worker elsewhere has: a variable of its own host that the plan's read asks for.
    steps = [step("one", "echo <where> > log; echo done on <where>"), step("two", "echo two >> log")]
    plan = {
        "params": {"where": {"from": "read-where", "pattern": None}},
        "reads": [step("read-where", "cat ../$(basename $PWD)/where", effect="read")],
    }
    target = make_target(folder, queue=QUEUE)
    run = Run.draft(
        target=target,
        revision=make_revision(compiled(steps, **plan)),
        kind="rollback",
        level=1,
        stream=f"incident:{target.pk}",
        by=make_user(),
    )
    (folder / "where").write_text("app-1\n")
    run.prepare_later()
    # Also a hint that went astray to the workers here is not taken by them.
    tasks.hint_prepare(run.pk, QUEUE)
    assert f"No worker listens to the queue {QUEUE}" in sentences(run)["worker"]
    assert ids_in(installation, QUEUE) == {run.pk}
    assert not Run.objects.get(pk=run.pk).is_prepared

    elsewhere = tmp_path_factory.mktemp("elsewhere")
    installation.start("rollback", "shop", options=("--queues", QUEUE), FIREBREAK_DATA=str(elsewhere))
    wait_for(lambda: Run.objects.get(pk=run.pk).is_prepared, 30, "it renders the steps where they will run")
    run.refresh_from_db()
    assert run.problems == []
    assert [disk["path"] for disk in run.seen_there["disks"]] == [str(elsewhere), str(folder)]
    assert "A worker is ready" in sentences(run)["worker"]

    run.start(by=make_user(), snapshot_hash=run.snapshot_hash)
    for _ in range(5):
        tasks.hint(run.pk, "rollback")
    wait_for(lambda: has_status(run, "succeeded"), 30, "it does them")
    owners = {attempt.owner for one in run.steps.all() for attempt in one.attempts.all()}
    assert owners == {"shop@test"}
    assert (folder / "log").read_text() == "app-1\ntwo\n"
    assert output(run, "one") == "done on app-1\n"
    assert statuses(run) == {"one": "succeeded", "two": "succeeded"}


def ids_in(installation: Installation, queue: str) -> set[int]:
    """What stands in the queue's messages: task arguments, which are a run's number and nothing else."""
    redis = client(installation.redis_url)
    found = set()
    for key in redis.keys(f"*{queue}*"):
        for raw in redis.lrange(key, 0, -1) if redis.type(key) in (b"list", "list") else []:
            args, named, _more = json.loads(base64.b64decode(json.loads(raw)["body"]))
            assert (len(args), named) == (1, {})
            found.add(args[0])
    return found
