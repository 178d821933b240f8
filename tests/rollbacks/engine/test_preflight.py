"""Every reason that is looked at before a run: its name, its sentence, and whether it blocks."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now

from incidents.models import Incident
from rollbacks import deploys, preparing
from rollbacks.hands import hands
from rollbacks.models import Refused, Run, Sample, Worker
from rollbacks.preflight import MIB, Reason, may_start, preflight
from rollbacks.version import VERSION
from tests.rollbacks.engine.factories import make_draft, make_target, step
from timeline import domain_time

pytestmark = pytest.mark.django_db


def reasons(run: Run) -> dict[str, Reason]:
    return {reason.key: reason for reason in preflight(run)}


def worker(name: str = "w", **facts: Any) -> Worker:
    known = {"host": "h", "queues": ["rollback"], "slots": 2, "busy": 0, "version": VERSION, "last_beat": Now()}
    return Worker.objects.create(name=name, **{**known, **facts})


def test_a_deploy_that_goes_on_is_said_until_it_ends(tmp_path: Path) -> None:
    run = make_draft(tmp_path, [step("one", "true")])
    assert "deploy" not in reasons(run)
    deploys.mark(run.target, state="started", version="1.7.0", who="pipeline")
    reason = reasons(run)["deploy"]
    assert (reason.state, reason.blocks) == ("warn", False)
    assert f"A deploy of 1.7.0 to {run.target} goes on since" in reason.sentence
    deploys.mark(run.target, state="finished", version="1.7.0")
    assert "deploy" not in reasons(run)


def test_a_mark_of_a_pipeline_that_died_is_not_believed_for_ever(tmp_path: Path, move_time: Callable[..., Any]) -> None:
    run = make_draft(tmp_path, [step("one", "true")])
    deploys.mark(run.target, state="started")
    move_time(timedelta(minutes=61))
    assert "deploy" not in reasons(run)


def test_a_mark_says_one_of_three_states(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="“paused” is none of them"):
        deploys.mark(make_target(tmp_path), state="paused")
    with pytest.raises(Refused, match="begins with http"):
        deploys.mark(make_target(tmp_path), state="started", url="javascript:alert(1)")


@pytest.mark.parametrize(
    ("free", "state", "blocks"), [(8 * MIB, "stop", True), (100 * MIB, "warn", False), (2048 * MIB, None, False)]
)
def test_the_space_where_the_commands_run_is_looked_at(
    tmp_path: Path, free: int, state: str | None, blocks: bool
) -> None:
    run = make_draft(tmp_path, [step("one", "true")])
    disk = {"name": "the target's folder", "path": str(tmp_path), "free": free, "total": 10**12}
    run.seen_there = {"host": "app-1", "disks": [disk], "at": ""}
    reason = reasons(run).get("disk")
    assert (reason.state if reason else None) == state
    assert may_start(preflight(run)) is not blocks
    if reason:
        assert f"{free // MIB} MiB are free for the target's folder on app-1" in reason.sentence


def test_the_space_is_asked_where_the_steps_are_rendered(tmp_path: Path) -> None:
    run = make_draft(tmp_path, [step("one", "true")])
    seen = run.seen_there or {}
    assert {disk["name"] for disk in seen["disks"]} == {"its data folder", "the target's folder"}
    assert all(0 <= disk["free"] <= disk["total"] for disk in seen["disks"])
    gone = make_target(tmp_path / "nowhere")
    assert [disk["name"] for disk in preparing.seen_there(gone)["disks"]] == ["its data folder"]


def test_another_incident_of_the_same_target_is_named(tmp_path: Path) -> None:
    target = make_target(tmp_path)
    at = domain_time.now()
    mine, other = (
        Incident.objects.create(target=target, title=title, severity="P1", detected_at=at, declared_at=at)
        for title in ("Errors", "Slow answers")
    )
    run = make_draft(tmp_path, [step("one", "true")], target=target, stream=f"incident:{mine.pk}")
    reason = reasons(run)["other-incident"]
    assert reason.state == "warn"
    assert reason.sentence.startswith(f"INC-{other.pk} “Slow answers” is open on {target} too.")
    Incident.objects.filter(pk=other.pk).update(status="dismissed")
    assert "other-incident" not in reasons(run)


@pytest.mark.parametrize(("errors", "said"), [(0, True), (3, False)])
def test_a_service_that_answers_well_is_worth_a_question(tmp_path: Path, errors: int, said: bool) -> None:
    run = make_draft(tmp_path, [step("one", "true")])
    Sample.objects.create(
        target=run.target, stream_key="incident:1", signal="errors", at=domain_time.now() - timedelta(seconds=20),
        seconds=5.0, requests=50, errors=errors, p95_ms=12.4,
    )  # fmt: skip
    reason = reasons(run).get("already-well")
    assert (reason is not None) is said
    if reason:
        assert reason.sentence == (
            "It answers well now: 0 errors in 50 requests of the last minute, 95 % of them within 12 ms. Are you sure?"
        )


def test_figures_of_an_hour_ago_do_not_speak_of_now(tmp_path: Path) -> None:
    run = make_draft(tmp_path, [step("one", "true")])
    at = domain_time.now() - timedelta(hours=1)
    Sample.objects.create(target=run.target, stream_key="i", signal="errors", at=at, seconds=5.0, requests=50)
    assert "already-well" not in reasons(run)


def test_workers_of_a_queue_are_ready_busy_stopping_or_silent() -> None:
    long_ago = domain_time.now() - timedelta(minutes=5)
    worker("a-silent", last_beat=long_ago)
    worker("b-busy", busy=2)
    worker("c-ready", version="0.0.1+old")
    worker("d-stopping", stopping=True)
    worker("elsewhere", queues=["target.shop"])
    found = hands("rollback")
    assert [(one.name, one.state, one.is_there) for one in found] == [
        ("c-ready", "ready", True),
        ("b-busy", "busy", True),
        ("d-stopping", "ending", False),
        ("a-silent", "silent", False),
    ]
    assert [one.is_other_version for one in found] == [True, False, False, False]


def test_a_worker_with_other_code_is_named(tmp_path: Path) -> None:
    worker("remote@app-1", version="0.0.1+old")
    reason = reasons(make_draft(tmp_path, [step("one", "true")]))["worker-version"]
    assert reason.state == "warn"
    assert "remote@app-1 (0.0.1+old)" in reason.sentence
