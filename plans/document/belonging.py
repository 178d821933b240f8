"""Which lower headings belong to the part that a heading above them names, and which stand for themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice

from plans.document import procedure_words as kinds
from plans.document import tables, words
from plans.document.blocks import Listing, Paragraph, Section, Table

_WHOLE = frozenset({"known_issues", "summary", "practice", "overview", "resources", "undo", "restore", "triggers"})
"""Parts whose lower headings belong to them whatever they say."""
_WORDS = frozenset({"practice", "overview", "summary", "resources"})
_OWN_RIGHT = frozenset({"triggers", "not_triggers", "matrix", "contacts", "schedule"})
_LEAVES_CHECKS = frozenset(
    {
        "contacts",
        "matrix",
        "communication",
        "template",
        "known_issues",
        "schedule",
        "resources",
        "revisions",
        "follow_up",
    }
)


def stays(part: str, child: Section, section: Section) -> bool:
    """Says whether a lower heading belongs to the part that the heading above it names."""
    below = words.part_of(child.title)
    if part == "triggers" and below == "matrix":
        return False
    about = child.title.partition("(")[0]
    if part in _WORDS and (below in _OWN_RIGHT or (below == "pre_checks" and words.speaks_of_rollback(about))):
        return False
    if part == "follow_up" and (proves(child) or _AFTERWARDS.fullmatch(words.normal(child.title))):
        return not proves(child)
    if part == "validation" and _DURING.match(words.normal(child.title)):
        return False
    if part in _WHOLE or below in ("", part):
        return True
    if part == "schedule":
        before = below == "pre_checks" and not _BEFORE_ROLLBACK.search(words.normal(child.title))
        return below == "criteria" or ((before or below == "validation") and words.is_rehearsed(child.title))
    if part == "pre_checks" and below == "follow_up" and words.normal(child.title).startswith("immediate"):
        return True
    if part == "pre_checks" and below == "communication":
        return any(isinstance(block, Listing) for block in child.blocks)
    if part == "validation" and below == "pre_checks":
        return False
    if part == "criteria" and below == "validation":
        return True
    if part == "contacts" and below == "triggers":
        return "escalat" in words.normal(child.title)
    if part == "contacts":
        return below in ("communication", "follow_up", "validation")
    if below == "criteria":
        return part == "pre_checks" or (part == "validation" and not _has_boxes(section))
    return (
        part in ("pre_checks", "validation")
        and below not in _LEAVES_CHECKS
        and not (part == "pre_checks" and below == "validation" and "post" in words.normal(child.title))
    )


_BEFORE_ROLLBACK = re.compile(r"pre-? ?roll|before (a |the |each |every )?roll")
_DURING = re.compile(r"(during|pendant|durante|während)\b")
_AFTERWARDS = re.compile(r"after (rolling back|the roll ?back|a roll ?back|roll ?back)")
"""Says only when: among what follows a rollback it is no proof."""


def proves(section: Section) -> bool:
    """Says whether a heading after a rollback names a proof without one of its words: "Health checks"."""
    return bool(_HEALTH.fullmatch(words.normal(section.title)))


def is_asked_for_some(child: Section, section: Section) -> bool:
    """Says whether "Prerequisites" stand below a heading that names what some of the procedures take back."""
    bare = words.part_of(child.title) == "pre_checks" and not words.speaks_of_rollback(child.title)
    return bare and not kinds.GENERIC.fullmatch(words.normal(section.title))


def is_last_phase(child: Section, section: Section) -> bool:
    """Says whether the phases of one way back end with the proof that it worked: "Phase 5: Verification"."""
    named = words.is_phase(child.title) and words.part_of(words.after_choice(child.title)) == "validation"
    return named and words.is_container(section.title)


_HEALTH = re.compile(r"((system|service|application|basic|immediate) )?health([ -]checks?)?|sanity (checks?|tests?)")


def only_sounds_like(part: str, title: str) -> bool:
    """Says whether a heading has the words of a part and means something else.

    What is tried on a fix before it goes out proves no rollback; "Before you roll back: can you go forward?" weighs, and
    checks nothing; a backup made with every deployment is no list of checks, nor is what ran "before deployment".
    """
    if part == "validation":
        return bool(
            re.search(
                r"\b(record|history)s?$|\bhot-?fix|\bfix(es)?$|^roll ?back (of|for|de|del|des|du|von)\b",
                words.normal(title),
            )
        )
    in_good_time = kinds.IN_GOOD_TIME.search(words.normal(title)) and not kinds.CHECKLIST.search(words.normal(title))
    if part == "pre_checks" and (_STATE.search(words.normal(title)) or _CASE.match(words.normal(title))):
        return True
    return part == "pre_checks" and (title.rstrip().endswith("?") or bool(in_good_time))


_CASE = re.compile(r"(when|if) .* (fails?|breaks?|stops?)\b")
_STATE = re.compile(
    r"\b(state|status|versions?|configuration|environment|baseline)\b[^()]{0,20}[ (-]+(before|prior to|pre-?)"
)


def lists_issues(section: Section) -> bool:
    """Says whether the headings below are issues by their own words: "Issue: Pages do not load", or "**Problem:** …"."""
    below = islice(section.children, 200)
    return tells_problems(section) or sum(bool(_ISSUE.match(words.normal(child.title))) for child in below) > 1


def tells_problems(section: Section) -> bool:
    """Says whether a heading of issues ("Data issues") has problems below it, each with its answer."""
    if not _ISSUES.search(words.normal(section.title)):
        return False
    return sum(_tells_a_problem(child) for child in islice(section.children, 200)) > 1


def _tells_a_problem(section: Section) -> bool:
    first = section.blocks[0] if section.blocks else None
    return isinstance(first, Paragraph) and bool(_PROBLEM.fullmatch(words.normal(first.lines[0].lead)))


_ISSUES = re.compile(r"(issues|problems|failures|problemas|problèmes|probleme|fallos)$")
_PROBLEM = re.compile(r"problem|issue|symptoms?|cause|error|problema|problème|síntomas?|symptômes?")


_ISSUE = re.compile(r"(issue|problem|symptom|error|problema|problème)( \d{1,2})?\s*[:：]")


def matrix_sign(section: Section) -> Callable[[Table], bool]:
    """Returns how the tables below a heading that names no part are told to be a decision matrix: the less it says, the stricter."""
    if words.speaks_of_rollback(section.title) and words.names_cases(section.title):
        return tables.is_matrix
    return tables.grades_answers if words.names_choices(section.title) else tables.pairs_cases_with_answers


def goes_forward(section: Section) -> bool:
    """Says whether a heading with others below it is about going forward, in a plan that speaks of both."""
    return section.depth > 1 and bool(section.children) and bool(_FORWARD.search(words.normal(section.title)))


_FORWARD = re.compile(
    r"^(shipping|publishing|promoting|cutting|tagging|deploying|releasing|rolling out|upgrading|migrating|installing|"
    r"how to (deploy|release|ship|upgrade))\b(?!.*(back|previous|old))"
    r"|^(\w+ ){0,2}(roll-?out|deploy(ment|ing)?|upgrad(e|ing)|migrat(ion|ing)|releas(e|ing)|install(ation|ing)?|launch)"
    r"( (procedures?|process|steps?|guide|plan|phases?|runbook|workflow))?$"
)


def is_for_all(section: Section) -> bool:
    """Says whether what a section asks for holds for the whole document, also where that is about more than going back."""
    return section.depth == 2 and bool(_PREREQUISITES.match(words.normal(section.title)))


def is_repeated(section: Section, child: Section) -> bool:
    """Says whether a lower heading repeats in short what the document says in full, or is a tool and no list of checks."""
    if words.part_of(child.title) not in ("validation", "pre_checks", "criteria"):
        return False
    if any(isinstance(block, Listing) for block in child.blocks):
        return False
    return bool(_IN_SHORT.search(words.normal(section.title)) or _TOOL.match(words.normal(child.title)))


_PREREQUISITES = re.compile(r"prerequisit|pr[ée]-?requis|voraussetzung|requisitos( previos)?$|前提条件")
_IN_SHORT = re.compile(r"quick (reference|start|commands?|rollback)|tl;?dr|at a glance|cheat")
_TOOL = re.compile(r"script\b|automated .*(check|verif|validat)")


def _has_boxes(section: Section) -> bool:
    """Says whether a checklist with boxes stands in a section: criteria beside it say the same once more."""
    return any(
        item.checkbox
        for current in islice(section.walk(), 200)
        if words.part_of(current.title) != "criteria"
        for block in current.blocks
        if isinstance(block, Listing)
        for item in block.items
    )
