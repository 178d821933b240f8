"""Finds the lines of a document that found no part."""

from __future__ import annotations

from plans.document.blocks import Block, Html, Item, Listing, Section
from plans.document.notes import Notes


def find(root: Section, notes: Notes) -> list[tuple[int, int]]:
    """Returns the line ranges that found no part, neighbours of one section joined."""
    found: list[tuple[int, int]] = []
    for section in root.walk():
        missed = [piece for block in section.blocks for piece in _unclaimed(block, notes)]
        if not missed:
            continue
        start = (
            section.line
            if section.depth and section.line not in notes.claimed and missed[0][0] == section.blocks[0].line
            else missed[0][0]
        )
        joined = [(start, missed[0][1])]
        for line, end in missed[1:]:
            if any(inside in notes.claimed for inside in range(joined[-1][1] + 1, line)):
                joined.append((line, end))
            else:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        found.extend(joined)
    return found


def _unclaimed(block: Block, notes: Notes) -> list[tuple[int, int]]:
    if isinstance(block, Html):
        return []
    if isinstance(block, Listing):
        return [(item.line, item.end_line) for item in block.items if not _touched(item, notes)]
    return [] if _touched(block, notes) else [(block.line, block.end_line)]


def _touched(block: Block | Item, notes: Notes) -> bool:
    return any(line in notes.claimed for line in range(block.line, block.end_line + 1))
