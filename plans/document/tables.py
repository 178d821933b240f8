"""Reads the tables of a plan, columns mapped by the words of their headers: matrix, risks, revisions."""

from __future__ import annotations

import re

from plans.document import column_words, durations, inline, words
from plans.document.blocks import Listing, Row, Section, Table
from plans.document.matrix import condition_of, levels_in, path_of
from plans.document.notes import Notes
from plans.document.plan import MatrixRow, RevisionRow, Risk


def tables_of(section: Section) -> list[Table]:
    return [block for block in section.blocks if isinstance(block, Table)]


def columns(headers: tuple[str, ...], table: tuple[tuple[str, str], ...]) -> dict[str, int]:
    """Returns field → column; the first header that fits a field keeps it."""
    found: dict[str, int] = {}
    for place, header in enumerate(headers):
        name = (
            "" if re.search(column_words.ABOUT_PEOPLE, words.normal(header)) else column_words.column_of(header, table)
        )
        if name and name not in found:
            found[name] = place
    return found


def matrix_rows(table: Table, notes: Notes) -> tuple[MatrixRow, ...]:
    """Returns the rows of a decision matrix; symptom and action are found by elimination where no header says so."""
    at = matrix_columns(table.headers)
    if not at:
        return ()
    rows = tuple(_matrix_row(row, at, table.headers) for row in table.rows)
    if not any(row.action for row in rows):
        return ()  # a form that somebody fills in
    notes.claim(table.line, table.end_line)
    return rows


def _by_time(headers: tuple[str, ...]) -> list[int]:
    """Returns the columns of a matrix that are times ("Takes < 1 hour | 1-4 hours"): its cells are what to do within each."""
    fields = [column_words.column_of(header, column_words.COLUMNS) for header in headers]
    timed = [place for place, header in enumerate(headers) if durations.find_length(header)]
    return timed if len(timed) > 1 and "action" not in fields else []


def _matrix_row(row: Row, at: dict[str, int], headers: tuple[str, ...]) -> MatrixRow:
    said = {name: inline.plain(row.cells[place]) for name, place in at.items() if place < len(row.cells)}
    timed = _by_time(headers)
    if timed:
        said["action"] = "; ".join(
            f"{inline.plain(headers[place])}: {inline.plain(row.cells[place])}" for place in timed
        )
        said["timeframe"] = ""
    symptom = " ".join(part for part in (said.get("symptom"), said.get("threshold")) if part)
    action, timeframe = said.get("action", ""), said.get("timeframe", "")
    return MatrixRow(
        row.line, symptom, said.get("severity", ""), action, timeframe, durations.upper_bound(timeframe),
        levels_in(action), path_of(action), condition_of(symptom),
    )  # fmt: skip


def is_matrix(table: Table) -> bool:
    """Says whether a table's own headers name what is seen and what is done about it."""
    at = columns(table.headers, column_words.COLUMNS)
    return "action" in at and "symptom" in at and "threshold" not in at


def answers_cases(table: Table) -> bool:
    """Says whether a table under a heading about triggers answers them too: by its headers, or for each severity."""
    return is_matrix(table) or grades_answers(table)


def grades_answers(table: Table) -> bool:
    """Says whether a table names what is done for each severity, or pairs cases with answers."""
    at = columns(table.headers, column_words.COLUMNS)
    graded = "action" in at and "severity" in at and "threshold" not in at
    graded = graded and not re.search(column_words.HOW, words.normal(table.headers[at["action"]]))
    return graded or pairs_cases_with_answers(table)


def pairs_cases_with_answers(table: Table) -> bool:
    """Says whether the headers alone make a decision matrix: a case that somebody sees, and what is done about it."""
    at = columns(table.headers, column_words.COLUMNS)
    if not ("action" in at and "symptom" in at) or "threshold" in at:
        return False
    if at["symptom"] > at["action"]:
        return False  # "Method | When": ways are compared, no case is answered
    case, answer = (words.normal(table.headers[at[name]]) for name in ("symptom", "action"))
    return bool(re.search(column_words.CASE, case)) and bool(re.search(column_words.ANSWER, answer))


def matrix_columns(headers: tuple[str, ...]) -> dict[str, int]:
    """Returns field → column of a decision matrix; empty for any other table."""
    at = columns(headers, column_words.COLUMNS)
    named = [place for place, header in enumerate(headers) if re.search(column_words.SEVERITY, words.normal(header))]
    if named:
        at["severity"] = named[0]  # "Risk level | Issue severity": the one that says so itself
    timed = _by_time(headers)
    if timed:
        at = {name: place for name, place in at.items() if place not in timed} | {"action": timed[0]}
    free = [
        place
        for place, header in enumerate(headers)
        if place not in (*at.values(), *timed) and not re.search(column_words.ABOUT_PEOPLE, words.normal(header))
    ]
    cases = [place for place in free if not re.search(column_words.HOW, words.normal(headers[place]))]
    if "symptom" not in at and cases:
        at["symptom"] = cases[0]
        free.remove(cases[0])
    if "action" not in at and free:
        at["action"] = free[0]
    if "symptom" not in at and "threshold" in at:
        at["symptom"] = at.pop("threshold")
    if "action" in at and re.search(column_words.HOW, words.normal(headers[at["action"]])):
        case = words.normal(headers[at["symptom"]]) if "symptom" in at else ""
        return at if re.search(column_words.CASE, case) else {}  # a list of scripts answers no case
    return at if ("symptom" in at or "severity" in at) and "action" in at else {}


def risk_rows(table: Table, notes: Notes) -> tuple[Risk, ...]:
    at = columns(table.headers, column_words.RISK_COLUMNS)
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
    if re.search(column_words.NOT_APPLICABLE, lowered):
        return "not_applicable"
    return "none" if re.search(column_words.NO_ROLLBACK, lowered) or not lowered else "rollback"


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


_DATED = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4})")
_VERSIONED = re.compile(
    r"\b(?:v|version |rev\.? ?)(?P<version>\d+(?:\.\d+){0,3})\b|^(?P<bare>\d+\.\d+(?:\.\d+)?)\b", re.IGNORECASE
)


def revision_items(listing: Listing, notes: Notes) -> tuple[RevisionRow, ...]:
    """Returns the items of a change log that name a date or a version: "**2026-01-07**: First version"."""
    found = []
    for item in listing.items:
        lead = item.lines[0].lead if item.lines else ""
        told = lead or re.split(r"\s[-–—]\s|:\s", item.text, maxsplit=1)[0]
        date, version = _DATED.search(told), _VERSIONED.search(told)
        if not (date or version) or len(told) > 60:
            continue
        notes.claim(item.line, item.end_line)
        number = (version.group("version") or version.group("bare")) if version else ""
        changes = item.text[len(told) :].strip(" :-–—")
        found.append(RevisionRow(item.line, number, date.group("date") if date else "", changes, ""))
    return tuple(found)
