"""Tells levels of one title apart by the heading above: three phases with a "Rollback procedure" each."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import replace

from plans.document.blocks import Section
from plans.document.levels import title_of
from plans.document.plan import Level


def told_apart(read: tuple[Level, ...], root: Section) -> tuple[Level, ...]:
    """Returns the levels; those that share a title have in front of it what the heading above says."""
    shared = {title for title, times in Counter(level.title.casefold() for level in read).items() if times > 1}
    if not shared:
        return read
    every = list(root.walk())
    lines = [section.line for section in every]
    above = {child.line: section for section in every for child in section.children}
    return tuple(
        _named(level, above.get(level.line) or every[bisect_left(lines, level.line) - 1])
        if level.title.casefold() in shared
        else level
        for level in read
    )


def _named(level: Level, above: Section) -> Level:
    if above.depth < 2 or title_of(above.title).casefold() == level.title.casefold():
        return level
    return replace(level, title=f"{title_of(above.title)}: {level.title[:1].lower()}{level.title[1:]}")
