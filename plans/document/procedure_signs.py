"""Signs by which a section is told to be a procedure: steps, commands, labels, and how its lower headings divide it."""

from __future__ import annotations

import re
from dataclasses import replace

from plans.document import fences, groups, words
from plans.document import procedure_words as kinds
from plans.document import step_headings as headings
from plans.document.blocks import Block, Listing, Paragraph, Section, Table, fences_in, remembered
from plans.document.steps import every_text
from plans.document.written_out import numbers_steps


def own_labels(section: Section) -> bool:
    """Says whether a section speaks of a promise, of when to use it, or of its impact."""
    return any(group.meaning in ("time", "when", "impact", "procedure") for group in groups.of_section(section))


def has_checkbox(section: Section) -> bool:
    return any(
        isinstance(block, Listing) and any(item.checkbox for item in block.items) for block in every_text(section)
    )


def tells_steps(section: Section) -> bool:
    """Says whether a section has numbered items that tell what to do, not what may happen."""
    items = [
        item for block in own_text(section) if isinstance(block, Listing) and block.ordered for item in block.items
    ]
    return sum(words.opens_with_verb(item.text) for item in items) * 2 > len(items)


def has_ordered(section: Section) -> bool:
    return any(isinstance(block, Listing) and block.ordered for block in own_text(section))


def own_text(section: Section) -> tuple[Block, ...]:
    """Returns the blocks of a section without the lower headings that name other parts."""
    kept = tuple(child for child in section.children if not words.part_of(child.title))
    return every_text(section if len(kept) == len(section.children) else replace(section, children=kept))


def is_full_procedure(section: Section) -> bool:
    """Says whether a section has numbered steps or commands, or is one instruction itself."""
    return has_actions(section) or (words.choice_word(section.title) is not None and ":" in section.title)


@remembered
def has_actions(section: Section) -> bool:
    """Says whether a section has numbered steps or commands."""
    blocks = own_text(section)
    roles = ((fences.role_of(fence), fence) for fence in fences_in(blocks))
    return (
        any(role == "command" or (role == "code" and not fences.is_settings(fence.language)) for role, fence in roles)
        or any(fences.is_numbered_prose(fence.body) for fence in fences_in(blocks))
        or has_ordered(section)
        or bool(headings.of(section))
        or _has_step_labels(section)
        or any(isinstance(block, Table) and numbers_steps(block) for block in blocks)
        or names_stages(section)
    )


def _has_step_labels(section: Section) -> bool:
    """Says whether bold labels number the steps: "**Step 1: Stop it**"."""
    labels = [group.label for group in groups.of_blocks(section.blocks, section.line) if group.label]
    return sum(words.step_word(label) is not None for label in labels) > 1


def is_told_itself(section: Section) -> bool:
    """Says whether a section has its own numbered steps above the headings below it."""
    own = [block for block in section.blocks if isinstance(block, Listing) and block.ordered]
    return bool(section.children) and sum(len(block.items) for block in own) > 1


def is_told_in_prose(section: Section) -> bool:
    """Says whether a section stands among procedures and says in words what is done, or that nothing is."""
    normal = words.normal(section.title)
    named = (
        not words.part_of(section.title) and not kinds.OTHER.search(normal) and not kinds.NOT_A_ROLLBACK.search(normal)
    )
    goes_back = words.choice_word(section.title) or words.speaks_of_rollback(section.title)
    told = goes_back or needs_nothing(section) or tells_to_go_back(section)
    return (
        named and bool(told) and not section.children and any(isinstance(block, Paragraph) for block in section.blocks)
    )


def tells_to_go_back(section: Section) -> bool:
    """Says whether a section opens with a sentence that tells what to do: "Revert the merge commit and deploy"."""
    first = section.blocks[0] if section.blocks else None
    return isinstance(first, Paragraph) and not first.text.endswith((":", "：")) and words.tells_to_act(first.text)


def are_told_in_bullets(section: Section) -> bool:
    """Says whether a heading only collects places, each with bullets that tell what to do there: "Web shop", "Own server"."""
    return (
        len(section.children) > 1
        and not section.blocks
        and all(is_told_in_bullets(child) and not words.part_of(child.title) for child in section.children)
    )


def is_told_in_bullets(section: Section) -> bool:
    items = [item for block in section.blocks if isinstance(block, Listing) for item in block.items]
    acting = sum(words.tells_to_act(item.text) for item in items)
    return not section.children and not words.label_of(section.title) and acting * 2 > len(items)


def leads_in(section: Section) -> bool:
    """Says whether the last words above the headings below announce the way back: "To roll back:"."""
    last = section.blocks[-1] if section.blocks and section.children else None
    return isinstance(last, Paragraph) and bool(_LEADS_IN.search(last.text[-120:]))


_LEADS_IN = re.compile(
    r"\b(to|pour|para|um) (roll ?back|revert|undo|restore|go back|revenir|restaurer|volver|revertir|reverter|zurück\w*)\b"
    r"[^.!?]*[:：]$",
    re.IGNORECASE,
)


def needs_nothing(section: Section) -> bool:
    """Says whether a section says that there is nothing to roll back."""
    return any(isinstance(block, Paragraph) and _NOTHING.search(block.text) for block in section.blocks)


