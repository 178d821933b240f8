"""Readiness part by part, with what was rehearsed, and the paper pack of an approval."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from incidents.models import Contact
from plans.callers import Rehearsal, rehearsals_of
from plans.followers import keep_paper
from plans.models import Plan, Revision
from plans.paper import filled, write_paper
from plans.readiness import measured, readiness, summary
from rollbacks.models import Environment, Run, Service, Target
from tests.plans.pages.plans_for_tests import GOOD, make_plan
from timeline import domain_time
from timeline.models import Event, Stream

pytestmark = pytest.mark.django_db
AT = domain_time.now()
# A blank that the target fills, one that nobody does, and a command that must not be taken for markup.
TEXT = (
    GOOD.replace("service: shop", "service: shop\nparams: {host: {bind: target}, version: {}}")
    .replace("echo off > flag", "echo <host> <version> '<b>' > flag")
    .replace("'<b>'", "'&<i'")
)


def rehearsal(level: int = 1, seconds: float = 30.0, promised: float | None = 60.0) -> Rehearsal:
    return Rehearsal(1, level, "shop staging", AT, seconds, promised)


@pytest.fixture
def target(plan_author: User) -> Target:
    plan = make_plan(TEXT, by=plan_author, approved=True)
    service = Service.objects.create(name="shop", slug="shop")
    place = Environment.objects.create(name="staging", slug="staging")
    target = Target.objects.create(service=service, environment=place, plan=plan, params={"host": "shop-1"})
    Contact.objects.create(target=target, order=1, role="On-call engineer", name="Ben", address="ben@example.test")
    return target


def run_of(target: Target, seconds: float, **changes: Any) -> Run:
    assert target.plan
    started = domain_time.now() - timedelta(days=2)
    given = {
        "target": target,
        "service": target.service,
        "environment": target.environment,
        "revision": target.plan.current,
        "stream": Stream.objects.create(key=f"test:{Run.objects.count()}"),
        "kind": "drill",
        "level": 1,
        "status": "succeeded",
        "promise_seconds": 60.0,
        "started_at": started,
        "finished_at": started + timedelta(seconds=seconds),
    }
    return Run.objects.create(**{**given, **changes})


def test_each_part_says_whether_it_is_there_checked_and_rehearsed() -> None:
    read = Revision.read(GOOD)
    parts = {part.name: part for part in readiness(read.compiled, read.lint, [rehearsal()])}
    level = parts["Level 1: Flag off"]
    assert (level.there, level.checked) == ("1 step, promises 1 min", "1 of 1 change proved, 1 check after it")
    assert level.last
    assert level.last.is_kept
    assert (parts["Decision matrix"].there, parts["Decision matrix"].there_tone) == ("missing", "needs-you")
    assert parts["Validation after"].checked == "1 of 1 asked by Firebreak"


def test_the_list_says_how_much_was_rehearsed() -> None:
    compiled = Revision.read(GOOD).compiled
    assert summary(compiled, []) == ("never rehearsed", "is-late")
    assert summary(compiled, [rehearsal()]) == ("1 of 1 level rehearsed", "is-done")
    assert summary(compiled, [rehearsal(seconds=99)]) == (
        "1 of 1 level rehearsed; Level 1 slower than promised",
        "is-late",
    )
    assert summary({}, []) == ("", "")
    assert measured([rehearsal(seconds=3), rehearsal(seconds=9), rehearsal(level=2)]) == {1: 9, 2: 30}


def test_runs_and_drills_that_did_all_steps_count(target: Target) -> None:
    run_of(target, 42)
    run_of(target, 1, status="failed")
    run_of(target, 1, kind="evidence", level=None)
    (found,) = rehearsals_of([target.plan_id or 0])[target.plan_id or 0]
    assert (found.level, found.target, found.seconds, found.promised) == (1, "shop staging", 42.0, 60.0)


def test_the_page_and_the_list_show_what_was_measured(
    target: Target, plan_author: User, signed_in: Callable[[User], Client]
) -> None:
    browser = signed_in(plan_author)
    assert "Nobody measured whether level 1 takes 1 min." in browser.get("/plans/shop/").content.decode()
    run_of(target, 75)
    page = browser.get("/plans/shop/").content.decode()
    assert "on shop staging: 1:15, promised 1 min" in page
    assert "Level 1 promises 1 min and took 1 min 15 s." in page
    assert "slower than promised" in browser.get("/plans/").content.decode()


def test_the_paper_has_values_blanks_contacts_and_room(
    target: Target, plan_author: User, signed_in: Callable[[User], Client]
) -> None:
    page = signed_in(plan_author).get("/plans/shop/revisions/1/paper/").content.decode()
    assert 'echo shop-1 <span class="blank"><small>version</small></span> &#x27;&amp;&lt;i&#x27; &gt; flag' in page
    assert "On-call engineer Ben" in page
    assert "ben@example.test" in page
    assert "done at ____" in page
    assert "<style>" not in page
    assert "approved by" in page


def test_the_file_needs_nothing_else(target: Target, plan_author: User, signed_in: Callable[[User], Client]) -> None:
    response = signed_in(plan_author).get("/plans/shop/revisions/1/paper.html")
    page = response.content.decode()
    assert response["Content-Disposition"].startswith("attachment")
    assert "<style>" in page
    assert "break-inside: avoid" in page
    assert not any(word in page for word in ("<link", "<script", "href=", "src=", "url("))


def test_an_approval_writes_the_paper_and_its_end_takes_it_away(
    target: Target, plan_author: User, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path
    keep_paper(Event.objects.get(kind="revision.approved"))
    file = tmp_path / "paper" / "shop.html"
    assert "echo shop-1" in file.read_text()
    assert file.parent.stat().st_mode & 0o077 == 0
    revision = Revision.objects.get()
    revision.withdraw_approval(by=plan_author, reason="A mistake")
    keep_paper(Event.objects.get(kind="revision.approval_withdrawn"))
    assert not file.exists()
    assert [path.name for path in file.parent.iterdir()] == []


def test_a_plan_that_was_never_approved_has_no_paper(plan_author: User, tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path
    assert write_paper(make_plan(by=plan_author)) is None


def test_a_plan_without_a_target_prints_all_its_ways(plan_author: User, signed_in: Callable[[User], Client]) -> None:
    make_plan(by=plan_author)
    page = signed_in(plan_author).get("/plans/shop/revisions/1/paper/").content.decode()
    assert "any target" in page
    assert "not approved: do not run it" in page


def test_values_are_text_on_paper() -> None:
    assert filled("a <x> <y>", {"x": "<b>"}) == 'a &lt;b&gt; <span class="blank"><small>y</small></span>'


def test_every_plan_is_asked_at_once(target: Target, django_assert_num_queries: Callable[[int], Any]) -> None:
    plans = [target.plan_id or 0, *(Plan.create(text=GOOD, slug=f"p{number}").pk for number in range(3))]
    with django_assert_num_queries(1):
        rehearsals_of(plans)
