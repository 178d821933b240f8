"""Finds the sections of a document that are rollback procedures, and tells them from what only looks like one."""

from __future__ import annotations

import re
from dataclasses import replace

from plans.document import fences, groups, words
from plans.document import procedure_words as kinds
from plans.document import step_headings as headings
from plans.document.blocks import Block, Listing, Paragraph, Section, Table, fences_in
from plans.document.steps import every_text


def find(root: Section) -> list[Section]:
    """Returns the sections that are rollback procedures, in reading order; forward procedures are none."""
    levelled = _levelled(root)
    real = {
        section.depth
        for section in levelled
        if _is_full_procedure(section) or _speaks_as_level(section) or _own_labels(section)
    }
    # A sibling that says nothing yet is a level too: that it has no steps must be told, not hidden.
    named = [section for section in levelled if section.depth in real]
    if named:
        inside = {id(below) for section in named for below in section.walk() if below is not section}
        return [section for section in named if id(section) not in inside]
    tops = root.children[0].children if len(root.children) == 1 and root.children[0].children else root.children
    about = any(words.speaks_of_rollback(section.title) for section in root.children if section.depth == 1)
    found = [level for top in tops for level in _below(top, inside=about)]
    if not found and any(words.speaks_of_rollback(section.title) for section in root.children):
        found = [level for top in tops for level in _below(top, inside=True)]
    return [part for section in found for part in _cut_at_labels(section)]


def _cut_at_labels(section: Section) -> list[Section]:
    """Returns a procedure cut at the bold labels in it that name procedures of their own."""
    cut: list[Section] = []
    kept: list[Block] = []
    for group in groups.of_blocks(section.blocks, section.line):
        own = Section(group.line, group.end_line, section.depth + 1, group.label, group.blocks, ())
        if group.label and not group.value and _names_procedure(group.label) and _is_full_procedure(own):
            cut.append(own)
        else:
            kept.extend(groups.as_blocks(group))
    if not cut or not (len(cut) > 1 or _has_actions(replace(section, blocks=tuple(kept)))):
        return [section]
    rest = replace(section, blocks=tuple(kept), end_line=min(section.end_line, cut[0].line - 1))
    return [rest, *cut] if _has_actions(rest) else cut


def _names_procedure(label: str) -> bool:
    known = words.part_of(label) or words.label_of(label) or words.number_of(label) or words.step_word(label)
    return (
        bool(re.search(r"\b(roll ?back|recovery|restore)\b", words.normal(label)))
        and not known
        and not words.opens_with_verb(label)
    )


def _levelled(root: Section) -> list[Section]:
    """Returns the sections named "Level N" that are no rungs of an escalation, no severities and no rows of a matrix."""
    found: list[Section] = []
    waiting = [root]
    while waiting:
        section = waiting.pop(0)
        if words.level_word(section.title):
            found.append(section)
        if words.part_of(section.title) not in _NEVER_HOLD:
            waiting.extend(section.children)
    return sorted(found, key=lambda section: section.line)


_NEVER_HOLD = frozenset(
    {"contacts", "communication", "matrix", "risks", "triggers", "not_triggers", "schedule", "follow_up"}
)


def _own_labels(section: Section) -> bool:
    """Says whether a section speaks of a promise, of when to use it, or of its impact."""
    return any(group.meaning in ("time", "when", "impact", "procedure") for group in groups.of_section(section))


def _below(section: Section, *, inside: bool) -> list[Section]:
    """Returns the procedures at or below a heading; `inside` says that a heading above collects procedures."""
    title = section.title
    normal = words.normal(title)
    speaks = words.is_container(title) or words.speaks_of_rollback(title)
    if kinds.NOT_A_ROLLBACK.search(normal):
        return []
    if "checklist" in normal:
        return [
            child
            for child in section.children
            if kinds.ROLLBACK_ITSELF.fullmatch(words.normal(child.title)) and not _has_checkbox(child)
        ]
    is_choice = inside and words.choice_word(title) is not None
    if _is_other_part(section, inside=inside):
        return []
    if kinds.OTHER.search(normal) and not speaks and not is_choice and not (inside and _is_another_way(section)):
        return _back_among_forward(section)
    here = inside or speaks
    children = [
        child
        for child in section.children
        if words.label_of(child.title) in ("", "alternative", "note") or _is_full_procedure(child)
    ]
    one = (
        headings.of(section)
        or _speaks_as_level(section)
        or _is_spread_out(section)
        or (inside and _only_options(section))
    )
    if here and one:
        return [section]
    found = [level for child in children for level in _below(child, inside=here)]
    if len(found) > 1 and words.is_container(title):
        prose = [child for child in children if _is_told_in_prose(child) and child not in found]
        found = sorted([*found, *prose], key=lambda level: level.line)
    if here and _is_told_itself(section):
        named = [level for level in found if words.choice_word(level.title) or words.speaks_of_rollback(level.title)]
        return [replace(section, children=tuple(child for child in section.children if child not in named)), *named]
    if found and (
        any(_is_full_procedure(level) for level in found) or not here or not _has_substance(section, inside=inside)
    ):
        return found
    return [section] if here and _has_substance(section, inside=inside) else found


def _back_among_forward(section: Section) -> list[Section]:
    """Returns the procedures below a heading about going forward: only what says itself that it goes back."""
    found: list[Section] = []
    for child in section.children:
        found.extend(_below(child, inside=False) if words.strictly_back(child.title) else _back_among_forward(child))
    return found


