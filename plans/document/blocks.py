"""The shape of a Markdown document before it means anything: sections, lists, fences, tables, each with its lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import TypeVar

from plans.document import inline

_Thing = TypeVar("_Thing")
_Answer = TypeVar("_Answer")


def remembered(ask: Callable[[_Thing], _Answer]) -> Callable[[_Thing], _Answer]:
    """Keeps what a function says of a section or a block with it: neither ever changes, and many rules ask the same."""
    key = f"{ask.__module__}.{ask.__qualname__}"

    @wraps(ask)
    def answer(thing: _Thing) -> _Answer:
        held = thing.__dict__
        if key not in held:
            held[key] = ask(thing)
        return held[key]

    return answer


@dataclass(frozen=True)
class Line:
    """One line of running text; `raw` keeps its Markdown."""

    line: int
    raw: str

    @cached_property
    def text(self) -> str:
        """Returns the line without emphasis."""
        return inline.plain(self.raw)

    @property
    def lead(self) -> str:
        """Returns the bold words the line opens with, without their colon; empty where it opens plainly."""
        return self._parts[0]

    @property
    def rest(self) -> str:
        """Returns what follows the bold lead; the whole text where there is none."""
        return self._parts[1]

    @cached_property
    def _parts(self) -> tuple[str, str]:
        return inline.lead(self.raw)


@dataclass(frozen=True)
class Paragraph:
    line: int
    end_line: int
    lines: tuple[Line, ...]

    @cached_property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines).strip()


@dataclass(frozen=True)
class Fence:
    """A fenced block; `line` is the opening fence, `first` the first line of the body."""

    line: int
    end_line: int
    language: str
    attributes: str
    body: str
    closed: bool = True
    indented: bool = False
    """An indented code block: it has no opening line and can say nothing about itself."""

    @property
    def first(self) -> int:
        """Returns the line of the body's first line."""
        return self.line if self.indented else self.line + 1


@dataclass(frozen=True)
class Row:
    line: int
    cells: tuple[str, ...]
    written: int
    """How many cells the author wrote; the parser pads or cuts to the header."""


@dataclass(frozen=True)
class Table:
    line: int
    end_line: int
    headers: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Item:
    """One list item; `lines` is its first paragraph, `blocks` everything below that."""

    line: int
    end_line: int
    number: str
    checkbox: bool
    lines: tuple[Line, ...]
    blocks: tuple[Block, ...]

    @cached_property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines).strip()

    @property
    def raw(self) -> str:
        return " ".join(line.raw for line in self.lines).strip()


@dataclass(frozen=True)
class Listing:
    line: int
    end_line: int
    ordered: bool
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Quote:
    line: int
    end_line: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Html:
    line: int
    end_line: int
    body: str


Block = Paragraph | Fence | Table | Listing | Quote | Html


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it; the document itself is a section of depth 0 without a title."""

    line: int
    end_line: int
    depth: int
    raw: str
    blocks: tuple[Block, ...]
    children: tuple[Section, ...]

    @cached_property
    def title(self) -> str:
        return inline.plain(self.raw)

    def walk(self) -> Iterator[Section]:
        """Yields this section and all below it, in reading order."""
        waiting = [self]
        while waiting:
            section = waiting.pop()
            yield section
            waiting.extend(reversed(section.children))


def every_block(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Yields the blocks and all nested in list items and quotes, in reading order."""
    waiting = list(reversed(blocks))
    while waiting:
        block = waiting.pop()
        yield block
        if isinstance(block, Listing):
            for item in reversed(block.items):
                waiting.extend(reversed(item.blocks))
        elif isinstance(block, Quote):
            waiting.extend(reversed(block.blocks))


def fences_in(blocks: tuple[Block, ...]) -> Iterator[Fence]:
    """Yields every fence, nested ones too."""
    return (block for block in every_block(blocks) if isinstance(block, Fence))


def every_fence(root: Section) -> list[Fence]:
    """Returns all fences of a document."""
    return [fence for section in root.walk() for fence in fences_in(section.blocks)]
