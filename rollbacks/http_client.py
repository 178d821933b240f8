"""The one place where HTTP requests to a target are built and sent: by steps, by checks and by the labelled load.

Only the target's listed hosts are asked. Targets are often private addresses, so the list and not the kind of address
decides: a name is resolved once, and the connection goes to that address.
"""

import json
import os
import ssl
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import httpx

from rollbacks.listed_hosts import NotListed, addresses_of

USER_AGENT = "Firebreak (rollback checks)"
# Not compressed: a small answer could else unfold to gigabytes.
OWN_HEADERS = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
CONNECT_SECONDS = 3.0
MOST_CONNECTIONS = 100  # at once; checks are asked one after the other
BODY_CAP = 1024 * 1024  # bytes: what is longer is cut off and said
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

# timeout, refused, broken, tls: the service failed. dns, not_listed, unreadable: our side, nothing was asked.
Failure = Literal["", "timeout", "refused", "broken", "tls", "too_large", "dns", "not_listed", "unreadable"]
OURS: tuple[Failure, ...] = ("dns", "not_listed", "unreadable")


@dataclass(frozen=True)
class Request:
    """One request as a plan writes it, with its parameters filled in."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What came back, or the one word for why nothing did."""

    status: int = 0
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    failure: Failure = ""
    sentence: str = ""

    def json(self) -> Any:
        """The body as JSON; raises ValueError with a sentence when it is none."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise ValueError("The answer is not JSON.") from error


def parse_request(text: str) -> Request:
    """Reads an http fence: method and URL, headers, a blank line, the body. Raises ValueError with a sentence."""
    head, _, body = text.strip("\n").replace("\r\n", "\n").partition("\n\n")
    first, *header_lines = [line for line in head.split("\n") if line.strip()] or [""]
    method, _, rest = first.strip().partition(" ")
    url = rest.strip().split(" ")[0]
    if method.upper() not in METHODS or not url:
        raise ValueError(f"“{first.strip()[:80]}” is no request: begin with a method and a URL, such as GET http://…")
    return Request(method.upper(), url, headers_of(header_lines), body.encode())


def headers_of(lines: Iterable[str]) -> dict[str, str]:
    """`Name: value` a line. Raises ValueError with a sentence."""
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise ValueError(f"“{line[:80]}” is no header: write Name: value.")
        headers[name.strip()] = value.strip()
    return headers


def graphql_request(url: str, document: str, headers: Mapping[str, str] | None = None) -> Request:
    """A GraphQL document as the POST that every GraphQL server understands."""
    body = json.dumps({"query": document}).encode()
    return Request("POST", url, {"Content-Type": "application/json", **(headers or {})}, body)


def make_transport(*, connections: int, keep_alive: bool) -> httpx.HTTPTransport:
    """What checks and loads send over: httpx without its client, which keeps cookies and follows redirects."""
    kept = connections if keep_alive else 0
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=kept)
    return httpx.HTTPTransport(verify=_tls(), limits=limits, trust_env=False)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Read once: every certificate authority of the host stands in it."""
    return httpx.create_ssl_context(trust_env=False)


def make_client(*, timeout: float, connections: int = 8) -> httpx.Client:
    """A client with explicit limits. No redirects: they lead off the list. No proxies from the environment."""
    return httpx.Client(
        timeout=httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        follow_redirects=False,
        trust_env=False,
        headers=OWN_HEADERS,
    )


def ask_once(request: Request, *, hosts: Iterable[str], timeout: float) -> Reply:
    """Sends one request over a connection of its own: an old one may outlive the service that it once led to."""
    return send(_transport_of(os.getpid()), request, hosts=hosts, timeout=timeout)


@lru_cache(maxsize=1)
def _transport_of(_process: int) -> httpx.HTTPTransport:
    """One for all the threads of a process; a process that was forked has its own."""
    return make_transport(connections=MOST_CONNECTIONS, keep_alive=False)


