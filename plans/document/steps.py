"""Reads the steps of a procedure, whatever form they were written in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from plans.document import comments, fences, groups, shell, words
from plans.document.attributes import KINDS, parse
from plans.document.blocks import Block, Fence, Html, Item, Listing, Paragraph, Quote, Section, Table, every_block
from plans.document.notes import Notes
from plans.document.plan import Approval, Step, StepFence

_LABEL_NUMBER = re.compile(
    r"^(?:step\s*)?(?P<n>\d{1,3}(?:\.\d{1,2})?)[.):：]?\s+(?P<title>\S.*)$|^step\s+(?P<m>\d{1,3})\s*[:.\-–—]?\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_EFFECTS = re.compile(
    r"\b(will|adds|does|automatically|this (does|means)|tracks|includes|contains|covers|following (changes|effects)|records?)\b.{0,60}[:：]\s*$",
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
    steps = _from_fences(blocks, notes)
    if steps:
        return steps, ()
    bullets = _from_bullets(blocks, notes, all_lists=prose)
    return bullets, ()


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


def every_text(section: Section) -> tuple[Block, ...]:
    """Returns the blocks of a section and of all below it; lower headings become bold labels."""
    found: list[Block] = list(section.blocks)
    for child in section.children:
        found.append(Paragraph(child.line, child.line, (_heading_line(child),)))
        found.extend(every_text(child))
    return tuple(found)


def _heading_line(section: Section):  # type: ignore[no-untyped-def]
    from plans.document.blocks import Line

    return Line(section.line, f"**{section.raw}**")


def _from_lists(blocks: tuple[Block, ...], notes: Notes) -> tuple[tuple[Step, ...], tuple[StepFence, ...]] | None:
    """Returns the steps of the ordered lists; what follows an item belongs to it."""
    steps: list[list[object]] = []
    stray: list[StepFence] = []
    before = ""
    for block in blocks:
        if isinstance(block, Listing) and block.ordered and not (_EFFECTS.search(before) and not steps):
            steps.extend([item, []] for item in block.items)
        elif steps:
            steps[-1][1].append(block)  # type: ignore[attr-defined]
        elif isinstance(block, Fence):
            stray.append(step_fence(block, before))
        if isinstance(block, Paragraph):
            before = block.text
    if not steps:
        return None
    return tuple(_from_item(item, tuple(after), place, notes) for place, (item, after) in enumerate(steps, 1)), tuple(
        stray
    )  # type: ignore[arg-type]


def _from_item(item: Item, after: tuple[Block, ...], place: int, notes: Notes) -> Step:
    end = max([item.end_line, *(block.end_line for block in after)])
    number = item.number if item.number and item.number != "1" else str(place)
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
    if sum(bool(_LABEL_NUMBER.match(group.label)) for group in found) < 2:
        return None
    steps: list[Step] = []
    for group in found:
        match = _LABEL_NUMBER.match(group.label)
        if match is None:
            continue
        title = (match.group("title") or match.group("rest") or group.label).rstrip(" :.,;")
        number = match.group("n") or match.group("m") or str(len(steps) + 1)
        step = _whole_step(number, title, group.line, group.end_line, "label", group.blocks, notes)
        steps.append(replace(step, words=(*((group.value,) if group.value else ()), *step.words)))
    return tuple(steps), ()


def _whole_step(
    number: str, title: str, line: int, end: int, form: str, blocks: tuple[Block, ...], notes: Notes
) -> Step:
    """Returns one step from everything that stands under it."""
    notes.claim(line, end)
    held, said, approval, label, before = [], [], None, "", ""
    for block in every_block(blocks):
        if isinstance(block, Fence):
            held.extend(_pieces(block, before, label))
        elif isinstance(block, Quote):
            approval = approval or approval_of(block)
        elif isinstance(block, Listing):
            said.extend(item.text for item in block.items)
            before = block.items[-1].text if block.items else before
        elif isinstance(block, Paragraph) and approval_line(block) is None:
            said.append(block.text)
            before = block.text
            label = words.alternative_of(block.lines[-1].lead) if block.lines[-1].lead else label
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


def step_fence(fence: Fence, before: str = "", alternative: str = "") -> StepFence:
    role = fences.role_of(fence, before)
    return StepFence(
        fence.line,
        fence.first,
        fence.language,
        role,
        fence.body,
        fence.attributes,
        fence.closed,
        fence.indented,
        alternative,
    )


def _pieces(fence: Fence, before: str, label: str) -> list[StepFence]:
    """Returns a fence, or its alternatives where comments offer several ways of one thing."""
    whole = step_fence(fence, before, label)
    if whole.role != "command" or "for=" in fence.attributes:
        return [whole]
    ways = comments.alternatives(comments.cut(fence.body))
    if not ways:
        return [whole]
    return [
        replace(
            whole,
            first=fence.first + way.offset,
            body=way.body,
            alternative=way.alternative or words.slug(way.title),
            title=way.title,
        )
        for way in ways
    ]


def finish(step: Step, notes: Notes) -> Step:
    """Fills in kind, effect and alternatives from the step's fences."""
    ways = tuple(dict.fromkeys(fence.alternative for fence in step.fences if fence.alternative))
    if len(ways) >= 2:
        notes.infer(
            step.line, f"{', '.join(ways)} are taken as alternatives of one step: comments or labels name them."
        )
    kinds = [kind for fence in step.fences if (kind := _kind(fence)) != "doc"]
    kind = kinds[0] if kinds else "manual"
    said = next((parse(fence.attributes).values.get("effect") for fence in step.fences if fence.attributes), None)
    effect = said if said in ("read", "idempotent", "once") else "read" if kind in ("check", "wait") else "once"
    return replace(step, alternatives=ways, kind=kind, effect=effect)


