"""A question about a plan's text: what is asked, why, where, and what may be answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from plans.questions.mend import Mend


class Unanswered(Exception):
    """The answer cannot be used; `str(error)` says what is missing."""


MANY = 4


@dataclass(frozen=True)
class Choice:
    """One answer. `asks` is the label of the text that it needs; empty for one that needs none."""

    value: str
    label: str
    asks: str = ""


@dataclass(frozen=True)
class Row:
    """One thing that is asked about; a question of several rows asks the same about each."""

    line: int
    end_line: int
    label: str
    choices: tuple[Choice, ...]
    suggested: str = ""
    """The value that stands chosen at first; empty where nothing may be suggested."""
    text: str = ""
    """What stands in the text field at first."""
    also: tuple[int, ...] = ()
    """Other lines where the same thing stands."""
    note: str = ""
    """What a person has to know about this row before answering."""

    @property
    def asks(self) -> str:
        """The label of the row's text field; empty where no choice needs one."""
        return next((choice.asks for choice in self.choices if choice.asks), "")


@dataclass(frozen=True)
class Said:
    """What was answered for one row."""

    row: Row
    choice: str
    text: str


@dataclass(frozen=True)
class Question:
    """One question. `apply` writes its answers into the text, and raises Unanswered for one that cannot be used."""

    key: str
    title: str
    why: str
    rows: tuple[Row, ...]
    apply: Callable[[Mend, list[Said]], None] = field(repr=False, compare=False)
    must: bool = True
    """False: the plan can run without an answer."""
    problems: int = 1
    """How many problems it settles."""

    @property
    def region(self) -> tuple[int, int]:
        """The lines that a person edits who has another answer."""
        return self.rows[0].line, self.rows[0].end_line

    @property
    def for_all(self) -> tuple[Choice, ...]:
        """The answers that may be given once for all rows: many rows with the same ones and the same suggestion."""
        first = self.rows[0].choices
        same = all(row.choices == first and row.suggested == self.rows[0].suggested for row in self.rows)
        return (
            first
            if same and self.rows[0].suggested and len(self.rows) >= MANY and not any(choice.asks for choice in first)
            else ()
        )

    def said(self, given: Mapping[str, str]) -> list[Said]:
        """The answers of a form: `choice-0`, `text-0`, `choice-1` …; `choice-all` for rows without one."""
        found = []
        for place, row in enumerate(self.rows):
            choice = (
                given.get(f"choice-{place}")
                or given.get("choice-all")
                or (row.choices[0].value if len(row.choices) == 1 else "")
            )
            text = given.get(f"text-{place}", "").strip()
            known = next((one for one in row.choices if one.value == choice), None)
            if known is None:
                raise Unanswered(f"Line {row.line}: choose an answer for “{row.label}”.")
            if known.asks and not text:
                raise Unanswered(f"Line {row.line}: “{known.label}” needs the {known.asks.lower()}.")
            found.append(Said(row, choice, text))
        return found
