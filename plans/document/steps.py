"""Reads the steps of a procedure, whatever form they were written in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from plans.document import alternative_words, fences, groups, words, written_out
from plans.document.actions import finish, from_fences, pieces, step_fence
from plans.document.blocks import (
    Block,
    Fence,
    Html,
    Item,
    Line,
    Listing,
    Paragraph,
    Quote,
    Section,
    Table,
    every_block,
    fences_in,
    remembered,
)
from plans.document.checklist_parts import LOOKS
from plans.document.notes import Notes
from plans.document.step import Approval, Step, StepFence

_LABEL_NUMBER = re.compile(
    rf"^(?:step\s*)?(?P<n>\d{{1,3}}(?:\.\d{{1,2}})?)[.):：]?\s+(?P<title>\S.*)$|"
    rf"^(?:{words.STEP_WORDS})\s*#?(?P<m>\d{{1,3}})\s*[步章]?\s*[:：.\-–—]?\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_LABEL_LETTER = re.compile(r"^(?P<n>[a-z])[.)]\s+(?P<title>\S.*)$")
_EFFECTS = re.compile(
    r"\b(will|adds|does|automatically|tracks|includes|contains|covers|following (changes|effects)|records?|under the hood|"
    r"(this|that) (means|script|command|workflow|pipeline|action|job|process|tool|playbook)|what (it|this|happens))\b.{0,60}[:：]\s*$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?。])\s")


def read_steps(
    blocks: tuple[Block, ...], notes: Notes, *, prose: bool = False
) -> tuple[tuple[Step, ...], tuple[StepFence, ...]]:
    """Returns (steps, fences that belong to none); forms in order: list, bold numbers, checkboxes, comments, bullets."""
    found = _from_lists(blocks, notes) or _from_labels(blocks, notes)
    if found is not None:
        return found
    if _only_boxes(blocks):
        return from_bullets(blocks, notes, all_lists=False), ()
    if ticked := _from_boxes(blocks, notes):
        return ticked, ()
    steps = from_fences(blocks, notes) or from_fences(blocks, notes, code_too=True)
    steps = steps or from_bullets(blocks, notes, all_lists=prose) or written_out.steps(blocks, notes)
    return steps or (from_bullets(blocks, notes, all_lists=True) if _tells(blocks) else ()), ()


def _tells(blocks: tuple[Block, ...]) -> bool:
    """Says whether a bullet tells what to do; others of its list may say what to leave alone."""
    return any(words.tells_to_act(item.text) for block in blocks if isinstance(block, Listing) for item in block.items)


def _only_boxes(blocks: tuple[Block, ...]) -> bool:
    """Says whether the fences stand inside checkbox items: each box is then a step with its own fences."""
    boxes = any(isinstance(block, Listing) and any(item.checkbox for item in block.items) for block in blocks)
    return boxes and not any(isinstance(block, Fence) for block in blocks)


def _from_boxes(blocks: tuple[Block, ...], notes: Notes) -> tuple[Step, ...]:
    """Returns the boxes that tell what to do above the only block of a procedure: the last of them is the one that runs it."""
    listing = next((block for block in blocks if isinstance(block, Listing)), None)
    found = [block for block in blocks if isinstance(block, Fence)]
    if listing is None or len(found) != 1 or listing.line > found[0].line:
        return ()
    acting = sum(words.tells_to_act(item.text) and not LOOKS.match(words.normal(item.text)) for item in listing.items)
    if not all(item.checkbox for item in listing.items) or acting * 2 <= len(listing.items):
        return ()
    *items, last = listing.items
    listing, closing = replace(listing, items=tuple(items)), replace(last, blocks=(*last.blocks, found[0]))
    both = (listing, replace(listing, items=(closing,)))
    return from_bullets(both, notes, all_lists=True)


def from_headings(children: Sequence[Section], notes: Notes) -> tuple[Step, ...]:
    """Returns one step for each heading ("### Step 2: Restart")."""
    steps = []
    for place, child in enumerate(children, 1):
        number = words.step_word(child.title) or words.number_of(child.title) or place
        steps.append(
            _whole_step(
                str(number), _step_title(child.title), child.line, child.end_line, "heading", every_text(child), notes
            )
        )
    return tuple(steps)


@remembered
def every_text(section: Section) -> tuple[Block, ...]:
    """Returns the blocks of a section and of all below it; lower headings become bold labels."""
    found: list[Block] = list(section.blocks)
    for child in section.children:
        found.append(Paragraph(child.line, child.line, (Line(child.line, f"**{child.raw}**"),)))
        found.extend(every_text(child))
    return tuple(found)


def _from_lists(blocks: tuple[Block, ...], notes: Notes) -> tuple[tuple[Step, ...], tuple[StepFence, ...]] | None:
    """Returns the steps of the ordered lists; what follows an item belongs to it."""
    found: list[Step | _Read] = []
    has_commands = any(fences.role_of(fence) == "command" for fence in fences_in(blocks))
    stray: list[StepFence] = []
    before, way = "", ""
    for place, block in enumerate(blocks):
        if (
            isinstance(block, Listing)
            and block.ordered
            and not (has_commands and _EFFECTS.search(_SENTENCE.split(before)[-1]))
        ):
            found.extend(_Read(item, way) for item in block.items)
        elif isinstance(block, Quote) and (approval := approval_of(block)) is not None:
            found.append(Step(block.line, block.end_line, "", "Approval", "gate", approval=approval))
            notes.claim(block.line, block.end_line)
        elif isinstance(block, Paragraph) and _opens_a_list(blocks, place):
            way = alternative_words.alternative_of(block.lines[-1].lead)
            notes.claim(block.line, block.end_line)
        elif found and isinstance(found[-1], _Read):
            found[-1].after.append(block)
        elif isinstance(block, Fence) and block.attributes:
            found.append(Step(block.line, block.end_line, "", _opening(before), "block", (step_fence(block, before),)))
            notes.claim(block.line, block.end_line)
        elif isinstance(block, Fence):
            stray.append(step_fence(block, before))
        if isinstance(block, Paragraph):
            before = block.text
    if not any(isinstance(one, _Read) for one in found):
        return None
    return _numbered(found, notes), tuple(stray)


@dataclass
class _Read:
    """An item, the alternative that its list belongs to, and what follows it."""

    item: Item
    way: str
    after: list[Block] = field(default_factory=list)


def _opens_a_list(blocks: tuple[Block, ...], place: int) -> bool:
    """Says whether a paragraph stands directly above an ordered list: it speaks of the list, not of the item before."""
    following = blocks[place + 1] if place + 1 < len(blocks) else None
    return isinstance(following, Listing) and following.ordered


def _opening(before: str) -> str:
    return _SENTENCE.split(before, maxsplit=1)[0].rstrip(" :：.") or "Before the first step"


def _numbered(found: list[Step | _Read], notes: Notes) -> tuple[Step, ...]:
    """Returns the steps with numbers that are all different: the author's where possible, `1a` for a gate after step 1.

    Steps of a list that belongs to one alternative share a main number (`2.1`, `2.2`): a target takes one of the ways.
    """
    steps: list[Step] = []
    used: set[str] = set()
    last, ways = "0", 0
    for place, one in enumerate(found, 1):
        if isinstance(one, Step):
            number = next(name for name in (f"{last}{letter}" for letter in _LETTERS) if name not in used)
            step = finish(replace(one, number=number), notes)
        else:
            ways = ways + 1 if one.way else 0
            if ways <= 1:
                written = one.item.number
                last = written if written and written not in used else str(place)
            number = f"{last}.{ways}" if one.way else last
            step = _on_the_way(_from_item(one.item, tuple(one.after), number, notes), one.way)
            used.add(last)
        used.add(number)
        steps.append(step)
    return tuple(steps)


def _on_the_way(step: Step, way: str) -> Step:
    """Returns a step as a part of one alternative."""
    if not way:
        return step
    held = tuple(fence if fence.alternative else replace(fence, alternative=way) for fence in step.fences)
    return replace(step, fences=held, alternatives=step.alternatives or (way,))


_LETTERS = [*"abcdefghijklmnopqrstuvwxyz", *(f"z{number}" for number in range(1000))]


def _from_item(item: Item, after: tuple[Block, ...], number: str, notes: Notes) -> Step:
    end = max([item.end_line, *(block.end_line for block in after)])
    step = _whole_step(number, item_title(item), item.line, end, "ordered", (*item.blocks, *after), notes)
    return replace(step, words=(item.text, *step.words))


def item_title(item: Item) -> str:
    """Returns an item's bold opening, else its first sentence."""
    lead = item.lines[0].lead if item.lines else ""
    text = lead or _SENTENCE.split(item.text, maxsplit=1)[0]
    return text.rstrip(" :：.,;")[:200]


