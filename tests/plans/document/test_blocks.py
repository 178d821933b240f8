"""The block scanner finds what a full CommonMark parser finds, line for line."""

# ruff: noqa: E501 – tables, one case a line

import random

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from plans.document import markdown, read_plan
from plans.document.blocks import Fence, Html, Item, Listing, Paragraph, Quote, Section, Table, every_block

PIECES = [
    "# H", "## Two", "text here", "more text", "- item", "- [ ] box", "  continued", "1. one", "2. two", "   inner", "```bash", "```", "~~~", "***",
    "| a | b |", "|---|---|", "| 1 | 2 |", "> quote", "---", "===", "", "", "", "", "<div>", "</div>", "* star", "+ plus", "1) p", "  - nested", "   ```sh",
    "   ```", "**bold:**", "10. ten", "     deep", "#no", "a | b", "<b>x</b>", "- # h", "- ```", "> - q", "    code",
]  # fmt: skip


def expected(text: str) -> list[tuple[str, int, str]]:
    """Returns (kind, line, words) of what the full parser finds."""
    parser = MarkdownIt("commonmark", {"maxNesting": 40}).enable("table")
    parser.block.ruler.disable(["reference"])
    tokens, found = parser.parse(text), []
    for place, token in enumerate(tokens):
        line = (token.map or [0])[0] + 1
        if token.type == "heading_open":
            found.append(("heading", line, _words(tokens[place + 1])))
        elif token.type == "fence":
            found.append(("fence", line, token.info.strip() + "|" + token.content.strip()))
        elif token.type == "code_block":
            found.append(("code", line, token.content.strip()))
        elif token.type == "html_block":
            found.append(("html", line, token.content.strip()))
        elif token.type == "paragraph_open":
            found.append(("words", line, _words(tokens[place + 1])))
        elif token.type in _NAMES:
            found.append((_NAMES[token.type], line, ""))
    return sorted(found)


_NAMES = {"list_item_open": "item", "blockquote_open": "quote", "table_open": "table"}


def _words(token: Token) -> str:
    return " ".join(token.content.split())


def said(text: str) -> list[tuple[str, int, str]]:
    """Returns the same of our own blocks; a heading within a list is a bold label there."""
    (root,) = markdown.parse(text)
    found: list[tuple[str, int, str]] = []
    for section in root.walk():
        if section.depth:
            found.append(("heading", section.line, " ".join(section.raw.split())))
        found.extend(_of_blocks(section))
    return sorted(found)


def _of_blocks(section: Section) -> list[tuple[str, int, str]]:
    found: list[tuple[str, int, str]] = []
    for block in every_block(section.blocks):
        if isinstance(block, Fence):
            info = "" if block.indented else f"{block.language} {block.attributes}".strip() + "|"
            found.append(("code" if block.indented else "fence", block.line, info + block.body.strip()))
        elif isinstance(block, Html):
            found.append(("html", block.line, block.body.strip()))
        elif isinstance(block, Paragraph):
            found.append(_paragraph(block.line, " ".join(" ".join(line.raw for line in block.lines).split())))
        elif isinstance(block, Listing):
            for item in block.items:
                found.append(("item", item.line, ""))
                if item.lines:
                    found.append(_paragraph(item.lines[0].line, _item_words(item)))
        elif isinstance(block, Quote | Table):
            found.append(("quote" if isinstance(block, Quote) else "table", block.line, ""))
    return found


def _item_words(item: Item) -> str:
    return ("[ ] " if item.checkbox else "") + " ".join(" ".join(line.raw for line in item.lines).split())


def _paragraph(line: int, words: str) -> tuple[str, int, str]:
    is_label = words.startswith("**") and words.endswith("**") and words != "**bold:**" and words.count("**") == 2
    return ("heading", line, words.strip("*")) if is_label else ("words", line, words)


def test_it_agrees_with_a_full_parser() -> None:
    chance = random.Random(11)
    for _ in range(1500):
        text = "\n".join(chance.choice(PIECES) for _ in range(chance.choice((3, 4, 5, 7)))) + "\n"
        assert said(text) == expected(text), text


@pytest.mark.parametrize(
    "text",
    ["- a\n\n  b\n- c\n", "1. a\n   ```sh {x=y}\n   ls\n\n   ps\n   ```\n2. b\n", "> a\nlazy\n\nb\n", "- a\nlazy\n===\n", "```\n# no heading\n```\n# H\n",
     "a\n    not code\n\n    code\n", "- - - deep\n", "| a \\| b | c |\n|---|:-:|\n| 1 | 2 |\nafter\n\nx\n", "<!--\n# no\n-->\n# H\n", "1. a\n\n\n2. b\n"],
)  # fmt: skip
def test_the_forms_of_plans(text: str) -> None:
    assert said(text) == expected(text)


def test_what_stands_deeper_than_anybody_writes_is_text() -> None:
    (root,) = markdown.parse("> " * 5000 + "x\n")
    assert sum(1 for _ in every_block(root.blocks)) < 50


def test_no_section_is_compared_with_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking a section up in a list by its content takes the square of the time: half a minute for 9000 levels in 1 MiB."""

    def refuse(one: Section, other: object) -> bool:
        raise AssertionError(f"{one.title} is compared with {other!r}")

    monkeypatch.setattr(Section, "__eq__", refuse)
    way = "### {name} {n}: Case (5 min)\n\n1. Stop\n\n   ```bash\n   ls\n   ```\n\n"
    ways = "".join(
        way.format(name=name, n=n) for n in range(9) for name in ("Scenario", "Frontend", "Rollback of part")
    )
    steps = "".join(f"#### Step {n}: Stop {n}\n\n```bash\nls\n```\n\n" for n in range(9))
    listed = "1. Stop\n2. Start\n\n" + "".join(f"### Option {n}: Code\n\nRevert it.\n\n" for n in range(9))
    for body in (
        ways,
        f"{ways}### Website\n\n{steps}",
        f"### Steps\n\n1. Stop\n\n{ways}",
        listed,
        "**Rollback:** restore it\n\n" * 9,
    ):
        assert read_plan(f"# Rollback plan\n\n## Rollback procedures\n\n{body}").parts.levels
