"""HTTP and GraphQL checks against a real server on loopback."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from rollbacks import probes
from rollbacks.context import Answer, Surroundings
from rollbacks.http_client import BODY_CAP, ask_once, parse_request
from tests.rollbacks.proof.servers import Service, graphql, serving, slowly

pytestmark = pytest.mark.one_database

ROOT = Path("/")


def ask(service: Service, **step: Any) -> Answer:
    return probes.ask({"timeout": 2.0, **step}, Surroundings(ROOT, (service.host,)), patient=False)


def test_a_status_and_an_assert_are_judged() -> None:
    body = json.dumps({"status": "healthy", "items": [{"id": 7}]}).encode()
    with serving(lambda _path, _body: (200, body)) as service:
        get = f"GET {service.url}/health\nAccept: application/json"
        assert ask(service, kind="http", body=get).result == "pass"
        assert ask(service, kind="check", body=get, expect=204).sentence == "The answer was 200, not 204."
        assert ask(service, kind="http", body=get, **{"assert": ["items.0.id == 7", "exists status"]}).result == "pass"
        wrong = ask(service, kind="http", body=get, **{"assert": ["status == broken"]})
        assert (wrong.result, wrong.sentence) == ("fail", 'status is "healthy", not broken.')
        assert ask(service, kind="http", url=f"{service.url}/health").result == "pass"
    assert service.requests[0]["headers"]["Accept"] == "application/json"
    assert service.requests[0]["headers"]["Host"] == service.host


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("a.b == x", ""),
        ("a.b != y", ""),
        ("a.b != x", 'a.b is "x", as it must not be.'),
        ("n == 3", ""),
        ("n == 3.5", "n is 3, not 3.5."),
        ("flag == true", ""),
        ("flag == 1", "flag is true, not 1."),
        ("none == null", ""),
        ("list.1 == two", ""),
        ("list.2 == x", "list.2 is missing from the answer."),
        ("gone != x", "gone is missing from the answer."),
        ("exists none", ""),
        ("exists gone", "gone is missing from the answer."),
        ("whatever", "“whatever” is no assert"),
    ],
)
def test_asserts(line: str, problem: str) -> None:
    from rollbacks.asserts import broken_assert

    body = {"a": {"b": "x"}, "n": 3, "flag": True, "none": None, "list": ["one", "two"]}
    found = broken_assert([line], body)
    assert found.startswith(problem) if problem else found == ""


@pytest.mark.parametrize(
    ("answer", "result", "says"),
    [
        (graphql({"posts": [{"author": {"__typename": "Post"}}]}), "pass", "__typename == Post"),
        (graphql({"posts": [{"author": {"__typename": "Author"}}]}), "fail", 'is "Author", not Post'),
        (graphql(None, [{"message": "injected fault"}]), "fail", "The answer holds errors: injected fault"),
        (graphql({"posts": []}, [{"message": "half"}]), "fail", "errors: half"),
        (graphql({}), "fail", "holds no data"),
        (b'{"data": {"posts": []}}', "fail", "is missing from the answer"),
        (b"<html>", "fail", "The answer is not JSON"),
        (b"[]", "fail", "no GraphQL answer"),
    ],
)
def test_graphql_fails_at_200(answer: bytes, result: str, says: str) -> None:
    with serving(lambda _path, _body: (200, answer)) as service:
        found = ask(
            service,
            kind="graphql",
            url=f"{service.url}/graphql",
            body="{ posts { author { __typename } } }",
            **{"assert": ["data.posts.0.author.__typename == Post"]},
        )
    assert (found.result, says in found.sentence) == (result, True), found.sentence
    assert json.loads(service.requests[0]["body"]) == {"query": "{ posts { author { __typename } } }"}


def test_an_assert_about_errors_makes_them_wanted() -> None:
    with serving(lambda _path, _body: (200, graphql(None, [{"message": "refused"}]))) as service:
        asserts = {"assert": ["errors.0.message == refused"]}
        assert ask(service, kind="graphql", url=f"{service.url}/g", body="{ x }", **asserts).result == "pass"


def test_http_500_with_a_graphql_body_fails() -> None:
    with serving(lambda _path, _body: (500, graphql({"a": 1}))) as service:
        assert ask(service, kind="graphql", url=f"{service.url}/g", body="{ a }").result == "fail"


def test_a_host_that_is_not_listed_is_never_asked() -> None:
    with serving(lambda _path, _body: (200, b"{}")) as service:
        other = Surroundings(ROOT, ("127.0.0.1:1",))
        found = probes.ask({"kind": "http", "body": f"GET {service.url}/"}, other, patient=False)
    assert found.result == "cannot_tell"
    assert found.sentence == f"{service.host} is not a host of this target. Add it under the target's hosts."
    assert service.requests == []


def test_localhost_means_the_listed_loopback_address() -> None:
    # localhost may be ::1 first, while the service listens on 127.0.0.1 only.
    with serving(lambda _path, _body: (200, b"{}")) as service:
        for hosts in ((service.host,), (f"localhost:{service.port}",)):
            around = Surroundings(ROOT, hosts)
            step = {"kind": "http", "body": f"GET http://localhost:{service.port}/"}
            assert probes.ask(step, around, patient=False).result == "pass"
    assert service.requests[0]["headers"]["Host"] == f"localhost:{service.port}"


def test_redirects_are_not_followed() -> None:
    with serving(lambda _path, _body: (302, b""), {"Location": "http://127.0.0.1:1/"}) as service:
        assert ask(service, kind="http", body=f"GET {service.url}/").sentence == "The answer was 302, not 200."
    assert len(service.requests) == 1


def test_environment_proxies_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with serving(lambda _path, _body: (200, b"{}")) as service:
        assert ask(service, kind="http", body=f"GET {service.url}/").result == "pass"


def test_a_long_answer_is_cut_off_and_cannot_tell() -> None:
    with serving(lambda _path, _body: (200, b"x" * (BODY_CAP + 1))) as service:
        found = ask(service, kind="http", body=f"GET {service.url}/")
        reply = ask_once(parse_request(f"GET {service.url}/"), hosts=(service.host,), timeout=2)
    assert found.result == "cannot_tell"
    assert len(reply.body) == BODY_CAP


def test_a_slow_service_and_a_closed_port_are_failures() -> None:
    with serving(slowly(0.6)) as service:
        slow = ask(service, kind="http", body=f"GET {service.url}/", timeout=0.2)
    assert (slow.result, "time-out" in slow.sentence) == ("fail", True)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    refused = ask(Service(port), kind="http", body=f"GET http://127.0.0.1:{port}/")
    assert (refused.result, refused.sentence) == ("fail", f"127.0.0.1:{port} refuses the connection.")


def test_a_name_that_nobody_knows_is_our_problem() -> None:
    around = Surroundings(ROOT, ("orders.invalid:80",))
    found = probes.ask({"kind": "http", "body": "GET http://orders.invalid/"}, around, patient=False)
    assert (found.result, "cannot be resolved" in found.sentence) == ("cannot_tell", True)


@pytest.mark.parametrize("body", ["", "hello", "GET", "FETCH http://x/", "GET http://127.0.0.1:1/\nno header"])
def test_a_request_that_cannot_be_read_cannot_tell(body: str) -> None:
    assert probes.ask({"kind": "http", "body": body}, Surroundings(ROOT), patient=False).result == "cannot_tell"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://x/", "http://user:pw@127.0.0.1:1/", "http:///"])
def test_odd_urls_are_refused(url: str) -> None:
    found = probes.ask({"kind": "http", "body": f"GET {url}"}, Surroundings(ROOT, ("127.0.0.1:1",)), patient=False)
    assert found.result == "cannot_tell"


def test_a_patient_check_waits_until_the_service_is_ready() -> None:
    answers = iter([503, 503, 200, 200, 503])
    with serving(lambda _path, _body: (next(answers), b"{}")) as service:
        step = {"kind": "http", "body": f"GET {service.url}/", "every": 0.02, "passes": 2, "timeout": 5.0}
        found = probes.ask(step, Surroundings(ROOT, (service.host,)))
    assert found.result == "pass"
    assert len(service.requests) == 4


def test_a_flapping_service_does_not_pass_in_a_row() -> None:
    turn = iter([200, 503] * 200)
    with serving(lambda _path, _body: (next(turn), b"{}")) as service:
        step = {"kind": "http", "body": f"GET {service.url}/", "every": 0.01, "passes": 3, "timeout": 0.3}
        assert probes.ask(step, Surroundings(ROOT, (service.host,))).result == "fail"


def test_a_patient_check_can_be_stopped() -> None:
    with serving(lambda _path, _body: (503, b"{}")) as service:
        step = {"kind": "http", "body": f"GET {service.url}/", "every": 60.0, "timeout": 600.0}
        found = probes.ask(step, Surroundings(ROOT, (service.host,)), stop=lambda: True)
    assert found.result == "cannot_tell"
