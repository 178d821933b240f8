"""Cuts the blocks of a section at its bold labels: "**When to use:**" opens a group as a small heading would."""

from __future__ import annotations

import re
from dataclasses import dataclass

from plans.document import inline, words
from plans.document.blocks import Block, Line, Paragraph, Quote, Section


@dataclass(frozen=True)
class Group:
    """What stands under one label; `label` is empty before the first."""

    line: int
    end_line: int
    label: str
    value: str
    blocks: tuple[Block, ...]
    is_heading: bool = False
    children: tuple[Section, ...] = ()

    @property
    def meaning(self) -> str:
        return words.label_of(self.label) if self.label else ""


def of_section(section: Section) -> list[Group]:
    """Returns the groups of a section: its labels, then each heading below it as one group."""
    return [*of_blocks(section.blocks, section.line), *(of_child(child) for child in section.children)]


def of_child(child: Section) -> Group:
    """Returns a heading as a group; one such as "Estimated time: 5 minutes" holds label and value."""
    label, _, value = (part.strip() for part in child.title.partition(":"))
    if value and words.label_of(label) == "time":
        return Group(child.line, child.end_line, label, value, child.blocks, True, child.children)
    return Group(child.line, child.end_line, child.title, "", child.blocks, True, child.children)


def of_blocks(blocks: tuple[Block, ...], line: int) -> list[Group]:
    groups: list[Group] = []
    label, value, start, last = "", "", line, line
    held: list[Block] = []

    def close() -> None:
        if label or held:
            end = max([start, last, *(block.end_line for block in held)])
            groups.append(Group(start, end, label, value, tuple(held)))

    for block in blocks:
        quoted = _quoted(block)
        if quoted is not None:
            groups.append(quoted)
            continue
        if not isinstance(block, Paragraph) or not any(is_label(line) for line in block.lines):
            held.append(block)
            continue
        plain: list[Line] = []
        for current in block.lines:
            if not is_label(current):
                if value and not plain and not held and _goes_on(value, current):
                    value, last = f"{value} {current.text.strip()}", current.line
                else:
                    plain.append(current)
                continue
            if plain:
                held.append(Paragraph(plain[0].line, plain[-1].line, tuple(plain)))
                plain = []
            close()
            (label, value), start, last, held = _split(current), current.line, current.line, []
        if plain:
            held.append(Paragraph(plain[0].line, plain[-1].line, tuple(plain)))
    close()
    return groups


def _goes_on(value: str, line: Line) -> bool:
    """Says whether a line goes on with the sentence behind a label: it opens with a small letter, and the sentence is open."""
    return line.text.strip()[:1].islower() and value[-1:] not in ".!?:;" and len(value) < _LONGEST


_LONGEST = 600
"""Nobody writes a longer sentence behind a label; what follows is text of its own."""


def _quoted(block: Block) -> Group | None:
    """Returns the promise or the occasion that one quoted line tells: "> ⏱ **Time needed:** 2 minutes"."""
    if not isinstance(block, Quote) or len(block.blocks) != 1 or not isinstance(block.blocks[0], Paragraph):
        return None
    lines = block.blocks[0].lines
    line = Line(lines[0].line, lines[0].raw[_DECORATED.match(lines[0].raw).end() :])  # type: ignore[union-attr]
    if len(lines) != 1 or not is_label(line):
        return None
    label, value = _split(line)
    if not value or words.label_of(label) not in ("time", "when"):
        return None
    return Group(block.line, block.end_line, label, value, ())


_DECORATED = re.compile(r"[^\w*]*")


def _split(line: Line) -> tuple[str, str]:
    """Returns label and value; "**Time needed: 5 minutes**" holds both in its bold words."""
    label, colon, value = (part.strip() for part in line.lead.partition(":"))
    if colon and value and not line.rest and words.label_of(label) in ("time", "note"):
        return label, value
    return line.lead, line.rest


def is_label(line: Line) -> bool:
    """Says whether a line is a bold label; a sentence with bold words in front is not, unless they carry a number."""
    return len(line.lead) <= 120 and (inline.opens_bold(line.raw) or bool(_NUMBERED.match(line.lead)))


_NUMBERED = re.compile(r"(step\s*)?\d{1,2}[.):]\s+\S", re.IGNORECASE)


def as_label(group: Group) -> Paragraph:
    """Returns a group's label as the line it was read from."""
    return Paragraph(group.line, group.line, (Line(group.line, f"**{group.label}:** {group.value}".strip()),))


def as_blocks(group: Group) -> tuple[Block, ...]:
    """Returns a group as blocks again."""
    return (as_label(group), *group.blocks) if group.label else group.blocks
