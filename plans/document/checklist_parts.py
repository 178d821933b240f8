"""Tells what the parts of a checklist are for: what is asked before, what is proved after, what only follows."""

from __future__ import annotations

import re
from dataclasses import replace

from plans.document import words
from plans.document.blocks import Block, Paragraph, Section
from plans.document.step import Step

LOOKS = re.compile(
    r"(verify|check|validate|confirm|test|monitor|ensure|make sure|watch|observe|inspect|compare|look|see|run|call|curl|ask|open|visit|"
    r"vérifier|verificar|prüfen|确认|检查|验证)\b"
)
"""How an item opens that only looks at the service."""


def only_follows(section: Section, items: tuple[Step, ...]) -> bool:
    """Says whether what stands under "After the rollback" is work that follows: nothing of it looks at the service."""
    names_looks = re.search(r"v[eé]rif|valid|test|check(?!list)|smoke|confirm", words.normal(section.title))
    return bool(items) and not names_looks and all(_follows(words.normal(item.title)) for item in items)


def _follows(told: str) -> bool:
    if _MENDS.search(told):
        return True
    return bool(_FOLLOWS.match(told)) or (words.opens_with_verb(told) and not LOOKS.match(told))


_MENDS = re.compile(r"\bre-?(deploy\w*|release\w*|launch\w*|introduc\w+)\b|\b(the|a|your|test) (hot-?)?fix(es)?\b")
"""Work on what comes after the rollback: "Test the fix thoroughly", "Gradual re-deploy"."""
_FOLLOWS = re.compile(
    r"(document|investigat|analy[sz]|notif|inform|communicat|announce|schedul|plan|root cause|incident|post-?mortem|retro|lessons|"
    r"review|report|follow|prevent|fix|begin|start|conduct|hold|updat|re-?(deploy|appl|enabl|attempt)|copy|creat|file|clos|archiv|identif)"
)
"""How work opens that follows a rollback and proves nothing of it."""


def part_of_mixed(section: Section) -> str:
    """Returns the part of a "Rollback checklist" whose first sentence says when it is gone through."""
    title = words.normal(section.title)
    if "checklist" not in title or re.search(r"\bre-?\w+(tion|ing|ment)\b", title) or not section.blocks:
        return ""
    first = section.blocks[0]
    told = words.normal(first.text) if isinstance(first, Paragraph) else ""
    if _CLOSES.match(told):
        return "validation"
    return "pre_checks" if re.match(_BEFORE, told) else "validation" if re.match(_AFTER, told) else ""


_CLOSES = re.compile(r"before .{0,40}\b(complete|completed|done|finished|closed|closing|successful|over)\b")
"""What is ticked off before anybody calls a rollback finished proves it."""
_BEFORE = r"(before|prior to|pre|avant|antes|vor)\b"
_AFTER = r"(after|post|once|après|después|depois|nach)\b"


_DURING = r"(during|while|pendant|durante|während)\b|(the )?(roll ?back|execution)( steps)?$"


def part_of_half(section: Section, child: Section) -> str:
    """Returns the part of a heading below a checklist that only says when: "Before", "After"."""
    if not re.search(r"checklist|checks\b", words.normal(section.title)):
        return ""
    normal = words.normal(child.title)
    return "pre_checks" if re.fullmatch(_BEFORE, normal) else "validation" if re.fullmatch(_AFTER, normal) else ""


def halves(section: Section) -> tuple[Section, Section]:
    """Returns a checklist's items of before and of after: "Before each phase: … After each phase: …"; those of "During" are neither."""
    before: list[Block] = []
    after: list[Block] = []
    during: list[Block] = []
    half = before
    for block in section.blocks:
        if isinstance(block, Paragraph) and re.match(_AFTER, words.normal(block.text)):
            half = after
        elif isinstance(block, Paragraph) and re.match(_BEFORE, words.normal(block.text)):
            half = before
        elif isinstance(block, Paragraph) and half is not during and re.match(_DURING, words.normal(block.text)):
            half = during
        half.append(block)
    return replace(section, blocks=tuple(before)), replace(section, blocks=tuple(after), children=())
