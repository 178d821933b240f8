"""Characters in commands that look like others, or like nothing: write the plain ones."""

from __future__ import annotations

import re
import unicodedata

from plans.document.problems import Problem
from plans.questions.mend import Mend
from plans.questions.question import Choice, Question, Row, Said
from plans.questions.sheet import Sheet

_PLAIN = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "‛": "'", "‟": '"'}
)
_CHOICES = (Choice("plain", "write the plain character"),)


def odd(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """All odd characters in one question; there is one sensible answer."""
    lines = sorted({problem.line for problem in problems})
    rows = tuple(Row(line, line, sheet.line(line).strip()[:90], _CHOICES, "plain") for line in lines)
    title = f"Write plain characters in {'this line' if len(rows) == 1 else f'these {len(rows)} lines'}?"
    why = "A word processor put curly quotes or characters that nobody sees into commands: a shell takes them as text."
    return [Question("characters", title, why, rows, _write, problems=len(problems))]


def _write(mend: Mend, said: list[Said]) -> None:
    for one in said:
        mend.replace(one.row.line, _plain(mend.line(one.row.line)))


def _plain(text: str) -> str:
    text = re.sub("[\u2028\u2029]", " ", text.translate(_PLAIN))
    return "".join(
        " " if unicodedata.category(sign) == "Zs" else "" if unicodedata.category(sign) == "Cf" else sign
        for sign in text
    )
