"""The run's page: what it shows in each state, and every act on it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from rollbacks import runner
from rollbacks.models import Run
from rollbacks.views.acting import state_of
from tests.rollbacks.engine.factories import step
from tests.rollbacks.pages.runs_for_pages import (
    OWNER,
    advanced,
    draft,
    failed_run,
    manual_run,
    post,
    running_run,
    say,
    text,
)

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


@pytest.fixture
def browser(signed_in: SignedIn, responder: User) -> Client:
    return signed_in(responder)


def fresh(run: Run) -> Run:
    return Run.objects.get(pk=run.pk)


def test_a_draft_leads_to_its_sheet(browser: Client, tmp_path: Path) -> None:
    run = draft(tmp_path)
    assert browser.get(f"/runs/{run.pk}/")["Location"] == f"/runs/{run.pk}/confirm/"


def test_a_running_step_shows_its_output_escaped(browser: Client, tmp_path: Path) -> None:
    run, claimed = running_run(tmp_path)
    page = text(browser.get(f"/runs/{run.pk}/"))
    assert "first line" in page
    assert "&lt;b&gt;second&lt;/b&gt;" in page
    assert "Stop after this step" in page
    assert "Kill “slow” now" in page
    assert "it is meant to run once" in page
    assert f"/runs/{run.pk}/steps/{claimed.pk}/output/?after=1" in page


def test_output_comes_in_pieces_until_the_step_ends(browser: Client, tmp_path: Path) -> None:
    run, claimed = running_run(tmp_path)
    say(claimed, "third line\n", seq=2)
    address = f"/runs/{run.pk}/steps/{claimed.pk}/output/"
    more = text(browser.get(f"{address}?after=1"))
    assert "third line" in more
    assert "first line" not in more
    assert f"{address}?after=2" in more
    assert "hx-trigger" in text(browser.get(f"{address}?after=2"))
    type(claimed).objects.filter(pk=claimed.pk).update(status="succeeded")
    assert "hx-trigger" not in text(browser.get(f"{address}?after=2"))
    assert browser.get(f"{address}?after=-1%00").status_code == 200


def test_the_output_of_a_done_step_is_a_link_away(browser: Client, tmp_path: Path) -> None:
    run = manual_run(tmp_path)
    done = run.steps.get(name="hello")
    assert "hello there" not in text(browser.get(f"/runs/{run.pk}/")).replace("echo hello there", "")
    page = text(browser.get(f"/runs/{run.pk}/?open={done.pk}"))
    assert 'aria-label="Output of hello"' in page


def test_a_manual_step_is_confirmed_with_a_note(browser: Client, tmp_path: Path) -> None:
    run = manual_run(tmp_path)
    waiting = run.steps.get(status="waiting")
    assert "I did this" in text(browser.get(f"/runs/{run.pk}/"))
    post(browser, run, f"steps/{waiting.pk}/confirmation/", note="Looked fine.")
    waiting.refresh_from_db()
    assert (waiting.status, waiting.detail) == ("succeeded", "Looked fine.")
    runner.advance(run.pk, owner=OWNER)
    page = text(browser.get(f"/runs/{run.pk}/"))
    assert "Done" in page
    assert "Undo Level 1" in page


def test_a_double_click_confirms_once(browser: Client, tmp_path: Path) -> None:
    run = manual_run(tmp_path)
    waiting = run.steps.get(status="waiting")
    path = f"steps/{waiting.pk}/confirmation/"
    assert post(browser, run, path).status_code == 302
    assert post(browser, fresh(run), path).status_code == 422
    assert list(run.stream.events.values_list("kind", flat=True)).count("step.confirmed") == 1


def test_a_stale_form_does_nothing_and_says_who_did_what(
    browser: Client, signed_in: SignedIn, plan_author: User, tmp_path: Path
) -> None:
    run = failed_run(tmp_path)
    broken = run.steps.get(status="failed")
    seen = state_of(run)
    post(signed_in(plan_author), run, f"steps/{broken.pk}/skip/", reason="Not needed")
    response = browser.post(f"/runs/{run.pk}/steps/{broken.pk}/retry/", {"seen": seen, "reason": ""})
    assert response.status_code == 409
    page = text(response)
    assert "Nothing was done" in page
    assert "paul" in page or "Firebreak" in page
    broken.refresh_from_db()
    assert (broken.status, broken.attempt) == ("skipped", 1)


def test_a_failed_step_is_tried_again(browser: Client, tmp_path: Path) -> None:
    run = failed_run(tmp_path)
    broken = run.steps.get(status="failed")
    page = text(browser.get(f"/runs/{run.pk}/"))
    assert "half done" in page
    assert "look whether a part of it took place" in page
    post(browser, run, f"steps/{broken.pk}/retry/", reason="Disk was full")
    broken.refresh_from_db()
    assert broken.status == "queued"
    assert fresh(run).status == "running"


def test_skipping_needs_a_reason(browser: Client, tmp_path: Path) -> None:
    run = failed_run(tmp_path)
    broken = run.steps.get(status="failed")
    response = post(browser, run, f"steps/{broken.pk}/skip/", reason=" ")
    assert response.status_code == 422
    assert "Say why" in text(response)
    post(browser, run, f"steps/{broken.pk}/skip/", reason="Done by hand")
    runner.advance(run.pk, owner=OWNER)
    assert fresh(run).status == "succeeded"
    assert "Skipped: Done by hand" in text(browser.get(f"/runs/{run.pk}/"))


def test_a_step_that_asks_for_approval(browser: Client, responder: User, tmp_path: Path) -> None:
    run = advanced(tmp_path, step("ask", "May we?", kind="approval", approve="1 of oncall-lead"))
    waiting = run.steps.get(status="waiting")
    page = text(browser.get(f"/runs/{run.pk}/"))
    assert "Asks 1 person of oncall lead." in page
    assert post(browser, run, f"steps/{waiting.pk}/approval/", answer="no", reason="").status_code == 422
    post(browser, run, f"steps/{waiting.pk}/approval/", answer="yes")
    assert fresh(run).status == "succeeded"


def test_stop_after_this_step_is_the_default(browser: Client, tmp_path: Path) -> None:
    run, _claimed = running_run(tmp_path)
    post(browser, run, "stop/")
    now = fresh(run)
    assert (now.status, now.kill_requested) == ("canceling", False)
    assert "It stops after this step; nothing more is started." in text(browser.get(f"/runs/{run.pk}/"))
    post(browser, now, "stop/", kill="yes")
    assert fresh(run).kill_requested


def test_stopping_a_waiting_run_ends_it(browser: Client, tmp_path: Path) -> None:
    run = manual_run(tmp_path)
    post(browser, run, "stop/")
    assert fresh(run).status == "canceled"
    response = post(browser, fresh(run), "stop/")
    assert response.status_code == 422
    assert "already over" in text(response)


def test_pausing_and_going_on(browser: Client, tmp_path: Path) -> None:
    run = manual_run(tmp_path)
    post(browser, run, "pause/")
    assert fresh(run).status == "paused"
    assert "Go on" in text(browser.get(f"/runs/{run.pk}/"))
    post(browser, fresh(run), "resumption/")
    assert fresh(run).status == "waiting"


def test_undo_drafts_one_run_with_its_own_sheet(browser: Client, tmp_path: Path) -> None:
    run = advanced(tmp_path, step("hello", "echo hi", undo="back"), plan={"reads": [step("back", "echo back")]})
    first = browser.post(f"/runs/{run.pk}/undo/")
    undo = Run.objects.get(undoes=run)
    assert first["Location"] == f"/runs/{undo.pk}/confirm/"
    assert browser.post(f"/runs/{run.pk}/undo/")["Location"] == first["Location"]
    undo.prepare()
    page = text(browser.get(f"/runs/{undo.pk}/confirm/"))
    assert f"Undo Level 1 on {run.service.name} test" in page
    assert "echo back" in page


def test_the_log_holds_every_step_and_its_output(browser: Client, tmp_path: Path) -> None:
    run = failed_run(tmp_path)
    response = browser.get(f"/runs/{run.pk}/log/")
    log = b"".join(response).decode()
    assert f"run-{run.pk}.log" in response["Content-Disposition"]
    assert "half done" in log
    assert "exit 3" in log
    assert "Not started" in log


def test_the_page_needs_a_fixed_number_of_queries(
    browser: Client, tmp_path: Path, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    few = advanced(tmp_path, step("a", "echo a"))
    many = advanced(tmp_path, *[step(f"s{number}", "echo a") for number in range(12)])
    browser.get(f"/runs/{few.pk}/")
    for run in (few, many):
        with django_assert_max_num_queries(22):
            assert browser.get(f"/runs/{run.pk}/").status_code == 200


def test_htmx_gets_the_live_part_alone(browser: Client, tmp_path: Path) -> None:
    run = manual_run(tmp_path)
    page = text(browser.get(f"/runs/{run.pk}/", headers={"HX-Request": "true"}))
    assert page.lstrip().startswith('<div id="live"')
    assert "<html" not in page


def test_a_viewer_reads_and_cannot_act(signed_in: SignedIn, viewer: User, tmp_path: Path) -> None:
    run = manual_run(tmp_path)
    browser = signed_in(viewer)
    page = text(browser.get(f"/runs/{run.pk}/"))
    assert "I did this" not in page
    assert "Stop the run" not in page
    assert post(browser, run, "stop/").status_code == 403
    assert browser.get(f"/runs/{run.pk}/log/").status_code == 200


def test_what_does_not_exist_is_404(browser: Client, tmp_path: Path) -> None:
    run, other = manual_run(tmp_path), manual_run(tmp_path)
    foreign = other.steps.get(status="waiting")
    assert browser.get("/runs/999999/").status_code == 404
    assert browser.post(f"/runs/{run.pk}/steps/{foreign.pk}/confirmation/").status_code == 404
