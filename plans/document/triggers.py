"""Reads when to roll back, and when not to."""

from __future__ import annotations

import re

from plans.document import column_words, words
from plans.document.blocks import Fence, Listing, Paragraph, Section, Table
from plans.document.notes import Notes
from plans.document.plan import Said

_SAYS_WHEN = re.compile(r"roll|revert|when|quand|cu[aá]ndo|quando|wann|回滚|触发", re.IGNORECASE)
"""A list of symptoms alone belongs to the procedure beside it."""
_AGAINST = re.compile(
    r"fix[- ]forward|\b(do not|don.t|no|not|without|never|non)[ -](need a |require a |(\w+ ){0,2}(a |the )?)?roll ?back|hot-?fix instead|"
    r"not (need|require|warrant|justify)|^(monitor|watch|observe)\b(?!.*roll)|(hot-?fix|patch|fix) (preferred|instead|in place)"
)
_ASIDE = re.compile(
    r"before (a |the |any )?roll|^(antes d[eo]|avant (de|le|un)|vor (dem|einem))\b|"
    r"\bmetrics?\b|what to (check|look|do)|how to|investigat|dashboard|authority|who (decides|can)|"
    r"\bchecks?$|decision (process|flow|tree)|contact|escalat|^(actions?|steps?|response|process|procedure|alerts?|tools?)$"
)
"""What stands below a heading about triggers and is none: how to look, whom to ask, what to do."""
_WEIGHS = re.compile(r"\bvs\b|\bversus\b|^depending on$|^decision\b.*\bbased on$")
"""What is weighed before deciding speaks neither for a rollback nor against it."""
_CALLS = re.compile(r"\b(roll(ing|s)? ?backs?|revert|reverse)\b.{0,60}\b(when|if|in case|in (any|one) of)\b[^.]{0,60}$")
_AT_ONCE = re.compile(r"\b(roll(ing)? ?back|revert) (immediately|now|at once|after|within)\b")
_THRESHOLD = re.compile(r"(roll ?back )?(decision )?(threshold|criteria|criterion)s?\b.{0,20}\b(if|when|any)\b")
_FOLLOWS = re.compile(
    r"\b(when|if) (you are |we are )?(rolling back|reverting|(a |the )?roll ?back (\w+ )?"
    r"(fails?|failed|completes?|completed|succeed\w*|is (done|complete\w*|finished|needed|required|not possible)))\b|"
    r"\b(ready|completed?|successful|finished|verified|rehearsed|tested|possible) (when|if|once)$"
)
_IS_OVER = re.compile(r"success|complete|done|finish|valid|verified|closed")
"""What is done while or after rolling back is no reason for it."""
Triggers = tuple[list[Said], list[Said]]
"""For a rollback, and against it."""


def read(section: Section, notes: Notes) -> Triggers:
    """Returns the lists of a section about triggers; "not needed when" in front of a list turns its meaning."""
    found: Triggers = ([], [])
    if _is_work(section.title):
        return found
    notes.claim(section.line)
    _read_below(section, "for", found, notes)
    return found


def of_decision(section: Section, notes: Notes) -> Triggers:
    """Returns the lists below a decision matrix that was written without a table: "Immediate rollback", "Monitor and fix"."""
    found: Triggers = ([], [])
    for child in section.children:
        text = words.normal(child.title)
        meaning = "against" if _AGAINST.search(text) else "for" if words.speaks_of_rollback(text) else ""
        if meaning and not words.part_of(child.title) and (meaning == "against" or not _is_work(child.title)):
            notes.claim(child.line)
            _read_below(child, meaning, found, notes)
    return found


def _read_below(section: Section, meaning: str, found: Triggers, notes: Notes) -> None:
    """Adds the lists of a section and of all below it; `meaning` is what the heading makes of them."""
    now = meaning
    for block in section.blocks:
        notes.claim(block.line, block.end_line)
        if isinstance(block, Paragraph):
            now = _meaning(block.text) or meaning
        elif now != "aside" and isinstance(block, Listing):
            _add_items(block, now == "against", found)
        elif now != "aside" and isinstance(block, Table):
            found[now == "against"].extend(_rows(block))
        elif now != "aside" and isinstance(block, Fence):
            found[now == "against"].extend(_marked(block))
    for child in section.children:
        notes.claim(child.line)
        _read_below(child, _meaning(child.title) or ("aside" if _is_work(child.title) else meaning), found, notes)


