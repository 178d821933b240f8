"""Text is never lost, clocks tick, and the page keeps still under the reader's hand."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session

from tests.browser import scenes
from tests.browser.waiting import wait_until_true
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_note_survives_an_expired_session(responder: User, open_page: Callable[..., Any]) -> None:
    incident = scenes.investigating(responder)
    page = open_page(responder)
    page.goto(f"/incidents/{incident.pk}/")
    page.get_by_label("Add a note").fill("Only nested queries fail; flat ones are fine.")
    Session.objects.all().delete()
    page.get_by_role("button", name="Note", exact=True).click()
    page.get_by_role("link", name="Sign in and go on").click()
    page.locator("#id_username").fill(responder.username)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**/incidents/{incident.pk}/")
    note = page.get_by_label("Add a note")
    assert note.input_value() == "Only nested queries fail; flat ones are fine."
    page.get_by_role("button", name="Note", exact=True).click()
    page.get_by_text("Noted.").wait_for()
    page.reload()
    assert page.get_by_label("Add a note").input_value() == ""
    assert (
        incident.events.filter(kind="note.added", data__text__startswith="Only nested queries fail; flat").count() == 1
    )


def test_a_note_survives_a_crashed_tab(responder: User, open_page: Callable[..., Any]) -> None:
    incident = scenes.investigating(responder)
    page = open_page(responder)
    page.goto(f"/incidents/{incident.pk}/")
    page.get_by_label("Add a note").fill("half a thought")
    page.goto("/")
    page.goto(f"/incidents/{incident.pk}/")
    assert page.get_by_label("Add a note").input_value() == "half a thought"
    assert page.get_by_text("was kept in this browser").is_visible()


def test_what_is_being_typed_stays_while_the_page_refreshes(responder: User, open_page: Callable[..., Any]) -> None:
    incident = scenes.investigating(responder)
    page = open_page(responder)
    page.goto(f"/incidents/{incident.pk}/")
    page.get_by_label("Add a note").fill("while typing")
    page.get_by_text("Another answer…").click()
    incident.add_note(text="from somebody else", by=responder)
    page.evaluate("name => htmx.trigger('#incident', name)", f"sse:incident-{incident.pk}")
    page.get_by_text("from somebody else").wait_for()
    assert page.get_by_label("Add a note").input_value() == "while typing"
    assert page.locator("#rollback-choice").get_attribute("open") is not None


def test_the_clock_ticks_without_asking_the_server(responder: User, open_page: Callable[..., Any]) -> None:
    incident = scenes.investigating(responder)
    page = open_page(responder)
    page.goto(f"/incidents/{incident.pk}/")
    clock = page.locator(".clock b time")
    before = clock.inner_text()
    assert re.fullmatch(r"T\+\d+:\d\d", before)
    wait_until_true(page, "before => document.querySelector('.clock b time').textContent !== before", before)


def test_the_keys_go_to_the_note_and_open_help(responder: User, open_page: Callable[..., Any]) -> None:
    incident = scenes.investigating(responder)
    page = open_page(responder)
    page.goto(f"/incidents/{incident.pk}/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Add a note"
    page.keyboard.type("by keyboard")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Noted.").wait_for()
    page.locator("body").click(position={"x": 5, "y": 300})
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()


def test_everything_works_without_script(responder: User, chromium: Any, live_server: Any) -> None:
    from tests.browser.conftest import cookie_of

    incident = scenes.declared()
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    try:
        context.add_cookies([cookie_of(responder, live_server.url)])
        page = context.new_page()
        page.goto(f"/incidents/{incident.pk}/")
        page.locator(".next").get_by_role("button", name="I have it").click()
        assert page.get_by_text("You have it. The pager stops.").is_visible()
        page.get_by_label("Add a note").fill("no script here")
        page.get_by_role("button", name="Note", exact=True).click()
        assert page.get_by_text("no script here").is_visible()
    finally:
        context.close()
