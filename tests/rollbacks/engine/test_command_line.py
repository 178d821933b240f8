"""Every act of a run without the web: `manage.py rollback …`."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from rollbacks import process, runner
from rollbacks.models import Run, StepRun, leases
from tests.rollbacks.engine.factories import (
    compiled,
    make_draft,
    make_operator,
    make_revision,
    make_run,
    make_target,
    step,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def operator(db: None) -> User:
    return make_operator("olga")


def command(*words: str, by: str = "olga") -> str:
    out = StringIO()
    call_command("rollback", *words, *(("--by", by) if by else ()), stdout=out)
    return out.getvalue()


def status_of(run: Run) -> str:
    return str(Run.objects.get(pk=run.pk).status)


def test_a_run_is_drafted_started_and_driven_without_a_page(tmp_path: Path) -> None:
    params = {"word": {"default": "hello", "pattern": None, "from": None, "bind": None}}
    revision = make_revision(compiled([step("say", "echo <word> > said")], params=params))
    target = make_target(tmp_path, plan=revision.plan)
    words = f"{target.service.slug}/{target.environment.slug}"
    said = command("draft", "--target", words, "--level", "1", "--param", "word=good-bye", "--incident", "7")
    run = Run.objects.get()
    assert f"Start it: manage.py rollback start {run.pk} --by olga" in said
    assert "[ok] revision:" in said
    assert run.stream.key == "incident:7"
    assert "is queued" in command("start", str(run.pk))
    assert "is done" in command("drive", str(run.pk), by="")
    assert (tmp_path / "said").read_text() == "good-bye\n"
    assert "say: Done." in command("status", str(run.pk), by="")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("draft", "--target", "nobody/here", "--level", "1"), "There is no target “nobody/here”"),
        (("start",), "Say which run"),
        (("start", "999"), "There is no run 999"),
    ],
)
def test_what_is_missing_is_named(words: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        command(*words)


def test_a_target_without_a_plan_and_an_odd_parameter_are_refused(tmp_path: Path) -> None:
    bare, target = make_target(tmp_path), make_target(tmp_path, plan=make_revision(compiled([])).plan)
    with pytest.raises(CommandError, match="has no plan with an approved revision"):
        command("draft", "--target", f"{bare.service.slug}/test", "--level", "1")
    with pytest.raises(CommandError, match="Write --param NAME=VALUE"):
        command("draft", "--target", f"{target.service.slug}/test", "--level", "1", "--param", "word")
    with pytest.raises(CommandError, match="has no level 9"):
        command("draft", "--target", f"{target.service.slug}/test", "--level", "9")


def test_a_run_is_approved_refused_and_gone_on_with_alone(tmp_path: Path, move_time: Any) -> None:
    make_operator("bo")
    runs = [
        make_run(tmp_path, [step("one", "true")], target=make_target(tmp_path, second_person_levels=[1]))
        for _ in range(3)
    ]
    assert "is queued" in command("approve", str(runs[0].pk), by="bo")
    assert "is refused" in command("reject", str(runs[1].pk), "--reason", "not now", by="bo")
    with pytest.raises(CommandError, match="Others may still answer"):
        command("go-alone", str(runs[2].pk), "--reason", "3 a.m.")
    move_time(timedelta(minutes=11))
    assert "is queued" in command("go-alone", str(runs[2].pk), "--reason", "3 a.m.")


def test_a_run_is_paused_gone_on_with_and_stopped(tmp_path: Path) -> None:
    run = make_run(tmp_path, [step("look", "Look", kind="manual"), step("two", "true")])
    runner.advance(run.pk, owner="t")
    assert "is paused" in command("pause", str(run.pk), "--reason", "wait for Bo")
    assert "is waiting for you" in command("resume", str(run.pk))
    assert "is stopped" in command("cancel", str(run.pk), "--reason", "wrong service")
    with pytest.raises(CommandError, match="already over"):
        command("cancel", str(run.pk))


def test_kill_reaches_the_run(tmp_path: Path) -> None:
    run = make_run(tmp_path, [step("one", "true")])
    assert leases.claim(run.pk, owner="w", host="h") is not None
    assert "is stopping" in command("cancel", str(run.pk), "--kill")
    assert Run.objects.get(pk=run.pk).kill_requested


@pytest.mark.parametrize(
    ("as_", "ends"), [("succeeded", "running"), ("skipped", "running"), ("failed", "paused"), ("again", "running")]
)
def test_a_lost_step_is_settled(tmp_path: Path, as_: str, ends: str) -> None:
    run = make_run(tmp_path, [step("one", "true"), step("two", "true")])
    assert leases.claim(run.pk, owner="w", host="h") is not None
    StepRun.objects.filter(run=run, name="one").update(lease_until=Now() - timedelta(seconds=1))
    runner.reap()
    assert "Outcome unknown" in command("status", str(run.pk), by="")
    with pytest.raises(SystemExit) as ended:
        command("drive", str(run.pk), by="")
    assert ended.value.code == 2
    with pytest.raises(CommandError, match="Say what became of the step"):
        command("settle", str(run.pk), "--reason", "looked")
    with pytest.raises(CommandError, match="Say why"):
        command("settle", str(run.pk), "--as", as_)
    command("settle", str(run.pk), "--as", as_, "--reason", "looked")
    assert status_of(run) == ends
    settled = run.stream.events.get(kind="step.settled")
    assert (settled.actor_name, settled.data["reason"]) == ("olga", "looked")


def test_status_says_what_a_person_needs_to_settle(tmp_path: Path) -> None:
    plan = {"reads": [step("there", "test -e made", effect="read")]}
    run = make_run(tmp_path, [step("one", "touch made", verify="there")], plan=plan)
    taken = leases.claim(run.pk, owner="w", host=process.host_name(), boot_id=process.boot_id())
    assert taken is not None
    StepRun.objects.filter(run=run).update(lease_until=Now() - timedelta(seconds=1))
    (lost,) = runner.reap()
    assert "nobody has looked after it yet" in command("status", str(run.pk), by="")
    runner.look_after(lost)
    said = command("status", str(run.pk), by="")
    assert "Its effect is not there, and nothing of it runs any more" in said
    assert "Proposed: --as again." in said
    assert f"rollback settle {run.pk} --as" in said


def test_status_says_why_a_queued_run_waits(tmp_path: Path) -> None:
    run = make_run(tmp_path, [step("one", "true")], target=make_target(tmp_path, queue="target.far"))
    said = command("status", str(run.pk), by="")
    assert "No worker listens to the queue target.far" in said
    assert f"rollback drive {run.pk} does it" in said


def test_a_run_and_one_step_of_it_are_undone(tmp_path: Path) -> None:
    back = step("back", "rm made")
    run = make_run(tmp_path, [step("make", "touch made", undo="back")], plan={"reads": [back]})
    runner.advance(run.pk, owner="t")
    with pytest.raises(CommandError, match="has no step nothing"):
        command("undo", str(run.pk), "--step", "nothing")
    command("undo", str(run.pk))
    said = command("undo", str(run.pk), "--step", "make")
    undo = Run.objects.get(undoes_step__isnull=False)
    assert f"start {undo.pk} --by olga" in said
    command("start", str(undo.pk))
    command("drive", str(undo.pk), by="")
    assert not (tmp_path / "made").exists()


def test_a_way_back_that_waits_serves_again_and_one_that_ended_does_not(tmp_path: Path) -> None:
    back = step("back", "rm made")
    run = make_run(tmp_path, [step("make", "touch made", undo="back")], plan={"reads": [back]})
    runner.advance(run.pk, owner="t")
    assert "drafted for that already" not in command("undo", str(run.pk))
    whole = Run.objects.get(undoes=run)
    said = command("undo", str(run.pk))
    assert f"Run {whole.pk} was drafted for that already" in said
    assert f"start {whole.pk} --by olga" in said
    command("undo", str(run.pk), "--step", "make")
    of_step = Run.objects.get(undoes_step__isnull=False)
    assert f"Run {of_step.pk} was drafted" in command("undo", str(run.pk), "--step", "make")
    assert Run.objects.filter(kind="undo").count() == 2
    command("start", str(of_step.pk))
    command("drive", str(of_step.pk), by="")
    command("undo", str(run.pk), "--step", "make")
    assert Run.objects.filter(undoes_step__isnull=False).count() == 2


def test_without_room_on_the_disk_nothing_is_started(tmp_path: Path) -> None:
    run = make_draft(tmp_path, [step("one", "true")])
    disk = {"name": "the target's folder", "path": "/", "free": 1024, "total": 2**40}
    Run.objects.filter(pk=run.pk).update(seen_there={"host": "app-1", "disks": [disk], "at": ""})
    with pytest.raises(CommandError, match="Only 0 MiB are free for the target's folder on app-1"):
        command("start", str(run.pk))
    assert status_of(run) == "draft"
