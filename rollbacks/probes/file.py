"""Reads a file under the target's root: how often a pattern stands in it, or whether its settings are as written."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollbacks.context import Answer, Surroundings
from rollbacks.measure import OPERATORS
from rollbacks.probes.log import count_of

CAP = 1024 * 1024
SETTING = re.compile(r"^(?:set\s+(?P<key>\S+)\s*=\s*(?P<value>.*)|remove\s+(?P<gone>\S+))$")


def ask(step: Mapping[str, Any], around: Surroundings) -> Answer:
    """Counts `pattern=` in the file of `path=`, or compares the file with `set key = value` and `remove key` lines."""
    name = str(step.get("path") or "")
    try:
        text = under(around.root, name).read_bytes()[:CAP].decode("utf-8", errors="replace")
    except (OSError, ValueError) as error:
        return Answer(
            "cannot_tell", f"{name or 'The file'} cannot be read: {getattr(error, 'strerror', None) or error}."
        )
    if step.get("pattern"):
        return _pattern(step, text, name)
    wanted = [line.strip() for line in str(step.get("body") or "").splitlines() if line.strip()]
    if not wanted:
        return Answer("cannot_tell", "This check says neither a pattern nor a setting.")
    for line in wanted:
        problem = _setting_problem(line, text, name)
        if problem:
            return Answer("fail", problem)
    return Answer("pass", f"{name} says {'; '.join(wanted)[:200]}.")


def under(root: Path, name: str) -> Path:
    """The path below the root; raises ValueError for one that leads out of it."""
    path = (root / name).resolve()
    if not name or not path.is_relative_to(root.resolve()):
        raise ValueError("it is not under the target's root")
    return path


def _pattern(step: Mapping[str, Any], text: str, name: str) -> Answer:
    try:
        pattern, (op, limit) = re.compile(str(step["pattern"])), count_of(step)
    except (re.error, ValueError) as error:
        return Answer("cannot_tell", f"The pattern or count of this check cannot be read: {error}.")
    found = sum(bool(pattern.search(line)) for line in text.splitlines())
    said = f"“{pattern.pattern}” stands on {found} lines of {name}"
    if OPERATORS[op](found, limit):
        return Answer("pass", f"{said}.", {"count": found})
    return Answer("fail", f"{said}; {op} {limit} was expected.", {"count": found})


def _setting_problem(line: str, text: str, name: str) -> str:
    asked = SETTING.match(line)
    if asked is None:
        return f"“{line[:80]}” is no setting: write set key = value, or remove key."
    key = asked["key"] or asked["gone"]
    there = re.search(rf"^\s*{re.escape(key)}\s*[:=]\s*(?P<value>.*?)\s*,?\s*$", text, re.MULTILINE)
    if asked["gone"]:
        return f"{name} still holds {key}." if there else ""
    if there is None:
        return f"{name} does not hold {key}."
    value = there["value"].strip("\"'")
    return "" if value == asked["value"].strip().strip("\"'") else f"{key} is {there['value']} in {name}."
