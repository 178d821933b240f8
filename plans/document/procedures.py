"""Finds the sections of a document that are rollback procedures, and tells them from what only looks like one."""

from __future__ import annotations

import re
from dataclasses import replace

from plans.document import groups, words
from plans.document import procedure_signs as signs
from plans.document import procedure_words as kinds
from plans.document import step_headings as headings
from plans.document.blocks import Block, Section


def find(root: Section) -> list[Section]:
    """Returns the sections that are rollback procedures, in reading order; forward procedures are none."""
    levelled = _levelled(root)
    real = {
        section.depth
        for section in levelled
        if signs.is_full_procedure(section) or signs.speaks_as_level(section) or signs.own_labels(section)
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
        if group.label and not group.value and _names_procedure(group.label) and signs.is_full_procedure(own):
            cut.append(own)
        else:
            kept.extend(groups.as_blocks(group))
    if not cut or not (len(cut) > 1 or signs.has_actions(replace(section, blocks=tuple(kept)))):
        return [section]
    rest = replace(section, blocks=tuple(kept), end_line=min(section.end_line, cut[0].line - 1))
    return [rest, *cut] if signs.has_actions(rest) else cut


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
            if kinds.ROLLBACK_ITSELF.fullmatch(words.normal(child.title)) and not signs.has_checkbox(child)
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
        if words.label_of(child.title) in ("", "alternative", "note") or signs.is_full_procedure(child)
    ]
    one = (
        headings.of(section)
        or signs.speaks_as_level(section)
        or signs.is_spread_out(section)
        or (inside and signs.only_options(section))
    )
    if here and one:
        return [section]
    found = [level for child in children for level in _below(child, inside=here)]
    if len(found) > 1 and words.is_container(title):
        prose = [child for child in children if signs.is_told_in_prose(child) and child not in found]
        found = sorted([*found, *prose], key=lambda level: level.line)
    if here and signs.is_told_itself(section):
        named = [level for level in found if words.choice_word(level.title) or words.speaks_of_rollback(level.title)]
        return [replace(section, children=tuple(child for child in section.children if child not in named)), *named]
    if found and (
        any(signs.is_full_procedure(level) for level in found)
        or not here
        or not signs.has_substance(section, inside=inside)
    ):
        return found
    return [section] if here and signs.has_substance(section, inside=inside) else found


def _back_among_forward(section: Section) -> list[Section]:
    """Returns the procedures below a heading about going forward: only what says itself that it goes back."""
    found: list[Section] = []
    for child in section.children:
        found.extend(_below(child, inside=False) if words.strictly_back(child.title) else _back_among_forward(child))
    return found


def _is_another_way(section: Section) -> bool:
    """Says whether a heading offers another way to go back: "Alternative: Deploy the legacy branch"."""
    return bool(re.match(r"(alternative|alternativa|fallback|plan b)\b", words.normal(section.title))) and (
        signs.is_full_procedure(section)
    )


def _is_other_part(section: Section, *, inside: bool) -> bool:
    """Says whether a heading names another part; under a heading of procedures, one with numbered steps is a procedure all the same."""
    part = words.part_of(section.title)
    if part == "follow_up":  # "Immediate actions" right away, not after a rollback
        return not (inside and headings.of(section) and not re.search("post|after", words.normal(section.title)))
    return bool(part) and not (inside and part == "triggers" and signs.tells_steps(section))
