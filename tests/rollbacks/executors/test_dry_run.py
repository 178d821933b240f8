"""A dry run shows everything and does only what reads."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from rollbacks import runner
from rollbacks.dry_run import dry_run
from rollbacks.models import Refused, Run, Watch
from rollbacks.rehearsals import rehearsals
from tests.conftest import make_person
from tests.rollbacks.engine.factories import compiled, level, make_draft, make_revision, make_user, statuses, step

pytestmark = pytest.mark.django_db

CHECK = step("is-down", "test -e changed", kind="shell", effect="read", purpose="state")


def draft_of_everything(root: Path) -> Run:
    steps = [
        step("look", "echo seen > seen; cat seen", effect="read"),
        step("change", "touch changed"),
        step("flag", "set x off", kind="flag", via="env:conf"),
        step("ask", "Call somebody", kind="manual"),
        step("pause", "30s", kind="wait"),
        step("look-badly", "exit 4", effect="read", retries=3),
        step("look-last", "echo last", effect="read"),
    ]
    return make_draft(root, steps, plan={"checks": [CHECK]})


def test_only_what_reads_is_done(tmp_path: Path) -> None:
    (tmp_path / "conf").write_text("x=true\n")
    run = dry_run(draft_of_everything(tmp_path), by=make_user())
    runner.advance(run.pk, owner="test")

    run.refresh_from_db()
    assert statuses(run) == {
        "state-before": "succeeded",
        "look": "succeeded",
        "change": "skipped",
        "flag": "skipped",
        "ask": "skipped",
        "pause": "skipped",
        "look-badly": "failed",
        "look-last": "succeeded",
        "is-down": "succeeded",
    }
    assert (tmp_path / "seen").exists()
    assert not (tmp_path / "changed").exists()
    assert (tmp_path / "conf").read_text() == "x=true\n"
    assert run.steps.get(name="look-badly").attempt == 1
    assert "does not pass yet" in run.steps.get(name="is-down").detail
    assert (run.status, run.kind, run.what) == ("failed", "dry_run", "Dry run of level 1")


def test_it_counts_for_nothing(tmp_path: Path) -> None:
    draft = make_draft(tmp_path, [step("look", "true", effect="read"), step("change", "true")])
    run = dry_run(draft, by=make_user())
    runner.advance(run.pk, owner="test")
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert run.promise_seconds is None
    assert rehearsals(run.target, 1).count == 0
    assert not Watch.objects.filter(run=run).exists()
    assert run.stream.key == run.target.stream
    assert list(draft.stream.events.filter(data__run=run.pk)) == []


def test_it_takes_no_slot_and_a_second_click_leads_to_the_first(tmp_path: Path) -> None:
    draft = make_draft(tmp_path, [step("look", "true", effect="read")])
    first = dry_run(draft, by=make_user())
    assert dry_run(draft, by=make_user()).pk == first.pk
    assert draft.start(by=make_user()).status == "queued"
    with pytest.raises(Refused, match="only a draft"):
        dry_run(Run.objects.get(pk=draft.pk), by=make_user())


def test_a_draft_with_problems_and_a_text_without_approval_run_nothing(tmp_path: Path) -> None:
    broken = make_draft(tmp_path, [step("install", "pip install app==<version>")])
    with pytest.raises(Refused, match=r"has no dry run yet: .*<version>"):
        dry_run(broken, by=make_user())
    plan = compiled([step("look", "touch made", effect="read")])
    unapproved = make_draft(tmp_path, [], revision=make_revision(plan, approved=False))
    with pytest.raises(Refused):
        dry_run(unapproved, by=make_user())
    assert not (tmp_path / "made").exists()


def test_the_sheet_has_its_button_and_the_page_says_what_it_is(
    tmp_path: Path, signed_in: Callable[[User], Client], responder: User
) -> None:
    draft = make_draft(tmp_path, [step("look", "true", effect="read"), step("change", "touch changed")])
    client = signed_in(responder)
    assert (
        reverse("run-dry-run", args=[draft.pk]) in client.get(reverse("confirm-run", args=[draft.pk])).content.decode()
    )
    answer = client.post(reverse("run-dry-run", args=[draft.pk]))
    run = Run.objects.get(kind="dry_run")
    assert answer.url == reverse("run", args=[run.pk])
    page = client.get(answer.url).content.decode()
    assert "Dry run · " in page
    assert "touch changed" in page
    assert "shown, not done" in page
    sheet = reverse("confirm-run", args=[draft.pk])
    assert "The last dry run of these steps" in client.get(sheet).content.decode()
    draft.prepare(params={})
    Run.objects.filter(pk=draft.pk).update(snapshot={**draft.snapshot, "params": {"a": "b"}})
    assert "The last dry run of these steps" not in client.get(sheet).content.decode()


def test_the_command_line_does_it_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_person("rita", "responder")
    draft = make_draft(tmp_path, [step("look", "true", effect="read"), step("change", "touch changed")])
    call_command("rollback", "dry-run", draft.pk, by="rita")
    said = capsys.readouterr().out
    assert "touch changed" in said
    assert "shown, not done" in said
    assert not (tmp_path / "changed").exists()


def test_another_level_is_the_one_that_is_shown(tmp_path: Path) -> None:
    plan = compiled(levels=[level(1, [step("one", "true")]), level(2, [step("two", "true")])])
    draft = make_draft(tmp_path, [], revision=make_revision(plan), level=2)
    assert [row["name"] for row in dry_run(draft, by=make_user()).snapshot["steps"]] == ["two"]
