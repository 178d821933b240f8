"""Sends one query of a plan as labelled traffic, at a steady and bounded rate, and counts what comes back.

Real users see the same service; the label lets its owners tell this load apart and leave it out of their figures.
"""

import math
import queue
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from httpx import HTTPTransport

from rollbacks.context import Answer
from rollbacks.header_secrets import filled
from rollbacks.http_client import Reply, Request, make_transport, send
from rollbacks.replies import graphql_request_of, http_request_of, judge_graphql, judge_http, without_answer

HEADER = {"X-Firebreak-Load": "1"}
MOST_RATE = 50.0  # requests a second: a trickle, never a load test
CONNECTIONS = 8  # requests on their way at once; a service that hangs is not buried under more
ANEW = 4  # every fourth request connects anew: a service that keeps its connections and takes no new one is broken
REQUEST_SECONDS = 5.0  # what takes longer counts as a failure


@dataclass
class Tally:
    """What one slice counted."""

    requests: int = 0
    errors: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)  # milliseconds of those that were answered or timed out
    problem: str = ""  # why nothing could be asked: our side, so it counts for nothing
    seconds: float = 0.0  # what it covers, where that is not the time that the counting took

    def add(self, kind: str, reply: Reply) -> None:
        """Counts one reply; `kind` is empty for a good one."""
        self.requests += 1
        if kind:
            self.errors += 1
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if kind not in ("refused", "broken", "tls"):
            self.latencies.append(round(reply.seconds * 1000, 1))


class Load:
    """One query, its connections, and what is still on its way between two slices."""

    def __init__(
        self, step: Mapping[str, Any], *, hosts: Sequence[str], rate: float, secrets: Mapping[str, str] | None = None
    ) -> None:
        """Raises ValueError with a sentence when the step is no request or the rate is out of bounds."""
        if not 0 < rate <= MOST_RATE:
            raise ValueError(f"The rate must be over 0 and at most {MOST_RATE:g} requests a second, not {rate:g}.")
        self._step, self._hosts, self._pause = step, tuple(hosts), 1 / rate
        asked = filled(request_of(step), secrets or {})
        self._request = replace(asked, headers={**asked.headers, **HEADER})
        self._kept = make_transport(connections=CONNECTIONS, keep_alive=True)
        self._anew = make_transport(connections=CONNECTIONS, keep_alive=False)
        self._sent = 0
        self._pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="load")
        self._done: queue.SimpleQueue[Reply] = queue.SimpleQueue()
        self._on_their_way = 0

    def slice(self, seconds: float, stop: Callable[[], bool] = lambda: False) -> Tally:
        """Sends for so long and counts what came back meanwhile; a straggler is counted in the next slice."""
        tally = Tally()
        due = time.monotonic()
        end = due + seconds
        while due < end and not stop() and not tally.problem:
            self._collect(tally, until=due)
            if self._on_their_way < CONNECTIONS:
                self._send()
            # Behind schedule: go on from now, never catch up in a burst.
            due = max(due + self._pause, time.monotonic())
        if not tally.problem:
            self._collect(tally, until=min(due, end))
        return tally

    def finish(self, tally: Tally, stop: Callable[[], bool] = lambda: False) -> Tally:
        """Waits for what is still on its way: a request that never came back is a failure and must not be lost."""
        last = time.monotonic() + REQUEST_SECONDS + 1
        while self._on_their_way and time.monotonic() < last and not stop():
            self._collect(tally, until=time.monotonic() + 0.1)
        return tally

    def close(self) -> None:
        """Ends the connections; what is on its way ends within its time-out."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._kept.close()
        self._anew.close()

    def _send(self) -> None:
        self._on_their_way += 1
        self._sent += 1
        self._pool.submit(self._exchange, self._anew if self._sent % ANEW == 1 else self._kept)

    def _exchange(self, transport: HTTPTransport) -> None:
        try:
            reply = send(transport, self._request, hosts=self._hosts, timeout=REQUEST_SECONDS)
        except Exception as error:  # whatever it is, the slice must not wait for it for ever
            reply = Reply(failure="broken", sentence=f"{type(error).__name__}: {error}")
        self._done.put(reply)

    def _collect(self, tally: Tally, *, until: float) -> None:
        """Counts replies until that moment (monotonic)."""
        while True:
            try:
                reply = self._done.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return
            self._on_their_way -= 1
            kind = kind_of(self._step, reply)
            if kind is None:
                tally.problem = reply.sentence
            else:
                tally.add(kind, reply)


def request_of(step: Mapping[str, Any]) -> Request:
    """The request that a signal's query sends. Raises ValueError with a sentence."""
    if step.get("kind") == "graphql":
        return graphql_request_of(step)
    if step.get("kind") in ("http", "check"):
        return http_request_of(step)
    raise ValueError(f"A signal is measured by an http or graphql fence, and {step.get('name')} is {step.get('kind')}.")


def kind_of(step: Mapping[str, Any], reply: Reply) -> str | None:
    """Which error a reply is: empty for a good one, None when nothing was asked."""
    if reply.failure == "too_large":
        return ""
    if reply.failure:
        answer = without_answer(reply)
        return None if answer is None or answer.result == "cannot_tell" else str(reply.failure)
    if reply.status >= 500:
        return "http_5xx"
    if reply.status != int(step.get("expect") or 200):
        return "http_status"
    return _wrong(step, reply)


def _wrong(step: Mapping[str, Any], reply: Reply) -> str:
    """HTTP was well: what the body says."""
    judge: Callable[[Mapping[str, Any], Reply], Answer] = judge_graphql if step.get("kind") == "graphql" else judge_http
    if judge(step, reply).result == "pass":
        return ""
    return "graphql_errors" if step.get("kind") == "graphql" and _has_errors(reply) else "wrong_answer"


def _has_errors(reply: Reply) -> bool:
    try:
        body = reply.json()
    except ValueError:
        return False
    return isinstance(body, dict) and (bool(body.get("errors")) or not body.get("data"))


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile; None without values."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
