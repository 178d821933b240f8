"""A compiled step with every field at its default: the shape that the engine and the pages share."""

from __future__ import annotations

from typing import Any

from plans.document.step import Step


def blank(step: Step, number: str, name: str, kind: str) -> dict[str, Any]:
    """Returns a step of this kind; seconds for `timeout` and `every`."""
    # Titles are shown in lists, mails and the timeline: a code span's backticks are noise there.
    title = step.title.replace("`", "")
    who = {"name": name, "number": number, "item": title, "title": title, "kind": kind, "language": ""}
    where: dict[str, Any] = {
        "line": step.line,
        "body_line": step.line,
        "cwd": None,
        "env": [],
        "secrets": [],
        "for": None,
    }
    what: dict[str, Any] = {
        "body": "",
        "path": None,
        "via": None,
        "url": None,
        "log": None,
        "pattern": None,
        "inferred": [],
    }
    how = {
        "effect": "once",
        "timeout": None,
        "ok": [0],
        "retries": 0,
        "only_if": None,
        "approve": None,
        "critical": True,
    }
    then = {"on_failure": "ask", "on_cancel": None, "undo": None, "verify": None, "detached": False, "leaves": None}
    check: dict[str, Any] = {
        "levels": None,
        "purpose": "health",
        "expect": 200,
        "assert": [],
        "every": 5.0,
        "passes": 1,
    }
    measure = {"since": "start", "count": None, "signal": None, "threshold": None}
    return {**who, **where, **what, **how, **then, **check, **measure}