def _is_another_way(section: Section) -> bool:
    """Says whether a heading offers another way to go back: "Alternative: Deploy the legacy branch"."""
    return bool(re.match(r"(alternative|alternativa|fallback|plan b)\b", words.normal(section.title))) and (
        _is_full_procedure(section)
    )


def _is_other_part(section: Section, *, inside: bool) -> bool:
    """Says whether a heading names another part; under a heading of procedures, one with numbered steps is a procedure all the same."""
    part = words.part_of(section.title)
    if part == "follow_up":  # "Immediate actions" right away, not after a rollback
        return not (inside and headings.of(section) and not re.search("post|after", words.normal(section.title)))
    return bool(part) and not (inside and part == "triggers" and _tells_steps(section))


def _has_checkbox(section: Section) -> bool:
    return any(
        isinstance(block, Listing) and any(item.checkbox for item in block.items) for block in every_text(section)
    )


def _tells_steps(section: Section) -> bool:
    """Says whether a section has numbered items that tell what to do, not what may happen."""
    items = [
        item for block in _own_text(section) if isinstance(block, Listing) and block.ordered for item in block.items
    ]
    return sum(words.opens_with_verb(item.text) for item in items) * 2 > len(items)


def _has_ordered(section: Section) -> bool:
    return any(isinstance(block, Listing) and block.ordered for block in _own_text(section))


def _own_text(section: Section) -> tuple[Block, ...]:
    """Returns the blocks of a section without the lower headings that name other parts."""
    if not section.children:
        return section.blocks
    return every_text(
        replace(section, children=tuple(child for child in section.children if not words.part_of(child.title)))
    )


def _is_full_procedure(section: Section) -> bool:
    """Says whether a section has numbered steps or commands, or is one instruction itself."""
    return _has_actions(section) or (words.choice_word(section.title) is not None and ":" in section.title)


def _has_actions(section: Section) -> bool:
    """Says whether a section has numbered steps or commands."""
    roles = ((fences.role_of(fence), fence) for fence in fences_in(_own_text(section)))
    commands = any(
        role == "command" or (role == "code" and not fences.is_settings(fence.language)) for role, fence in roles
    )
    told = any(fences.is_numbered_prose(fence.body) for fence in fences_in(_own_text(section)))
    return commands or told or _has_ordered(section)


def _is_told_itself(section: Section) -> bool:
    """Says whether a section has its own numbered steps above the headings below it."""
    own = [block for block in section.blocks if isinstance(block, Listing) and block.ordered]
    return bool(section.children) and sum(len(block.items) for block in own) > 1


def _is_told_in_prose(section: Section) -> bool:
    """Says whether a section stands among procedures and says in words what is done, or that nothing is."""
    normal = words.normal(section.title)
    named = (
        not words.part_of(section.title) and not kinds.OTHER.search(normal) and not kinds.NOT_A_ROLLBACK.search(normal)
    )
    return named and not section.children and any(isinstance(block, Paragraph) for block in section.blocks)


def _only_options(section: Section) -> bool:
    """Says whether all headings below are lettered ways of this procedure: "Option A: Restore", "Option B: Reverse"."""
    ways = [
        child
        for child in section.children
        if re.match(r"(option|alternative|method|approach) [a-z]\b", words.normal(child.title))
    ]
    if kinds.SEVERAL.search(words.normal(section.title)):
        return False
    return len(ways) > 1 and len(ways) == len(section.children) and words.speaks_of_rollback(section.title)


def _is_spread_out(section: Section) -> bool:
    """Says whether the headings below only divide this procedure: one is "Steps", the others are no procedures."""
    steps = [
        child for child in section.children if words.label_of(child.title) == "procedure" and _is_full_procedure(child)
    ]
    others = [child for child in section.children if child not in steps and _is_full_procedure(child)]
    if len(steps) == 1 and (words.choice_word(section.title) or words.level_word(section.title)):
        return True
    return len(steps) == 1 and all(words.part_of(child.title) or words.label_of(child.title) for child in others)


def _speaks_as_level(section: Section) -> bool:
    """Says whether a section promises a time or opens a procedure itself: its lower headings are then parts of it."""
    own = {group.meaning for group in groups.of_blocks(section.blocks, section.line)}
    names = sum(words.speaks_of_rollback(child.title) for child in section.children)
    return bool(own & {"time", "procedure"}) and bool(section.children) and names * 2 <= len(section.children)


def _tells(block: Block) -> bool:
    """Says whether a paragraph is more than the label of a heading that was left out."""
    return isinstance(block, Paragraph) and not (
        len(block.lines) == 1 and block.lines[0].raw.startswith("**") and not block.lines[0].rest
    )


def _has_substance(section: Section, *, inside: bool) -> bool:
    """Says whether there is something to carry out: an ordered list, a command, or an instruction in the heading itself."""
    if _has_checkbox(section) and not _is_full_procedure(section):
        return False
    if _is_full_procedure(section) and (inside or words.choice_word(section.title) is None):
        return True
    if kinds.KINDS.search(words.normal(section.title)):
        return False
    if re.search(
        r"\bautomat|^scripts?\b", words.normal(section.title)
    ):  # what happens by itself, told in prose, is nothing to carry out
        return False
    named = [child for child in section.children if not kinds.NOT_A_ROLLBACK.search(words.normal(child.title))]
    own = _own_text(replace(section, children=tuple(named)) if section.children else section)
    if any(isinstance(block, Table) for block in own) and not any(isinstance(block, Listing) for block in own):
        return False  # a table with a sentence informs; nobody carries it out
    has_text = any(isinstance(block, Listing) or _tells(block) for block in own)
    return words.speaks_of_rollback(section.title) and has_text
