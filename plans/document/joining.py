"""Joins what stands in a section of its own to the level that it names: "Recovery times: Database restore – 1 hour"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from plans.document import durations, inline, likeness, promises, words
from plans.document.blocks import Listing, Section, Table
from plans.document.notes import Notes
from plans.document.plan import Level, Promise


def join_twins(levels: tuple[Level, ...], notes: Notes) -> tuple[Level, ...]:
    """Returns the levels without those that only describe another one: "Scenario 1: Quick" before "1. Quick"."""
    told = {
        likeness.naming_words(level.title): level
        for level in reversed(levels)
        if level.steps and not _is_described(level)
    }
    found = {level.line: level for level in levels}
    for level in levels:
        own = likeness.naming_words(level.title)
        twin = told.get(own) if own and _is_described(level) else None
        if twin is None:
            continue
        notes.infer(level.line, f"Taken as the description of “{twin.name}” on line {twin.line}: the names agree.")
        del found[level.line]
        known = found[twin.line]
        promises = known.promises or level.promises
        found[twin.line] = replace(
            known,
            promise=promises[0] if promises else None,
            promises=promises,
            when_to_use=(*level.when_to_use, *known.when_to_use),
            impact=(*level.impact, *known.impact),
        )
    joined = len(found) < len(levels)
    answered = _answered_in_a_word(tuple(found.values())) if told else frozenset()
    kept = tuple(
        level
        for level in found.values()
        if not (told and _only_describes(level)) and not (joined and _only_named(level)) and level.line not in answered
    )
    return (
        tuple(replace(level, number=place) for place, level in enumerate(kept, 1))
        if len(kept) < len(levels)
        else levels
    )


def _is_described(level: Level) -> bool:
    """Says whether a level has no steps, or none but bullets or a sentence without a block to run."""
    return all(step.form in ("bullet", "prose") and not step.fences for step in level.steps)


def _only_describes(level: Level) -> bool:
    """Says whether a level without steps tells what may happen: "Scenario 1: Small trouble" above the procedures."""
    word = words.choice_word(level.name)
    acts = any(words.tells_to_act(step.title) for step in level.steps)
    return _is_described(level) and not acts and not level.stray and word is not None and word[0] in _SITUATIONS


def _answered_in_a_word(levels: tuple[Level, ...]) -> frozenset[int]:
    """Returns the lines of cases that stand together and have one sentence each for an answer, above the procedures."""
    runs = groupby(levels, key=lambda level: (words.choice_word(level.name) or ("",))[0])
    cases = [tuple(run) for word, run in runs if word in _SITUATIONS]
    return frozenset(
        level.line
        for run in cases
        if len(run) > 1 and all(_is_described(level) and len(level.steps) < 2 and not level.stray for level in run)
        for level in run
    )


def _only_named(level: Level) -> bool:
    """Says whether a level among others that only describe ("Level 1: Flag", its scope and its time) has nothing to carry out."""
    return words.level_word(level.name) is not None and not level.steps and not level.stray


_SITUATIONS = frozenset({"scenario", "escenario", "scénario", "szenario", "cenário", "case"})
_TIMES = re.compile(
    r"\brtos?\b|recovery (time|point)|time(line)? estimate|estimated (time|duration)|"
    r"rollback (time|duration)|timeline|time to (recover|restore)|(estimated|expected) (time|duration)s?$"
)


def join_times(levels: tuple[Level, ...], root: Section, notes: Notes) -> tuple[Level, ...]:
    """Returns the levels, those without a promise with the one that a section about times gives them."""
    levels = _from_above(levels, root, notes)
    if all(level.promise for level in levels):
        return levels
    own_lines = {level.line for level in levels}
    times = [
        entry
        for section in root.walk()
        if section.depth > 1 and section.line not in own_lines
        for entry in _entries(section, named=bool(_TIMES.search(words.normal(section.title))))
    ]
    sums = [entry for entry in times if promises.sums_up(entry[1])]
    if len(levels) == 1 and sums:
        return (_with_time(levels[0], sums[0], notes),)
    names = likeness.Names([what for _, what, _ in times])
    return tuple(_joined(level, times, names, notes) for level in levels)


def _from_above(levels: tuple[Level, ...], root: Section, notes: Notes) -> tuple[Level, ...]:
    """Returns the levels, those without a promise with that of the heading above: "Complete rollback (15-30 minutes)"."""
    above = {
        child.line: promise
        for section in root.walk()
        if section.children
        for promise in promises.in_heading(section)
        if not _COUNTS_FROM.search(words.normal(promise.text))
        for child in section.children
    }
    above.update(
        (child.line, promise)
        for section in root.walk()
        for promise in _beside(section)[:1]
        for child in section.children
    )
    found = []
    for level in levels:
        promise = above.get(level.line) if not level.promise else None
        if promise is not None:
            notes.infer(promise.line, f"Taken as the time of level {level.number}, which stands below.")
            level = replace(level, promise=promise, promises=(promise,))
        found.append(level)
    return tuple(found)


_COUNTS_FROM = re.compile(r"\b(first|after|of|since|from|old|older|last)\b")
"""A time that tells when something is done or until when it can be, not how long it takes."""


def _beside(section: Section) -> list[Promise]:
    """Returns the total of a heading about times that stands beside procedures, or its only time."""
    found = [
        entry
        for child in section.children
        if section.depth > 1 and words.label_of(child.title) == "time"
        for entry in _entries(child, named=True)
    ]
    told = [entry for entry in found if promises.sums_up(entry[1])] or (found if len(found) == 1 else [])
    return [Promise(line, length, durations.upper_bound(length)) for line, _, length in told]


def _entries(section: Section, *, named: bool) -> Iterator[tuple[int, str, str]]:
    """Yields (line, what, how long) of a section; where its heading names no times, of the columns that do."""
    for block in section.blocks:
        if isinstance(block, Table):
            yield from _rows(block, named=named)
        elif isinstance(block, Listing) and named:
            for item in block.items:
                what, _, length = item.text.partition(":")
                if durations.find_length(length):
                    yield item.line, what, length.strip()


def _rows(table: Table, *, named: bool) -> Iterator[tuple[int, str, str]]:
    by_case = words.label_of(inline.plain(table.headers[0])) == "when" if table.headers else False
    timed = [
        place
        for place, cell in enumerate(table.headers)
        if not by_case and words.label_of(inline.plain(cell)) == "time"
    ]
    for row in table.rows if named or timed else ():
        cells = [inline.plain(cell) for cell in row.cells]
        places = range(1, len(cells)) if named else timed
        length = next((cells[at] for at in places if at < len(cells) and durations.find_length(cells[at])), "")
        if length:
            yield row.line, cells[0], length


def _joined(level: Level, times: list[tuple[int, str, str]], names: likeness.Names, notes: Notes) -> Level:
    place = names.most_alike(level.name) if not level.promise else None
    return level if place is None else _with_time(level, times[place], notes)


def _with_time(level: Level, entry: tuple[int, str, str], notes: Notes) -> Level:
    line, what, length = entry
    notes.claim(line)
    notes.infer(line, f"“{what}” is taken as the time of level {level.number}: the names agree.")
    promise = Promise(line, length, durations.upper_bound(length))
    return replace(level, promise=promise, promises=(promise,))
