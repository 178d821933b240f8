"""Reads what is asked before a rollback and what is verified after it."""

from __future__ import annotations

import re
from dataclasses import replace

from plans.document import groups, inline, markdown, words
from plans.document.actions import step_fence
from plans.document.blocks import Block, Fence, Item, Listing, Paragraph, Section, Table
from plans.document.checklist_parts import LOOKS
from plans.document.notes import Notes
from plans.document.step import Step
from plans.document.steps import every_text, from_bullets, from_headings, read_steps


def read_checklist(section: Section, notes: Notes) -> tuple[Step, ...]:
    """Returns the items of a checklist section in whatever form they stand; every item only reads."""
    numbered = [child for child in _with_text(section) if not _FAILS.search(words.normal(child.title))]
    notes.claim(section.line)
    own = _marked(section.blocks, notes) or _own_items(_unfenced(section.blocks), notes)
    own = own or _told(section.blocks if not section.children else (), notes)
    numbered = [child for child in numbered if not _ACTS.match(words.normal(child.title))]
    children = [_child_items(child, notes) for child in numbered]
    if own or any(item.form in _WRITTEN for items in children for item in items):
        # beside a list, a heading with sentences only explains: "Observation period"
        children = [items for child, items in zip(numbered, children, strict=True) if not _only_prose(child)]
    below = [item for items in children for item in items]
    if below and all(item.form == "prose" for item in own):
        own = ()  # "Go through the following:" announces what stands below
    return tuple(replace(item, number=str(place), effect="read") for place, item in enumerate([*own, *below], 1))


def _with_text(section: Section) -> list[Section]:
    """Returns the lower headings that hold something; one that only groups others stands for these."""
    found: list[Section] = []
    for child in section.children:
        found.extend([child] if child.blocks else _with_text(child))
    return found


_ACTS = re.compile(
    r"((disable|enable|remove|delete|clean ?up|notify|inform|communicate|announce|document|schedule|create|update|plan|fix) |"
    r"(prevention|post-?mortem|root cause( analysis)?|lessons learned|follow-?up|improvements)$)"
)
"""A heading below a checklist that tells what to do next: nothing is checked there."""
_FAILS = re.compile(
    r"^(?!check|verify|monitor|review|watch|no\b)(\w+ )?(failures?|errors?)$|\bseverit(y|ies)\b|^expected (state|behaviou?r)\b|"
    r"^(métriques|métricas|metriken)\b"
)
"""A heading below a checklist that names what may go wrong, and how badly."""
_WRITTEN = frozenset({"ordered", "checkbox", "bullet", "row", "label"})


def _only_prose(child: Section) -> bool:
    return not child.children and all(isinstance(block, Paragraph) for block in child.blocks)


def _told(blocks: tuple[Block, ...], notes: Notes) -> tuple[Step, ...]:
    """Returns one item for each paragraph of a checklist that is told in plain sentences."""
    if not all(isinstance(block, Paragraph) for block in blocks):
        return ()
    told = [block for block in blocks if isinstance(block, Paragraph) and not block.text.endswith((":", "："))]
    for block in told:
        notes.claim(block.line, block.end_line)
    return tuple(Step(block.line, block.end_line, "", block.text[:200], "prose", words=(block.text,)) for block in told)


def _marked(blocks: tuple[Block, ...], notes: Notes) -> tuple[Step, ...]:
    """Returns each line of a checklist that was written without bullets: "✅ Run the tests" in lines of their own."""
    lines = [line for block in blocks if isinstance(block, Paragraph) for line in block.lines]
    if not lines or not all(isinstance(block, Paragraph) for block in blocks):
        return ()
    if not all(_MARK.match(line.raw) for line in lines):
        return ()
    notes.claim(lines[0].line, lines[-1].line)
    return tuple(Step(line.line, line.line, "", line.text[:200], "bullet", words=(line.text,)) for line in lines)


_MARK = re.compile(r"(?:\*\*)?[✅☑✔✓□☐⬜▢]")
"""What opens each line of a list that was written without bullets."""


