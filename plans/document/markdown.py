"""Turns Markdown text into sections and blocks; gives no meaning to any of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from plans.document.blocks import Block, Fence, Html, Item, Line, Listing, Paragraph, Quote, Row, Section, Table

_CHECKBOX = re.compile(r"^\[([ xX])\]\s+")
_PIPE = re.compile(r"(?<!\\)\|")
_INFO = re.compile(r"^([^\s{]*)(.*)$", re.DOTALL)


def parser() -> MarkdownIt:
    """Returns CommonMark with tables, without inline parsing and link definitions: plans need lines, not HTML."""
    markdown = MarkdownIt("commonmark", {"maxNesting": 40}).enable("table")
    markdown.core.ruler.disable(["inline", "text_join"])
    markdown.block.ruler.disable(["reference"])
    return markdown


@dataclass
class _Open:
    """A container whose end the tokens have not reached yet."""

    token: Token
    blocks: list[Block] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)


def parse(text: str) -> tuple[Section, ...]:
    """Returns the document as one root section followed by nothing; all headings stand below it."""
    source = text.split("\n")
    tokens = parser().parse(text)
    flat = _flat(tokens, source)
    return (_nest(flat, len(source)),)


_Heading = tuple[int, int, str]


def _flat(tokens: list[Token], source: list[str]) -> list[_Heading | Block]:
    """Returns headings (line, depth, raw) and finished top-level blocks in order."""
    flat: list[_Heading | Block] = []
    stack: list[_Open] = []

    def add(block: Block) -> None:
        if stack:
            stack[-1].blocks.append(block)
        else:
            flat.append(block)

    position = 0
    while position < len(tokens):
        token = tokens[position]
        kind = token.type
        if kind == "heading_open":
            line, depth, raw = _lines(token)[0], int(token.tag[1:]), tokens[position + 1].content
            if stack:  # a heading inside a list item or a quote is a label there, not a section
                add(Paragraph(line, line, (Line(line, f"**{raw}**"),)))
            else:
                flat.append((line, depth, raw))
            position += 3
            continue
        if kind == "paragraph_open":
            add(_paragraph(tokens[position + 1], token))
            position += 3
            continue
        if kind in ("fence", "code_block"):
            add(_fence(token, source))
        elif kind == "html_block":
            line, end = _lines(token)
            add(Html(line, end, token.content))
        elif kind in _CONTAINERS:
            stack.append(_Open(token))
        elif kind == "inline" and stack:
            stack[-1].cells.append(token.content)
        elif kind.endswith("_close") and kind[:-6] + "_open" in _CONTAINERS and stack:
            _close(stack, add, source)
        position += 1
    return flat


_CONTAINERS = {"bullet_list_open", "ordered_list_open", "list_item_open", "blockquote_open", "table_open", "tr_open"}


def _close(stack: list[_Open], add: object, source: list[str]) -> None:
    done = stack.pop()
    line, end = _lines(done.token)
    kind = done.token.type
    if kind == "list_item_open":
        stack[-1].items.append(_item(done, line, _last_line(done.blocks, line, end)))
        return
    if kind == "tr_open":
        stack[-1].rows.append(_row(done, line, source))
        return
    block: Block
    if kind == "table_open":
        headers = done.rows[0].cells if done.rows else ()
        block = Table(line, end, headers, tuple(done.rows[1:]))
    elif kind == "blockquote_open":
        block = Quote(line, end, tuple(done.blocks))
    else:
        last = done.items[-1].end_line if done.items else end
        block = Listing(line, last, kind == "ordered_list_open", tuple(done.items))
    add(block)  # type: ignore[operator]


def _lines(token: Token) -> tuple[int, int]:
    """Returns the 1-based first and last line of a token."""
    start, stop = token.map or [0, 1]
    return start + 1, max(stop, start + 1)


def _last_line(blocks: list[Block], line: int, end: int) -> int:
    """Returns where an item's content ends; its token also counts the blank lines after it."""
    return min(end, max((block.end_line for block in blocks), default=line))


def _paragraph(inline: Token, opening: Token) -> Paragraph:
    line, end = _lines(opening)
    lines = tuple(Line(line + offset, part) for offset, part in enumerate(inline.content.split("\n")))
    return Paragraph(line, end, lines)


def _fence(token: Token, source: list[str]) -> Block:
    line, end = _lines(token)
    if token.type == "code_block":
        return Fence(line, end, "", "", token.content, indented=True)
    match = _INFO.match(token.info.strip())
    language, attributes = (match.group(1), match.group(2).strip()) if match else ("", token.info.strip())
    last = source[end - 1].strip(" \t>") if end <= len(source) else ""
    closed = end > line and set(last) == set(token.markup[:1]) and len(last) >= len(token.markup)
    return Fence(line, end, language, attributes, token.content, closed)


def _item(done: _Open, line: int, end: int) -> Item:
    lines: tuple[Line, ...] = ()
    blocks = done.blocks
    if blocks and isinstance(blocks[0], Paragraph):
        lines, blocks = blocks[0].lines, blocks[1:]
    elif blocks and isinstance(blocks[0], Quote):
        lines, blocks = _more_than(blocks)
    checkbox = bool(lines and _CHECKBOX.match(lines[0].raw))
    if checkbox:
        lines = (Line(lines[0].line, _CHECKBOX.sub("", lines[0].raw)), *lines[1:])
    return Item(line, end, done.token.info, checkbox, lines, tuple(blocks))


def _more_than(blocks: list[Block]) -> tuple[tuple[Line, ...], list[Block]]:
    """Returns the words of an item such as "- >5% of the users": to Markdown a quote, to its author a comparison."""
    quote = blocks[0]
    first = quote.blocks[0] if isinstance(quote, Quote) and quote.blocks else None
    if not isinstance(first, Paragraph) or not first.lines[0].raw[:1].isdigit():
        return (), blocks
    return (Line(first.line, f"> {first.lines[0].raw}"), *first.lines[1:]), blocks[1:]


def _row(done: _Open, line: int, source: list[str]) -> Row:
    written = source[line - 1].strip(" \t>") if line <= len(source) else ""
    count = len(_PIPE.split(written.removeprefix("|").removesuffix("|")))
    return Row(line, tuple(cell.strip() for cell in done.cells), count)


def _nest(flat: list[_Heading | Block], last: int) -> Section:
    """Returns the root section with headings nested by depth."""
    stack: list[tuple[_Heading, list[Block], list[Section]]] = [((1, 0, ""), [], [])]

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
