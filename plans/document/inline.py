"""Running text without its Markdown marks, by our own short rules.

The full inline parser costs more time than all the rest of reading a document; a plan needs plain words, the bold lead
of a line, and links, nothing else.
"""

from __future__ import annotations

import re
from functools import lru_cache

_CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_LINK = re.compile(r"!?\[([^\]\[]{0,500})\]\(([^()\s]{0,2000})(?:\s+\"[^\"]{0,500}\")?\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.{1,2000}?)(?<=\S)\1")
_STAR = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*]{1,2000}?)(?<=[^\s*])\*(?![\w*])")
_UNDER = re.compile(r"(?<![\w_])_(?=[^\s_])([^_]{1,2000}?)(?<=[^\s_])_(?![\w_])")
_LEAD = re.compile(r"^\W{0,6}?(\*\*|__)(?=\S)(.{1,300}?)(?<=\S)\1")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_HELD = re.compile("\ue000(\\d+)\ue001")
LONGEST = 20_000
"""Lines above this length are data that somebody pasted; their marks stay."""


@lru_cache(maxsize=4096)
def plain(raw: str) -> str:
    """Returns the words of a line without emphasis; code spans keep their backticks, links their text."""
    if len(raw) > LONGEST or not ("*" in raw or "`" in raw or "_" in raw or "[" in raw or "\\" in raw):
        return raw.strip()
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(match.group(0))
        return f"\ue000{len(held) - 1}\ue001"

    text = _CODE.sub(hold, raw) if "`" in raw else raw
    text = _LINK.sub(r"\1", text)
    text = _STRONG.sub(r"\2", text)
    text = _UNDER.sub(r"\1", _STAR.sub(r"\1", text))
    text = _ESCAPE.sub(r"\1", text)
    return _HELD.sub(lambda match: held[int(match.group(1))] if int(match.group(1)) < len(held) else "", text).strip()


@lru_cache(maxsize=4096)
def lead(raw: str) -> tuple[str, str]:
    """Returns (bold opening without its colon, the rest); ("", text) where the line opens plainly."""
    match = _LEAD.match(raw) if len(raw) <= LONGEST else None
    if match is None:
        return "", plain(raw)
    rest = plain(raw[match.end() :])
    return plain(match.group(2)).rstrip(":： ").strip(), re.sub(r"^\s*[:：]\s*", "", rest).strip()


def opens_bold(raw: str) -> bool:
    """Says whether the line is a bold label: only bold words, or bold words and a colon beside them."""
    match = _LEAD.match(raw) if len(raw) <= LONGEST else None
    if match is None:
        return False
    inside, after = match.group(2).rstrip(), raw[match.end() :].strip()
    return not after or inside.endswith((":", "：")) or after.startswith((":", "："))


def links(raw: str) -> list[tuple[str, str]]:
    """Returns (text, address) of every link in a line."""
    return [(match.group(1), match.group(2)) for match in _LINK.finditer(raw[:LONGEST])]


def without_code(raw: str) -> str:
    """Returns the line with code spans blanked, for rules about prose."""
    return _CODE.sub(" ", raw[:LONGEST])
