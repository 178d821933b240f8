"""Says whether a section holds something to carry out, or only informs."""

from __future__ import annotations

import re
from dataclasses import replace

from plans.document import procedure_words as kinds
from plans.document import words
from plans.document.blocks import Block, Listing, Paragraph, Section, Table, fences_in
from plans.document.procedure_signs import has_checkbox, is_full_procedure, is_ticked_off, own_text


def has_substance(section: Section, *, inside: bool) -> bool:
    """Says whether there is something to carry out: an ordered list, a command, or an instruction in the heading itself."""
    if has_checkbox(section) and not is_full_procedure(section):
        return is_ticked_off(section)
    if names_kinds(section):
        return False
    if words.level_word(section.title) is None and any(words.level_word(below.title) for below in section.walk()):
        return False  # it describes the levels
    if not words.speaks_of_rollback(section.title) and _opens_forward(section):
        return False
    if is_full_procedure(section) and (inside or words.choice_word(section.title) is None):
        return True
    if kinds.KINDS.search(words.normal(section.title)):
        return False
    if re.search(
        r"\bautomat|\bauto[- ]|^scripts?\b", words.normal(section.title)
    ):  # what happens by itself, told in prose, is nothing to carry out
        return False
    named = [child for child in section.children if not kinds.NOT_A_ROLLBACK.search(words.normal(child.title))]
    own = own_text(replace(section, children=tuple(named)) if section.children else section)
    if any(isinstance(block, Table) for block in own) and not any(isinstance(block, Listing) for block in own):
        return False  # a table with a sentence informs; nobody carries it out
    has_text = any(_says_more(block) if isinstance(block, Listing) else _tells(block) for block in own)
    announces = inside and words.label_of(section.title) == "procedure"
    return (words.speaks_of_rollback(section.title) or announces) and has_text


def names_kinds(section: Section) -> bool:
    """Says whether numbered items only tell of the ways there are: "1. **Table rollback** puts the rows back"."""
    items = [item for block in section.blocks if isinstance(block, Listing) for item in block.items]
    named = sum(bool(item.lines) and words.of_a_thing(item.lines[0].lead) for item in items)
    if not items or named * 2 <= len(items) or any(True for _ in fences_in(section.blocks)):
        return False
    told = bool(kinds.KINDS.search(words.normal(section.title))) and not section.children
    return told or not any(item.lines and words.tells_to_act(item.lines[0].rest.strip(" :–—-")) for item in items)


def _opens_forward(section: Section) -> bool:
    """Says whether the first step brings the new version in: "1. Deploy the new release to the canary"."""
    listed = next((block for block in section.blocks if isinstance(block, Listing) and block.ordered), None)
    return listed is not None and bool(_FORWARD.match(words.normal(listed.items[0].text)))


_FORWARD = re.compile(
    r"(deploy|install|release|roll out|ship|push|publish|promote) (a |the )?(new|latest|next|release candidate)\b"
)


def _says_more(block: Listing) -> bool:
    """Says whether a list is more than labels: "- **Time required**: 10 minutes"."""
    return not all(item.lines and item.lines[0].rest and words.label_of(item.lines[0].lead) for item in block.items)


def _tells(block: Block) -> bool:
    """Says whether a paragraph is more than the label of a heading that was left out, or a sentence that points elsewhere."""
    if not isinstance(block, Paragraph):
        return False
    is_label = len(block.lines) == 1 and block.lines[0].raw.startswith("**") and not block.lines[0].rest
    points = len(block.text) < 200 and _POINTS.search(block.text)
    is_header = len(block.lines) > 1 and all(line.lead and line.rest for line in block.lines)
    return not is_label and not points and not is_header


_POINTS = re.compile(
    r"\b(follow|use|see|choose|pick|apply|perform|execute|run|take) "
    r"(one of |any of )?(these|this|the (following|appropriate|relevant|steps)|below)\b"
    r"|\b(steps|procedures?|options|sections?|methods) below\b|[:：]$|^(when|whenever|used? (when|if|for)|if|in case)\b[^.]*\.?$",
    re.IGNORECASE,
)
