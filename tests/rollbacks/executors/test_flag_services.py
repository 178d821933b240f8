"""Flags of a service over HTTP: a real service on loopback that obeys, lies, is late or refuses; what is read back counts."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django import forms

from rollbacks import runner
from rollbacks.fields import FlagServicesField
from rollbacks.models import Run, Secret, Target
from tests.rollbacks.engine.factories import make_draft, make_run, make_target, make_user, output, step

pytestmark = pytest.mark.django_db
VALUE = "flags-for-the-house"


class FlagServer(http.server.ThreadingHTTPServer):
    """Keeps flags; `mood` is obeys, lies (answers 200 and changes nothing), late (changes after two reads) or refuses."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.flags: dict[str, Any] = {}
        self.mood = "obeys"
        self.late: dict[str, Any] = {}
        self.reads_left = 0
        self.heard: list[tuple[str, str, str]] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Handler(http.server.BaseHTTPRequestHandler):
    server: FlagServer

    def answer(self, status: int, said: Any = None) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def flag(self) -> str:
        self.server.heard.append((self.command, self.path, self.headers.get("Authorization", "")))
        return unquote(self.path.rpartition("/")[2])

    def do_GET(self) -> None:
        name = self.flag()
        self.server.reads_left -= 1
        if self.server.late and self.server.reads_left <= 0:
            self.server.flags |= self.server.late
            self.server.late = {}
        if name not in self.server.flags:
            return self.answer(404)
        return self.answer(200, {"data": [{"enabled": self.server.flags[name]}]})

    def do_PUT(self) -> None:
        name, body = self.flag(), json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.mood == "refuses":
            return self.answer(403, {})
        if self.server.mood == "obeys":
            self.server.flags[name] = body["enabled"]
        if self.server.mood == "late":
            self.server.late, self.server.reads_left = {name: body["enabled"]}, 2
        return self.answer(200, {})

    def do_DELETE(self) -> None:
        self.server.flags.pop(self.flag(), None)
        self.answer(204)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[FlagServer]:
    made = FlagServer()
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def text_of(port: int, **changes: str) -> str:
    """What a person writes on the target's page."""
    said = {
        "read": f"GET http://127.0.0.1:{port}/flags/{{flag}}",
        "value": "data.0.enabled",
        "set": f"PUT http://127.0.0.1:{port}/flags/{{flag}}",
        "body": '{"enabled": {state}}',
        "remove": f"DELETE http://127.0.0.1:{port}/flags/{{flag}}",
        "header": "Authorization: Bearer <secret:FLAGS_TOKEN>",
        **changes,
    }
    return "[house]\n" + "\n".join(f"{key} = {value}" for key, value in said.items())


def target_with(root: Path, server: FlagServer, **changes: str) -> Target:
    services = FlagServicesField().clean(text_of(server.port, **changes))
    target = make_target(root, hosts=[f"127.0.0.1:{server.port}"], flag_services=services)
    Secret.keep(target, name="FLAGS_TOKEN", value=VALUE)
    return target


def off(flag: str, state: str = "off", **changes: Any) -> dict[str, Any]:
    return step("turn", f"set {flag} {state}", kind="flag", via="http:house", **changes)


def done(run: Run) -> Any:
    while runner.advance(run.pk, owner="test"):
        pass
    return run.steps.get(name="turn")


