"""Asks Prometheus by its HTTP API: `promql EXPRESSION` at this moment, or `promql over 10m every 30s: EXPRESSION`.

What Prometheus itself says of a bad question, of a store that is not ready or of no series is *cannot tell*: only a
value on the wrong side of `threshold=` fails. https://prometheus.io/docs/prometheus/latest/querying/api/
"""

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from plans.document.durations import strict
from rollbacks.context import Answer, Surroundings
from rollbacks.header_secrets import filled
from rollbacks.http_client import Reply, Request, ask_once
from rollbacks.intervals import Counts
from rollbacks.measure import OPERATORS, limit_in_words
from rollbacks.probes.http import longest

WORD = "promql"
QUESTION = re.compile(
    r"promql(?:\s+over\s+(?P<over>\w+)(?:\s+every\s+(?P<every>\w+))?\s*:)?\s+(?P<expression>\S.*)", re.DOTALL
)
PARTS = re.compile(r"promql\s+(?P<errors>\S.*?)\n\s*of\s+(?P<requests>\S.*)", re.DOTALL)
MOST_POINTS = 1000  # of a range; Prometheus itself refuses more than 11,000
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class CannotTell(ValueError):
    """A sentence why there is no value."""


class NoSeries(CannotTell):
    """Prometheus knows nothing under this expression."""


@dataclass(frozen=True)
class Question:
    """One expression, at a moment or over so many seconds with a value each `every` seconds."""

    expression: str
    over: float | None = None
    every: float = 15.0


def ask(step: Mapping[str, Any], around: Surroundings) -> Answer:
    """Every value of the answer must meet the threshold; without one, some value must be there."""
    body = str(step.get("body") or "")
    try:
        if PARTS.fullmatch(body.strip()):
            counts = counts_of(step, around)
            if not counts.requests:
                return Answer("cannot_tell", "No request was counted: no data is never a pass.")
            return judge(step, [counts.errors / counts.requests])
        values = values_of(step, around, question_of(body))
    except ValueError as error:
        return Answer("cannot_tell", str(error))
    return judge(step, values)


def question_of(body: str) -> Question:
    """Reads the body of the fence. Raises CannotTell."""
    found = QUESTION.fullmatch(body.strip())
    if found is None:
        raise CannotTell("The question cannot be read: write promql and an expression.")
    over, every = strict(found["over"] or ""), strict(found["every"] or "15s")
    if (found["over"] and not over) or not every:
        raise CannotTell("The range cannot be read: write such as promql over 10m every 30s: rate(…).")
    if over and over / every > MOST_POINTS:
        raise CannotTell(f"That range has more than {MOST_POINTS} points: ask for fewer with every.")
    return Question(found["expression"].strip(), over, every)


def values_of(
    step: Mapping[str, Any], around: Surroundings, question: Question, at: float | None = None
) -> list[float]:
    """The values of every series, those of NaN left out. `at` is a moment in epoch seconds. Raises CannotTell."""
    address = str(step.get("url") or "").rstrip("/")
    if not address:
        raise CannotTell("This check has no url=, the address of Prometheus.")
    at = time.time() if at is None else at
    asked: dict[str, str] = {"query": question.expression, "time": f"{at:.3f}"}
    if question.over:
        asked = {"query": question.expression, "start": f"{at - question.over:.3f}", "end": f"{at:.3f}"}
        asked["step"] = f"{question.every:g}"
    kind = "query_range" if question.over else "query"
    # A form in the body: long expressions do not fit into every server's longest address.
    request = Request("POST", f"{address}/api/v1/{kind}", FORM, urlencode(asked).encode())
    reply = ask_once(filled(request, around.secrets), hosts=around.hosts, timeout=longest(step))
    return _values(_result(reply))


