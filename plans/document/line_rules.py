"""What a line of Markdown opens: the block rules of CommonMark (and tables) as patterns, without inline parsing.

https://spec.commonmark.org/0.31.2/#container-blocks-and-leaf-blocks, https://github.github.com/gfm/#tables-extension-
"""

from __future__ import annotations

import re

HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*$")
UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
RULE = re.compile(r" {0,3}([-_*])(?:[ \t]*\1){2,}[ \t]*$")
FENCE = re.compile(r"( {0,3})(`{3,}(?=[^`]*$)|~{3,})(.*)$")
QUOTE = re.compile(r" {0,3}>[ \t]?")
BULLET = re.compile(r"( {0,3})([-+*])(?=[ \t]|$)")
NUMBER = re.compile(r"( {0,3})(\d{1,9})([.)])(?=[ \t]|$)")
DELIMITER = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
BAR = re.compile(r"(?<!\\)\|")
_TAGS = (
    "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|fieldset|"
    "figcaption|figure|footer|form|frame|frameset|h1|h2|h3|h4|h5|h6|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|"
    "noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul"
)
_ATTRIBUTE = r"\s+[a-zA-Z_:][a-zA-Z0-9:._-]*(?:\s*=\s*(?:[^\"'=<>`\x00-\x20]+|'[^']*'|\"[^\"]*\"))?"
HTML: tuple[tuple[re.Pattern[str], re.Pattern[str] | None, bool], ...] = (
    (
        re.compile(r"<(script|pre|style|textarea)(?=\s|>|$)", re.I),
        re.compile(r"</(script|pre|style|textarea)>", re.I),
        True,
    ),
    (re.compile(r"<!--"), re.compile(r"-->"), True),
    (re.compile(r"<\?"), re.compile(r"\?>"), True),
    (re.compile(r"<![A-Za-z]"), re.compile(r">"), True),
    (re.compile(r"<!\[CDATA\["), re.compile(r"\]\]>"), True),
    (re.compile(rf"</?({_TAGS})(?=\s|/?>|$)", re.I), None, True),
    (re.compile(rf"(?:<[A-Za-z][A-Za-z0-9-]*(?:{_ATTRIBUTE})*\s*/?>|</[A-Za-z][A-Za-z0-9-]*\s*>)\s*$"), None, False),
)
"""Opening, closing (None: a blank line), and whether it may end a paragraph."""
_FIRST = frozenset("#`~>*-+_<0123456789")
LONGEST_TAG = 2000
"""A line longer than this opens no HTML block: such text is data that somebody pasted."""


def html_rule(text: str) -> tuple[re.Pattern[str] | None, bool] | None:
    """Returns (closing pattern, may end a paragraph) when the line opens an HTML block."""
    stripped = text.lstrip(" ")
    if len(text) - len(stripped) > 3 or stripped[:1] != "<" or len(stripped) > LONGEST_TAG:
        return None
    return next(((end, ends) for opens, end, ends in HTML if opens.match(stripped)), None)


def ends_paragraph(text: str, *, in_list: bool = False) -> bool:
    """Says whether a line that is not blank opens a block of its own in the middle of a paragraph."""
    stripped = text.lstrip(" ")
    first = stripped[:1]
    if first not in _FIRST or len(text) - len(stripped) > 3:
        return False
    if first == "#":
        return HEADING.match(text) is not None
    if first in "`~":
        return FENCE.match(text) is not None
    if first == ">":
        return True
    if first == "<":
        rule = html_rule(text)
        return rule is not None and rule[1]
    if first in "-_*" and RULE.match(text):
        return True
    return opens_item(text, in_list=in_list)


def opens_item(text: str, *, in_list: bool) -> bool:
    """Says whether a line opens a list item that may end a paragraph: not an empty one, and numbers only from 1."""
    match = BULLET.match(text) or NUMBER.match(text)
    if match is None:
        return False
    return in_list or (bool(text[match.end() :].strip()) and (match.re is BULLET or int(match.group(2)) == 1))


def cells_of(line: str) -> list[str]:
    """Returns the cells of a table's line; an escaped bar stays in its cell."""
    cells = [cell.strip().replace("\\|", "|") for cell in BAR.split(line.strip())]
    if cells and not cells[0]:
        cells.pop(0)
    if cells and not cells[-1]:
        cells.pop()
    return cells
