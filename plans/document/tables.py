"""Reads the tables of a plan, columns mapped by the words of their headers: matrix, risks, revisions."""

from __future__ import annotations

import re

from plans.document import durations, inline, words
from plans.document.blocks import Row, Section, Table
from plans.document.matrix import condition_of, levels_in, path_of
from plans.document.notes import Notes
from plans.document.plan import MatrixRow, RevisionRow, Risk


def tables_of(section: Section) -> list[Table]:
    return [block for block in section.blocks if isinstance(block, Table)]


def columns(headers: tuple[str, ...], table: tuple[tuple[str, str], ...]) -> dict[str, int]:
    """Returns field → column; the first header that fits a field keeps it."""
    found: dict[str, int] = {}
    for place, header in enumerate(headers):
        name = "" if re.search(words.ABOUT_PEOPLE, words.normal(header)) else words.column_of(header, table)
        if name and name not in found:
            found[name] = place
    return found


def matrix_rows(table: Table, notes: Notes) -> tuple[MatrixRow, ...]:
    """Returns the rows of a decision matrix; symptom and action are found by elimination where no header says so."""
    at = matrix_columns(table.headers)
    if not at:
        return ()
    notes.claim(table.line, table.end_line)
    return tuple(_matrix_row(row, at) for row in table.rows)


def _matrix_row(row: Row, at: dict[str, int]) -> MatrixRow:
    said = {name: inline.plain(row.cells[place]) for name, place in at.items() if place < len(row.cells)}
    symptom = " ".join(part for part in (said.get("symptom"), said.get("threshold")) if part)
    action, timeframe = said.get("action", ""), said.get("timeframe", "")
    return MatrixRow(
        row.line, symptom, said.get("severity", ""), action, timeframe, durations.upper_bound(timeframe),
        levels_in(action), path_of(action), condition_of(symptom),
    )  # fmt: skip


def matrix_columns(headers: tuple[str, ...]) -> dict[str, int]:
    at = columns(headers, words.COLUMNS)
    free = [
        place
        for place, header in enumerate(headers)
        if place not in at.values() and not re.search(words.ABOUT_PEOPLE, words.normal(header))
    ]
    for name in ("symptom", "action"):
        if name not in at and free:
            at[name] = free.pop(0)
    if "symptom" not in at and "threshold" in at:
        at["symptom"] = at.pop("threshold")
    return at if ("symptom" in at or "severity" in at) and "action" in at else {}


def risk_rows(table: Table, notes: Notes) -> tuple[Risk, ...]:
    at = columns(table.headers, words.RISK_COLUMNS)
    if "scenario" not in at and "risk" not in at:
        return ()
    notes.claim(table.line, table.end_line)
    rows = []
    for row in table.rows:
        said = {name: inline.plain(row.cells[place]) for name, place in at.items() if place < len(row.cells)}
        rollback = said.get("rollback", "")
        rows.append(
            Risk(row.line, said.get("risk", ""), said.get("scenario", ""), said.get("probability", ""), said.get("impact", ""),
                 rollback, levels_in(rollback), risk_answer(rollback))
        )  # fmt: skip
    return tuple(rows)


def risk_answer(rollback: str) -> str:
    """Returns rollback, none ("No action needed") or not_applicable."""
    lowered = rollback.lower()
    if levels_in(rollback):
        return "rollback"
    if re.search(words.NOT_APPLICABLE, lowered):
        return "not_applicable"
    return "none" if re.search(words.NO_ROLLBACK, lowered) or not lowered else "rollback"


_REVISION_COLUMNS = (
    ("version", r"version|revision|rev\b|ver\b|#|版本"),
    ("date", r"date|fecha|when|日期"),
    ("author", r"author|by|who|owner|auteur|autor|作者|approved"),
    ("changes", r"change|description|summary|what|note|cambio|变更|内容|reason"),
)


def revision_rows(table: Table, notes: Notes) -> tuple[RevisionRow, ...]:
    at = columns(table.headers, _REVISION_COLUMNS)
    if "version" not in at and "date" not in at:
        return ()
    notes.claim(table.line, table.end_line)
    rows = []
    for row in table.rows:
        said = {name: inline.plain(row.cells[place]) for name, place in at.items() if place < len(row.cells)}
        rows.append(
            RevisionRow(
                row.line, said.get("version", ""), said.get("date", ""), said.get("changes", ""), said.get("author", "")
            )
        )
    return tuple(rows)
