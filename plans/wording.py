"""How a plan's numbers and kinds are said on its pages. Plain Python."""

from collections.abc import Sequence
from typing import Any

KINDS = {
    "exec": "command",
    "shell": "shell command",
    "http": "request",
    "graphql": "GraphQL query",
    "file": "file change",
    "flag": "flag",
    "manual": "done by a person",
    "approval": "approval",
    "wait": "wait",
    "check": "check",
    "doc": "not run",
}
EFFECTS = {
    "read": "reads only",
    "idempotent": "may be repeated",
    "once": "once",
}


def length(seconds: float | None) -> str:
    """A promised or due time as plans write it: "90 s", "5 min", "24 h"; empty for None."""
    if seconds is None:
        return ""
    whole = round(seconds)
    for size, unit in ((3600, "h"), (60, "min")):
        if whole and whole % size == 0:
            return f"{whole // size} {unit}"
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60} s"


def count(number: int, one: str, many: str = "") -> str:
    """ "1 step", "3 steps"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def and_list(words: Sequence[Any]) -> str:
    """ "1", "1 and 2", "1, 2 and 3"."""
    said = [str(word) for word in words]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}" if said else ""


def kind_of(step: dict[str, Any]) -> str:
    """ "shell command · once", "done by a person"."""
    kind = KINDS.get(step.get("kind", ""), step.get("kind", ""))
    if step.get("kind") in ("manual", "approval", "wait", "doc", "check"):
        return kind
    return f"{kind} · {EFFECTS.get(step.get('effect', ''), step.get('effect', ''))}"