def _marked(fence: Fence) -> list[Said]:
    """Returns the lines of a block of plain text in which each opens with a mark: "✓ All requests fail"."""
    lines = [(number, line) for number, line in enumerate(fence.body.split("\n"), fence.line + 1) if line.strip()]
    if fence.language.lower() not in ("", "text", "txt") or not all(_MARK.match(line) for _, line in lines):
        return []
    return [Said(number, _MARK.sub("", line).strip()) for number, line in lines]


_MARK = re.compile(r"\s*[✓✔✅✗✘❌⚠•*☐\-]\ufe0f?\s+(?=\S)")


def _add_items(listing: Listing, against: bool, found: Triggers) -> None:
    """Adds each item; one that opens with "**Do not roll back**:" says so for itself."""
    for item in listing.items:
        lead = item.lines[0].lead if item.lines else ""
        turned = bool(lead) and _meaning(lead) == "against"
        found[against or turned].append(Said(item.line, item.text))


def _meaning(told: str) -> str:
    """Returns what a heading or sentence in front of a list makes of it: against, aside, or empty for no change."""
    text = words.normal(told.replace("is not needed", "not needed"))
    if _WEIGHS.search(text):
        return "aside"
    if words.part_of(text) == "not_triggers" or _AGAINST.search(text):
        return "against"
    if re.match(r"(investigat\w*|monitor|watch|wait)\b.{0,20}\bbefore\b", text):
        return "aside"
    if _CALLS.search(text) or _AT_ONCE.search(text):
        return ""
    return "aside" if _ASIDE.search(text) and len(text) < 80 else ""


def _is_work(title: str) -> bool:
    """Says whether a heading tells somebody to do something ("Set up alerts for rollback triggers")."""
    first = words.normal(title).partition(" ")[0]
    return words.opens_with_verb(title) and first not in ("use", "trigger", "test", "deploy")


def _rows(table: Table) -> list[Said]:
    """Returns the first column of a table such as "Trigger | Description"; one with an action is a matrix."""
    fields = [column_words.column_of(header) for header in table.headers]
    if fields[:1] != ["symptom"] or "action" in fields:
        return []
    return [Said(row.line, row.cells[0]) for row in table.rows if row.cells[0].strip()]


def in_passing(section: Section, notes: Notes) -> Triggers:
    """Returns the lists behind "Roll back when:" under a heading that says something else."""
    found: Triggers = ([], [])
    told = ""
    for block in section.blocks:
        if isinstance(block, Paragraph):
            told = block.lines[-1].text
        elif isinstance(block, Listing) and told.rstrip("*_ ").endswith((":", "：")):
            part = _part_of(told, block)
            part = "not_triggers" if not part and found[0] and _GOES_ON.match(words.normal(told)) else part
            if part:
                notes.claim(block.line - 1, block.end_line)
                _add_items(block, part == "not_triggers", found)
            told = ""
    return found


_GOES_ON = re.compile(
    r"(extend|proceed|continue|push|go|keep|hold|stay|wait|promote|ship|monitor|accept|fix|hot-?fix)\b.{0,40}\b(if|when)$"
)
"""What is done instead, beside the reasons for a rollback: "Push ahead if:"."""


def _part_of(told: str, listing: Listing) -> str:
    """Returns triggers, not_triggers or nothing for a list behind a sentence that ends with a colon."""
    text = words.normal(_SENTENCE.split(told.rstrip("*_ "))[-1])
    if (
        _FOLLOWS.search(text)
        or _STARTS_PIPELINE.search(text)
        or sum(words.opens_with_verb(item.text) for item in listing.items) * 2 > len(listing.items)
    ):
        return ""
    part = words.part_of(told) if words.label_of(told) != "when" or _SAYS_WHEN.search(told) else ""
    if part in ("triggers", "not_triggers"):
        return "not_triggers" if _AGAINST.search(text) else part
    calls = _CALLS.search(text) or _THRESHOLD.match(words.normal(told))
    if not calls or _IS_OVER.search(text):
        return ""
    return "not_triggers" if _AGAINST.search(text) else "triggers"


_STARTS_PIPELINE = re.compile(r"\btriggers? (an? |the )?(automat\w+ )?(deploy|build|pipeline|workflow|release|job)")
_SENTENCE = re.compile(r"(?<=[.!?。])\s+")