def read_looks(section: Section) -> list[Step]:
    """Returns what is verified among other actions: items that open with such a verb, or the checkboxes below them."""
    found: list[Step] = []
    for block in section.blocks:
        for item in block.items if isinstance(block, Listing) else ():
            if LOOKS.match(words.normal(item.text)):
                boxes = [
                    box for inner in item.blocks if isinstance(inner, Listing) for box in inner.items if box.checkbox
                ]
                found.extend(_look(box) for box in boxes or [item])
    return [replace(step, number=str(place)) for place, step in enumerate(found, 1)]


def _look(item: Item) -> Step:
    return Step(item.line, item.end_line, "", item.text, "checkbox", words=(item.text,), effect="read")


def _unfenced(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Returns the blocks with a checklist that somebody put into a `markdown` fence read as what it is."""
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, Fence) and block.language.lower() in ("markdown", "md") and "- [ ]" in block.body:
            (root,) = markdown.parse("\n" * block.line + block.body)
            found.extend(inner for section in root.walk() for inner in section.blocks)
        elif isinstance(block, Fence) and block.language.lower() in ("", "text", "txt") and _only_boxes(block):
            (root,) = markdown.parse("\n" * block.line + _BOX.sub("- [ ]", block.body))
            found.extend(inner for section in root.walk() for inner in section.blocks)
        else:
            found.append(block)
    return tuple(found)


_BOX = re.compile(r"^[ \t]*(?:[-*] )?(?:\[ ?\]|[☐□⬜])", re.MULTILINE)


def _only_boxes(fence: Fence) -> bool:
    """Says whether every line of a block of plain text is a box to tick: a checklist that is shown as it stands."""
    lines = [line for line in fence.body.split("\n") if line.strip()]
    return len(lines) > 1 and all(_BOX.match(line) for line in lines)


def has_boxes(section: Section) -> bool:
    """Says whether boxes to tick stand right below a heading, or below one that only groups them."""
    return any(
        item.checkbox
        for current in (section, *section.children)
        for block in current.blocks
        if isinstance(block, Listing)
        for item in block.items
    )


def _child_items(child: Section, notes: Notes) -> tuple[Step, ...]:
    """Returns the items under a lower heading; a heading with blocks but no items is one item itself."""
    notes.claim(child.line)
    if words.step_word(child.title) and not has_boxes(child):
        return from_headings([child], notes)  # "Step 2: Run the tests" is one, whatever it runs
    items = _own_items(_unfenced(every_text(child)), notes)
    if items and not all(item.form == "block" for item in items):
        return items
    return from_headings([child], notes)


def _ungrouped(block: Block) -> tuple[Block, ...]:
    """Returns a list whose items only name groups ("**Access required:**" above boxes) as the lists below them."""
    if not isinstance(block, Listing):
        return (block,)
    inner = [[below for below in item.blocks if isinstance(below, Listing)] for item in block.items]
    if all(item.blocks for item in block.items) and any(_count_boxes(lists) > 1 for lists in inner):
        parts: list[Block] = []
        for item, lists in zip(block.items, inner, strict=True):
            parts.extend(lists if _count_boxes(lists) else [replace(block, items=(item,))])
        return tuple(parts)
    are_groups = all(
        lists and len(lists) == len(item.blocks) and not item.checkbox and item.text.endswith((":", "："))
        for item, lists in zip(block.items, inner, strict=True)
    )
    return tuple(below for lists in inner for below in lists) if are_groups and not block.ordered else (block,)


def _count_boxes(lists: list[Listing]) -> int:
    """Returns how many boxes to tick stand below an item, and nothing else: each is a check, the item names their group."""
    boxes = [item.checkbox for below in lists for item in below.items]
    return len(boxes) if all(boxes) else 0


_STOP = re.compile(r"(never|do not|don.t|stop|abort)\b.*[:：*]*$")


def _without_stops(blocks: tuple[Block, ...]) -> list[Block]:
    """Returns the blocks without the lists behind "Never proceed if:": they say when to stop, not what to check."""
    told = ""
    kept: list[Block] = []
    for block in blocks:
        stops = isinstance(block, Listing) and bool(_STOP.match(told)) and not block.items[0].checkbox
        if not stops:
            kept.append(block)
        told = (
            words.normal(block.lines[-1].text)
            if isinstance(block, Paragraph) and block.text.endswith((":", "："))
            else ""
        )
    return kept


def _is_form(blocks: tuple[Block, ...]) -> bool:
    """Says whether all items wait to be filled in: "Link to the log:" and nothing behind it."""
    items = [item for block in blocks if isinstance(block, Listing) for item in block.items]
    waits = all(not item.blocks and item.text.endswith((":", "：")) for item in items)
    return bool(items) and waits and not any(isinstance(block, Fence) for block in blocks)


def _own_items(blocks: tuple[Block, ...], notes: Notes) -> tuple[Step, ...]:
    if _is_form(blocks):
        return ()
    labelled = _by_labels(blocks)
    if labelled:
        return tuple(item for child in labelled for item in _child_items(child, notes))
    blocks = tuple(below for block in _without_stops(blocks) for below in _ungrouped(block))
    boxes = [item for block in blocks if isinstance(block, Listing) for item in block.items if item.checkbox]
    if boxes:
        found, _ = read_steps(tuple(block for block in blocks if isinstance(block, Listing | Fence)), notes)
        if found and found[0].form == "ordered" and all(_is_ordered(block) for block in blocks):
            return found
        return _boxes(tuple(block for block in blocks if not _is_plain(block)), notes)
    table = next((block for block in blocks if isinstance(block, Table)), None)
    steps = read_steps(blocks, notes, prose=True)[0]
    if len(steps) == 1 and steps[0].form == "block":  # a bare block beside bullets only serves one of them
        bullets = from_bullets(blocks, notes, all_lists=True)
        steps = bullets if len(bullets) > 1 else steps
    if table is not None and not any(step.form in ("ordered", "label") for step in steps):
        return _rows(table, notes)
    return steps


def _by_labels(blocks: tuple[Block, ...]) -> list[Section]:
    """Returns the bold labels of a checklist as headings, where boxes stand below some of them and only a block below others."""
    found = [group for group in groups.of_blocks(blocks, 0) if group.label and group.blocks]
    boxes = [has_boxes(Section(0, 0, 0, "", group.blocks, ())) for group in found]
    bare = [all(isinstance(block, Fence) for block in group.blocks) for group in found]
    if not (any(boxes) and any(bare)):
        return []
    return [Section(group.line, group.end_line, 6, group.label, group.blocks, ()) for group in found]


def _is_plain(block: Block) -> bool:
    """Says whether a list has no box to tick: beside boxes it explains ("P0: everything is down")."""
    return isinstance(block, Listing) and not block.ordered and not any(item.checkbox for item in block.items)


def _is_ordered(block: Block) -> bool:
    return not isinstance(block, Listing) or block.ordered


def _boxes(blocks: tuple[Block, ...], notes: Notes) -> tuple[Step, ...]:
    """Returns each checkbox as an item; a fence after a list belongs to its last item."""
    steps: list[Step] = []
    for block in blocks:
        if isinstance(block, Listing):
            steps.extend(from_bullets((replace(block, ordered=False),), notes, all_lists=True))
        elif isinstance(block, Fence) and steps:
            notes.claim(block.line, block.end_line)
            last = steps.pop()
            steps.append(replace(last, end_line=block.end_line, fences=(*last.fences, step_fence(block))))
    return tuple(steps)


def _rows(table: Table, notes: Notes) -> tuple[Step, ...]:
    notes.claim(table.line, table.end_line)
    return tuple(
        Step(
            row.line,
            row.line,
            str(place),
            inline.plain(row.cells[0]) if row.cells else "",
            "row",
            words=tuple(inline.plain(cell) for cell in row.cells),
        )
        for place, row in enumerate(table.rows, 1)
    )
