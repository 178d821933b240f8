"""Only the hosts that a target lists are asked, and a name is resolved once: the connection goes to that address."""

import ipaddress
import socket
from functools import lru_cache

import httpx

LOOPBACK = ("127.0.0.1", "::1")


class NotListed(Exception):
    """The request names a host that is none of the target's."""


def addresses_of(url: httpx.URL, hosts: tuple[str, ...]) -> list[str]:
    """The addresses to try for a listed host; raises NotListed, ValueError, or OSError when the name is unknown."""
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"“{str(url)[:120]}” is no http or https URL.")
    if url.userinfo:
        raise ValueError("A user name or password in a URL would be shown and stored: use a header with a secret.")
    port = url.port or (443 if url.scheme == "https" else 80)
    listed = _listed(hosts)
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


@lru_cache(maxsize=256)
def _listed(hosts: tuple[str, ...]) -> frozenset[tuple[str, int]]:
    return frozenset(_host_and_port(entry) for entry in hosts)


def _host_and_port(entry: str) -> tuple[str, int]:
    """ "127.0.0.1:8000", "[::1]:8000" or a URL; without a port 80 (https: 443) is meant."""
    url = httpx.URL(entry if "://" in entry else f"http://{entry}")
    return url.host.lower(), url.port or (443 if url.scheme == "https" else 80)
