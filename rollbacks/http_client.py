"""The one place where HTTP requests to a target are built and sent: by steps, by checks and by the labelled load.

Only the target's listed hosts are asked. Targets are often private addresses, so the list and not the kind of address
decides: a name is resolved once, and the connection goes to that address.
"""

import ipaddress
import json
import os
import socket
import ssl
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import httpx

USER_AGENT = "Firebreak (rollback checks)"
CONNECT_SECONDS = 3.0
LONGEST_SECONDS = 60.0  # every request says its own time-out
MOST_CONNECTIONS = 100  # at once; checks are asked one after the other
BODY_CAP = 1024 * 1024  # bytes: what is longer is cut off and said
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LOOPBACK = ("127.0.0.1", "::1")

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
    headers = {}
    for line in header_lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise ValueError(f"“{line[:80]}” is no header: write Name: value.")
        headers[name.strip()] = value.strip()
    return Request(method.upper(), url, headers, body.encode())


def graphql_request(url: str, document: str, headers: Mapping[str, str] | None = None) -> Request:
    """A GraphQL document as the POST that every GraphQL server understands."""
    body = json.dumps({"query": document}).encode()
    return Request("POST", url, {"Content-Type": "application/json", **(headers or {})}, body)


def make_client(*, timeout: float, connections: int = 8, keep_alive: bool = True) -> httpx.Client:
    """A client with explicit limits. No redirects: they lead off the list. No proxies from the environment."""
    kept = connections if keep_alive else 0
    return httpx.Client(
        timeout=httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=kept),
        follow_redirects=False,
        trust_env=False,
        # Not compressed: a small answer could else unfold to gigabytes.
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
    )


def ask_once(request: Request, *, hosts: Iterable[str], timeout: float) -> Reply:
    """Sends one request over a connection of its own: an old one may outlive the service that it once led to."""
    return send(_client_of(os.getpid()), request, hosts=hosts, timeout=timeout)


@lru_cache(maxsize=1)
def _client_of(_process: int) -> httpx.Client:
    """One client for all the threads of a process: making one reads every certificate authority of the host."""
    return make_client(timeout=LONGEST_SECONDS, connections=MOST_CONNECTIONS, keep_alive=False)


def send(client: httpx.Client, request: Request, *, hosts: Iterable[str], timeout: float) -> Reply:
    """Sends the request when its host is listed, within `timeout` as a whole; never raises for what a network does."""
    began = time.monotonic()
    try:
        url = httpx.URL(request.url)
        addresses = _addresses(url, tuple(hosts))
    except (NotListed, httpx.InvalidURL, ValueError) as error:
        failure: Failure = "not_listed" if isinstance(error, NotListed) else "unreadable"
        return Reply(failure=failure, sentence=str(error))
    except OSError as error:
        return Reply(failure="dns", sentence=f"The name {url.host} cannot be resolved here: {error.strerror or error}.")
    reply = Reply()
    for address in addresses:
        reply = _exchange(client, request, url, address, began + timeout)
        if reply.failure != "refused":
            break
    return Reply(**{**reply.__dict__, "seconds": time.monotonic() - began})


class NotListed(Exception):
    """The request names a host that is none of the target's."""


def _addresses(url: httpx.URL, hosts: tuple[str, ...]) -> list[str]:
    """The addresses to try for a listed host; raises NotListed, ValueError, or OSError when the name is unknown."""
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"“{str(url)[:120]}” is no http or https URL.")
    if url.userinfo:
        raise ValueError("A user name or password in a URL would be shown and stored: use a header with a secret.")
    port = url.port or (443 if url.scheme == "https" else 80)
    listed = {_host_and_port(entry) for entry in hosts}
    host = url.host.lower()
    if host == "localhost" and (host, port) not in listed:
        # A plan says localhost, the target lists 127.0.0.1 or ::1: the listed address is meant, no other is tried.
        same = [address for address in LOOPBACK if (address, port) in listed]
        if same:
            return same
    if (host, port) not in listed:
        raise NotListed(f"{url.host}:{port} is not a host of this target. Add it under the target's hosts.")
    if host == "localhost":
        return list(LOOPBACK)  # resolvers differ on which comes first; many services listen on one of them only
    return _resolved(host, port)


def _resolved(host: str, port: int) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _host_and_port(entry: str) -> tuple[str, int]:
    """ "127.0.0.1:8000", "[::1]:8000" or a URL; without a port 80 (https: 443) is meant."""
    url = httpx.URL(entry if "://" in entry else f"http://{entry}")
    return url.host.lower(), url.port or (443 if url.scheme == "https" else 80)


def _exchange(client: httpx.Client, request: Request, url: httpx.URL, address: str, deadline: float) -> Reply:
    """One connection to one address; the body is read up to the cap and the deadline."""
    headers = {**request.headers, "Host": url.netloc.decode()}
    there = url.copy_with(host=address)
    left = max(0.05, deadline - time.monotonic())
    limit = httpx.Timeout(left, connect=min(CONNECT_SECONDS, left))
    try:
        with client.stream(
            request.method,
            there,
            headers=headers,
            content=request.body,
            timeout=limit,
            extensions={"sni_hostname": url.host},
        ) as response:
            return _read(response, deadline)
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
