"""Reads the lines of a document, or of one list item or quote in it, into blocks: one pass, no inline parsing."""

from __future__ import annotations

import re
from functools import lru_cache

from plans.document import line_rules as rules
from plans.document.blocks import Block, Fence, Html, Item, Line, Listing, Paragraph, Quote, Row, Table

_CHECKBOX = re.compile(r"^\[([ xX])\]\s+")
_INFO = re.compile(r"^([^\s{]*)(.*)$", re.DOTALL)
_DEEPEST = 20
"""Containers in containers; what stands deeper is read as text."""
_FAR_IN = " " * 4 * (_DEEPEST + 1)
"""More than all containers take away: what stands there is never more than a line of text."""
Heading = tuple[int, int, str]
"""Line, depth, words."""
Found = Heading | Block


class Scan:
    """Reads the lines of one container; `base` is the line of the first one in the document."""

    def __init__(self, lines: list[str], base: int, depth: int) -> None:
        self.lines = lines
        self.base = base
        self.depth = depth
        self.at = 0

    def read(self) -> list[Found]:
        """Returns headings (line, depth, raw) and blocks in order."""
        found: list[Found] = []
        lines, total = self.lines, len(self.lines)
        while self.at < total:
            text = lines[self.at]
            stripped = text.lstrip(" ")
            if not stripped or stripped.isspace():
                self.at += 1
            elif len(text) - len(stripped) > 3:
                found.append(self._code())
            else:
                one = self._opened(text, stripped[0])
                if one is not None:
                    found.append(one)
        return found

    def _opened(self, text: str, first: str) -> Found | None:
        """Returns the block that a line opens; a rule across the page gives nothing."""
        if first == "#" and (match := rules.HEADING.match(text)):
            self.at += 1
            return self.base + self.at - 1, len(match.group(1)), (match.group(2) or "").strip()
        if first in "`~" and (match := rules.FENCE.match(text)):
            return self._fence(match)
        if first in "-_*" and rules.RULE.match(text):
            self.at += 1
            return None
        if self.depth < _DEEPEST:
            if first == ">":
                return self._quote()
            if first in "-+*" and (match := rules.BULLET.match(text)):
                return self._listing(match)
            if first.isdigit() and (match := rules.NUMBER.match(text)):
                return self._listing(match)
        if first == "<" and (rule := rules.html_rule(text)):
            return self._html(rule[0])
        return self._table() or self._paragraph()

    def _code(self) -> Fence:
        start = last = self.at
        while self.at < len(self.lines) and (not self.lines[self.at].strip() or self.lines[self.at].startswith("    ")):
            if self.lines[self.at].strip():
                last = self.at
            self.at += 1
        self.at = last + 1
        body = "\n".join(line[4:] for line in self.lines[start : last + 1]) + "\n"
        return Fence(self.base + start, self.base + last, "", "", body, indented=True)

    def _fence(self, match: re.Match[str]) -> Fence:
        start, indent, marks = self.at, len(match.group(1)), match.group(2)
        closing = _closing(marks)
        body: list[str] = []
        closed = False
        self.at += 1
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            if marks in line and closing.match(line):
                closed = True
                break
            body.append(line[indent:] if line[:indent].isspace() or not indent else line.lstrip(" "))
        while not closed and body and not body[-1].strip() and self.depth:
            body.pop()  # blank lines after an item are not the item's
        info = _INFO.match(match.group(3).strip())
        language, attributes = (info.group(1), info.group(2).strip()) if info else ("", "")
        text = "".join(line + "\n" for line in body)
        return Fence(self.base + start, self.base + self.at - 1, language, attributes, text, closed)

    def _quote(self) -> Quote:
        start = self.at
        inner: list[str] = []
        is_open = False
        while self.at < len(self.lines):
            line = self.lines[self.at]
            match = rules.QUOTE.match(line)
            if match is not None:
                inner.append(line[match.end() :])
                is_open = _may_go_on(inner[-1])
            elif line.strip() and is_open and not rules.ends_paragraph(line, in_list=True):
                inner.append(_lazy(line))
            else:
                break
            self.at += 1
        blocks = _blocks(Scan(inner, self.base + start, self.depth + 1).read())
        return Quote(self.base + start, self.base + self.at - 1, blocks)

    def _listing(self, first: re.Match[str]) -> Listing:
        start, pattern = self.at, first.re
        kind = first.group(pattern.groups)
        items: list[Item] = []
        while self.at < len(self.lines):
            match = pattern.match(self.lines[self.at])
            if match is None or match.group(match.re.groups) != kind or rules.RULE.match(self.lines[self.at]):
                break
            items.append(self._item(match, match.group(2) if pattern is rules.NUMBER else ""))
        return Listing(self.base + start, items[-1].end_line, pattern is rules.NUMBER, tuple(items))

    def _item(self, match: re.Match[str], number: str) -> Item:
        """Returns one item; what is indented below its text belongs to it, and a paragraph's lazy lines."""
        start, text = self.at, self.lines[self.at]
        rest = text[match.end() :]
        gap = len(rest) - len(rest.lstrip(" \t"))
        width = match.end() + (gap if 1 <= gap <= 4 and rest.strip() else 1)
        inner = [text[width:]]
        fence = _fence_after("", inner[0])
        self.at += 1
        total = len(self.lines)
        while self.at < total:
            line = self.lines[self.at]
            if not line or line.isspace():
                if len(inner) == 1 and not inner[0].strip():
                    break  # an item opens with at most one blank line
                inner.append("")
            elif line[:width].isspace() and len(line) > width:
                inner.append(line[width:])
                if "```" in line or "~~~" in line:
                    fence = _fence_after(fence, inner[-1])
            elif not fence and not rules.ends_paragraph(line, in_list=True) and _is_open(inner):
                inner.append(_lazy(line))
            else:
                break
            self.at += 1
        while len(inner) > 1 and not inner[-1].strip():
            inner.pop()
        while self.at < len(self.lines) and not self.lines[self.at].strip():
            self.at += 1
        blocks = list(_blocks(self._within(inner, self.base + start)))
        return _finished(self.base + start, self.base + start + len(inner) - 1, number, blocks)

    def _within(self, inner: list[str], base: int) -> list[Found]:
        """Returns what an item holds; most hold one line of words."""
        if len(inner) == 1 and inner[0][:1].isalpha():
            return [Paragraph(base, base, (Line(base, inner[0].rstrip()),))]
        return Scan(inner, base, self.depth + 1).read()

    def _html(self, closing: re.Pattern[str] | None) -> Html:
        start = self.at
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if closing is None and not line.strip():
                break
            self.at += 1
            if closing is not None and closing.search(line):
                break
        return Html(self.base + start, self.base + self.at - 1, "\n".join(self.lines[start : self.at]) + "\n")

    def _table(self) -> Table | None:
        if not self._opens_table(self.at):
            return None
        start = self.at
        headers = rules.cells_of(self.lines[start])
        self.at += 2
        rows: list[Row] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if not line.strip() or line.startswith("    ") or rules.ends_paragraph(line, in_list=True):
                break
            cells = rules.cells_of(line)
            written = len(rules.BAR.split(line.strip(" \t>").removeprefix("|").removesuffix("|")))
            held = [*cells, *[""] * (len(headers) - len(cells))][: len(headers)]
            rows.append(Row(self.base + self.at, tuple(held), written))
            self.at += 1
        return Table(self.base + start, self.base + self.at - 1, tuple(headers), tuple(rows))

    def _opens_table(self, at: int) -> bool:
        if at + 1 >= len(self.lines) or "|" not in self.lines[at]:
            return False
        below = self.lines[at + 1]
        if below.lstrip(" ")[:1] not in "|-:" or below.startswith("    ") or not rules.DELIMITER.match(below):
            return False
        columns = len(below.strip().removeprefix("|").removesuffix("|").split("|"))
        is_item = below.lstrip(" ").startswith(("- ", "-\t"))
        return not is_item and below.strip() not in ("-", ":", "|") and columns == len(rules.cells_of(self.lines[at]))

    def _paragraph(self) -> Found:
        """Returns a paragraph, or the heading that it is when a line of `=` or `-` underlines it."""
        start = self.at
        self.at += 1
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if not line.strip():
                break
            if not line.startswith("    "):
                if match := rules.UNDERLINE.match(line):
                    self.at += 1
                    raw = "\n".join(self.lines[start : self.at - 1]).strip()
                    return self.base + start, 1 if match.group(1)[0] == "=" else 2, raw
                if rules.ends_paragraph(line) or self._opens_table(self.at):
                    break
            self.at += 1
        texts = self.lines[start : self.at]
        texts[-1] = texts[-1].rstrip()
        lines = tuple(Line(self.base + start + place, text.lstrip()) for place, text in enumerate(texts))
        return Paragraph(self.base + start, self.base + self.at - 1, lines)


