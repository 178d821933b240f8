"""`manage.py plan sync`: a folder or repository of Markdown becomes plans; nothing is lost, nothing is deleted."""

import io
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from plans.models import Plan, PlanSource, Refused
from plans.repository import NoRepository, checked_out, is_address, without_secret
from tests.plans.pages.plans_for_tests import BROKEN, GOOD, make_plan

pytestmark = pytest.mark.django_db


def sync(place: Path | str, *options: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("plan", "sync", str(place), *options, stdout=out, stderr=err)
    return int(end.value.code or 0), out.getvalue(), err.getvalue()


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.test", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *who, "-C", str(folder), *words], check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "plans"
    (place / "shop").mkdir(parents=True)
    (place / "shop" / "rollback.md").write_text(GOOD)
    (place / "README.md").write_text("# How we deploy\n\nWords.\n")
    return place


def test_each_plan_of_a_folder_becomes_a_plan(folder: Path) -> None:
    status, said, odd = sync(folder)
    assert (status, odd) == (0, "")
    assert said == "shop/rollback.md: added as plan shop\n1 plan: 1 added; 1 other Markdown file left alone.\n"
    source = PlanSource.objects.get()
    assert (source.plan.slug, source.path, source.folder) == ("shop", "shop/rollback.md", str(folder))


def test_only_a_changed_text_is_a_new_revision(folder: Path) -> None:
    sync(folder)
    assert sync(folder) == (0, "1 plan: 1 same; 1 other Markdown file left alone.\n", "")
    (folder / "shop" / "rollback.md").write_text(GOOD.replace("answers**", "sells**"))
    assert "changed in plan shop" in sync(folder)[1]
    assert [revision.number for revision in Plan.objects.get().revisions.all()] == [2, 1]


def test_the_commit_and_its_author_are_noted(folder: Path) -> None:
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "Write the plan down")
    sync(folder)
    source = PlanSource.objects.get()
    current = source.plan.current
    assert current
    assert (len(source.commit), source.committed_by) == (40, "Ana")
    assert current.reason == f"shop/rollback.md at {source.short_commit} by Ana: Write the plan down"


def test_a_repository_is_followed_by_its_address(folder: Path, tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "data"
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "One")
    address = f"file://{folder}"
    assert sync(address)[0] == 0
    (folder / "shop" / "rollback.md").write_text(GOOD.replace("answers**", "sells**"))
    git(folder, "commit", "-qam", "Two")
    assert "1 changed" in sync(address)[1]
    assert PlanSource.objects.get().folder == address


def test_problems_are_told_and_the_text_is_kept(folder: Path) -> None:
    (folder / "shop" / "rollback.md").write_text(BROKEN)
    status, said, odd = sync(folder)
    assert status == 1
    assert "added as plan shop" in said
    assert odd.startswith("shop/rollback.md:17: `<wanted>` is not declared.")
    assert Plan.objects.get().revisions.count() == 1


def test_a_removed_file_is_told_and_its_plan_stays(folder: Path, plan_author: User) -> None:
    sync(folder)
    plan = Plan.objects.get()
    with pytest.raises(Refused, match=r"follows shop/rollback\.md of .*Change the file there"):
        plan.add_revision(text="# Other\n", by=plan_author, reason="x")
    (folder / "shop" / "rollback.md").rename(folder / "shop" / "rollback.txt")
    assert sync(folder)[::2] == (1, "shop/rollback.md: is no longer there; its plan stays as it is\n")
    Plan.objects.get().add_revision(text="# Other\n", by=plan_author, reason="x")
    (folder / "shop" / "rollback.txt").rename(folder / "shop" / "rollback.md")
    assert "changed in plan shop" in sync(folder)[1]
    assert PlanSource.objects.get().missing_since is None


def test_a_plan_with_the_same_text_follows_the_file(folder: Path, plan_author: User) -> None:
    plan = make_plan(by=plan_author, approved=True)
    sync(folder)
    assert PlanSource.objects.get().plan == plan
    assert plan.revisions.count() == 1
    assert plan.runnable


def test_a_pattern_takes_exactly_its_files(folder: Path) -> None:
    assert "1 plan: 1 added." in sync(folder, "--match", "README.md")[1]


def test_a_file_that_cannot_be_read_loses_nothing(folder: Path) -> None:
    sync(folder)
    (folder / "shop" / "rollback.md").write_bytes(b"# Plan\n\xff\n")
    status, _said, odd = sync(folder)
    assert (status, odd) == (1, "shop/rollback.md: not UTF-8 text (byte 7); nothing was changed. Save it as UTF-8.\n")
    assert PlanSource.objects.get().missing_since is None


def test_links_out_of_the_folder_are_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text(GOOD.replace("service: shop", "service: secret"))
    (folder / "linked.md").symlink_to(tmp_path / "secret.md")
    sync(folder)
    assert [plan.slug for plan in Plan.objects.all()] == ["shop"]


def test_nothing_to_read_is_one_sentence(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path
    assert sync(tmp_path / "none")[::2] == (
        2,
        f"{tmp_path}/none is no folder and no address of a repository. Nothing was changed.\n",
    )
    status, _said, odd = sync(f"file://{tmp_path}/none")
    assert status == 2
    assert odd.count("\n") == 1


def test_a_quiet_sync_says_only_what_is_wrong(folder: Path) -> None:
    assert sync(folder, "--quiet") == (0, "", "")


def test_no_transport_runs_a_program(tmp_path: Path) -> None:
    assert not is_address("ext::sh -c touch% x")
    assert not is_address("--upload-pack=x")
    with pytest.raises(NoRepository):
        checked_out("ext::sh -c exit", tmp_path / "repositories")


def test_a_token_is_never_shown() -> None:
    assert without_secret("https://me:token@git.example.test/plans.git") == "https://git.example.test/plans.git"


def test_the_pages_say_where_to_edit(folder: Path, signed_in: Any, plan_author: User) -> None:
    sync(folder)
    browser = signed_in(plan_author)
    assert "follows shop/rollback.md" in browser.get("/plans/").content.decode()
    assert "Change the file there" in browser.get("/plans/shop/").content.decode()
    page = browser.get("/plans/shop/change/").content.decode()
    assert "Save as revision" not in page
    refused = browser.post(
        "/plans/shop/change/", {"text": "# Other\n", "after": "1", "reason": "x", "accept_problems": "on"}
    )
    assert refused.status_code == 422
    assert "# Other" in refused.content.decode()
