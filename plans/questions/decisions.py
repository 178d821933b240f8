"""Rows of the decision matrix that say "roll back" and no level: which one do they mean?"""

from __future__ import annotations

import re
from typing import Any

from plans.questions.mend import Mend
from plans.questions.question import Choice, Question, Row, Said
from plans.questions.sheet import Sheet

_BACK = re.compile(r"roll(?:ing|ed)?[\s-]?back|revert|restore|undo|downgrade|zurück|retour", re.I)
_NOT = re.compile(r"^\W*(?:no\b|none\b|not\b|never\b|watch|monitor|fix forward|investigate)", re.I)
ENOUGH = 2
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
    rows = tuple(
        Row(
            row["line"],
            row["line"],
            f"{row['symptom'] or row['severity']}: {row['action']}"[:90],
            choices,
            _likely(row, levels),
        )
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


def _likely(row: dict[str, Any], levels: list[dict[str, Any]]) -> str:
    """The only level, or the one whose title shares the most words with the row; empty where two are as near."""
    if len(levels) == 1:
        return str(levels[0]["number"])
    said = _words(f"{row['symptom']} {row['action']}")
    shared = sorted(((len(said & _words(level["title"])), -level["number"]) for level in levels), reverse=True)
    return str(-shared[0][1]) if shared[0][0] >= ENOUGH and shared[0][0] > shared[1][0] else ""


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"[^\W\d_]{3,}", text.casefold()) if not _BACK.fullmatch(word)}


def _cell(line: str, action: str) -> re.Match[str] | None:
    """The cell that holds the action, whatever marks stand around its words."""
    words = r"[*_`]*\s+[*_`]*".join(re.escape(word) for word in action.split())
    return re.search(rf"(?<=\|)(?P<before>\s*)(?P<said>[*_`]*{words}[*_`]*)(?=\s*(?:\||$))", line)


def _write(mend: Mend, said: list[Said], actions: dict[int, str]) -> None:
    for one in said:
        line = mend.line(one.row.line)
        if found := _cell(line, actions[one.row.line]):
            level = "No rollback" if one.choice == "none" else f"Level {one.choice}"
            mend.replace(one.row.line, f"{line[: found.start('said')]}{level}: {line[found.start('said') :]}")
