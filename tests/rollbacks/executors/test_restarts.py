"""The shipped plan's restarts, one for each way of deployment, against stand-ins for sudo, systemctl, docker and kubectl.

The stand-ins are real programs on the target's PATH: they record what they were asked, and fail or lie when they are told to.
"""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from plans.document import read_plan
from rollbacks import runner
from rollbacks.models import Run, StepRun
from tests.rollbacks.engine.factories import compiled, level, make_draft, make_revision, make_target, make_user, step

pytestmark = pytest.mark.django_db
HERE = Path(__file__).parent
PLAN = HERE.parents[2] / "plans" / "examples" / "schema-registry.md"
# What each way of deployment must have been asked, and nothing else that changes anything.
ASKED = {
    "systemd": ["sudo -n systemctl restart fraiseql-app", "systemctl restart fraiseql-app"],
    "docker": ["docker compose restart app"],
    "kubernetes": [
        "kubectl rollout restart deployment/fraiseql-app",
        "kubectl rollout status deployment/fraiseql-app --timeout=150s",
    ],
}
READS = ("systemctl status", "docker compose ps", "docker inspect", "kubectl get")
COMPLAINTS = {"systemd": "Job for fraiseql-app", "docker": "Docker daemon", "kubernetes": "was refused"}


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[Path]:
    """The folder of the stand-ins, which stands first on the target's PATH."""
    folder = tmp_path / "bin"
    shutil.copytree(HERE / "stand_ins", folder)
    for program in folder.iterdir():
        program.chmod(0o755)
    (folder / "revisions").write_text("1 app:1.2.2\n2 app:1.7.0\n")
    yield folder
    with suppress(OSError, ValueError):
        os.kill(int((folder / "pid").read_text()), signal.SIGKILL)


@lru_cache(maxsize=1)
def shipped() -> dict[str, Any]:
    return read_plan(PLAN.read_text(encoding="utf-8"), PLAN.name).compile().compiled


def restart_only(number: int, patience: float) -> dict[str, Any]:
    """The shipped plan with nothing of this level but its restarts, as they are written.

    `patience`, in seconds: how long a proof that does not hold is asked again.
    """
    plan = deepcopy(shipped())
    found = next(one for one in plan["levels"] if one["number"] == number)
    found["steps"] = [one for one in found["steps"] if one["name"].startswith(f"l{number}-restart")]
    assert {one["for"] for one in found["steps"]} == {"systemd", "docker", "kubernetes", "dev"}
    plan["checks"], found["undo"] = [], []
    for read in plan["reads"]:
        if read["name"].startswith("restarted-"):
            read |= {"timeout": patience, "every": 0.2}
    return plan


def run_of(root: Path, tools: Path, deployment: str, number: int, patience: float = 20.0) -> Run:
    path = f"{tools}:{os.environ['PATH']}"
    target = make_target(root, deployment=deployment, env={"PATH": path}, params={"base-url": "http://127.0.0.1:1"})
    run = make_draft(root, [], target=target, revision=make_revision(restart_only(number, patience)), level=number)
    assert run.problems == []
    return run.start(by=make_user())


def carry_out(run: Run) -> StepRun:
    while runner.advance(run.pk, owner="test"):
        pass
    run.refresh_from_db()
    return run.steps.get(section="steps")


def changes(tools: Path) -> list[str]:
    calls = (tools / "calls").read_text().splitlines() if (tools / "calls").exists() else []
    return [call for call in calls if not call.startswith(READS)]


@pytest.mark.parametrize("deployment", ["systemd", "docker", "kubernetes"])
def test_each_restart_of_the_shipped_plan_runs_and_is_proved(tmp_path: Path, tools: Path, deployment: str) -> None:
    run = run_of(tmp_path, tools, deployment, 1)
    done = carry_out(run)
    assert (run.status, done.status) == ("succeeded", "succeeded"), done.detail
    assert changes(tools) == ASKED[deployment]
    assert done.outcome["verify"]["result"] == "pass"


def test_the_other_levels_and_the_way_back_restart_alike() -> None:
    plan = shipped()
    lists = [plan["restore"], *(one[part] for one in plan["levels"] for part in ("steps", "undo"))]
    seen = [
        {step["for"]: (step["body"], step["verify"], step["effect"]) for step in steps if step.get("for") in ASKED}
        for steps in lists
    ]
    assert all(one == seen[0] for one in seen)
    assert set(seen[0]) == set(ASKED)