def _from_labels(blocks: tuple[Block, ...], notes: Notes) -> tuple[tuple[Step, ...], tuple[StepFence, ...]] | None:
    """Returns the steps of bold-numbered labels ("**2. Restart:**")."""
    found = groups.of_blocks(blocks, 1)
    lettered = "".join(match.group("n") for group in found if (match := _LABEL_LETTER.match(group.label)))
    form = _LABEL_LETTER if len(lettered) > 1 and "abcdefghijklmnopqrstuvwxyz".startswith(lettered) else _LABEL_NUMBER
    if sum(bool(form.match(group.label)) for group in found) < 2:
        return None
    steps: list[Step] = []
    for group in found:
        match = form.match(group.label)
        if match is None:
            continue
        told = match.groupdict()
        title = (told["title"] or told.get("rest") or group.label).rstrip(" :.,;")
        number = (told["n"] if form is _LABEL_NUMBER else "") or told.get("m") or str(len(steps) + 1)
        step = _whole_step(number, title, group.line, group.end_line, "label", group.blocks, notes)
        steps.append(replace(step, words=(*((group.value,) if group.value else ()), *step.words)))
    return tuple(steps), ()


def _whole_step(
    number: str, title: str, line: int, end: int, form: str, blocks: tuple[Block, ...], notes: Notes
) -> Step:
    """Returns one step from everything that stands under it."""
    notes.claim(line, end)
    held: list[StepFence] = []
    said: list[str] = []
    approval, label, before = None, "", ""
    for block in every_block(blocks):
        if isinstance(block, Fence):
            held.extend(pieces(block, before, label))
        elif isinstance(block, Quote):
            approval = approval or approval_of(block)
        elif isinstance(block, Listing):
            said.extend(item.text for item in block.items)
            before = block.items[-1].text if block.items else before
        elif isinstance(block, Paragraph) and approval_line(block) is None:
            said.append(block.text)
            before = block.text
            label = alternative_words.alternative_of(block.lines[-1].lead) if block.lines[-1].lead else label
        elif isinstance(block, Table):
            said.extend(" | ".join(row.cells) for row in block.rows)
    return finish(Step(line, end, number, title, form, tuple(held), tuple(said), approval=approval), notes)


