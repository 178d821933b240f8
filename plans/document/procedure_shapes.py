"""Returns a section in the shape in which its procedures are read: with its case, with its time, cut into its counted parts."""

from __future__ import annotations

import re
from dataclasses import replace

from plans.document import groups, words
from plans.document import procedure_words as kinds
from plans.document import step_headings as headings
from plans.document.blocks import Line, Paragraph, Section, fences_in
from plans.document.procedure_signs import has_actions, is_full_procedure, is_option


def told_through(section: Section) -> Section | None:
    """Returns a document that is one procedure: its title names a rollback, and its headings are the numbered steps, in one row.

    Parts of a plan may stand before and behind the steps: "When to use", "Contacts".
    """
    steps = headings.of(section)
    if len(steps) < 2 or not words.strictly_back(section.title):
        return None
    counted = all(words.step_word(step.title) for step in steps)
    if not counted and (len(steps) < 3 or len(steps) < len(section.children)):
        return None
    first = section.children.index(steps[0])
    in_a_row = list(section.children[first : first + len(steps)]) == steps
    return replace(section, children=tuple(steps)) if in_a_row else None


def with_its_case(section: Section) -> Section:
    """Returns a section with the one heading below that only names its case as a label: "Scenario: Errors at login"."""
    if len(section.children) != 1 or has_actions(replace(section, children=())):
        return section
    child = section.children[0]
    label, colon, case = child.title.partition(":")
    if not (colon and case.strip()) or words.label_of(label) != "when" or not is_full_procedure(child):
        return section
    if kinds.ISSUE.match(words.normal(child.title)):
        return section
    said = Paragraph(child.line, child.line, (Line(child.line, f"**{label.strip(' *_')}:** {case.strip(' *_')}"),))
    return replace(section, blocks=(*section.blocks, said, *child.blocks), children=child.children)


def told_below(section: Section) -> Section | None:
    """Returns the one heading that tells how, below one that only says "Rollback" or a phase of going forward: it names the way."""
    told = [child for child in section.children if is_full_procedure(child) and not words.part_of(child.title)]
    if len(told) != 1 or (section.blocks and has_actions(replace(section, children=()))):
        return None
    named = words.speaks_of_rollback(told[0].title) and words.label_of(told[0].title) == "procedure"
    says_no_more = kinds.GENERIC.fullmatch(words.normal(section.title)) or (
        words.is_phase(section.title) and any(_GOES_ON.search(words.normal(child.title)) for child in section.children)
    )
    return told[0] if named and says_no_more else None


_GOES_ON = re.compile(r"\b(changes|deliverables|objectives|goals|scope|tasks|files|migration steps|implementation)\b")
"""What a phase of going forward holds beside its rollback."""


def is_one_way(section: Section, found: list[Section]) -> bool:
    """Says whether what stands below "Rollback of the gateway" are its stages: saved or found, taken back, looked at."""
    if len(found) != 1 or not words.of_a_thing(section.title):
        return False
    others = [child for child in section.children if child.line != found[0].line]
    return (
        0 < len(others) == len(section.children) - 1
        and all(_STAGE.search(words.normal(child.title)) or words.label_of(child.title) for child in others)
        and not any(kinds.IN_GOOD_TIME.search(words.normal(child.title)) for child in others)
        and any(has_actions(child) for child in others)
    )


_STAGE = re.compile(
    rf"{kinds.SEEKS.pattern}|^(back ?up|save|export|snapshot|pre-?roll ?back backup)\b|\b(back ?up|snapshot)\b"
)
"""What comes before and behind a rollback and belongs to it."""


def with_its_time(section: Section) -> Section:
    """Returns a section whose options promise the time that it promises for all of them."""
    told = (group for group in groups.of_section(section) if group.value or not group.is_heading)
    promised = [group for group in told if group.meaning == "time"]
    if not promised or sum(is_option(child) for child in section.children) < 2:
        return section
    said = tuple(block for group in promised for block in groups.as_blocks(group))
    options = (
        replace(child, blocks=(*said, *child.blocks)) if is_option(child) else child for child in section.children
    )
    return replace(section, children=tuple(options))


def counted_apart(section: Section) -> list[Section]:
    """Returns the headings below a level that each count their steps from one again, or the level itself."""
    below = [child for child in section.children if words.label_of(child.title) == "procedure"]
    parts = below[0].children if len(below) == 1 and not below[0].blocks else section.children
    acting = [child for child in parts if is_full_procedure(child) and not words.part_of(child.title)]
    own = all(any(_COUNTS.search(fence.body) for fence in fences_in(child.blocks)) for child in acting)
    if not own or len(acting) < 2 or len(acting) < len(parts):
        return [section]
    when = tuple(child for child in section.children if words.label_of(child.title) == "when")
    return [replace(child, children=(*when, *child.children)) for child in acting]


_COUNTS = re.compile(r"\A\s*(#|//|--) ?1[.)] ")