def test_a_flag_is_set_and_read_back_and_has_a_way_back(tmp_path: Path, server: FlagServer) -> None:
    server.flags = {"new/pricing": True}
    target = target_with(tmp_path, server)
    run = make_run(tmp_path, [off("new/pricing", undo="auto")], target=target)
    turned = done(run)
    assert (turned.status, turned.detail) == ("succeeded", "new/pricing is off: read back.")
    assert server.flags == {"new/pricing": False}
    assert {authorization for _, _, authorization in server.heard} == {f"Bearer {VALUE}"}
    stored = output(run, "turn") + str(turned.outcome) + str(run.snapshot) + str(list(run.stream.events.values("data")))
    assert VALUE not in stored

    again = done(make_run(tmp_path, [off("new/pricing")], target=target, revision=run.revision))
    assert again.detail == "new/pricing was off already."

    run.refresh_from_db()
    undo = make_draft(tmp_path, [], target=target, revision=run.revision, kind="undo", undoes=run)
    assert undo.problems == []
    undo.start(by=make_user())
    while runner.advance(undo.pk, owner="test"):
        pass
    assert server.flags == {"new/pricing": True}


def test_an_answer_of_200_is_no_proof(tmp_path: Path, server: FlagServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollbacks.executors.flag_service.SETTLE_SECONDS", 0.5)
    server.mood, server.flags = "lies", {"pricing": True}
    turned = done(make_run(tmp_path, [off("pricing")], target=target_with(tmp_path, server)))
    assert (turned.status, turned.detail) == ("failed", "The service answered 200, but pricing still reads on.")
    assert "inverse" not in turned.outcome


def test_a_flag_that_follows_a_moment_later_is_waited_for(tmp_path: Path, server: FlagServer) -> None:
    server.mood, server.flags = "late", {"pricing": True}
    turned = done(make_run(tmp_path, [off("pricing")], target=target_with(tmp_path, server)))
    assert turned.status == "succeeded"
    assert server.flags == {"pricing": False}


def test_a_refusal_is_said_with_what_the_flag_reads(tmp_path: Path, server: FlagServer) -> None:
    server.mood, server.flags = "refuses", {"pricing": True}
    turned = done(make_run(tmp_path, [off("pricing")], target=target_with(tmp_path, server)))
    assert (turned.status, turned.detail) == ("failed", "The service answered 403, but pricing still reads on.")


def test_nothing_is_set_where_the_state_cannot_be_read(tmp_path: Path, server: FlagServer) -> None:
    server.flags = {"pricing": "maybe"}
    turned = done(make_run(tmp_path, [off("pricing")], target=target_with(tmp_path, server)))
    assert turned.detail == 'Nothing was set: pricing reads "maybe", which is neither on nor off.'
    assert [method for method, _, _ in server.heard] == ["GET"]


def test_a_service_has_its_own_words_and_a_flag_can_be_removed(tmp_path: Path, server: FlagServer) -> None:
    server.flags = {"pricing": "enabled"}
    target = target_with(tmp_path, server, on='"enabled"', off='"disabled"')
    assert done(make_run(tmp_path, [off("pricing")], target=target)).status == "succeeded"
    assert server.flags == {"pricing": "disabled"}
    run = make_run(tmp_path, [off("pricing", "absent")], target=target)
    assert done(run).status == "succeeded"
    assert server.flags == {}


def test_a_service_that_the_target_does_not_have_stops_the_run_before_it_starts(tmp_path: Path) -> None:
    draft = make_draft(tmp_path, [off("pricing", line=9)])
    assert draft.problems == [
        "Line 9: via=http:house names no flag service of this target. Add it on the target's page."
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("read = GET http://x/{flag}", "stands before any"),
        ("[a]\nread = GET http://x/{flag}", "has no “set"),
        ("[a]\nread = http://x/{flag}\nset = PUT http://x/{flag}", "no method with an address"),
        ("[a]\nread = GET http://x/\nset = PUT http://x/{flag}", "which flag is meant"),
        ("[a]\ntoken = secret", "is not understood"),
    ],
)
def test_a_service_that_cannot_be_asked_is_refused_with_its_line(text: str, why: str) -> None:
    with pytest.raises(forms.ValidationError, match=why):
        FlagServicesField().clean(text)


def test_what_was_written_is_drawn_again() -> None:
    field = FlagServicesField()
    text = text_of(1)
    assert field.clean(field.prepare_value(field.clean(text))) == field.clean(text)
