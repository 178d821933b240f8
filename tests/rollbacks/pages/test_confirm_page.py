"""The confirm sheet: nothing starts that the person did not see."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from rollbacks.models import Run
from rollbacks.sheet import fingerprint, lint_of
from tests.rollbacks.engine.factories import compiled, level, make_draft, make_revision, make_target, step
from tests.rollbacks.pages.runs_for_pages import draft, text

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


@pytest.fixture
def browser(signed_in: SignedIn, responder: User) -> Client:
    return signed_in(responder)


def start(browser: Client, run: Run, **changes: Any) -> Any:
    fields = {"snapshot_hash": run.snapshot_hash, "drawn_from": json.dumps(fingerprint(run))}
    return browser.post(f"/runs/{run.pk}/start/", {**fields, **changes})


def test_the_sheet_shows_the_exact_commands_and_their_hash(browser: Client, tmp_path: Path) -> None:
    run = draft(tmp_path)
    page = text(browser.get(f"/runs/{run.pk}/confirm/"))
    assert "echo hello &amp;&amp; true" in page
    assert run.snapshot_hash in page
    assert str(tmp_path) in page
    assert f"Run Level 1 on {run.service.name} test" in page
    assert "Never: nobody has measured this level here." in page
    assert f"No worker listens to the queue {run.queue}" in page


def test_the_button_names_act_service_environment_and_version(browser: Client, tmp_path: Path) -> None:
    params = {"previous-version": {"default": "1.2.2", "pattern": None, "from": None, "bind": None}}
    steps = [step("install", "pip install shop==<previous-version>")]
    run = make_draft(tmp_path, steps, plan={"params": params})
    page = text(browser.get(f"/runs/{run.pk}/confirm/"))
    assert f'<button class="btn primary wide">Roll {run.service.name} test back to 1.2.2</button>' in page


def test_the_sheet_needs_a_fixed_number_of_queries(
    browser: Client, tmp_path: Path, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    run = make_draft(tmp_path, [step(f"step-{number}", "echo x") for number in range(20)])
    browser.get(f"/runs/{run.pk}/confirm/")
    with django_assert_max_num_queries(26):
        browser.get(f"/runs/{run.pk}/confirm/")


def test_confirming_queues_exactly_once(browser: Client, responder: User, tmp_path: Path) -> None:
    run = draft(tmp_path)
    assert start(browser, run)["Location"] == f"/runs/{run.pk}/"
    again = start(browser, run)
    assert again["Location"] == f"/runs/{run.pk}/"
    run.refresh_from_db()
    assert run.status == "queued"
    assert list(run.stream.events.values_list("kind", flat=True)).count("run.queued") == 1
    assert "was started already" in text(browser.get(f"/runs/{run.pk}/"))


def test_back_on_the_sheet_of_a_started_run_leads_to_the_run(browser: Client, tmp_path: Path) -> None:
    run = draft(tmp_path)
    start(browser, run)
    assert browser.get(f"/runs/{run.pk}/confirm/")["Location"] == f"/runs/{run.pk}/"
    # After a sign-in that came between, the browser asks the address of the act: nothing happens.
    assert browser.get(f"/runs/{run.pk}/start/")["Location"] == f"/runs/{run.pk}/"


def test_a_stale_sheet_starts_nothing_and_says_what_changed(browser: Client, tmp_path: Path) -> None:
    params = {"wanted": {"default": "1.2.2", "pattern": None, "from": None, "bind": None}}
    run = make_draft(tmp_path, [step("install", "echo <wanted>")], plan={"params": params})
    seen = {"snapshot_hash": run.snapshot_hash, "drawn_from": json.dumps(fingerprint(run))}
    run.prepare(params={"wanted": "1.2.1"})
    response = browser.post(f"/runs/{run.pk}/start/", seen)
    assert response.status_code == 409
    assert "nothing was started. wanted: 1.2.2 → 1.2.1; Changed: install." in text(response)
    run.refresh_from_db()
    assert run.status == "draft"


@pytest.mark.parametrize("garbage", ["", "[]", "{", '{"steps": 1}', '{"params": [1], "steps": {}}'])
def test_a_forged_form_starts_nothing(browser: Client, tmp_path: Path, garbage: str) -> None:
    run = draft(tmp_path)
    assert start(browser, run, snapshot_hash="0" * 64, drawn_from=garbage).status_code == 409


def test_a_second_run_of_the_same_service_is_refused_with_a_link(browser: Client, tmp_path: Path) -> None:
    first = draft(tmp_path)
    second = draft(tmp_path, target=first.target)
    start(browser, first)
    page = text(browser.get(f"/runs/{second.pk}/confirm/"))
    assert "Open it" in page
    assert 'class="btn primary wide"' not in page
    response = start(browser, second)
    assert response.status_code == 409
    assert f'href="/runs/{first.pk}/"' in text(response)


def test_an_unbound_parameter_is_named_and_can_be_given(browser: Client, tmp_path: Path) -> None:
    params = {"wanted": {"default": None, "pattern": r"1\.\d", "from": None, "bind": None}}
    run = make_draft(tmp_path, [step("install", "echo <wanted>")], plan={"params": params})
    page = text(browser.get(f"/runs/{run.pk}/confirm/"))
    assert "This cannot start yet" in page
    assert 'name="param-wanted"' in page
    assert start(browser, run).status_code == 422
    assert (
        browser.post(f"/runs/{run.pk}/parameters/", {"param-wanted": "1.2"})["Location"] == f"/runs/{run.pk}/confirm/"
    )
    run.refresh_from_db()
    assert run.given == {"wanted": "1.2"}
    assert "Being rendered" in text(browser.get(f"/runs/{run.pk}/confirm/"))


def test_a_plan_that_is_not_approved_starts_nothing(browser: Client, tmp_path: Path) -> None:
    revision = make_revision(compiled([step("hello", "echo hi")]), approved=False)
    run = make_draft(tmp_path, [], revision=revision)
    assert "not approved yet" in text(browser.get(f"/runs/{run.pk}/confirm/"))
    response = start(browser, run)
    assert response.status_code == 422
    assert "not approved yet" in text(response)


def test_a_second_person_approves_the_same_steps(
    browser: Client, signed_in: SignedIn, responder: User, plan_author: User, tmp_path: Path
) -> None:
    target = make_target(tmp_path, second_person_levels=[1])
    run = draft(tmp_path, target=target)
    Run.objects.filter(pk=run.pk).update(requested_by=responder)
    assert start(browser, run).status_code == 302
    run.refresh_from_db()
    assert run.status == "awaiting_approval"
    page = text(browser.get(f"/runs/{run.pk}/confirm/"))
    assert "Somebody else reads the same steps" in page
    own = browser.post(f"/runs/{run.pk}/approval/", {"answer": "yes", "snapshot_hash": run.snapshot_hash})
    assert own.status_code == 422
    other = signed_in(plan_author)
    assert (
        other.post(f"/runs/{run.pk}/approval/", {"answer": "no", "snapshot_hash": run.snapshot_hash}).status_code == 422
    )
    other.post(f"/runs/{run.pk}/approval/", {"answer": "yes", "snapshot_hash": run.snapshot_hash})
    run.refresh_from_db()
    assert run.status == "queued"


def test_a_draft_is_given_up(browser: Client, tmp_path: Path) -> None:
    run = draft(tmp_path)
    browser.post(f"/runs/{run.pk}/discard/")
    run.refresh_from_db()
    assert run.status == "canceled"


def test_the_impact_of_this_level_stands_on_the_sheet(browser: Client, tmp_path: Path) -> None:
    impact = [{"mark": "warn", "text": "Prices without tax"}]
    plan = compiled(levels=[level(1, [step("hello", "echo hi")], impact=impact)])
    run = make_draft(tmp_path, [], revision=make_revision(plan))
    assert "Prices without tax" in text(browser.get(f"/runs/{run.pk}/confirm/"))


def test_only_the_findings_on_this_level_are_shown(tmp_path: Path) -> None:
    run = make_draft(
        tmp_path, [], revision=make_revision(compiled(levels=[level(1, [step("a", "b")], line=10, end_line=30)]))
    )
    run.revision.lint = [{"line": 20, "message": "Unwise here"}, {"line": 99, "message": "Elsewhere"}]
    assert [finding["message"] for finding in lint_of(run)] == ["Unwise here"]


def test_a_viewer_reads_the_sheet_without_a_button(signed_in: SignedIn, viewer: User, tmp_path: Path) -> None:
    run = draft(tmp_path)
    browser = signed_in(viewer)
    page = text(browser.get(f"/runs/{run.pk}/confirm/"))
    assert "Responders start runs" in page
    assert start(browser, run).status_code == 403


def test_htmx_gets_the_sheet_alone(browser: Client, tmp_path: Path) -> None:
    run = draft(tmp_path)
    page = text(browser.get(f"/runs/{run.pk}/confirm/", headers={"HX-Request": "true"}))
    assert page.lstrip().startswith('<div id="sheet"')
    assert "<html" not in page