_NOTHING = re.compile(
    r"\bno (roll ?back|action|recovery)( is| are)? (needed|required|necessary)|\bnothing to (roll back|do|restore)",
    re.IGNORECASE,
)


def counts_through(section: Section) -> bool:
    """Says whether bold steps go on counting below the next heading: "Step 3" under "Stabilise" after two under "At once"."""
    if words.choice_word(section.title) is None and words.level_word(section.title) is None:
        return False
    counted = [_step_labels(child) for child in section.children]
    numbers = [number for found in counted for number in found]
    return sum(bool(found) for found in counted) > 1 and numbers == list(range(1, len(numbers) + 1))


def names_stages(section: Section) -> bool:
    """Says whether the headings below "Emergency rollback steps" are its stages: "Immediate actions (0-2 minutes)"."""
    stages = sum(bool(_STAGE.match(words.normal(child.title))) for child in section.children)
    return stages > 1 and words.normal(section.title).endswith("steps")


_STAGE = re.compile(r"(\w+ )?(actions?|phase|stage|steps?)( \(.{1,40}\))?$")


def _step_labels(section: Section) -> list[int]:
    found = (words.step_word(group.label) for group in groups.of_section(section) if group.label)
    return [number for number in found if number is not None]


def is_spread_out(section: Section) -> bool:
    """Says whether the headings below only divide this procedure: one is "Steps", the others are no procedures."""
    collects = bool(kinds.SEVERAL.search(words.normal(section.title)))
    steps = [
        child
        for child in section.children
        if _only_says_how(child) and is_full_procedure(child) and not _holds_several(child)
        if not (collects and words.speaks_of_rollback(child.title))  # "Emergency rollback steps" names the procedure
    ]
    telling = {child.line for child in steps}
    others = [child for child in section.children if child.line not in telling and is_full_procedure(child)]
    if len(steps) == 1 and (words.choice_word(section.title) or words.level_word(section.title)):
        return True
    return len(steps) == 1 and all(
        words.part_of(child.title)
        or words.label_of(child.title) not in ("", "alternative")
        or (kinds.LOOKS.match(words.normal(child.title)) and not words.speaks_of_rollback(child.title))
        for child in others
    )


def _only_says_how(section: Section) -> bool:
    """Says whether a heading announces steps without naming what they are for: "Manual rollback steps"."""
    normal = words.normal(section.title)
    told = bool(_CASES.fullmatch(normal)) and not section.children
    return words.label_of(section.title) == "procedure" or bool(kinds.HOW.fullmatch(normal)) or told


_CASES = re.compile(r"(roll ?back |recovery )?(scenarios|cases|situations)")
"""One list of cases below a procedure is what it does in each."""


def _holds_several(section: Section) -> bool:
    """Says whether the headings below are procedures themselves, not the steps of one."""
    return (
        not headings.of(section)
        and sum(is_full_procedure(child) and not words.part_of(child.title) for child in section.children) > 1
    )


def is_ticked_off(section: Section) -> bool:
    """Says whether the boxes of a section are the steps of a procedure: its heading says so, and they tell what to do."""
    normal = words.normal(section.title)
    if not (words.is_container(section.title) or words.speaks_of_rollback(section.title)) or kinds.OTHER.search(normal):
        return False
    items = [item for block in own_text(section) if isinstance(block, Listing) for item in block.items]
    acting = sum(words.tells_to_act(item.text) and not _LOOKS.match(words.normal(item.text)) for item in items)
    return acting * 2 > len(items)


_LOOKS = re.compile(r"(verify|check|validate|confirm|test|monitor|ensure|review|assess|identify|document|notify)\b")


def speaks_as_level(section: Section) -> bool:
    """Says whether a section promises a time or opens a procedure itself: its lower headings are then parts of it."""
    own = {group.meaning for group in groups.of_blocks(section.blocks, section.line)}
    names = sum(words.speaks_of_rollback(child.title) or is_option(child) for child in section.children)
    if not own & {"time", "procedure"} or not section.children or any(_offers(child) for child in section.children):
        return False
    return names * 2 <= len(section.children)


def is_option(section: Section) -> bool:
    """Says whether a heading is one of several ways: "Option B: by the command line"."""
    return words.choice_word(section.title) is not None and not words.is_phase(section.title) and has_actions(section)


def _offers(section: Section) -> bool:
    """Says whether the headings below are ways of which one is taken: "Option A: Code only", "Option B: Restore"."""
    ways = [child for child in section.children if words.choice_word(child.title) and is_full_procedure(child)]
    return (
        len(ways) > 1 and len(ways) == len(section.children) and bool(kinds.SEVERAL.search(words.normal(section.title)))
    )


def collects_back(top: Section) -> bool:
    """Says whether a heading collects ways back itself: "Manual rollback procedures", "Common rollback scenarios"."""
    return words.is_container(top.title) and words.strictly_back(top.title) and not words.part_of(top.title)


def says_back(section: Section) -> bool:
    """Says whether a heading says itself that it goes back, of what, or that nothing else is left."""
    title = section.title
    return words.strictly_back(title) or words.of_a_thing(title) or bool(kinds.LAST_RESORT.search(words.normal(title)))


def levelled(root: Section) -> list[Section]:
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
