"""Turns Markdown text into sections and blocks; gives no meaning to any of them.

A plan needs lines and blocks, not HTML: one pass over the lines, no inline parsing, each container's content read by the same
rules. Tested against a full CommonMark parser.
"""

from __future__ import annotations

from plans.document.blocks import Block, Section
from plans.document.scanning import Found, Heading, Scan


def parse(text: str) -> tuple[Section, ...]:
    """Returns the document as one root section followed by nothing; all headings stand below it."""
    source = text.split("\n")
    return (_nest(Scan(source, 1, 0).read(), len(source)),)


def _nest(flat: list[Found], last: int) -> Section:
    """Returns the root section with headings nested by depth."""
    stack: list[tuple[Heading, list[Block], list[Section]]] = [((1, 0, ""), [], [])]

    def close(end: int) -> None:
        (line, depth, raw), blocks, children = stack.pop()
        stack[-1][2].append(Section(line, end, depth, raw, tuple(blocks), tuple(children)))

    for entry in flat:
        if not isinstance(entry, tuple):
            stack[-1][1].append(entry)
            continue
        while len(stack) > 1 and stack[-1][0][1] >= entry[1]:
            close(entry[0] - 1)
        stack.append((entry, [], []))
    while len(stack) > 1:
        close(last)
    _, blocks, children = stack[0]
    return Section(1, last, 0, "", tuple(blocks), tuple(children))
