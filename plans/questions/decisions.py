"""Rows of the decision matrix that say "roll back" and no level: which one do they mean?"""

from __future__ import annotations

import re
from typing import Any

from plans.questions.mend import Mend
from plans.questions.question import Choice, Question, Row, Said
from plans.questions.sheet import Sheet

_BACK = re.compile(r"roll(?:ing|ed)?[\s-]?back|revert|restore|undo|downgrade|zurück|retour", re.I)
_NOT = re.compile(r"^\W*(?:no\b|none\b|not\b|never\b|watch|monitor|fix forward|investigate)", re.I)
_NONE = Choice("none", "no rollback: watch")


def without_level(compiled: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the matrix whose action is a rollback that names none of the plan's levels."""
    if not compiled.get("levels"):
        return []
    return [
        row
        for row in compiled.get("matrix") or []
        if not (row.get("levels") or row.get("path")) and _says_back(row.get("action") or "")
    ]


def _says_back(action: str) -> bool:
    return bool(_BACK.search(action)) and not _NOT.match(action)


def of(sheet: Sheet) -> list[Question]:
    """All such rows in one question; a plan runs without an answer, and recommends nothing."""
    levels = sheet.compiled.get("levels") or []
    choices = (
        *(Choice(str(level["number"]), f"level {level['number']}: {level['title'][:60]}") for level in levels),
        _NONE,
    )
    suggested = str(levels[0]["number"]) if len(levels) == 1 else ""
    rows = tuple(
        Row(row["line"], row["line"], f"{row['symptom'] or row['severity']}: {row['action']}"[:90], choices, suggested)
        for row in without_level(sheet.compiled)
        if _cell(sheet.line(row["line"]), row["action"])
    )
    title = f"Which level {'does this row' if len(rows) == 1 else f'do these {len(rows)} rows'} of the matrix mean?"
    why = "A row that names no level recommends none on the day. The answer is written in front of its action."
    actions = {row["line"]: row["action"] for row in without_level(sheet.compiled)}
    return (
        [Question("decisions", title, why, rows, lambda mend, said: _write(mend, said, actions), must=False)]
        if rows
        else []
    )


def _cell(line: str, action: str) -> re.Match[str] | None:
    """The cell that holds the action, with the marks that may stand around it."""
    return re.search(rf"(?<=\|)(?P<before>\s*[*_`]*){re.escape(action)}(?=[*_`]*\s*(?:\||$))", line)


def _write(mend: Mend, said: list[Said], actions: dict[int, str]) -> None:
    for one in said:
        action = actions[one.row.line]
        words = f"No rollback: {action}" if one.choice == "none" else f"Level {one.choice}: {action}"
        line = mend.line(one.row.line)
        if found := _cell(line, action):
            mend.replace(one.row.line, f"{line[: found.start()]}{found['before']}{words}{line[found.end() :]}")