@lru_cache(maxsize=32)
def _closing(marks: str) -> re.Pattern[str]:
    """Returns what closes a fence that these marks open."""
    return re.compile(rf" {{0,3}}{re.escape(marks)}{re.escape(marks[0])}*[ \t]*$")


def _lazy(line: str) -> str:
    """Returns an unindented line of a paragraph within a container; it underlines nothing and opens no table."""
    text = line.lstrip(" ")
    return _FAR_IN + text if rules.UNDERLINE.match(text) or "|" in text or len(line) - len(text) > 3 else text


def _fence_after(fence: str, line: str) -> str:
    """Returns the marks of the fence that is open after a line of an item."""
    if "```" not in line and "~~~" not in line:
        return fence
    match = rules.FENCE.match(line)
    if match is None:
        return fence
    marks = match.group(2)
    if not fence:
        return marks
    return "" if marks[0] == fence[0] and len(marks) >= len(fence) and not match.group(3).strip() else fence


def _is_open(lines: list[str]) -> bool:
    """Says whether these lines of an item end in a paragraph."""
    for line in reversed(lines):
        if not line.startswith("    "):
            return bool(line) and _may_go_on(line)
        if not _may_go_on(line):
            return False
    return False  # indented code from its first line on


def _may_go_on(line: str) -> bool:
    """Says whether an unindented line may continue the paragraph that this one ends, also in lists and quotes within."""
    text = line.lstrip(" ")
    while (match := rules.BULLET.match(text) or rules.NUMBER.match(text) or rules.QUOTE.match(text)) is not None:
        rest = text[match.end() :]
        text = rest.lstrip(" \t")
        if rules.RULE.match(match.string) or len(rest) - len(text) > 4:
            return False
    return bool(text.strip()) and not (rules.HEADING.match(text) or rules.FENCE.match(text) or rules.RULE.match(text))


