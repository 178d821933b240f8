"""The buttons of the practice service: who may press them and what they write."""

import json
import time

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from config.practice_views import read_practice
from timeline.models import Event


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.PRACTICE, settings.PRACTICE_DIR = True, tmp_path / "practice"
    settings.PRACTICE_DIR.mkdir()
    return settings.PRACTICE_DIR


def write_state(folder, **changes):
    state = {
        "at": time.time(),
        "running": True,
        "version": "1.2.0",
        "new_pricing": "on",
        "minute": {"requests": 300, "errors": 3},
        "firing": [],
    }
    (folder / "state.json").write_text(json.dumps({**state, **changes}))


@pytest.mark.parametrize("kind", ["flag", "version"])
def test_a_responder_breaks_and_mends_it(signed_in, responder, folder, kind):
    client = signed_in(responder)
    assert client.post("/practice/break/", {"kind": kind}).status_code == 302
    assert json.loads((folder / "faults.json").read_text()) == {"when": kind, "error_rate": 0.4}
    assert client.post("/practice/mend/").status_code == 302
    assert not (folder / "faults.json").exists()
    assert client.post("/practice/mend/").status_code == 302
    kinds = list(Event.objects.filter(stream__key="installation", actor=responder).values_list("kind", flat=True))
    assert kinds[:2] == ["practice.broken", "practice.mended"]


def test_a_viewer_sees_the_panel_and_no_button(signed_in, viewer, folder):
    write_state(folder)
    client = signed_in(viewer)
    page = client.get("/practice/panel/").content.decode()
    assert "3 of 300 queries failed in the last minute" in page
    assert "Break it" not in page
    assert client.post("/practice/break/", {"kind": "flag"}).status_code == 403
    assert not (folder / "faults.json").exists()


def test_the_panel_says_how_it_is(signed_in, responder, folder):
    client = signed_in(responder)

    def page():
        return " ".join(client.get("/practice/panel/").content.decode().split())

    assert "does not answer now" in page()
    write_state(folder, version="1.1.0", new_pricing="off")
    assert "It runs rolled back, so a fault would not show." in page()
    write_state(folder)
    assert "Break it: errors tied to the flag" in page()
    (folder / "faults.json").write_text('{"when": "version", "error_rate": 0.4}')
    assert "Broken on purpose: Errors tied to the version." in page()
    assert "Mend it" in page()
    write_state(folder, at=time.time() - 60)
    assert "does not answer now" in page()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"at": null}'])
def test_an_odd_state_file_is_a_service_that_does_not_answer(folder, text):
    (folder / "state.json").write_text(text)
    practice = read_practice()
    assert practice is not None
    assert not practice.running


def test_an_unknown_fault_and_a_get_change_nothing(signed_in, responder, folder):
    client = signed_in(responder)
    assert client.post("/practice/break/", {"kind": "everything"}).status_code == 404
    assert client.get("/practice/break/").status_code == 405
    assert not (folder / "faults.json").exists()


def test_without_the_practice_service_there_is_nothing(signed_in, responder, settings):
    settings.PRACTICE = False
    client = signed_in(responder)
    assert client.get("/practice/panel/").status_code == 404
    assert client.post("/practice/break/", {"kind": "flag"}).status_code == 404
    request = RequestFactory().get("/")
    request.user = responder
    assert Template("{% load practice %}{% practice_panel %}").render(Context({"request": request})) == ""


def test_the_front_page_shows_it(signed_in, responder, folder):
    write_state(folder)
    assert "Break it: errors tied to the version" in signed_in(responder).get("/").content.decode()
