"""Refuses a body that does not fit its step's kind."""

from __future__ import annotations

import re
import shlex
from typing import Any

from plans.document import durations

METHOD = re.compile(r"(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\s+(?P<url>\S+)(?:\s+HTTP/[\d.]+)?\s*$")
_FLAG = re.compile(r"set\s+(?P<name>[\w.:-]+)\s+(?P<state>on|off|absent)")
_SETTING = re.compile(r"set\s+\S+\s*=.*|remove\s+\S+")
_UNTIL = re.compile(r"until\s+(?P<check>[\w.-]+)\s+within\s+(?P<within>\S+)")


def fault_of(compiled: dict[str, Any]) -> tuple[str, str] | None:
    """Returns what is wrong with the body of a step and what to do; a wait gets its time limit from it."""
    problem = {
        "http": _http,
        "graphql": _graphql,
        "file": _file,
        "flag": _flag,
        "wait": _wait,
        "check": _check,
        "exec": _exec,
        "approval": _approval,
    }.get(compiled["kind"])
    return problem(compiled, compiled["body"].strip()) if problem else None


_Said = tuple[str, str] | None


def _http(step: dict[str, Any], body: str) -> _Said:
    if not METHOD.match(body.split("\n", 1)[0]) and not (step["url"] and not body):
        return (
            "The request does not begin with a method and an address.",
            "Write such as `GET <base-url>/health` on the first line.",
        )
    return None


def _graphql(step: dict[str, Any], body: str) -> _Said:
    if not step["url"]:
        return "The query does not say where it goes.", "Add `url=`, such as `url=<base-url>/graphql`."
    if not body or body.count("{") != body.count("}"):
        return "The query is empty or its braces do not match.", "Write a whole GraphQL document."
    return None


def _file(step: dict[str, Any], body: str) -> _Said:
    lines = [line for line in body.split("\n") if line.strip()]
    is_diff = any(line.startswith("@@ ") for line in lines)
    if not is_diff and not (lines and all(_SETTING.fullmatch(line.strip()) for line in lines)):
        return (
            "The change is neither a unified diff nor `set` and `remove` lines.",
            "Write `set key = value`, `remove key`, or a diff with `@@` lines.",
        )
    if not is_diff and not step["path"]:
        return "The change does not say which file it means.", "Add `path=` with a path under the target's root."
    return None


def _flag(step: dict[str, Any], body: str) -> _Said:
    if not _FLAG.fullmatch(body):
        return "The flag step cannot be read.", "Write one line: `set <name> on`, `off` or `absent`."
    return None


def _wait(step: dict[str, Any], body: str) -> _Said:
    until = _UNTIL.fullmatch(body)
    seconds = durations.strict(until.group("within") if until else body)
    if seconds is None or seconds <= 0:
        return "The wait cannot be read.", "Write `30s`, or `until <check-name> within 60s`."
    step["timeout"] = seconds
    return None


def _check(step: dict[str, Any], body: str) -> _Said:
    if step["signal"]:
        return None if step["threshold"] else ("The check names a signal and no threshold.", 'Add `threshold="< 1%"`.')
    if step["log"]:
        return None if step["pattern"] else ("The check names a log and no pattern.", "Add `pattern=`.")
    if step["path"]:
        return (
            None
            if step["pattern"] or body
            else ("The check names a file and nothing to look for.", "Add `pattern=`, or `set key = value` lines.")
        )
    if body.startswith("process ") or step["url"]:
        return None
    return _http(step, body)


def _exec(step: dict[str, Any], body: str) -> _Said:
    try:
        words = shlex.split(body, comments=True)
    except ValueError:
        words = []
    if not words or "\n" in body:
        return "An `exec` step is one command with its arguments.", "Write one line with closed quotes, or use `bash`."
    return None


def _approval(step: dict[str, Any], body: str) -> _Said:
    return None if step["approve"] else ("The approval does not say who approves.", 'Add `approve="1 of oncall-lead"`.')


def until_check(step: dict[str, Any]) -> str | None:
    """Returns the check that a wait asks."""
    match = _UNTIL.fullmatch(str(step["body"]).strip()) if step["kind"] == "wait" else None
    return match.group("check") if match else None
