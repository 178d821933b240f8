"""Finds the time that a level promises where it does not stand under a label of its own."""

from __future__ import annotations

import re
from collections.abc import Callable

from plans.document import durations, groups, words
from plans.document.blocks import Listing, Paragraph, Section
from plans.document.groups import Group
from plans.document.plan import Promise

_PARENTHESES = re.compile(r"[(（\[]([^()（）\[\]]{1,120})[)）\]]")
_AT_THE_END = re.compile(r"\s[-–—|]\s([^-–—|()]{0,12}\d[^|()]{1,30})$")
_SUM = re.compile(
    r"(total|overall|in total|altogether|done|all done|complete|completed|finished|gesamt|insgesamt|fertig|au total|terminé|"
    r"en total|listo|no total|concluído)\b|合计|总计|合計|完成|完了"
)
"""Labels that close a procedure or a list of times with the sum."""


def in_heading(section: Section) -> list[Promise]:
    """Returns the time in a heading's parentheses or at its end: "(5-10 minutes)", "(Instant - No Downtime)", "- 5 minutes"."""
    for match in _PARENTHESES.finditer(section.title):
        found = durations.find_length(match.group(1))
        if found:
            return [Promise(section.line, match.group(1).strip(), found[1])]
    end = _AT_THE_END.search(section.title)
    found = durations.find_length(end.group(1)) if end else None
    return [Promise(section.line, end.group(1).strip(), found[1])] if end and found else []


def elsewhere(section: Section, steps: list[Section]) -> list[Promise]:
    """Returns the time of a level that has none under a label; `steps` are the headings below it that are its steps."""
    ways: tuple[Callable[[], list[Promise]], ...] = (
        lambda: _below(section),
        lambda: _at_the_end(steps),
        lambda: _in_sum(section),
        lambda: _total_below(section),
        lambda: _in_passing(section),
        lambda: _in_words(section),
    )
    return next((found for way in ways if (found := way())), [])


def _below(section: Section) -> list[Promise]:
    """Returns the promises that stand at the end of the heading "Procedure"."""
    return [
        _promise(group.line, group.value)
        for child in section.children
        if words.label_of(child.title) == "procedure"
        for below in child.walk()
        for group in groups.of_blocks(below.blocks, below.line)
        if group.meaning == "time" and group.value
    ]


def _at_the_end(steps: list[Section]) -> list[Promise]:
    """Returns the promise that stands below the last of several steps, and below no other: it is that of them all."""
    timed = [
        [group for group in groups.of_blocks(step.blocks, step.line) if _names_time(group) or _sums_up(group)]
        for step in steps
    ]
    if len(timed) > 1 and timed[-1] and not any(timed[:-1]):
        return [_promise(timed[-1][-1].line, timed[-1][-1].value)]
    return []


def _names_time(group: Group) -> bool:
    return group.meaning == "time" and durations.find_length(group.value) is not None


def _sums_up(group: Group) -> bool:
    """Says whether a label closes a procedure with the time it took: "**Done:** ~5 minutes"."""
    length = durations.find_length(group.value)
    return length is not None and len(group.value) < len(length[0]) + 8 and sums_up(group.label)


def sums_up(text: str) -> bool:
    """Says whether a label or a cell names the sum of several times: "Total (app only)"."""
    return bool(_SUM.match(words.normal(text)))


def _in_sum(section: Section) -> list[Promise]:
    """Returns the sum below a heading about times: "Timeline", with "- Total: 10-20 minutes" as its last item."""
    for group in groups.of_section(section):
        items = (item for block in group.blocks if isinstance(block, Listing) for item in block.items)
        for item in items if group.meaning == "time" else ():
            what, _, text = item.text.partition(":")
            if sums_up(what) and durations.find_length(text):
                return [_promise(item.line, text.strip())]
    return []


def _total_below(section: Section) -> list[Promise]:
    """Returns the one total that closes the procedure below a heading: "**Total time:** ~10-15 minutes until it is done"."""
    totals = [
        group
        for child in section.children
        for group in groups.of_blocks(child.blocks, child.line)
        if _names_time(group) and sums_up(group.label)
    ]
    return [_promise(totals[0].line, totals[0].value)] if len(totals) == 1 else []


_LABELLED = re.compile(
    r"(?:^|(?<=[.!] ))(?P<label>[^:.\n]{3,30}):\s*(?P<text>[^\n]{2,60}?)(?:\.?$|(?=[.,;] )|(?= from\b))"
)


def _in_passing(section: Section) -> list[Promise]:
    """Returns the time that a sentence names: "Then tell the author. **Time: ~5 min.**", "Expected timing: **30 s** each"."""
    return [
        _promise(line.line, match.group("text").strip())
        for block in section.blocks
        if isinstance(block, Paragraph)
        for line in block.lines
        for match in _LABELLED.finditer(line.text[:2000])
        if words.label_of(match.group("label")) == "time" and durations.find_length(match.group("text"))
    ][:1]


_TAKES = re.compile(
    r"\b(roll(ing)? ?back|recovery|restor(e|ing|ation)|revert(ing)?|everything|procedure|process|(^|[.!] )(this|it)) (\w+ ){0,3}?"
    r"(takes?|completes?|finishes|lasts|is (done|complete|finished|live))\b(?P<text> (\w+ ){0,3}?[~<≈]?\d[^.;]{1,40})",
    re.IGNORECASE,
)


def _in_words(section: Section) -> list[Promise]:
    """Returns the time that a sentence or an item gives the whole: "Rollback completes within 2-5 minutes"."""
    for block in section.blocks:
        lines = [(block.line, block.text)] if isinstance(block, Paragraph) else []
        lines += [(item.line, item.text) for item in block.items] if isinstance(block, Listing) else []
        for line, text in lines:
            match = _TAKES.search(text[:2000])
            found = durations.find_length(match.group("text")) if match else None
            if found:
                return [Promise(line, found[0], found[1])]
    return []


def _promise(line: int, text: str) -> Promise:
    return Promise(line, text, durations.upper_bound(text))