def _blocks(found: list[Found]) -> tuple[Block, ...]:
    """Returns blocks only: a heading inside a list item or a quote is a label there, not a section."""
    return tuple(
        Paragraph(one[0], one[0], (Line(one[0], f"**{one[2]}**"),)) if isinstance(one, tuple) else one for one in found
    )


def _finished(line: int, end: int, number: str, blocks: list[Block]) -> Item:
    lines: tuple[Line, ...] = ()
    last = min(end, max((block.end_line for block in blocks), default=line))
    if blocks and isinstance(blocks[0], Paragraph):
        lines, blocks = blocks[0].lines, blocks[1:]
    elif blocks and isinstance(blocks[0], Quote):
        lines, blocks = _more_than(blocks)
    checkbox = bool(lines and _CHECKBOX.match(lines[0].raw))
    if checkbox:
        lines = (Line(lines[0].line, _CHECKBOX.sub("", lines[0].raw)), *lines[1:])
    return Item(line, last, number, checkbox, lines, tuple(blocks))


def _more_than(blocks: list[Block]) -> tuple[tuple[Line, ...], list[Block]]:
    """Returns the words of an item such as "- >5% of the users": to Markdown a quote, to its author a comparison."""
    quote = blocks[0]
    first = quote.blocks[0] if isinstance(quote, Quote) and quote.blocks else None
    if not isinstance(first, Paragraph) or not first.lines[0].raw[:1].isdigit():
        return (), blocks
    return (Line(first.line, f"> {first.lines[0].raw}"), *first.lines[1:]), blocks[1:]
