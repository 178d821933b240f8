"""What the answer's headers and time say, and what a hostile or broken server cannot do to a check."""

import gzip
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rollbacks import probes
from rollbacks.context import Answer, Surroundings
from rollbacks.http_client import BODY_CAP, ask_once, parse_request
from tests.rollbacks.proof.servers import Service, graphql, serving, slowly

pytestmark = pytest.mark.one_database


def ask(service: Service, **step: Any) -> Answer:
    return probes.ask({"kind": "http", "timeout": 5.0, **step}, Surroundings(Path("/"), (service.host,)), patient=False)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("$header.content-type == application/json", ""),
        ("$header.Content-Type != text/html", ""),
        ("exists $header.etag", ""),
        ("$.items[0].id == 7", ""),
        ("items[-1].id == 7", ""),
        ("$header.content-type == text/html", '$header.content-type is "application/json", not text/html.'),
        ("exists $header.x-none", "$header.x-none is missing from the answer."),
    ],
)
def test_headers_and_json_paths(line: str, problem: str) -> None:
    headers = {"Content-Type": "application/json", "ETag": '"1"'}
    with serving(lambda _path, _body: (200, b'{"items": [{"id": 7}]}'), headers) as service:
        found = ask(service, url=service.url, **{"assert": [line]})
    assert found.sentence == problem if problem else found.result == "pass", found.sentence


def test_an_assert_about_a_header_needs_no_json() -> None:
    with serving(lambda _path, _body: (200, b"plain"), {"X-Version": "1.4.2"}) as service:
        assert ask(service, url=service.url, **{"assert": ["$header.x-version == 1.4.2"]}).result == "pass"


def test_a_threshold_is_about_the_time_of_the_answer() -> None:
    limit = {"threshold": {"op": "<", "value": 100.0, "unit": "ms"}}
    with serving(slowly(0.15, body=graphql({"a": 1}))) as service:
        slow = ask(service, url=service.url, **limit)
        query = ask(service, kind="graphql", url=service.url, body="{ a }", **limit)
        patient = ask(service, url=service.url, threshold={"op": "<", "value": 60.0, "unit": "s"})
    assert (slow.result, "< 100 ms was expected" in slow.sentence) == ("fail", True)
    assert (query.result, patient.result) == ("fail", "pass")


def test_an_answer_that_unfolds_is_cut_off() -> None:
    bomb = gzip.compress(b"0" * 50 * BODY_CAP)
    with serving(lambda _path, _body: (200, bomb), {"Content-Encoding": "gzip"}) as service:
        found = ask_once(parse_request(f"GET {service.url}/"), hosts=(service.host,), timeout=5)
    assert (found.failure, len(found.body)) == ("too_large", BODY_CAP)
    assert service.requests[0]["headers"]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(("encoding", "result"), [("gzip", "pass"), ("br", "fail"), ("deflate", "fail")])
def test_an_answer_that_is_compressed_unasked(encoding: str, result: str) -> None:
    with serving(lambda _path, _body: (200, gzip.compress(b'{"a": 1}')), {"Content-Encoding": encoding}) as service:
        found = ask(service, url=service.url, **{"assert": ["a == 1"]})
    # zlib reads a gzip header under either name: what counts is what came.
    assert found.result == ("pass" if encoding == "deflate" else result)


def test_an_answer_that_drips_ends_with_the_time_out() -> None:
    stop = threading.Event()

    class Drips(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            while not stop.wait(0.02):
                try:
                    self.wfile.write(b".")
                except OSError:
                    return

        def log_message(self, *_args: Any) -> None:
            pass

    with _serving(Drips) as service:
        began = time.monotonic()
        found = ask(service, url=service.url, timeout=0.3)
        stop.set()
    assert (found.result, "did not end within the time-out" in found.sentence) == ("fail", True)
    assert time.monotonic() - began < 30  # it would drip for ever


def test_a_certificate_that_nobody_signed_is_named(tmp_path: Path) -> None:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    with _serving(Answers, _certificate(tmp_path)) as service:
        found = ask(service, url=f"https://{service.host}/")
    assert found.result == "fail"
    assert found.value["failure"] == "tls"
    assert found.sentence == f"No secure connection to {service.host}: self-signed certificate."


def test_a_port_without_tls_is_named() -> None:
    with serving(lambda _path, _body: (200, b"{}")) as service:
        found = ask(service, url=f"https://{service.host}/")
    assert (found.result, found.value["failure"]) == ("fail", "tls")


def _certificate(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(private + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


class _serving:
    """A server with a handler of the test's own, with TLS when a context is given."""

    def __init__(self, handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Service:
        self.thread.start()
        return Service(self.server.server_address[1])

    def __exit__(self, *_exc: object) -> Iterator[None] | None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=5)
        return None