def counts_of(step: Mapping[str, Any], around: Surroundings) -> Counts:
    """Errors and requests of `promql ERRORS` and, on the next line, `of REQUESTS`. Raises CannotTell.

    Both are asked at the same moment. Where no request has failed yet, Prometheus has no series of failed ones: that
    is zero errors as long as requests are counted.
    """
    parts = PARTS.fullmatch(str(step.get("body") or "").strip())
    if parts is None:
        raise CannotTell("Counts are asked as promql ERRORS and, on the next line, of REQUESTS.")
    at = time.time()
    requests = sum(values_of(step, around, Question(parts["requests"].strip()), at))
    try:
        errors = sum(values_of(step, around, Question(parts["errors"].strip()), at))
    except NoSeries:
        errors = 0.0
    if not (math.isfinite(requests) and math.isfinite(errors)):
        raise CannotTell("The counts of Prometheus are infinite.")
    counts = Counts(round(requests), round(min(errors, requests)))
    if counts.problem:
        raise CannotTell(counts.problem)
    return counts


def _result(reply: Reply) -> dict[str, Any]:
    """The `data` of a good answer; everything else is Prometheus' own trouble, and named."""
    if reply.failure:
        raise CannotTell(f"Prometheus gave no answer: {reply.sentence}")
    try:
        body = reply.json()
    except ValueError as error:
        raise CannotTell(f"Prometheus answered {reply.status}, and that is not JSON.") from error
    if not isinstance(body, dict):
        raise CannotTell(f"Prometheus answered {reply.status} without a result.")
    if body.get("status") != "success":
        said = f"{body.get('errorType') or 'error'}: {body.get('error') or 'no reason was given'}"
        raise CannotTell(f"Prometheus answered {reply.status}, {said[:300].rstrip('.')}.")
    data = body.get("data")
    if reply.status != 200 or not isinstance(data, dict) or "resultType" not in data:
        raise CannotTell(f"Prometheus answered {reply.status} without a result.")
    return data


def _values(data: Mapping[str, Any]) -> list[float]:
    """The numbers of a vector, matrix or scalar. Raises CannotTell when there is none."""
    kind, result = data.get("resultType"), data.get("result")
    try:
        if kind == "scalar":
            pairs: list[Any] = [result]
        elif kind == "vector":
            pairs = [series["value"] for series in result or []]
        elif kind == "matrix":
            pairs = [pair for series in result or [] for pair in series["values"]]
        else:
            raise CannotTell(f"Prometheus answered with a {kind}, and that is no number.")
        numbers = [float(pair[1]) for pair in pairs]
    except (KeyError, TypeError, IndexError) as error:
        raise CannotTell("The answer of Prometheus cannot be read.") from error
    if not numbers:
        raise NoSeries("Prometheus has no series for this expression: no data is never a pass.")
    known = [number for number in numbers if not math.isnan(number)]
    if not known:
        raise CannotTell("Every value of this expression is NaN: usually a rate over no requests at all.")
    return known


def judge(step: Mapping[str, Any], values: list[float]) -> Answer:
    """Compares the worst value with the threshold. "1 %" means 0.01, times mean seconds, as Prometheus counts them."""
    threshold = step.get("threshold")
    value = {"values": len(values), "lowest": _plain(min(values)), "highest": _plain(max(values))}
    many = f"{len(values)} values from {min(values):.4g} to {max(values):.4g}"
    said = f"The value is {values[0]:.4g}" if len(values) == 1 else many
    if not threshold:
        return Answer("pass", f"{said}.", value)
    limit = float(threshold["value"]) * FACTORS.get(str(threshold.get("unit") or "").lower(), 1.0)
    wrong = [number for number in values if not OPERATORS[threshold["op"]](number, limit)]
    if wrong:
        return Answer("fail", f"{said}; {limit_in_words(threshold)} was expected.", value)
    return Answer("pass", f"{said}: {limit_in_words(threshold)}.", value)


# Prometheus keeps base units: shares, seconds, bytes.
FACTORS = {"%": 0.01, "ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "mb": 1024.0**2, "gb": 1024.0**3}


def _plain(number: float) -> float | str:
    """JSON knows no infinity."""
    return number if math.isfinite(number) else str(number)
