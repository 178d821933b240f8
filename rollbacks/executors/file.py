"""An edit of one file: a unified diff, or `set <key> = <value>` and `remove <key>` lines."""

import re
from typing import Any

from rollbacks.context import Outcome, Sink, Stop, Surroundings
from rollbacks.executors import diff, lines
from rollbacks.executors.edit import change

_SET = re.compile(r"set\s+(\S+)\s*=\s*(.*)")
_REMOVE = re.compile(r"remove\s+(\S+)")


def execute(step: dict[str, Any], around: Surroundings, sink: Sink, stop: Stop) -> Outcome:
    """Makes the file say what the step says; already so is a success that changes nothing."""
    body = str(step.get("body") or "")
    return change(around, str(step.get("path") or ""), lambda old: edited(old, body), sink)


def edited(old: str, body: str) -> str:
    """The new text. Raises ValueError with a sentence when the step does not fit the file."""
    wanted = [line.strip() for line in body.splitlines() if line.strip()]
    if not wanted:
        raise ValueError("The step says no change.")
    if not all(_SET.fullmatch(line) or _REMOVE.fullmatch(line) for line in wanted):
        return diff.apply(old, body)
    text = old
    for line in wanted:
        if match := _SET.fullmatch(line):
            text = lines.set_value(text, match[1], match[2].strip())
        elif match := _REMOVE.fullmatch(line):
            text = lines.remove(text, match[1])
    return text