def approval_line(block: Paragraph) -> str | None:
    """Returns the words of "**Approval:** 1 of oncall-lead"."""
    first = block.lines[0]
    return first.rest if first.lead.lower() == "approval" else None


def approval_of(quote: Quote) -> Approval | None:
    for block in quote.blocks:
        said = approval_line(block) if isinstance(block, Paragraph) else None
        if said is not None:
            return Approval(block.line, said)
    return None


def from_bullets(blocks: tuple[Block, ...], notes: Notes, *, all_lists: bool) -> tuple[Step, ...]:
    """Returns the steps of plain or checkbox bullets, where nothing else says what to do."""
    steps: list[Step] = []
    for block in blocks:
        if isinstance(block, Listing) and (all_lists or any(item.checkbox for item in block.items)):
            for item in block.items:
                form = "checkbox" if item.checkbox else "bullet"
                step = _whole_step(
                    str(len(steps) + 1), item_title(item), item.line, item.end_line, form, item.blocks, notes
                )
                steps.append(replace(step, words=(item.text, *step.words)))
    return tuple(steps)


def _step_title(title: str) -> str:
    text = re.sub(r"^\s*(step|étape|paso)\s*\d{1,3}\s*[:.\-–—]*\s*", "", title, flags=re.IGNORECASE)
    return re.sub(r"^(\d{1,3}(\.\d{1,3})*[.):]?|[A-H]\d{1,2}[.)]|\d{1,2}[A-H][.)])\s+", "", text).strip() or title


def mentions(block: Block) -> str:
    """Returns the words of a block that is neither code nor list, for notes."""
    return "" if isinstance(block, Fence | Html | Listing | Quote | Table) else block.text