def _kind(fence: StepFence) -> str:
    """Returns what a fence would be as a step."""
    given = parse(fence.attributes).values.get("kind") if fence.attributes else None
    if given in KINDS:
        return str(given)
    if fence.role == "command":
        return "shell"
    return fences.kind_of(fence.language) if fence.language.lower() in fences.RUNNABLE else "doc"


def _from_fences(blocks: tuple[Block, ...], notes: Notes) -> tuple[Step, ...]:
    """Returns the steps of blocks outside any list: each action that a comment opens, else the block itself."""
    steps: list[Step] = []
    before = ""
    for block in every_block(blocks):
        if isinstance(block, Paragraph):
            before = block.text
        if not isinstance(block, Fence):
            continue
        whole = step_fence(block, before)
        if whole.role != "command" and whole.language not in fences.RUNNABLE and not whole.attributes:
            continue
        notes.claim(block.line, block.end_line)
        groups_ = [] if whole.attributes or whole.role != "command" else comments.actions(comments.cut(block.body))
        if len(groups_) <= 1:
            title = groups_[0][0].title if groups_ and groups_[0][0].title else _block_title(before, block)
            piece = _pieces(block, before, "")
            steps.append(
                finish(
                    Step(
                        block.line,
                        block.end_line,
                        str(len(steps) + 1),
                        title,
                        "block",
                        tuple(piece),
                        (before,) if before else (),
                    ),
                    notes,
                )
            )
            continue
        notes.infer(block.line, f"One block read as {len(groups_)} steps: comments open them.")
        needs = depends(block.body)
        steps.extend(
            _from_action(action, whole, len(steps) + place, needs, notes) for place, action in enumerate(groups_, 1)
        )
    return tuple(steps)


def _from_action(action: list[comments.Segment], whole: StepFence, place: int, needs: bool, notes: Notes) -> Step:
    first = action[0]
    pieces = tuple(
        replace(whole, first=whole.first + part.offset, body=part.body, title=part.title,
                alternative=(part.alternative or words.slug(part.title)) if len(action) > 1 else part.alternative)
        for part in action if part.has_commands
    )  # fmt: skip
    line = whole.first + first.offset
    step = Step(
        line,
        line + first.body.count("\n"),
        first.number or str(place),
        first.title or f"Step {place}",
        "comment",
        pieces,
        (first.title,),
        depends=needs,
    )
    return finish(step, notes)


def depends(body: str) -> bool:
    """Says whether pieces of a block need each other: a variable, a changed folder, control flow, a shebang."""
    if body.startswith("#!"):
        return True
    for line in shell.logical_lines(body):
        if line.is_comment or line.is_blank:
            continue
        first = line.text.split(maxsplit=1)[0]
        if first in shell.CONTROL or first in (
            "cd",
            "export",
            "set",
            "source",
            ".",
            "pushd",
            "alias",
            "ssh",
            "trap",
            "declare",
            "local",
        ):
            return True
        if re.match(r"[A-Za-z_]\w*=(?:\S*|\"[^\"]*\"|\$\(.*\))\s*$", line.text, re.DOTALL) or re.match(
            r"[\w-]+\s*\(\)", line.text
        ):
            return True
    return False


def _block_title(before: str, block: Fence) -> str:
    if before:
        return _SENTENCE.split(before, maxsplit=1)[0].rstrip(" :：")[:120]
    first = next(
        (line.text for line in shell.logical_lines(block.body) if not line.is_blank and not line.is_comment), ""
    )
    return first.split("\n", 1)[0][:120]


def _from_bullets(blocks: tuple[Block, ...], notes: Notes, *, all_lists: bool) -> tuple[Step, ...]:
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
    return re.sub(r"^\d{1,3}(\.\d{1,3})*[.):]?\s+", "", text).strip() or title


def mentions(block: Block) -> str:
    """Returns the words of a block that is neither code nor list, for notes."""
    return "" if isinstance(block, Fence | Html | Listing | Quote | Table) else block.text