def send(transport: httpx.HTTPTransport, request: Request, *, hosts: Iterable[str], timeout: float) -> Reply:
    """Sends the request when its host is listed, within `timeout` as a whole; never raises for what a network does."""
    began = time.monotonic()
    try:
        url = _url(request.url)
        addresses = addresses_of(url, tuple(hosts))
    except (NotListed, httpx.InvalidURL, ValueError) as error:
        failure: Failure = "not_listed" if isinstance(error, NotListed) else "unreadable"
        return Reply(failure=failure, sentence=str(error))
    except OSError as error:
        return Reply(failure="dns", sentence=f"The name {url.host} cannot be resolved here: {error.strerror or error}.")
    reply = Reply()
    for address in addresses:
        reply = _exchange(transport, request, url, address, began + timeout)
        if reply.failure != "refused":
            break
    return Reply(**{**reply.__dict__, "seconds": time.monotonic() - began})


@lru_cache(maxsize=256)
def _url(text: str) -> httpx.URL:
    """Parsed once: a load asks the same URL for hours. Raises httpx.InvalidURL."""
    return httpx.URL(text)


def _exchange(transport: httpx.HTTPTransport, request: Request, url: httpx.URL, address: str, deadline: float) -> Reply:
    """One connection to one address; the body is read up to the cap and the deadline."""
    left = max(0.05, deadline - time.monotonic())
    limit = httpx.Timeout(left, connect=min(CONNECT_SECONDS, left))
    try:
        asked = httpx.Request(
            request.method,
            _at(url, address),
            headers=_headers(request, url),
            content=request.body,
            extensions={"sni_hostname": url.host, "timeout": limit.as_dict()},
        )
        response = transport.handle_request(asked)
        try:
            return _read(response, deadline)
        finally:
            response.close()
    except httpx.TimeoutException:
        return Reply(failure="timeout", sentence=f"No answer from {_where(url)} within the time-out.")
    except httpx.ConnectError as error:
        if "SSL" in str(error) or "certificate" in str(error).lower():
            return Reply(failure="tls", sentence=f"No secure connection to {_where(url)}: {_tls_words(error)}.")
        return Reply(failure="refused", sentence=f"{_where(url)} refuses the connection.")
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError) as error:
        return Reply(
            failure="broken", sentence=f"The connection to {_where(url)} broke: {error or type(error).__name__}."
        )


def _headers(request: Request, url: httpx.URL) -> dict[str, str]:
    """The plan's own headers go before ours, whatever their case; the host is the URL's."""
    said = {name.lower(): (name, value) for name, value in request.headers.items()}
    own = {name.lower(): (name, value) for name, value in OWN_HEADERS.items()}
    return dict({**own, **said, "host": ("Host", url.netloc.decode())}.values())


@lru_cache(maxsize=256)
def _at(url: httpx.URL, address: str) -> httpx.URL:
    return url.copy_with(host=address)


def _tls_words(error: BaseException) -> str:
    """What is wrong with the certificate ("certificate has expired"), or with the connection."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return str(cause.verify_message or cause.reason).rstrip(".")
        cause = cause.__cause__ or cause.__context__
    return str(error).rstrip(".")


def _read(response: httpx.Response, deadline: float) -> Reply:
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > BODY_CAP:
            return Reply(
                response.status_code,
                bytes(body[:BODY_CAP]),
                dict(response.headers),
                failure="too_large",
                sentence="The answer is longer than 1 MiB.",
            )
        # httpx limits each read, not their sum: a body that drips would hold a worker for ever.
        if time.monotonic() > deadline:
            return Reply(
                response.status_code,
                bytes(body),
                failure="timeout",
                sentence="The answer did not end within the time-out.",
            )
    return _unfolded(Reply(response.status_code, bytes(body), dict(response.headers)))


def _unfolded(reply: Reply) -> Reply:
    """The body of a server that compresses unasked, up to the cap."""
    encoding = reply.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return reply
    body, problem = b"", f"The answer comes as {encoding}, which was not asked for."
    if encoding in ("gzip", "deflate"):
        try:
            body = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(reply.body, BODY_CAP + 1)
            problem = ""
        except zlib.error:
            problem = f"The answer says {encoding} and is none."
    failure: Failure = "broken" if problem else "too_large" if len(body) > BODY_CAP else ""
    if failure == "too_large":
        problem = "The answer is longer than 1 MiB."
    return Reply(reply.status, body[:BODY_CAP], reply.headers, failure=failure, sentence=problem)


def _where(url: httpx.URL) -> str:
    return f"{url.host}:{url.port or (443 if url.scheme == 'https' else 80)}"
