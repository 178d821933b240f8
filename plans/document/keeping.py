"""Reads the parts that keep a plan alive: schedule, test script, known issues, resources, header and closing lines."""

from __future__ import annotations

import re
from collections.abc import Iterable

from plans.document import durations, fences, groups, inline, words
from plans.document.blocks import Block, Fence, Listing, Paragraph, Section, Table, every_block
from plans.document.groups import Group
from plans.document.levels import bullets
from plans.document.matrix import levels_in
from plans.document.notes import Notes
from plans.document.plan import KnownIssue, Resource, Said, ScheduleEntry, Script
from plans.document.steps import every_text

_ENVIRONMENTS = re.compile(
    r"\b(staging|production|test|practice|pre-?prod|development|sandbox|testnet)\b", re.IGNORECASE
)
_METADATA = re.compile(
    r"^(version|date|purpose|last[- ]?(updated|reviewed|tested|modified)|updated|author|owner|status|next review|created|"
    r"document|review(ed)?( by| date)?|"
    r"maintained by|applies to|service|audience|scope|network|environment|project|approved by|effective|contact|target|component|system)\b",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://[^\s)>\]]+|[\w.+-]+@[\w-]+\.[\w.]+")


def read_metadata(sections: Iterable[Section], notes: Notes) -> dict[str, str]:
    """Returns the header and footer lines "**Version**: 1.0" that speak of the document itself."""
    found: dict[str, str] = {}
    for section in sections:
        for block in section.blocks:
            if not isinstance(block, Paragraph):
                continue
            for line in block.lines:
                key, value = (line.lead, line.rest) if line.lead else _plain_pair(line.text)
                if key and value and len(key) < 40 and _METADATA.match(key):
                    found.setdefault(key, value)
                    notes.claim(line.line)
    return found


def _plain_pair(text: str) -> tuple[str, str]:
    key, colon, value = text.strip("*_ ").partition(":")
    return (key.strip(), value.strip()) if colon and len(key) < 30 and "//" not in key else ("", "")


def read_schedule(section: Section, notes: Notes) -> list[ScheduleEntry]:
    """Returns the rehearsals: labels, headings, items or sentences that name a recurrence."""
    entries = []
    for current in section.walk():
        own = groups.of_blocks(current.blocks, current.line)
        labelled = [entry for group in own if (entry := _from_group(group, notes)) is not None]
        if labelled:
            notes.claim(current.line)
            entries.extend(labelled)
            continue
        if current is not section and durations.recurrence(current.title) and current.blocks:
            entries.append(_entry(current.line, current.title, current.title, bullets(current.blocks, ordered=True)))
            notes.claim(current.line, current.end_line)
            continue
        entries.extend(_from_prose(current, notes))
    named = any(_DRILL.search(words.normal(current.title)) for current in section.walk() if current.blocks)
    if not entries and (named or (_DRILL.search(words.normal(section.title)) and _has_text(section))):
        # A drill that is written out without an interval is one all the same.
        notes.claim(section.line, section.end_line)
        entries.append(_entry(section.line, section.title, section.title, bullets(every_text(section), ordered=True)))
    return entries


def _has_text(section: Section) -> bool:
    return any(current.blocks for current in section.walk())


def schedule_in_passing(root: Section, ends: Iterable[Section], notes: Notes) -> list[ScheduleEntry]:
    """Returns the rehearsal that is named without a heading of its own.

    A line at the head or the foot of the document ("Test this runbook quarterly"), or a numbered item of advice.
    """
    for section in ends:
        for block in section.blocks:
            for line in block.lines if isinstance(block, Paragraph) else ():
                if durations.recurrence(line.text) and _REHEARSES.search(line.text.lower()):
                    notes.claim(line.line)
                    return [_entry(line.line, line.text, line.text, [Said(line.line, line.text)])]
    for section in root.walk():
        for block in every_block(section.blocks):
            for item in block.items if isinstance(block, Listing) else ():
                sign = _OF_GOING_BACK if isinstance(block, Listing) and block.ordered else _IS_A_DRILL
                if not item.checkbox and durations.recurrence(item.text) and sign.search(item.text.lower()):
                    notes.claim(item.line)
                    return [_entry(item.line, item.text, item.text, [Said(item.line, item.text)])]
    return []


_IS_A_DRILL = re.compile(r"\b(roll ?back|recovery|restore|dr) (drill|rehearsal|exercise)s?\b")


_OF_GOING_BACK = re.compile(
    r"\b(test|drill|rehears|practi[cs]|exercis|simulat|run)\w*\b.{0,40}\b(roll ?back|recovery|restor|this (runbook|plan))"
    r"|\b(roll ?back|recovery|restore) (drill|test|rehearsal|exercise|practice)|\bdrills?\b"
)
_DRILL = re.compile(r"\bdrills?\b|rehears|game ?day|regular|periodic|simulacro|simulado|übung|演练|演習|訓練")
_REHEARSES = re.compile(
    r"\b(test(s|ed|ing)?|drill|rehears\w+|exercise|game ?days?|practi[cs]e|simula\w+|simulacro|übung|geübt|geprobt|ensay\w+)\b|演练|演習"
)


def _from_group(group: Group, notes: Notes) -> ScheduleEntry | None:
    if not group.label or durations.recurrence(group.label) is None:
        return None
    notes.claim(group.line, group.end_line)
    said = [*([Said(group.line, group.value)] if group.value else []), *bullets(group.blocks, ordered=True)]
    return _entry(group.line, group.label, " ".join([group.label, *(item.text for item in said)]), said)


def _entry(line: int, when: str, everything: str, tasks: list[Said]) -> ScheduleEntry:
    word, months = durations.recurrence(when) or ("without an interval", 0)
    environment = _ENVIRONMENTS.search(everything)
    return ScheduleEntry(
        line,
        word,
        months or None,
        levels_in(everything),
        environment.group(0).lower() if environment else None,
        tuple(task.text for task in tasks),
    )


def _from_prose(section: Section, notes: Notes) -> list[ScheduleEntry]:
    for block in section.blocks:
        if isinstance(block, Paragraph) and durations.recurrence(block.text):
            notes.claim(block.line, block.end_line)
            return [
                _entry(block.line, block.text, f"{section.title} {block.text}", bullets(section.blocks, ordered=True))
            ]
        if isinstance(block, Table):
            rows = [(row, " ".join(inline.plain(cell) for cell in row.cells)) for row in block.rows]
            if sum(durations.recurrence(text) is not None for _, text in rows) * 2 >= len(rows) > 0:
                notes.claim(block.line, block.end_line)
                return [_entry(row.line, text, text, [Said(row.line, text)]) for row, text in rows]
        if isinstance(block, Listing):
            found = [item for item in block.items if durations.recurrence(item.text)]
            if found:
                notes.claim(block.line, block.end_line)
                listed = block.items if len(found) * 2 > len(block.items) else found
                return [_entry(item.line, item.text, item.text, [Said(item.line, item.text)]) for item in listed]
    if durations.recurrence(section.title) and section.blocks:
        notes.claim(section.line, section.end_line)
        return [_entry(section.line, section.title, section.title, bullets(section.blocks, ordered=True))]
    return []


def read_script(section: Section, notes: Notes) -> Script | None:
    """Returns the test script: the first command block of its section."""
    for block in every_block(every_text(section)):
        if isinstance(block, Fence) and fences.role_of(block) == "command":
            notes.claim(section.line, block.end_line)
            return Script(block.line, block.body)
    return None


_ISSUE = re.compile(r"^(issue|problem|known issue|problème|problema|q|error)\s*\d{0,2}\s*[:.]\s*", re.IGNORECASE)
_ISSUE_LABELS = (
    ("when", r"^when|^symptom|^condition|^likelihood|^occurs|^cause|^scenario|^cuándo"),
    ("workaround", r"^work-?around|^solution|^fix$|^resolution|^mitigation|^action|^steps?$|^solución|^handling"),
    ("permanent_fix", r"^permanent"),
)


def read_known_issues(section: Section, notes: Notes) -> list[KnownIssue]:
    """Returns the known issues: one a heading, else one a table row, numbered item or bold label."""
    if section.children:
        notes.claim(section.line)
        again = [child for child in section.children if words.part_of(child.title) == "known_issues"]
        named = again or [child for child in section.children if not _HELP.fullmatch(words.normal(child.title))]
        return [issue for child in named for issue in _issues_below(child, notes)]
    tables = [block for block in section.blocks if isinstance(block, Table)]
    if tables:
        return [issue for table in tables for issue in _issues_of_table(table, notes)]
    labels = [group for group in groups.of_blocks(section.blocks, section.line) if group.label]
    labels = [group for group in labels if not _issue_label(group.label)]
    listing = next((block for block in section.blocks if isinstance(block, Listing)), None)
    if listing is not None and not (len(labels) > 1 and labels[0].line < listing.line):
        notes.claim(section.line)
        notes.claim(listing.line, listing.end_line)
        return [
            KnownIssue(
                item.line,
                item.lines[0].lead or item.text,
                None,
                item.lines[0].rest if item.lines[0].lead else None,
                None,
            )
            for item in listing.items
            if item.lines
        ]
    for group in labels:
        notes.claim(group.line, group.end_line)
    return [
        KnownIssue(group.line, _issue_title(group.label), None, group.value or _text(group.blocks) or None, None)
        for group in labels
    ]


def _issue_label(label: str) -> str:
    """Returns what a label inside an issue announces: when, workaround, permanent_fix, or nothing."""
    return next((name for name, pattern in _ISSUE_LABELS if re.search(pattern, words.normal(label))), "")


def _issue_title(title: str) -> str:
    return _ISSUE.sub("", re.sub(r"^\d{1,2}[.)]\s+", "", title)).strip(' "“”')


def _issues_below(child: Section, notes: Notes) -> list[KnownIssue]:
    """Returns the issue of a heading, or those below one that only says "Common issues" again."""
    if words.part_of(child.title) == "known_issues" and (child.children or _lists_several(child)):
        return read_known_issues(child, notes)
    return [_issue(child, notes)]


_HELP = re.compile(
    r"(emergency |support )?contacts?|escalations?( (path|procedure|matrix|process))?|when to escalate|getting help"
)
"""What stands below troubleshooting and is no issue: whom to ask."""


def _lists_several(section: Section) -> bool:
    return any(len(block.items) > 1 for block in section.blocks if isinstance(block, Listing))


def _issue(child: Section, notes: Notes) -> KnownIssue:
    notes.claim(child.line, child.end_line)
    said: dict[str, str] = {}
    for group in groups.of_section(child):
        name = _issue_label(group.label)
        if name:
            said.setdefault(name, group.value or _text(group.blocks))
    return KnownIssue(
        child.line,
        _issue_title(child.title),
        said.get("when"),
        said.get("workaround"),
        said.get("permanent_fix"),
    )


def _issues_of_table(table: Table, notes: Notes) -> list[KnownIssue]:
    notes.claim(table.line, table.end_line)
    return [
        KnownIssue(
            row.line,
            inline.plain(row.cells[0]),
            None,
            " ".join(inline.plain(cell) for cell in row.cells[1:]) or None,
            None,
        )
        for row in table.rows
        if row.cells
    ]


def _text(blocks: tuple[Block, ...]) -> str:
    return " ".join(block.text for block in blocks if isinstance(block, Paragraph)) or " ".join(
        said.text for said in bullets(blocks, ordered=True)
    )


def read_resources(section: Section, notes: Notes) -> list[Resource]:
    """Returns the resources: one an item, with its first address."""
    found: list[Resource] = []
    for current in section.walk():
        for block in current.blocks:
            if isinstance(block, Listing):
                notes.claim(current.line)
                notes.claim(block.line, block.end_line)
                found.extend(Resource(item.line, item.text, _address(item.raw)) for item in block.items)
    return found


def _address(raw: str) -> str | None:
    linked = inline.links(raw)
    if linked:
        return linked[0][1]
    match = _URL.search(raw)
    return match.group(0) if match else None


def read_texts(section: Section, notes: Notes) -> list[Said]:
    """Returns all running text of a section, for summaries, overviews and notes."""
    notes.claim(section.line)
    found = []
    for block in every_text(section):
        notes.claim(block.line, block.end_line)
        if isinstance(block, Paragraph):
            found.append(Said(block.line, block.text))
        elif isinstance(block, Listing):
            found.extend(Said(item.line, item.text) for item in block.items)
    return found
