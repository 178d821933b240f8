"""Finds the sections of a document that are rollback procedures, and tells them from what only looks like one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from plans.document import belonging, labelled, words
from plans.document import procedure_shapes as shapes
from plans.document import procedure_signs as signs
from plans.document import procedure_words as kinds
from plans.document import step_headings as headings
from plans.document.blocks import Section
from plans.document.substance import has_substance, names_kinds


def find(root: Section) -> list[Section]:
    """Returns the sections that are rollback procedures, in reading order; forward procedures are none."""
    levelled = signs.levelled(root)
    real = {
        section.depth
        for section in levelled
        if signs.is_full_procedure(section) or signs.speaks_as_level(section) or signs.own_labels(section)
    }
    # A sibling that says nothing yet is a level too: that it has no steps must be told, not hidden.
    named = [section for section in levelled if section.depth in real]
    tops = root.children[0].children if len(root.children) == 1 and root.children[0].children else root.children
    if named:
        inside = {id(below) for section in named for below in section.walk() if below is not section}
        levels = [part for section in named if id(section) not in inside for part in shapes.counted_apart(section)]
        return sorted([*levels, *_beside_levels(tops, levels)], key=lambda section: section.line)
    whole = shapes.told_through(root.children[0]) if len(root.children) == 1 else None
    if whole is not None:
        told = {child.line for child in whole.children}
        beside = [child for child in root.children[0].children if child.line not in told]
        return [whole, *(level for child in beside for level in _below(child, inside=True))]
    about = any(words.speaks_of_rollback(section.title) for section in root.children if section.depth == 1)
    if len(root.children) > 1 and not root.children[0].children and not signs.has_actions(root.children[0]):
        tops = root.children[1:]  # the title says what the document is, the others stand beside it
    found = _without_strangers([(top, _below(top, inside=about)) for top in tops])
    if not found and any(words.speaks_of_rollback(section.title) for section in root.children):
        found = [level for top in tops for level in _below(top, inside=True)]
    if not found and not any(kinds.OTHER.search(words.normal(section.title)) for section in root.children):
        found = [level for top in tops if words.is_neutral(top.title) for level in _below(top, inside=True)]
    found = found or _own_words(root)
    return [part for section in found for part in labelled.cut(section)]


def _own_words(root: Section) -> list[Section]:
    """Returns a title such as "Rollback" whose commands stand right below it, above headings that only explain."""
    own = (replace(section, children=()) for section in root.children if words.strictly_back(section.title))
    return [section for section in own if signs.has_actions(section)]


def _without_strangers(below: list[tuple[Section, list[Section]]]) -> list[Section]:
    """Returns the procedures; where one heading collects them, others at its height must say themselves that they go back."""
    collected = any(words.is_container(top.title) and any(level is not top for level in found) for top, found in below)
    return [
        level
        for top, found in below
        for level in found
        if level.line != top.line or not collected or _is_own_way(top.title)
    ]


def _is_own_way(title: str) -> bool:
    normal = words.normal(title)
    return bool(
        words.speaks_of_rollback(title)
        or words.is_container(title)
        or words.choice_word(title)
        or kinds.LAST_RESORT.search(normal)
        or kinds.BACK_TO.search(normal)
        or kinds.FAILURE.search(normal)
        or re.search(
            r"\b(emergency|immediate|urgent|fallback|alternative|manual|quick|hot-?fix|switch|d.urgence|emergencia)\b",
            normal,
        )
    )


def _beside_levels(tops: Sequence[Section], levels: list[Section]) -> list[Section]:
    """Returns the procedures that stand apart from the levels and say themselves that they go back: "Rollback script"."""
    taken = {id(below) for section in levels for below in section.walk()}
    apart = (top for top in tops if not any(id(below) in taken for below in top.walk()))
    return [
        found
        for top in apart
        if any(signs.says_back(below) for below in top.walk())
        for found in _below(top, inside=bool(kinds.LAST_RESORT.search(words.normal(top.title))))
        if (signs.says_back(found) or signs.collects_back(top)) and signs.is_full_procedure(found)
    ]


def _below(section: Section, *, inside: bool, among: bool = False) -> list[Section]:
    """Returns the procedures at or below a heading.

    `inside` says that a heading above speaks of going back, `among` that the one right above collects procedures.
    """
    title = section.title
    normal = words.normal(title)
    collects = words.is_container(title) and (inside or not words.is_neutral(title))
    leads_in = signs.leads_in(section)
    speaks = collects or leads_in or words.speaks_of_rollback(title)
    of_a_thing = (
        leads_in or kinds.OPENS_BACK.match(normal) or (kinds.WATCHING.match(normal) and words.of_a_thing(title))
    )
    if kinds.NOT_A_ROLLBACK.search(normal) and not (of_a_thing or _collects_kinds(section)):
        if kinds.CHANGES.search(normal):
            return _back_among_forward(section) or labelled.of_changes(section)
        back = _back_among_forward(section) if kinds.MAY_HOLD.search(normal) else []
        return [found for found in back if not words.number_of(found.title) and not _is_only_counted(found)]
    if not section.children and not leads_in and not words.choice_word(title) and kinds.BESIDE.search(normal):
        return []
    if section.children and not leads_in and kinds.SEEKS.search(normal):
        return _back_among_forward(section)
    if words.is_phase(title) and words.part_of(words.after_choice(title)) == "validation":
        return []
    if not speaks and belonging.tells_problems(section):
        return []
    if kinds.CHECKLIST.search(normal):
        return [child for child in section.children if _is_carried_out(child)]
    is_choice = inside and words.choice_word(title) is not None
    if not leads_in and _is_other_part(section, inside=inside, among=among):
        return _named_in_passing(section)
    goes_back = speaks or is_choice or (inside and _is_another_way(section)) or (among and _is_taken_back(section))
    if kinds.OTHER.search(normal) and not goes_back:
        return _back_among_forward(section)
    here = inside or speaks
    section = shapes.with_its_time(shapes.with_its_case(section)) if here else section
    children = [
        child
        for child in section.children
        if words.label_of(child.title) in ("", "alternative", "note")
        or (
            words.label_of(child.title) != "time"
            and any(signs.is_full_procedure(one) for one in (child, *child.children))
        )
        or signs.is_ticked_off(child)
        or (words.label_of(child.title) == "procedure" and words.speaks_of_rollback(child.title))
    ]
    one = headings.of(section) or signs.speaks_as_level(section) or signs.is_spread_out(section)
    one = one or signs.counts_through(section) or signs.names_stages(section)
    if here and one:
        return [shapes.told_below(section) or section]
    found = [level for child in children for level in _below(child, inside=here, among=collects)]
    if not here:
        return [*labelled.ways_back(section, told=False), *found]
    if shapes.is_one_way(section, found):
        return [section]
    if not found and collects and signs.are_told_in_bullets(section):
        return list(section.children)
    if found and collects:
        taken = {level.line for level in found}
        prose = [child for child in children if child.line not in taken and signs.is_told_in_prose(child)]
        found = sorted([*found, *prose], key=lambda level: level.line)
    if here and signs.is_told_itself(section) and not names_kinds(section):
        named = [level for level in found if words.choice_word(level.title) or words.speaks_of_rollback(level.title)]
        apart = {level.line for level in named}
        return [
            replace(section, children=tuple(child for child in section.children if child.line not in apart)),
            *named,
        ]
    if found and (
        any(signs.is_full_procedure(level) or signs.is_ticked_off(level) for level in found)
        or not here
        or (collects and not section.blocks and len(found) > 1)
        or not has_substance(section, inside=inside)
    ):
        return found
    told = replace(section, children=tuple(child for child in section.children if not _is_beside(child)))
    return [section] if here and has_substance(told, inside=inside) else found


def _collects_kinds(section: Section) -> bool:
    """Says whether a heading that only seems to inform ("Types of rollback") has the ways themselves below it."""
    if not (kinds.MAY_COLLECT.search(words.normal(section.title)) and words.strictly_back(section.title)):
        return False
    return sum(signs.is_full_procedure(child) for child in section.children) > 1


def _is_carried_out(section: Section) -> bool:
    """Says whether a part of a checklist is the rollback itself: "Rollback", or one told in step headings."""
    if words.part_of(section.title):
        return False
    if headings.of(section) and words.speaks_of_rollback(section.title):
        return True
    return bool(kinds.ROLLBACK_ITSELF.fullmatch(words.normal(section.title))) and not signs.has_checkbox(section)


def _is_beside(section: Section) -> bool:
    """Says whether a heading says itself that it is about something else than going back."""
    normal = words.normal(section.title)
    if kinds.NOT_A_ROLLBACK.search(normal) or words.label_of(section.title) == "time":
        return True
    return (
        bool(kinds.OTHER.search(normal))
        and not words.speaks_of_rollback(section.title)
        and not kinds.BACK_TO.search(normal)
    )


_SHORT = frozenset({"matrix", "overview", "summary", "practice", "template", "resources"})


def _named_in_passing(section: Section) -> list[Section]:
    """Returns the procedures in a "Quick reference" or a summary: what says itself that it rolls back, and how."""
    part = words.part_of(section.title)
    if part == "known_issues":
        several = (child for child in section.children if kinds.SEVERAL.search(words.normal(child.title)))
        return [found for child in several if words.is_container(child.title) for found in _below(child, inside=True)]
    if part not in _SHORT:
        return []
    return [
        child
        for child in section.children
        if words.strictly_back(child.title)
        and not words.part_of(child.title)
        and not kinds.REPRISE.search(words.normal(child.title))
        and not kinds.BESIDE.search(words.normal(child.title))
        and (kinds.OPENS_BACK.match(words.normal(child.title)) or not kinds.OTHER.search(words.normal(child.title)))
        and signs.is_full_procedure(child)
    ]


def _back_among_forward(section: Section) -> list[Section]:
    """Returns the procedures below a heading about going forward: only what says itself that it goes back."""
    found = labelled.ways_back(section)
    for child in section.children:
        back = _below(child, inside=False) if words.strictly_back(child.title) else _back_among_forward(child)
        found.extend([child] if _names_it(child, back) else back)
    return found


def _is_only_counted(section: Section) -> bool:
    """Says whether a heading is counted ("Phase 2") and neither it nor one below says that it goes back."""
    return words.choice_word(section.title) is not None and not any(
        words.strictly_back(child.title) and not words.part_of(child.title) for child in section.children
    )


def _names_it(phase: Section, back: list[Section]) -> bool:
    """Says whether a phase names the one way back below it, which only says that it is one: "Rollback strategy"."""
    if len(back) != 1 or back[0].line == phase.line or not words.is_phase(phase.title):
        return False
    title = words.normal(back[0].title)
    announces = kinds.GENERIC.fullmatch(title) and not re.search(r"procedure|process|steps|instructions", title)
    return bool(announces) and signs.is_spread_out(phase)


def _is_another_way(section: Section) -> bool:
    """Says whether a heading offers another way to go back: "Alternative: Deploy the legacy branch"."""
    normal = words.normal(section.title)
    named = re.match(r"(alternative|alternativa|fallback|plan b)\b", normal)
    told = kinds.FAILURE.search(normal) or kinds.BACK_TO.search(normal) or kinds.HALTS.match(normal)
    return bool(named or (told and not kinds.BESIDE.search(normal))) and signs.is_full_procedure(section)


def _is_taken_back(section: Section) -> bool:
    """Says whether a heading among procedures names what went wrong, the state before, or a thing to take back."""
    normal = words.normal(section.title)
    if not signs.is_full_procedure(section):
        return False
    if kinds.BACK_TO.search(normal) or kinds.FAILURE.search(normal):
        return True
    return not kinds.ACTS_FORWARD.search(normal) and not kinds.OTHER.search(kinds.THING.sub("", normal))


def _is_other_part(section: Section, *, inside: bool, among: bool) -> bool:
    """Says whether a heading names another part; under a heading of procedures, one with numbered steps is a procedure all the same."""
    part = words.part_of(section.title)
    if part == "follow_up":  # "Immediate actions" right away, not after a rollback
        normal = words.normal(section.title)
        told = headings.of(section) or (among and normal.startswith("immediate") and signs.is_full_procedure(section))
        return not (inside and told and not re.search("post|after", normal))
    if among and part in words.ABOUT_THINGS and words.THING_ENDS.search(words.normal(section.title)):
        return not signs.is_full_procedure(section)
    names_cases = among and words.normal(section.title).endswith("issues")
    acts = signs.tells_steps(section) or (names_cases and signs.has_actions(section))
    return bool(part) and not (inside and part == "triggers" and acts)
