"""Reads when to roll back, and when not to."""

from __future__ import annotations

import re

from plans.document import levels, words
from plans.document.blocks import Listing, Paragraph, Section, Table
from plans.document.notes import Notes
from plans.document.plan import Said
from plans.document.steps import every_text

_SAYS_WHEN = re.compile(r"roll|revert|when|quand|cu[aá]ndo|quando|wann|回滚|触发", re.IGNORECASE)
"""A list of symptoms alone belongs to the procedure beside it."""
Triggers = tuple[list[Said], list[Said]]
"""For a rollback, and against it."""


def read(section: Section, notes: Notes) -> Triggers:
    """Returns the lists of a section about triggers; "not needed when" in front of a list turns its meaning."""
    found: Triggers = ([], [])
    notes.claim(section.line)
    against = False
    for block in every_text(section):
        notes.claim(block.line, block.end_line)
        if isinstance(block, Paragraph):
            against = words.part_of(block.text.replace("is not needed", "not needed")) == "not_triggers"
        elif isinstance(block, Listing):
            found[against].extend(levels.bullets((block,), ordered=True))
        elif isinstance(block, Table):
            found[against].extend(_rows(block))
    return found


def _rows(table: Table) -> list[Said]:
    """Returns the first column of a table such as "Trigger | Description"; one with an action is a matrix."""
    fields = [words.column_of(header) for header in table.headers]
    if fields[:1] != ["symptom"] or "action" in fields:
        return []
    return [Said(row.line, row.cells[0]) for row in table.rows if row.cells[0].strip()]


def in_passing(section: Section, notes: Notes) -> Triggers:
    """Returns the lists behind "Roll back when:" under a heading that says something else."""
    found: Triggers = ([], [])
    told = ""
    for block in section.blocks:
        if isinstance(block, Paragraph):
            told = block.lines[-1].text
        elif isinstance(block, Listing) and told.rstrip("*_ ").endswith((":", "：")):
            part = words.part_of(told) if words.label_of(told) != "when" or _SAYS_WHEN.search(told) else ""
            if part in ("triggers", "not_triggers"):
                notes.claim(block.line - 1, block.end_line)
                found[part == "not_triggers"].extend(levels.bullets((block,), ordered=True))
            told = ""
    return found
