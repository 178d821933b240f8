"""Who would do it, shown before the click; and what a person does when nobody else answers."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.test import Client

from incidents.models import Incident, RoleAssignment
from rollbacks.models import Run, Worker
from rollbacks.version import VERSION
from tests.rollbacks.engine.factories import make_operator, make_run, make_target, step
from tests.rollbacks.pages.runs_for_pages import advanced, draft, manual_run, text
from timeline import domain_time

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: Callable[[User], Client], responder: User) -> Client:
    return signed_in(responder)


def worker(queue: str, **facts: Any) -> None:
    known = {"name": "shop@app-1", "host": "app-1", "slots": 2, "version": VERSION, "last_beat": Now()}
    Worker.objects.create(**{**known, "queues": [queue], **facts})


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "Ready"),
        ({"busy": 2}, "Busy"),
        ({"stopping": True}, "Stopping"),
        ({"last_beat": domain_time.now() - timedelta(hours=2)}, "No sign of life"),
        ({"version": "0.0.1+old"}, "other code than these pages"),
    ],
)
def test_target_sheet_and_run_show_who_serves_the_queue(
    browser: Client, tmp_path: Path, facts: dict[str, Any], words: str
) -> None:
    target = make_target(tmp_path, queue="target.shop")
    worker("target.shop", **facts)
    sheet = draft(tmp_path, target=target)
    started = make_run(tmp_path, [step("one", "true")], target=target)
    for address in (f"/targets/{target.pk}/", f"/runs/{sheet.pk}/confirm/", f"/runs/{started.pk}/"):
        page = text(browser.get(address))
        assert "shop@app-1" in page, address
        assert words in page, address
        assert "last beat" in page, address


def test_a_queue_that_nobody_serves_is_said_everywhere(browser: Client, tmp_path: Path) -> None:
    target = make_target(tmp_path, queue="target.shop")
    worker("rollback")
    sheet = draft(tmp_path, target=target)
    for address in (f"/targets/{target.pk}/", f"/runs/{sheet.pk}/confirm/"):
        assert "No worker listens to the queue “target.shop”" in text(browser.get(address)), address


def test_a_waiting_run_says_whose_it_is(browser: Client, tmp_path: Path) -> None:
    assert "No worker listens to the queue “rollback”" in text(browser.get(f"/runs/{manual_run(tmp_path).pk}/"))


def awaiting(folder: Path, requester: User, **changes: Any) -> tuple[Incident, Run]:
    """A run of an incident that waits for approvals."""
    target = make_target(folder, second_person_levels=[1], **changes)
    at = domain_time.now()
    incident = Incident.objects.create(target=target, title="Errors", severity="P1", detected_at=at, declared_at=at)
    run = draft(folder, target=target, stream=f"incident:{incident.pk}")
    Run.objects.filter(pk=run.pk).update(requested_by=requester)
    return incident, Run.objects.get(pk=run.pk).start(by=requester)


def test_the_incident_manager_goes_on_alone_when_nobody_answers(
    browser: Client, responder: User, tmp_path: Path, move_time: Callable[..., Any]
) -> None:
    incident, run = awaiting(tmp_path, responder)
    RoleAssignment.objects.create(incident=incident, role="manager", user=responder, at=domain_time.now())
    sheet = f"/runs/{run.pk}/confirm/"
    assert "may go on alone from" in text(browser.get(sheet))
    assert "Go on alone" not in text(browser.get(sheet))
    move_time(timedelta(minutes=11))
    assert "Go on alone" in text(browser.get(sheet))
    fields = {"answer": "alone", "snapshot_hash": run.snapshot_hash}
    assert browser.post(f"/runs/{run.pk}/approval/", {**fields, "reason": " "}).status_code == 422
    assert browser.post(f"/runs/{run.pk}/approval/", {**fields, "reason": "3 a.m."}).status_code == 302
    run.refresh_from_db()
    assert run.status == "queued"
    assert run.stream.events.get(kind="run.approved", data__alone=True).actor == responder


def test_somebody_else_is_never_offered_to_go_alone(
    browser: Client, tmp_path: Path, move_time: Callable[..., Any]
) -> None:
    _incident, run = awaiting(tmp_path, make_operator("zoe"))
    move_time(timedelta(minutes=11))
    page = text(browser.get(f"/runs/{run.pk}/confirm/"))
    assert "Go on alone" not in page
    answer = browser.post(f"/runs/{run.pk}/approval/", {"answer": "alone", "reason": "x"})
    assert (answer.status_code, "Only the incident manager" in text(answer)) == (422, True)


def test_the_first_of_two_approvals_says_that_another_is_wanted(
    browser: Client, responder: User, tmp_path: Path
) -> None:
    _incident, run = awaiting(tmp_path, make_operator("zoe"), approvals_needed=2)
    assert "2 more people must approve" in text(browser.get(f"/runs/{run.pk}/confirm/"))
    answer = browser.post(
        f"/runs/{run.pk}/approval/", {"answer": "yes", "snapshot_hash": run.snapshot_hash}, follow=True
    )
    assert "waits for more people" in text(answer)
    assert f"{responder} approved" in text(browser.get(f"/runs/{run.pk}/confirm/"))


def test_one_step_is_undone_from_the_run_page(browser: Client, tmp_path: Path) -> None:
    done = advanced(tmp_path, step("make", "touch made", undo="remove"), plan={"reads": [step("remove", "rm made")]})
    made = done.steps.get(name="make")
    assert f"/runs/{done.pk}/steps/{made.pk}/undo/" in text(browser.get(f"/runs/{done.pk}/"))
    answer = browser.post(f"/runs/{done.pk}/steps/{made.pk}/undo/")
    undo = Run.objects.get(undoes_step=made)
    assert answer["Location"] == f"/runs/{undo.pk}/confirm/"
    assert browser.post(f"/runs/{done.pk}/steps/{made.pk}/undo/")["Location"] == answer["Location"]
    undo.prepare()
    page = text(browser.get(f"/runs/{undo.pk}/confirm/"))
    assert "rm made" in page
    assert "alone; the other steps stand" in page