@pytest.mark.parametrize("deployment", ["systemd", "docker", "kubernetes"])
def test_a_restart_that_fails_is_asked_once_and_waits_for_a_person(
    tmp_path: Path, tools: Path, deployment: str
) -> None:
    (tools / "fail").touch()
    run = run_of(tmp_path, tools, deployment, 1)
    failed = carry_out(run)
    assert (run.status, failed.status, failed.exit_code) == ("paused", "failed", 1)
    attempt = failed.last_attempt
    assert attempt is not None
    assert COMPLAINTS[deployment] in "".join(attempt.output.values_list("text", flat=True))
    before = changes(tools)
    assert before == ASKED[deployment][: len(before)]

    (tools / "fail").unlink()
    runner.advance(run.pk, owner="test")
    assert changes(tools) == before
    failed.retry(by=make_user())
    assert carry_out(run).status == "succeeded"
    assert changes(tools) == before + ASKED[deployment]


@pytest.mark.parametrize("deployment", ["docker", "kubernetes"])
def test_a_restart_that_only_says_so_is_no_restart(tmp_path: Path, tools: Path, deployment: str) -> None:
    (tools / "started").write_text("2020-01-01T00:00:00Z\n")
    (tools / "lie").touch()
    done = carry_out(run_of(tmp_path, tools, deployment, 1, patience=0.5))
    assert (done.exit_code, done.status) == (0, "failed")
    assert "its verify says that it is not so" in done.detail


def test_a_restart_by_hand_waits_for_the_person_who_does_it(tmp_path: Path, tools: Path) -> None:
    run = run_of(tmp_path, tools, "dev", 1)
    waiting = carry_out(run)
    assert (run.status, waiting.status, waiting.kind) == ("waiting", "waiting", "manual")
    waiting.confirm(by=make_user())
    assert carry_out(run).status == "succeeded"
    assert run.status == "succeeded"
    assert changes(tools) == []


def test_a_target_that_chose_no_alternative_is_asked_for_one(tmp_path: Path) -> None:
    target = make_target(tmp_path, params={"base-url": "http://127.0.0.1:1"})
    draft = make_draft(tmp_path, [], target=target, revision=make_revision(restart_only(1, 1.0)))
    assert "is written for systemd, docker, kubernetes, dev" in draft.problems[0]


# rollout undo: relative, so a second one restores what was rolled back.

UNDO = step(
    "undo", "kubectl rollout undo deployment/fraiseql-app", verify="runs-1.2.2", number="1", effect="once", timeout=30.0
)
IMAGE = step("runs-1.2.2", "kubectl get deployment/fraiseql-app | grep -Fx app:1.2.2", effect="read", every=0.2)


def undo_run(root: Path, tools: Path, patience: float = 20.0) -> Run:
    target = make_target(root, env={"PATH": f"{tools}:{os.environ['PATH']}"})
    plan = compiled(levels=[level(1, [UNDO])], reads=[{**IMAGE, "timeout": patience}])
    return make_draft(root, [], target=target, revision=make_revision(plan)).start(by=make_user())


def newest(tools: Path) -> str:
    return (tools / "revisions").read_text().split()[-1]


def test_an_undo_is_issued_once_however_often_its_hint_comes(tmp_path: Path, tools: Path) -> None:
    run = undo_run(tmp_path, tools)
    for _ in range(50):
        runner.advance(run.pk, owner="test")
    assert changes(tools) == ["kubectl rollout undo deployment/fraiseql-app"]
    assert newest(tools) == "app:1.2.2"


def test_an_undo_whose_worker_died_is_never_issued_again_by_itself(
    tmp_path: Path, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = undo_run(tmp_path, tools)

    def die(*args: Any, **kwargs: Any) -> bool:
        raise SystemExit("the worker dies after the command and before its outcome is written")

    monkeypatch.setattr(StepRun, "record", die)
    with pytest.raises(SystemExit):
        runner.advance(run.pk, owner="dies")
    monkeypatch.undo()
    StepRun.objects.filter(run=run).update(lease_until=timezone.now() - timedelta(minutes=1))
    (lost,) = runner.reap()
    for _ in range(10):
        runner.advance(run.pk, owner="another")
        runner.look_after(StepRun.objects.select_related("run").get(pk=lost.pk))

    lost = StepRun.objects.select_related("run").get(pk=lost.pk)
    assert lost.status == "lost"
    assert changes(tools) == ["kubectl rollout undo deployment/fraiseql-app"]
    assert lost.verify_answer is not None
    assert (lost.verify_answer["result"], lost.verify_answer["proposal"]) == ("pass", "succeeded")

    lost.settle(by=make_user(), as_="succeeded", reason="The older image runs.")
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert (changes(tools), newest(tools)) == (["kubectl rollout undo deployment/fraiseql-app"], "app:1.2.2")


def test_a_second_undo_would_bring_the_fault_back(tmp_path: Path, tools: Path) -> None:
    """Why all of this: the stand-in numbers its revisions as Kubernetes does."""
    for expected, patience in (("app:1.2.2", 20.0), ("app:1.7.0", 0.5)):
        run = undo_run(tmp_path, tools, patience)
        while runner.advance(run.pk, owner="test"):
            pass
        assert newest(tools) == expected
    # Its verify says so, although kubectl complained of nothing.
    assert run.steps.get(name="undo").status == "failed"
