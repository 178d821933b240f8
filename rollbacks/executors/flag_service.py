"""A flag of a service over HTTP (`via=http:<name>`): read, set, read back. What is read back counts, never the answer to the set.

The target describes the service (docs/targets.md): `read`, `value`, `set`, `body`, `on`, `off`, `remove`, `header`.
"""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from rollbacks.context import Outcome, Sink, Stop, Surroundings
from rollbacks.header_secrets import filled
from rollbacks.http_client import Reply, Request, ask_once

# A service may apply a flag a moment after its answer.
SETTLE_SECONDS = 10.0
LOOK_SECONDS = 0.25
WORDS = {"on": "true", "off": "false"}  # JSON; a service may have its own
ABSENT = "absent"


class NotRead(Exception):
    """The flag's state is not known; the sentence says why."""


def turn(
    name: str,
    state: str,
    *,
    service: Mapping[str, str],
    step: Mapping[str, Any],
    around: Surroundings,
    sink: Sink,
    stop: Stop,
) -> Outcome:
    """Turns the flag to `on`, `off` or `absent`; a flag that stands so already is a success that changes nothing."""
    asked = _Service(name, service, around, float(step.get("timeout") or 60.0))
    said = {"flag": name, "state": state, "via": step.get("via")}
    try:
        before = asked.state()
        sink("stdout", f"{name} reads {before}.\n")
        if before == state:
            return Outcome("succeeded", detail=f"{name} was {state} already.", data={**said, "changed": False})
        reply = asked.set(state)
    except (NotRead, ValueError) as error:
        return Outcome("failed", detail=f"Nothing was set: {error}", data={**said, "changed": False})
    sink("stdout", f"{asked.words}: {reply.status or reply.sentence}\n")
    data = {**said, "changed": True, "before": before, "status": reply.status}
    data["inverse"] = {"flag": name, "state": before, "via": step.get("via")}
    return asked.proved(state, reply, data, sink, stop)


class _Service:
    """One flag of one service, within one time-out (seconds)."""

    def __init__(self, flag: str, service: Mapping[str, str], around: Surroundings, timeout: float) -> None:
        self.flag, self.service, self.around = flag, service, around
        self.ends = time.monotonic() + timeout
        self.words = ""  # the request that set it, for people

    def state(self) -> str:
        """ "on", "off" or "absent". Raises NotRead with a sentence."""
        reply = self._ask(self._request("read"))
        if reply.failure:
            raise NotRead(f"{self.flag} cannot be read: {reply.sentence}")
        if reply.status == 404:
            return ABSENT
        if reply.status != 200:
            raise NotRead(f"{self.flag} cannot be read: the answer was {reply.status}.")
        return self._state_in(reply)

    def set(self, state: str) -> Reply:
        """Asks the service to set it, once. Raises ValueError when the target says no way to."""
        request = self._request("remove" if state == ABSENT else "set", state)
        self.words = f"{request.method} {request.url}"
        return self._ask(request)

    def proved(self, state: str, reply: Reply, data: dict[str, Any], sink: Sink, stop: Stop) -> Outcome:
        """Reads until the flag stands as wanted; after a refusal once."""
        answered = reply.sentence if reply.failure else f"the service answered {reply.status}"
        refused = not reply.failure and reply.status >= 400
        ends = min(self.ends, time.monotonic() + (0 if refused else SETTLE_SECONDS))
        while True:
            try:
                now, why = self.state(), ""
            except NotRead as error:
                now, why = "", str(error)
            if now == state:
                sink("stdout", f"{self.flag} reads {now}.\n")
                return Outcome("succeeded", detail=f"{self.flag} is {state}: read back.", data=data)
            if stop():
                return Outcome("canceled", detail=f"It was stopped; {self.flag} reads {now or 'nothing'}.", data=data)
            if time.monotonic() >= ends:
                break
            time.sleep(LOOK_SECONDS)
        if now == data["before"]:
            data.pop("inverse")
        read = why or f"{self.flag} still reads {now}."
        return Outcome("failed", detail=f"{answered[:1].upper()}{answered[1:].rstrip('.')}, but {read}", data=data)

    def _request(self, key: str, state: str = "") -> Request:
        line = str(self.service.get(key) or "")
        method, _, url = line.partition(" ")
        if not url:
            raise ValueError(f"the target's flag service says no way to {key} a flag. Add “{key} = METHOD URL” there.")
        name, _, value = str(self.service.get("header") or "").partition(":")
        headers = {name.strip(): value.strip()} if name.strip() else {}
        body = ""
        if key == "set":
            body = self._put(str(self.service.get("body") or ""), self._word(state), json.dumps(self.flag)[1:-1])
            headers["Content-Type"] = "application/json"
        url = self._put(url.strip(), quote(self._word(state).strip('"'), safe=""), quote(self.flag, safe=""))
        return filled(Request(method, url, headers, body.encode()), self.around.secrets)

    def _put(self, text: str, state: str, flag: str) -> str:
        return text.replace("{flag}", flag).replace("{state}", state)

    def _word(self, state: str) -> str:
        """The service's own JSON for on or off."""
        return str(self.service.get(state) or WORDS.get(state, ""))

    def _state_in(self, reply: Reply) -> str:
        path = str(self.service.get("value") or "")
        try:
            value = reply.json()
            for part in [part for part in path.split(".") if part]:
                value = value[int(part)] if isinstance(value, list) else value[part]
        except (ValueError, KeyError, IndexError, TypeError):
            raise NotRead(f"{self.flag} cannot be read: the answer has no {path or 'JSON'}.") from None
        for state in WORDS:
            if value == as_json(self._word(state)):
                return state
        raise NotRead(f"{self.flag} reads {json.dumps(value)[:60]}, which is neither on nor off.")

    def _ask(self, request: Request) -> Reply:
        return ask_once(request, hosts=self.around.hosts, timeout=max(0.5, min(10.0, self.ends - time.monotonic())))


def as_json(word: str) -> Any:
    """`true` → True, `"on"` and `on` → "on"."""
    try:
        return json.loads(word)
    except ValueError:
        return word
