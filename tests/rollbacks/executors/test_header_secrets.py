"""Secrets in the headers of requests: http and graphql fences."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rollbacks import header_secrets, runner
from rollbacks.http_client import Request
from rollbacks.models import Secret
from rollbacks.redaction import MASK
from tests.rollbacks.engine.factories import make_draft, make_run, make_target, output, step
from tests.rollbacks.executors.stored import everything_stored

pytestmark = pytest.mark.django_db
VALUE = "correct-horse/battery+staple"


@pytest.fixture
def asked() -> Iterator[tuple[int, list[str]]]:
    """A server on loopback: its port, and the Authorization header of each request. It tells everything that it was told."""
    heard: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.headers.get("Authorization", ""))
            body = f'{{"you": "{heard[-1]}", "data": {{"you": "{heard[-1]}"}}}}'.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1], heard
    server.shutdown()
    server.server_close()


def test_a_header_names_a_secret_that_only_the_service_sees(tmp_path: Path, asked: tuple[int, list[str]]) -> None:
    port, heard = asked
    target = make_target(tmp_path, hosts=[f"127.0.0.1:{port}"])
    Secret.keep(target, name="API_TOKEN", value=VALUE)
    request = f"GET http://127.0.0.1:{port}/\nAuthorization: Bearer <secret:API_TOKEN>"
    check = step("is-there", request, kind="http", effect="read", **{"assert": ["you==nobody"]}, timeout=0.5, every=0.1)
    run = make_run(tmp_path, [step("ask", request, kind="http")], target=target, plan={"checks": [check]})
    while runner.advance(run.pk, owner="test"):
        pass

    assert set(heard) == {f"Bearer {VALUE}"}
    assert MASK in output(run, "ask")
    assert MASK in run.steps.get(name="is-there").detail
    assert VALUE not in everything_stored()


def test_a_graphql_fence_names_a_secret_in_its_header(tmp_path: Path, asked: tuple[int, list[str]]) -> None:
    port, heard = asked
    target = make_target(tmp_path, hosts=[f"127.0.0.1:{port}"])
    Secret.keep(target, name="API_TOKEN", value=VALUE)
    one = {
        "kind": "graphql",
        "url": f"http://127.0.0.1:{port}/",
        "header": "X-For: <who>; Authorization: <secret:API_TOKEN>",
    }
    check = step("is-there", "{ you }", **one, **{"assert": ["data.you==nobody"]}, timeout=0.5, every=0.1)
    plan = {"checks": [check], "params": {"who": {"default": "orders"}}}
    run = make_run(tmp_path, [step("ask", "mutation { set }", **one, effect="once")], target=target, plan=plan)
    while runner.advance(run.pk, owner="test"):
        pass

    assert set(heard) == {VALUE}
    assert run.steps.get(name="ask").definition["header"] == "X-For: orders; Authorization: <secret:API_TOKEN>"
    assert run.steps.get(name="ask").status == "succeeded"
    assert MASK in output(run, "ask")
    assert MASK in run.steps.get(name="is-there").detail
    assert VALUE not in everything_stored()


def test_a_graphql_fence_whose_secret_is_missing_stops_the_run_before_it_starts(tmp_path: Path) -> None:
    query = step("ask", "{ you }", kind="graphql", url="http://127.0.0.1:1/", header="A: <secret:API_TOKEN>", line=7)
    assert "Line 7: “ask” names the secret API_TOKEN" in make_draft(tmp_path, [query]).problems[0]
    target = make_target(tmp_path, secrets=["API_TOKEN"])
    assert "give every worker FIREBREAK_SECRET_API_TOKEN" in make_draft(tmp_path, [query], target=target).problems[0]


def test_a_secret_may_stand_in_a_header_only(tmp_path: Path) -> None:
    target = make_target(tmp_path, secrets=["A_TOKEN"], hosts=["127.0.0.1:1"])
    bodies = {
        "http": "POST http://127.0.0.1:1/?key=<secret:A_TOKEN>\n\n<secret:A_TOKEN>",
        "shell": "curl -H 'X: <secret:A_TOKEN>' x",
        "graphql": '{ user(token: "<secret:A_TOKEN>") }',
    }
    for kind, body in bodies.items():
        draft = make_draft(tmp_path, [step("one", body, kind=kind)], target=target)
        assert any("may stand in a header of a request only" in problem for problem in draft.problems), kind


def test_a_header_takes_no_value_of_several_lines() -> None:
    request = Request("GET", "http://x/", {"A": "<secret:KEY>"})
    with pytest.raises(ValueError, match="more than one line") as refused:
        header_secrets.filled(request, {"KEY": "one\r\nHost: elsewhere"})
    assert "elsewhere" not in str(refused.value)
