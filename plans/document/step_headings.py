"""Finds the headings that are steps of one procedure, not procedures of their own."""

from __future__ import annotations

import re
from dataclasses import replace

from plans.document import durations, words
from plans.document import procedure_words as kinds
from plans.document.blocks import Block, Fence, Listing, Section, remembered


@remembered
def of(section: Section) -> list[Section]:
    """Returns the headings below that are steps of this procedure: "Step 2: …", or numbered ones that open with a verb."""
    stepped = [child for child in section.children if words.step_word(child.title)] or _phases(section)
    if stepped:
        return stepped
    numbered = [child for child in section.children if words.number_of(child.title)]
    if any(kinds.IN_GOOD_TIME.search(words.normal(child.title)) for child in numbered):
        return []  # a backup that is made with every deployment, above its restoring
    collects = kinds.SEVERAL.search(words.normal(section.title)) is not None
    if len(numbered) < 2:
        return [] if numbered or collects else _sequence(section)
    if _ONE.match(words.normal(section.title)) and not any(_holds_steps(child) for child in numbered):
        return numbered
    staged = section.depth > 1 and not collects and not any(_says_how(child) for child in numbered)
    is_way = bool(
        words.choice_word(section.title) or words.level_word(section.title) or words.of_a_thing(section.title)
    )
    acting = sum(
        words.opens_with_verb(child.title) or (is_way and _takes_back(child)) or (staged and _is_stage(child))
        for child in numbered
    )
    told = acting * 2 > len(numbered) or (is_way and acting * 2 == len(numbered) and _goes_through(numbered))
    return numbered if told and len(numbered) * 2 >= len(section.children) else []


def _sequence(section: Section) -> list[Section]:
    """Returns the headings below that tell one way from its preparation to its proof: "Find the image", "Deploy it", "Verify"."""
    steps = [child for child in section.children if words.opens_with_verb(child.title) or _proves(child)]
    first = section.children[0] if section.children else None
    if first is None or len(steps) < 3 or len(steps) * 3 < len(section.children) * 2:
        return []
    return steps if _PREPARES.match(words.normal(first.title)) and any(_proves(step) for step in steps[1:]) else []


def _goes_through(numbered: list[Section]) -> bool:
    """Says whether numbered headings lead from a preparation to a proof."""
    return bool(_PREPARES.match(words.normal(numbered[0].title))) and any(_proves(step) for step in numbered[1:])


def _proves(section: Section) -> bool:
    return words.part_of(section.title) == "validation" or bool(_PROVES.match(words.normal(section.title)))


_PREPARES = re.compile(
    r"(find|identify|locate|choose|select|pick|list|get|check|stop|pause|prepare|notify|tell|announce|back up|open|connect|log ?in|ssh|"
    r"disable|freeze|lock|assess|confirm|look|determine)\b"
)
_PROVES = re.compile(r"(verify|validate|check|confirm|test|smoke|monitor)\b")


_ONE = re.compile(
    r"((rollback|recovery) )?(steps|process|procedure)$|step[- ]by[- ]step\b|pas[os]{1,2} a pas[os]{1,2}\b|"
    r"(procedimi?ento|procédure|proceso|processo|pasos|passos|étapes|verfahren|vorgehen|schritte)( (de|del|du|do|der|zur?|di) .{1,30})?$"
)
"""A heading whose numbered headings are steps, whatever they open with."""


def _is_stage(section: Section) -> bool:
    """Says whether a numbered heading names what every way back goes through: "1. Assessment", "3. Validation"."""
    named = words.part_of(section.title) in _STAGES
    done = named and any(isinstance(block, Fence) or _is_worked_off(block) for block in section.blocks)
    return done or bool(_STAGE.search(words.normal(section.title)))


def _is_worked_off(block: Block) -> bool:
    return isinstance(block, Listing) and (block.ordered or any(item.checkbox for item in block.items))


def _says_how(section: Section) -> bool:
    """Says whether a heading announces the steps themselves: the headings beside it are parts of a plan, not stages."""
    normal = words.normal(section.title)
    return bool(_HOW.fullmatch(normal) or kinds.SEVERAL.search(normal) or kinds.KINDS.search(normal))


_HOW = re.compile(
    r"(the )?(\w+ )?((roll ?back|recovery|restore|revert) )?(steps|procedure|process|instructions|commands|plan)|"
    r"(procédure|procedimi?ento|étapes|pasos|passos|schritte|verfahren|vorgehen)\b.*"
)


_STAGES = frozenset({"triggers", "matrix", "pre_checks", "validation", "criteria", "communication", "follow_up"})
_STAGE = re.compile(
    r"\b(assessment|decision|detection|identification|diagnosis|analysis|containment|isolation|preparation|execution|"
    r"confirmation|approval|handover|évaluation|décision|détection|préparation|exécution|"
    r"evaluación|decisión|detección|preparación|ejecución|bewertung|entscheidung|vorbereitung|durchführung)\b"
)


def _takes_back(section: Section) -> bool:
    """Says whether a heading below one way of going back is an instruction: "2. Revert the settings"."""
    return bool(
        re.match(
            r"(revert|restore|undo|downgrade|recover|re-?deploy|roll back|rollback to)\b", words.normal(section.title)
        )
    )


def _holds_steps(section: Section) -> bool:
    """Says whether a numbered heading opens a procedure of its own: it has lower headings or a list of several steps."""
    return bool(section.children) or any(
        isinstance(block, Listing) and block.ordered and len(block.items) > 1 for block in section.blocks
    )


def _phases(section: Section) -> list[Section]:
    """Returns the phases of a procedure that promises one time for all of them: "Staged rollback (10-15 minutes)"."""
    found = [child for child in section.children if words.is_phase(child.title)]
    if len(found) < 2 or len(found) != len(section.children) or _are_each_taken_back(section, found):
        return []
    title = words.normal(section.title)
    whole = kinds.ONE.search(title) or (durations.find_length(section.title) and not kinds.SEVERAL.search(title))
    first = _named(found[0])
    led = words.of_a_thing(section.title) or _is_stage(first) or _PREPARES.match(words.normal(first.title))
    whole = whole or (led and _proves(_named(found[-1])))
    return found if whole else []


def _are_each_taken_back(section: Section, phases: list[Section]) -> bool:
    """Says whether the phases are those of the way forward, each with a way back of its own: "Phase 2 Rollback"."""
    if sum(words.strictly_back(phase.title) for phase in phases) * 2 > len(phases):
        return True
    stages = sum(_proves(_named(phase)) or _is_stage(_named(phase)) for phase in phases)
    return words.normal(section.title).endswith("plan") and not stages


def _named(phase: Section) -> Section:
    """Returns a phase under what it is named after its number: "Phase 3: Validation" gives "Validation"."""
    return replace(phase, raw=words.after_choice(phase.title))


def nested(section: Section) -> list[Section]:
    """Returns the step headings below the one heading "Procedure" of a level."""
    below = [child for child in section.children if words.label_of(child.title) == "procedure"]
    return of(below[0]) if len(below) == 1 else []
