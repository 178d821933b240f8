"""The attributes behind a fence's language, and the closed table of keys that may stand there."""

from __future__ import annotations

import re
from dataclasses import dataclass

KINDS = ("exec", "shell", "http", "graphql", "file", "flag", "manual", "approval", "wait", "check", "doc")
ACTING = frozenset({"shell", "exec", "http", "graphql", "file", "flag"})
COMMANDS = frozenset({"shell", "exec"})
ASKING = frozenset({"http", "graphql", "check"})
_CHECKS = frozenset({"check", "http", "graphql", "shell", "exec"})
_ALL = frozenset(KINDS)

KEYS: dict[str, frozenset[str]] = {
    "kind": _ALL,
    "name": _ALL,
    "effect": ACTING,
    "timeout": ACTING | {"check"},
    "ok": COMMANDS,
    "retries": ACTING | {"check"},
    "on_failure": ACTING | {"check"},
    "on_cancel": ACTING,
    "critical": _ALL,
    "only_if": _ALL,
    "for": _ALL,
    "undo": ACTING,
    "verify": ACTING,
    "detached": COMMANDS,
    "leaves": COMMANDS,
    "cwd": COMMANDS,
    "env": COMMANDS,
    "secrets": COMMANDS,
    "path": frozenset({"file", "check"}),
    "via": frozenset({"flag"}),
    "log": frozenset({"check"}),
    "pattern": frozenset({"check"}),
    "since": frozenset({"check"}),
    "count": frozenset({"check"}),
    "approve": ACTING | {"approval"},
    "levels": _CHECKS,
    "purpose": _CHECKS,
    "expect": ASKING,
    "assert": ASKING,
    "every": _CHECKS,
    "passes": _CHECKS,
    "url": ASKING,
    "header": frozenset({"graphql"}),
    "signal": ASKING,
    "threshold": ASKING,
}
"""Key → the kinds that it may stand on. A new key is a change of docs/plan-format.md first."""

_PAIR = re.compile(
    r"\s*(?:(?P<key>[A-Za-z_][A-Za-z0-9_-]*)\s*=\s*(?:\"(?P<double>(?:\\.|[^\"\\])*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s\"'{}]+))|(?P<odd>\S+))"
)


@dataclass(frozen=True)
class Attributes:
    """The attributes of one fence; `faults` are sentences about what could not be read, each with its hint."""

    values: dict[str, str]
    faults: tuple[tuple[str, str], ...] = ()

    def get(self, key: str) -> str | None:
        return self.values.get(key)


def parse(text: str) -> Attributes:
    """Reads `{key=value key="v w"}`; an unknown or repeated key and anything else is a fault."""
    source = text.strip()
    if not source:
        return Attributes({})
    if not (source.startswith("{") and source.endswith("}")):
        return Attributes(
            {},
            (
                (
                    f"`{source[:60]}` behind the language is no attribute list.",
                    "Write attributes as `{key=value}`, or remove them.",
                ),
            ),
        )
    values: dict[str, str] = {}
    faults: list[tuple[str, str]] = []
    for match in _PAIR.finditer(source[1:-1]):
        if match.group("odd"):
            faults.append(
                (
                    f"`{match.group('odd')[:60]}` is no attribute.",
                    "Write `key=value`, with quotes around a value that has spaces.",
                )
            )
            continue
        key = match.group("key")
        value = next(
            part for part in (match.group("double"), match.group("single"), match.group("bare")) if part is not None
        )
        if match.group("double") is not None:
            value = re.sub(r"\\([\"\\])", r"\1", value)
        if key not in KEYS:
            faults.append((f"The key `{key}` is unknown.", _nearest(key)))
        elif key in values:
            faults.append((f"The key `{key}` is written twice.", "Keep one of the two."))
        else:
            values[key] = value
    return Attributes(values, tuple(faults))


def _nearest(key: str) -> str:
    import difflib

    close = difflib.get_close_matches(key, KEYS, 1)
    return f"Did you mean `{close[0]}`?" if close else "docs/plan-format.md lists the keys."
