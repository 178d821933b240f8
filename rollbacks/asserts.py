"""The `assert=` lines of a check: `data.posts.0.author.__typename == Author`, `$.a[0].b != off`, `exists data.me`,
and of the reply's headers: `$header.content-type == application/json`, `exists $header.etag`."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

COMPARISON = re.compile(r"^(?P<path>\S+)\s*(?P<op>==|!=)\s*(?P<wanted>.*)$", re.DOTALL)
MISSING = object()
HEADER = "$header."
POSITION = re.compile(r"\[(-?\d+)\]")


def broken_assert(lines: Sequence[str], body: Any, headers: Mapping[str, str] | None = None) -> str:
    """The first assert that does not hold, as a sentence; empty when all hold. A path that is missing never holds."""
    for line in lines:
        problem = _problem(line.strip(), body, headers or {})
        if problem:
            return problem
    return ""


def needs_body(lines: Sequence[str]) -> bool:
    """True when an assert looks at more than the headers."""
    return any(HEADER not in line.split("=")[0] for line in lines)


def speaks_of_errors(lines: Sequence[str]) -> bool:
    """True when an assert looks at GraphQL's `errors` itself: then they are no failure by themselves."""
    return any(re.match(r"^(exists\s+)?errors\b", line.strip()) for line in lines)


def value_at(body: Any, path: str) -> Any:
    """What stands at a path (`a.0.b`, `$.a[0].b`; numbers are positions in a list), or MISSING."""
    here = body
    for part in POSITION.sub(r".\1", path.removeprefix("$.")).split("."):
        if isinstance(here, dict) and part in here:
            here = here[part]
        elif isinstance(here, list) and part.lstrip("-").isdigit() and -len(here) <= int(part) < len(here):
            here = here[int(part)]
        else:
            return MISSING
    return here


def _problem(line: str, body: Any, headers: Mapping[str, str]) -> str:
    if line.startswith("exists "):
        path = line.removeprefix("exists ").strip()
        return "" if _value(body, headers, path) is not MISSING else f"{path} is missing from the answer."
    found = COMPARISON.match(line)
    if found is None:
        return f"“{line}” is no assert: write path == value, path != value, or exists path."
    path, op, wanted = found["path"], found["op"], found["wanted"].strip()
    value = _value(body, headers, path)
    if value is MISSING:
        return f"{path} is missing from the answer."
    if _equal(value, wanted) is (op == "=="):
        return ""
    shown = json.dumps(value, ensure_ascii=False)[:200]
    return f"{path} is {shown}, not {wanted}." if op == "==" else f"{path} is {shown}, as it must not be."


def _value(body: Any, headers: Mapping[str, str], path: str) -> Any:
    if path.startswith(HEADER):
        named = {name.lower(): value for name, value in headers.items()}
        return named.get(path.removeprefix(HEADER).lower(), MISSING)
    return value_at(body, path)


def _equal(value: Any, wanted: str) -> bool:
    """Compared as text or as JSON: `true`, `3` and `"3"` mean what they say."""
    if isinstance(value, str) and value == wanted:
        return True
    try:
        return type(value) is type(json.loads(wanted)) and bool(value == json.loads(wanted))
    except ValueError:
        return False
