"""An undo brings back what was before: the answers are recorded, and the values that it needs are read in time."""

from pathlib import Path
from typing import Any

import pytest

from rollbacks import probes, process, runner
from rollbacks.context import Answer, Surroundings
from rollbacks.models import Refused, Run
from rollbacks.runner.perform import NETWORK_TRIES, ask_now
from tests.rollbacks.engine.factories import level, make_draft, make_run, make_user, statuses, step

pytestmark = pytest.mark.django_db


def advance(run: Run) -> Run:
    runner.advance(run.pk, owner="test")
    run.refresh_from_db()
    return run


def flag_plan() -> dict[str, object]:
    """A flag in a file that a run turns off and its undo puts back; one state check for each position."""
    back = step("back", "echo <before> > flag", effect="idempotent")
    return {
        "params": {"before": {"from": "read-flag"}},
        "reads": [step("read-flag", "cat flag", effect="read")],
        "levels": [level(1, [step("off", "echo off > flag", effect="idempotent")], undo=[back])],
        "checks": [
            step("is-off", "grep -x off flag", effect="read", purpose="state", levels=[1]),
            step("is-on", "grep -x on flag", effect="read", purpose="state", levels=["restore"]),
        ],
    }


def test_an_undo_takes_what_was_read_before_and_brings_the_answers_back(tmp_path: Path) -> None:
    (tmp_path / "flag").write_text("on\n")
    run = advance(make_run(tmp_path, [], plan=flag_plan()))
    assert run.status == "succeeded"
    assert {name: answer["result"] for name, answer in (run.state_before or {}).items()} == {
        "is-off": "fail",
        "is-on": "pass",
    }
    assert run.params == {"before": "on"}

    undo = Run.draft(
        target=run.target, revision=run.revision, kind="undo", stream="incident:9", by=make_user(), undoes=run
    )
    undo = advance(undo.prepare().start(by=make_user()))

    assert undo.status == "succeeded"
    assert (tmp_path / "flag").read_text() == "on\n"
    assert statuses(undo) == {"back": "succeeded", "is-off": "succeeded", "is-on": "succeeded"}


def test_a_value_that_only_the_undo_needs_never_blocks_the_rollback(tmp_path: Path) -> None:
    run = make_draft(tmp_path, [], plan=flag_plan())
    assert (run.problems, run.params) == ([], {})


def test_a_service_that_fails_now_and_then_is_asked_more_than_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([Answer("fail", "errors"), Answer("fail", "errors"), Answer("pass", "Author")])
    monkeypatch.setattr(probes, "ask", lambda *args, **named: next(answers))
    assert ask_now({"kind": "graphql"}, Surroundings(Path("/")), lambda: False).result == "pass"


def test_a_command_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(probes, "ask", lambda *args, **named: asked.append(1) or Answer("fail", "no"))
    ask_now({"kind": "shell"}, Surroundings(Path("/")), lambda: False)
    assert len(asked) == 1
    ask_now({"kind": "graphql"}, Surroundings(Path("/")), lambda: False)
    assert len(asked) == 1 + NETWORK_TRIES


def test_two_installations_never_take_each_others_processes_for_their_own(settings: Any) -> None:
    mine = process.token_of(1, 1, 1)
    settings.SECRET_KEY = "another installation on the same machine"
    assert process.token_of(1, 1, 1) != mine


def done_in_three(folder: Path) -> Run:
    """Two files were made; each step names its way back, and the level has a list of its own for both."""
    gone = step("gone", "test ! -e a", effect="read", timeout=0.2)
    back_a = step("back-a", "rm a; echo a >> undone", verify="gone")
    back_b = step("back-b", "rm b; echo b >> undone")
    steps = [step("a", "touch a", undo="back-a"), step("b", "touch b", undo="back-b"), step("c", "touch c")]
    plan = {"reads": [gone, back_a, back_b]}
    return advance(make_run(folder, steps, plan=plan))


def draft_undo(run: Run, **of: Any) -> Run:
    return Run.draft(
        target=run.target, revision=run.revision, kind="undo", stream="incident:9", by=make_user(), **of
    ).prepare()


def test_a_level_is_undone_last_step_first_and_each_is_verified(tmp_path: Path) -> None:
    undo = advance(draft_undo(run := done_in_three(tmp_path), undoes=run).start(by=make_user()))
    assert undo.status == "succeeded"
    assert (tmp_path / "undone").read_text() == "b\na\n"
    assert undo.steps.get(name="back-a").outcome["verify"]["result"] == "pass"
    assert run not in Run.objects.standing(run.target)


def test_one_step_is_undone_alone_and_its_run_still_stands(tmp_path: Path) -> None:
    run = done_in_three(tmp_path)
    undo = advance(draft_undo(run, undoes_step=run.steps.get(name="a")).start(by=make_user()))
    assert undo.status == "succeeded"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "c", "undone"]
    assert run in Run.objects.standing(run.target)


@pytest.mark.parametrize(("name", "words"), [("c", "names no undo= in its plan"), ("b", "nothing of it to undo")])
def test_a_step_that_cannot_be_undone_says_why(tmp_path: Path, name: str, words: str) -> None:
    run = done_in_three(tmp_path)
    run.steps.filter(name="b").update(status="skipped")
    with pytest.raises(Refused, match=words):
        draft_undo(run, undoes_step=run.steps.get(name=name))


def test_a_step_of_a_run_at_work_is_not_undone(tmp_path: Path) -> None:
    run = advance(make_run(tmp_path, [step("a", "touch a", undo="x"), step("look", "Look", kind="manual")]))
    with pytest.raises(Refused, match="is still waiting for you"):
        draft_undo(run, undoes_step=run.steps.get(name="a"))
