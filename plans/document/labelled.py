"""Finds the procedures that bold labels open: "**Option A: Git**" in one that goes back, "**Rollback:**" in one that goes forward."""

from __future__ import annotations

import re
from dataclasses import replace

from plans.document import groups, words
from plans.document import procedure_signs as signs
from plans.document import procedure_words as kinds
from plans.document.blocks import Block, Fence, Line, Listing, Paragraph, Section
from plans.document.groups import Group

_OPENS = re.compile(
    r"(to |how to |if .{1,40}, )?(roll(ing)? ?back|revert|undo|back ?out)"
    r"( (procedure|steps?|command|commands|plan|process|instructions?|script|sql|code))?( \(.*)?"
)
_LOOKS = frozenset({"validation", "when", "note", "impact", "time"})


def cut(section: Section) -> list[Section]:
    """Returns a procedure cut at the bold labels in it that name procedures of their own."""
    apart: list[Section] = []
    kept: list[Block] = []
    normal = words.normal(section.title)
    collects = bool(kinds.SEVERAL.search(normal) or kinds.GENERIC.fullmatch(normal))
    for group in groups.of_blocks(section.blocks, section.line):
        own = Section(group.line, group.end_line, section.depth + 1, group.label, group.blocks, ())
        named = _names_procedure(group.label) or (collects and _names_thing(group.label))
        if group.label and not group.value and named and signs.is_full_procedure(own):
            apart.append(own)
        else:
            kept.extend(groups.as_blocks(group))
    if not apart or not (len(apart) > 1 or signs.has_actions(replace(section, blocks=tuple(kept)))):
        return [section]
    rest = replace(section, blocks=tuple(kept), end_line=min(section.end_line, apart[0].line - 1))
    return [rest, *apart] if signs.has_actions(rest) else apart


def _names_procedure(label: str) -> bool:
    known = words.part_of(label) or words.label_of(label) or words.number_of(label) or words.step_word(label)
    known = known or words.is_phase(label)
    return (
        bool(re.search(r"\b(roll ?back|recovery|restore)\b", words.normal(label)))
        and not known
        and not words.tells_to_act(label)
    )


def _names_thing(label: str) -> bool:
    """Says whether a bold label below a heading that collects procedures names one: "Option A: Git", "Database"."""
    if words.choice_word(label):
        return True
    known = words.part_of(label) or words.label_of(label) or words.number_of(label) or words.step_word(label)
    return not known and not words.tells_to_act(label) and not kinds.OTHER.search(words.normal(label))


def ways_back(section: Section, *, told: bool = True) -> list[Section]:
    """Returns the section itself where nothing else in it is carried out, else what stands below each such label.

    `told` says that a sentence is enough after a label; else there must be commands or a list.
    """
    found = groups.of_blocks(section.blocks, section.line)
    back = [
        group
        for group in found
        if _OPENS.fullmatch(words.normal(group.label)) and (_acts(group, section) or (told and _is_told(group)))
    ]
    if not back:
        return []
    taken = {group.line for group in back}
    forward = [
        group for group in found if group.line not in taken and group.meaning not in _LOOKS and _acts(group, section)
    ]
    if not forward and len(back) == 1:
        return [replace(section, children=())]
    return [_cut(group, section) for group in back]


def of_changes(section: Section) -> list[Section]:
    """Returns how each change of a list is taken back: "- **What changed:** …" beside "- **Rollback:** restore the file"."""
    return [_cut(group, child) for child in section.walk() for group in _bullets(child) if _tells_back(group)]


def _tells_back(group: Group) -> bool:
    return bool(_OPENS.fullmatch(words.normal(group.label))) and (bool(group.blocks) or _is_told(group))


def _bullets(section: Section) -> list[Group]:
    """Returns the bullets of a section as labels, where each of them opens with bold words."""
    items = [item for block in section.blocks if isinstance(block, Listing) for item in block.items]
    if not all(item.lines and item.lines[0].lead for item in items):
        return []
    return [
        Group(
            item.line,
            item.end_line,
            item.lines[0].lead,
            " ".join([item.lines[0].rest, *(line.text for line in item.lines[1:])]),
            item.blocks,
        )
        for item in items
    ]


def _is_told(group: Group) -> bool:
    """Says whether a label goes on with a sentence that says how: "**Rollback:** restore the snapshot of last night"."""
    text = " ".join([group.value, *(block.text for block in group.blocks if isinstance(block, Paragraph))])[:1000]
    return bool(group.value) and bool(_SAYS_HOW.search(text)) and not _POINTS.search(text)


_SAYS_HOW = re.compile(
    r"\b(restor(e|ing)|revert(ing)?|roll back|re-?deploy|re-?install|drop|remove|delete|disable|switch back|set|run|stop|"
    r"arr[êe]ter|restaurer|repasser|revenir|remettre|supprimer|désactiver|restaurar|volver|voltar|revertir|reverter|eliminar|"
    r"zurückrollen|wiederherstellen|zurücksetzen|stoppen)\b|回滚|恢复|还原",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\b(see|voir|siehe|v[ée]ase|consulte)\b|\bnot (possible|needed|required|applicable|supported)\b|\bn/a\b|\bno rollback\b",
    re.IGNORECASE,
)


def _acts(group: Group, section: Section) -> bool:
    return signs.has_actions(replace(section, blocks=group.blocks, children=()))


def _cut(group: Group, section: Section) -> Section:
    """Returns a label's blocks as a procedure; after its commands or its list what follows may go forward again."""
    held: list[Block] = []
    for block in group.blocks:
        if any(isinstance(one, Fence | Listing) for one in held) and not isinstance(block, Fence | Listing):
            break
        held.append(block)
    if group.value:
        held.insert(0, Paragraph(group.line, group.line, (Line(group.line, group.value),)))
    end = max([group.line, *(block.end_line for block in held)])
    about = re.sub(r"\s*\([^()]{0,120}\)", "", section.title)
    return Section(group.line, end, section.depth + 1, f"{about} – {group.label}", tuple(held), ())
