"""Settling an unknown outcome: what is known, what is proposed, and one decision with a reason."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from rollbacks import runner
from rollbacks.models import Run, StepRun
from rollbacks.settlement import settlement
from rollbacks.views.acting import state_of
from tests.rollbacks.pages.runs_for_pages import lost_run, manual_run, post, text

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


@pytest.fixture
def browser(signed_in: SignedIn, responder: User) -> Client:
    return signed_in(responder)


def page_of(browser: Client, lost: StepRun) -> str:
    return text(browser.get(f"/runs/{lost.run_id}/steps/{lost.pk}/settlement/"))


def known(lost: StepRun, **answer: Any) -> StepRun:
    StepRun.objects.filter(pk=lost.pk).update(
        verify_answer={"asked": True, "host": "app-1", "host_seen": True, "processes": [], **answer}
    )
    lost.refresh_from_db()
    return lost


def test_the_run_page_leads_to_the_settlement(browser: Client, tmp_path: Path) -> None:
    run, lost = lost_run(tmp_path)
    page = text(browser.get(f"/runs/{run.pk}/"))
    assert "Outcome unknown" in page
    assert f'href="/runs/{run.pk}/steps/{lost.pk}/settlement/"' in page


def test_before_the_answer_the_page_waits_for_it(browser: Client, tmp_path: Path) -> None:
    _run, lost = lost_run(tmp_path)
    page = page_of(browser, lost)
    assert "It was not run again." in page
    assert "stopping pid 2857" in page
    assert "Being looked for" in page
    assert "hx-get" in page


def test_the_proposal_follows_what_verify_says(browser: Client, tmp_path: Path) -> None:
    _run, lost = lost_run(tmp_path)
    known(lost, result="pass", sentence="Version 1.2.2.", proposal="succeeded", because="Its effect is there.")
    page = page_of(browser, lost)
    assert "No process of this step is left on app-1." in page
    assert "<b>It took place.</b>" in page
    assert 'value="succeeded" required checked' in page
    assert "Proposed: Its effect is there." in page
    assert "Goes on with Step" in page


def test_a_living_process_forbids_a_second_start(browser: Client, tmp_path: Path) -> None:
    _run, lost = lost_run(tmp_path)
    process = {"pid": 4711, "command": "pip", "escaped": False}
    known(lost, result="cannot_tell", sentence="No answer.", processes=[process], proposal=None, because="It lives.")
    page = page_of(browser, lost)
    assert "Still running on app-1: 4711 (pip)" in page
    assert 'value="again"' not in page
    assert "required checked" not in page


def test_settling_needs_a_reason_and_keeps_the_choice(browser: Client, tmp_path: Path) -> None:
    run, lost = lost_run(tmp_path)
    response = post(browser, run, f"steps/{lost.pk}/settlement/", **{"as": "failed", "reason": ""})
    assert response.status_code == 422
    assert "Say why" in text(response)
    assert 'value="failed" required checked' in text(response)
    lost.refresh_from_db()
    assert lost.status == "lost"


def test_settled_as_done_the_run_goes_on_and_nothing_runs_twice(browser: Client, tmp_path: Path) -> None:
    run, lost = lost_run(tmp_path)
    response = post(browser, run, f"steps/{lost.pk}/settlement/", **{"as": "succeeded", "reason": "Seen in the log"})
    assert response["Location"] == f"/runs/{run.pk}/"
    runner.advance(run.pk, owner="other@here")
    lost.refresh_from_db()
    assert (lost.status, lost.attempt) == ("succeeded", 1)
    assert Run.objects.get(pk=run.pk).status == "succeeded"
    event = run.stream.events.get(kind="step.settled")
    assert (event.actor_name, event.data["as"], event.data["reason"]) == ("ana", "succeeded", "Seen in the log")


def test_two_people_settle_and_the_second_is_told(
    browser: Client, signed_in: SignedIn, plan_author: User, tmp_path: Path
) -> None:
    run, lost = lost_run(tmp_path)
    path = f"steps/{lost.pk}/settlement/"
    seen = state_of(run)
    post(signed_in(plan_author), run, path, **{"as": "failed", "reason": "It is down"})
    response = browser.post(f"/runs/{run.pk}/{path}", {"seen": seen, "as": "again", "reason": "Once more"})
    assert response.status_code == 409
    page = text(response)
    assert "Nothing was done" in page
    assert "there is nothing to settle any more" in page
    lost.refresh_from_db()
    assert (lost.status, lost.attempt) == ("failed", 1)


def test_a_step_that_is_not_lost_leads_back_to_the_run(browser: Client, tmp_path: Path) -> None:
    run = manual_run(tmp_path)
    waiting = run.steps.get(status="waiting")
    response = browser.get(f"/runs/{run.pk}/steps/{waiting.pk}/settlement/")
    assert response["Location"] == f"/runs/{run.pk}/"


def test_a_viewer_sees_the_facts_and_no_form(signed_in: SignedIn, viewer: User, tmp_path: Path) -> None:
    run, lost = lost_run(tmp_path)
    browser = signed_in(viewer)
    page = page_of(browser, lost)
    assert "Responders settle unknown outcomes." in page
    assert post(browser, run, f"steps/{lost.pk}/settlement/", **{"as": "succeeded", "reason": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"on_failure": "abort"}, "The run ends as failed"),
        ({"on_failure": "continue"}, "goes on without it"),
        ({"on_failure": "goto:bye"}, "goes on with bye"),
        ({}, "pauses and asks"),
    ],
)
def test_each_settlement_says_what_it_leads_to(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    _run, lost = lost_run(tmp_path, **changes)
    failed = next(choice for choice in settlement(lost).choices if choice.value == "failed")
    assert words in failed.consequence


def test_the_engine_asks_and_the_page_shows_it(browser: Client, tmp_path: Path) -> None:
    _run, lost = lost_run(tmp_path)
    assert runner.look_after(lost)
    page = page_of(browser, lost)
    assert "The plan names no check that proves this step" in page
