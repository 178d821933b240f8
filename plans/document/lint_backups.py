"""Warns of a procedure that restores what it has just saved itself: the broken state comes back."""

from __future__ import annotations

import re
from typing import Any

from plans.document import shell
from plans.document.finding import Findings
from plans.document.lint_commands import commands_of

_RESTORES = re.compile(
    r"\b(psql|pg_restore|mysql|mariadb|mongorestore|sqlite3|redis-cli|apply|replace|restore|import|load)\b|"
    r"(-X|--request)[ =]?(PUT|PATCH|POST)\b|\bstate push\b"
)
_MOVES = re.compile(r"[$`*?]|^/dev/")
"""Names that are another file each time, or none."""


def look(compiled: dict[str, Any], findings: Findings) -> None:
    for level in compiled["levels"]:
        saved: dict[str, int] = {}
        for step in level["steps"]:
            if step["kind"] not in ("shell", "exec"):
                continue
            for line, command in commands_of(step):
                _own_copy(command, line, saved, findings)
                saved.update(dict.fromkeys(_written(command), line))


def _own_copy(command: shell.Command, line: int, saved: dict[str, int], findings: Findings) -> None:
    used = next((file for file in _read(command) if file in saved), None)
    if used is not None and _RESTORES.search(" ".join(command.bare)):
        findings.warn(
            line,
            "own-backup",
            f"`{used}` is restored here and written on line {saved[used]} of the same procedure: the state of a moment ago comes back.",
            "Restore a copy from before the change, and save the present state under another name.",
        )


def _written(command: shell.Command) -> list[str]:
    files = [target.strip("'\"") for operator, target in command.redirects if operator in (">", ">|", "&>")]
    return [file for file in files if not _MOVES.search(file)]


def _read(command: shell.Command) -> list[str]:
    """Returns what may be a file that a command reads: `< dump.sql`, `-f dump.sql`, `--file=dump.sql`, `-d @dump.json`."""
    fed = [target for operator, target in command.redirects if operator == "<"]
    return [re.sub(r"^(--?[\w-]+=)?@?", "", word.strip("'\"")).strip("'\"") for word in [*fed, *command.bare[1:]]]
