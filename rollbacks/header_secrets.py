"""`Authorization: Bearer <secret:API_TOKEN>`: a header that names a secret, whose value is put in when it is sent.

An http fence has its headers below its first line, a graphql fence in `header=`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from rollbacks.http_client import Request, parse_request

NAMED = re.compile(r"<secret:([^<>\s]*)>")
BREAKS = re.compile(r"[\r\n\0]")


def filled(request: Request, secrets: Mapping[str, str]) -> Request:
    """The request with its named secrets. Raises ValueError with a sentence that holds no value."""
    if not any(NAMED.search(value) for value in request.headers.values()):
        return request
    headers = {name: _value(name, text, secrets) for name, text in request.headers.items()}
    return replace(request, headers=headers)


def _value(header: str, text: str, secrets: Mapping[str, str]) -> str:
    def put(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in secrets:
            raise ValueError(
                f"The secret {name} in the header {header} cannot be had here. Set it on the target's page; "
                "where it is set, this worker lacks its key (FIREBREAK_SECRETS_KEY)."
            )
        value = secrets[name].strip()
        if BREAKS.search(value):
            raise ValueError(f"The secret {name} has more than one line, so it cannot stand in the header {header}.")
        return value

    return NAMED.sub(put, text)


def named_by(step: Mapping[str, Any]) -> set[str]:
    """Every secret that a step names, for its environment or for a header."""
    texts = f"{step.get('body') or ''}\n{step.get('header') or ''}"
    return {*(step.get("secrets") or []), *NAMED.findall(texts)}


def problems_of(step: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    """Why a rendered step may not run, as sentences: a secret that the target lacks, or one outside of a header."""
    if step.get("ready"):
        return []  # a recorded way back: exact bytes, nothing is put into it
    line, target_has = int(step.get("line") or 0), set(known)
    problems = [
        f"Line {line}: “{step.get('title') or step.get('name')}” names the secret {name}, which this target does not have. "
        "Set it on the target's page."
        for name in sorted(named_by(step) - target_has)
    ]
    return problems + _misplaced(step, line)


def _misplaced(step: Mapping[str, Any], line: int) -> list[str]:
    body = str(step.get("body") or "")
    texts = [str(step.get(key) or "") for key in ("url", "path", "cwd", "via")]
    if step.get("kind") == "http" or (step.get("kind") == "check" and NAMED.search(body)):
        try:
            request = parse_request(body)
        except ValueError:
            return []  # said when it is sent; nothing is put into what cannot be read
        texts += [request.url, request.body.decode(errors="replace")]
    else:
        texts.append(body)
    return [
        f"Line {line}: <secret:{name}> may stand in a header of a request only. Commands name theirs in secrets=."
        for text in texts
        for name in NAMED.findall(text)
    ]
