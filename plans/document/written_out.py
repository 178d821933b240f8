"""Reads the steps of a procedure whose blocks hold no commands: numbered lines of plain text, or settings to write."""

from __future__ import annotations

import re

from plans.document import fences, groups, inline, words
from plans.document.actions import finish, step_fence
from plans.document.blocks import Block, Fence, Paragraph, Table, every_block
from plans.document.notes import Notes
from plans.document.step import Step

_LINE = re.compile(r"^\s{0,3}(?P<number>\d{1,2})[.)]\s+(?P<text>\S.*)$")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|(?<=[。；])\s*(?=\S)")
_PLAIN = frozenset({"", "text", "txt", "plain", "plaintext", "markdown", "md"})


def steps(blocks: tuple[Block, ...], notes: Notes) -> tuple[Step, ...]:
    """Returns the steps that blocks without commands write out; a person carries them out."""
    found = [step for block in every_block(blocks) if isinstance(block, Fence) for step in _numbered(block, notes)]
    return tuple(found) or _rows(blocks, notes) or _settings(blocks, notes) or _sentences(blocks, notes)


def numbers_steps(table: Table) -> bool:
    """Says whether the rows of a table are the steps of a procedure: its first column counts them."""
    first = words.normal(table.headers[0]) if len(table.headers) > 1 else ""
    return (
        bool(
            re.fullmatch(
                r"(step|#|no\.?|nr\.?|order|étape|paso|passo|schritt|步骤|序号)( (no\.?|number|#))?", first or "#"
            )
        )
        and len(table.rows) > 1
        and all(re.match(r"(step )?\d{1,2}\b", inline.plain(row.cells[0]).lower()) for row in table.rows)
    )


def _rows(blocks: tuple[Block, ...], notes: Notes) -> tuple[Step, ...]:
    """Returns one step for each row of a table that counts steps."""
    found: list[Step] = []
    for table in (block for block in blocks if isinstance(block, Table) and numbers_steps(block)):
        notes.claim(table.line, table.end_line)
        notes.infer(table.line, f"A table read as {len(table.rows)} steps: its first column counts them.")
        for row in table.rows:
            cells = [inline.plain(cell) for cell in row.cells]
            title = next((cell for cell in cells[1:] if cell), "")[:200]
            found.append(Step(row.line, row.line, str(len(found) + 1), title, "row", words=tuple(cells[1:])))
    return tuple(found)


def _sentences(blocks: tuple[Block, ...], notes: Notes) -> tuple[Step, ...]:
    """Returns one step for each sentence that is an instruction: a procedure in prose; the others explain."""
    found: list[Step] = []
    for block in _joined(blocks):
        for sentence in _SENTENCE.split(block.text):
            told = _LEADS_IN.sub("", sentence)
            if words.tells_to_act(told) and not sentence.endswith((":", "：", "?")):
                number = str(len(found) + 1)
                found.append(
                    Step(block.line, block.end_line, number, sentence[:200].rstrip(" ."), "prose", words=(sentence,))
                )
    for step in found:
        notes.claim(step.line, step.end_line)
        notes.infer(step.line, f"Taken as a step: “{step.title[:60]}” tells what to do.")
    return tuple(found)


_LEADS_IN = re.compile(
    r"^((in order )?to|if|when|once|after|before|for|pour|si|para|wenn|um)\b[^,]{1,80},\s+", re.IGNORECASE
)
"""What may stand in front of an imperative: "To roll back, restore the snapshot"."""


def _joined(blocks: tuple[Block, ...]) -> list[Paragraph]:
    """Returns the paragraphs that no label opens; lines that follow each other are one, also where a label was cut off."""
    found: list[Paragraph] = []
    for block in blocks:
        if not isinstance(block, Paragraph) or any(groups.is_label(line) for line in block.lines):
            continue
        if found and found[-1].end_line + 1 == block.line:
            found[-1] = Paragraph(found[-1].line, block.end_line, (*found[-1].lines, *block.lines))
        else:
            found.append(block)
    return found


def _numbered(fence: Fence, notes: Notes) -> list[Step]:
    """Returns the numbered lines of a block of plain text, where nearly all of its lines are numbered."""
    if fence.attributes or not (fence.language.lower() in _PLAIN or fences.is_numbered_prose(fence.body)):
        return []
    lines = fence.body.split("\n")
    matches = [(offset, match) for offset, line in enumerate(lines) if (match := _LINE.match(line))]
    if len(matches) < 2 or not fences.is_numbered_prose(fence.body):
        return []
    notes.claim(fence.line, fence.end_line)
    notes.infer(fence.line, f"A block of plain text read as {len(matches)} steps: its lines are numbered.")
    return [
        Step(line, line, match.group("number"), match.group("text")[:200], "text", words=(match.group("text"),))
        for offset, match in matches
        for line in (fence.first + offset,)
    ]


def _settings(blocks: tuple[Block, ...], notes: Notes) -> tuple[Step, ...]:
    """Returns one step for each block of settings: somebody writes them into a file."""
    found: list[Step] = []
    before = ""
    for block in every_block(blocks):
        if isinstance(block, Paragraph):
            before = block.text
        if isinstance(block, Fence) and fences.is_settings(block.language) and not block.attributes:
            notes.claim(block.line, block.end_line)
            title = (before or _first_line(block)).rstrip(" :：")[:120]
            held = (step_fence(block, before),)
            step = Step(block.line, block.end_line, str(len(found) + 1), title, "block", held, (before,) * bool(before))
            found.append(finish(step, notes))
    return tuple(found)


def _first_line(fence: Fence) -> str:
    return next((line.strip(" #/") for line in fence.body.split("\n") if line.strip(" #/")), "Settings")
