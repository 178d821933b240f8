"""A signed POST to an endpoint of yours. Where it may lead is decided before anything is connected.

`FIREBREAK_WEBHOOK_HOSTS` lists hosts (`host` or `host:port`); then no other is asked, and a listed one may be private.
Without a list only https to public addresses is asked. The name is resolved once and that address is connected:
a name that changes its address between check and use (DNS rebinding) gains nothing. Redirects are not followed.
"""

import hashlib
import hmac
import ipaddress
import json
import socket
import time
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
from django.conf import settings

from incidents.channels.outcome import Sent
from rollbacks.http_client import make_client

TIMEOUT = 8.0  # seconds, as a whole for each read and write
SIGNATURE = "X-Firebreak-Signature"


class NotAllowed(ValueError):
    """The guard refuses this address, with a sentence."""


def send(url: str, *, body: Mapping[str, Any], secret: str = "", key: str = "", now: float | None = None) -> Sent:
    """Posts `body` as JSON; `key` names the delivery, so that a receiver can drop what came twice."""
    try:
        asked = httpx.URL(url)
        addresses = allowed_addresses(asked, settings.WEBHOOK_HOSTS)
    except (NotAllowed, httpx.InvalidURL) as error:
        return Sent("failed", str(error))
    except OSError as error:
        return Sent("retry", f"The name {asked.host} cannot be resolved here: {error.strerror or error}.")
    content = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
    headers = {"Host": asked.netloc.decode(), "Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    if secret:
        headers[SIGNATURE] = signature(secret, content, int(now if now is not None else time.time()))
    return _post(asked, addresses[0], headers, content)


def signature(secret: str, content: bytes, at: int) -> str:
    """ "t=1763800000,v1=<hex>": HMAC-SHA256 of "<t>.<body>"; the time lets a receiver refuse old copies."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + content, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def problem(url: str) -> str:
    """Why this address cannot be used, as a sentence; empty when it can. Resolves its name."""
    try:
        allowed_addresses(httpx.URL(url), settings.WEBHOOK_HOSTS)
    except (NotAllowed, httpx.InvalidURL) as error:
        return str(error)
    except OSError:
        return "This name cannot be resolved here."
    return ""


def allowed_addresses(url: httpx.URL, hosts: Iterable[str]) -> list[str]:
    """The addresses that may be connected; raises NotAllowed with a sentence, or OSError for an unknown name."""
    if url.scheme not in ("http", "https") or not url.host:
        raise NotAllowed("A webhook begins with https://.")
    if url.userinfo:
        raise NotAllowed("A name or password in the address would be shown in logs: sign with a secret instead.")
    port = url.port or (443 if url.scheme == "https" else 80)
    listed = [host.strip().lower() for host in hosts if host.strip()]
    is_listed = url.host.lower() in listed or f"{url.host.lower()}:{port}" in listed
    if listed and not is_listed:
        raise NotAllowed(f"{url.host}:{port} is not listed in FIREBREAK_WEBHOOK_HOSTS.")
    found = socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if is_listed:
        return addresses
    if url.scheme != "https":
        raise NotAllowed(f"{url.host} is asked by https only; list it in FIREBREAK_WEBHOOK_HOSTS to allow http.")
    if not all(ipaddress.ip_address(address).is_global for address in addresses):
        raise NotAllowed(f"{url.host} leads to a private address; list it in FIREBREAK_WEBHOOK_HOSTS if that is meant.")
    return addresses


def _post(url: httpx.URL, address: str, headers: Mapping[str, str], content: bytes) -> Sent:
    there = url.copy_with(host=address)
    try:
        with (
            make_client(timeout=TIMEOUT, connections=1) as client,
            client.stream(
                "POST", there, headers=headers, content=content, extensions={"sni_hostname": url.host}
            ) as answer,
        ):
            code = answer.status_code
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        return Sent("retry", f"{url.host} could not be reached: {error or type(error).__name__}"[:300])
    except (httpx.HTTPError, UnicodeError, ValueError) as error:
        return Sent("unknown", f"No answer from {url.host}: {error or type(error).__name__}"[:300])
    if 200 <= code < 300:
        return Sent("accepted", f"HTTP {code}")
    # 429 and 5xx: the receiver itself says that it did not take it.
    return Sent("retry" if code == 429 or code >= 500 else "failed", f"{url.host} answered HTTP {code}")
