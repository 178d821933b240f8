"""The worker is killed in the middle of a restart: nobody claims to know, nothing runs twice, a person settles it."""

import os
import signal
import time
from pathlib import Path

from tests.acceptance.product import descendants, is_alive
from tests.acceptance.scene import SERVICE, Scene, number_of

LOST_SECONDS = 40.0
# The service restarts at once; the command that did it lingers, so that there is a middle to be killed in.
SLOW = '#!/bin/sh\n"{real}" "$@"\ncode=$?\n[ "$1" = restart ] && sleep 120\nexit $code\n'


def test_a_killed_worker_leaves_an_unknown_outcome_that_a_person_settles(scene: Scene, tmp_path: Path) -> None:
    slow_restarts(scene, tmp_path)
    scene.service.break_it(when="registry", graphql_error_rate=0.4)
    incident = scene.alert()
    scene.measured(incident)
    scene.acknowledge(incident)
    run = scene.choose(incident, 1)
    starts = scene.service.starts()
    scene.confirm(run, SERVICE)
    pid = command_of(scene, run, "l1-restart", after_starts=starts)

    worker = scene.product.worker("rollback")
    killed = time.monotonic()
    for member in [worker, *(child for child in descendants(worker) if child != pid)]:
        os.kill(member, signal.SIGKILL)

    page = scene.visitor.wait_until_says(run, "Outcome unknown", within=LOST_SECONDS - (time.monotonic() - killed))
    assert time.monotonic() - killed <= LOST_SECONDS
    assert not is_alive(pid), "The command outlived its worker."
    page = scene.visitor.wait_for(
        incident, lambda page: page.says("Settle the outcome"), within=30, what="the next action Settle"
    )
    page = scene.visitor.follow(page, "Settle the outcome")
    page = scene.visitor.wait_until_says(page.url.removeprefix(scene.product.base_url), "started", within=30)
    page.must_say("Verify says main process")
    assert scene.service.starts() == starts + 1

    page = scene.visitor.press(page, "Settle it", **{"as": "succeeded"}, reason="The main process is new.")
    scene.finish(run)
    assert scene.service.starts() == starts + 1, "The restart ran twice."
    rows = scene.product.rows(
        "SELECT COUNT(*) AS n FROM rollbacks_attempt a JOIN rollbacks_steprun s ON s.id = a.step_run_id "
        "WHERE s.run_id = ? AND s.name = 'l1-restart'",
        number_of(run),
    )
    assert rows[0]["n"] == 1
    kinds = [event["kind"] for event in scene.product.events("step.*")]
    assert (kinds.count("step.lost"), kinds.count("step.settled")) == (1, 1)


def slow_restarts(scene: Scene, folder: Path) -> None:
    """Puts a systemctl in front of the service's own that lingers after a restart."""
    slow = folder / "systemctl"
    slow.write_text(SLOW.format(real=scene.service.root / "bin" / "systemctl"))
    slow.chmod(0o755)
    page = scene.visitor.get(scene.target)
    scene.visitor.press(page, "Save", env=f"PATH = {folder}:{scene.service.path}")


def command_of(scene: Scene, run: str, step: str, *, after_starts: int) -> int:
    """The process of a step, once the service was started once more by it."""
    query = (
        "SELECT a.pid FROM rollbacks_attempt a JOIN rollbacks_steprun s ON s.id = a.step_run_id "
        "WHERE s.run_id = ? AND s.name = ? AND s.status = 'running' AND a.pid IS NOT NULL"
    )
    ends = time.monotonic() + 60
    while True:
        rows = scene.product.rows(query, number_of(run), step)
        if rows and scene.service.starts() > after_starts and scene.service.answers():
            return int(rows[0]["pid"])
        assert time.monotonic() < ends, f"{step} did not restart the service: {scene.steps(run)}"
        time.sleep(0.2)
