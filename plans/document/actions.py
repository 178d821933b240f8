"""Reads blocks outside any list as steps, and the fences that belong to a step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from plans.document import alternative_words, comments, fences, shell, words
from plans.document.attributes import KINDS, parse
from plans.document.blocks import Block, Fence, Listing, Paragraph, every_block, fences_in
from plans.document.notes import Notes
from plans.document.step import Step, StepFence

_OFFERS_ANOTHER = re.compile(r"(alternative|alternatively|or\b|otherwise|fallback|plan b)")
_FORWARD = re.compile(
    r"^back-?up (strategy|plan|policy|procedure)s?$|^before (you |each |every |any |an? |the next |your )*"
    r"(updat|upgrad|deploy|releas|migrat|launch|rolling out)\w*\b(?! (to )?(the |an? )?(previous|old|prior|last|known|stable))"
)
"""What stands in a procedure for the next way forward: "Backup strategy: before updating, make a copy"."""
_SENTENCE = re.compile(r"(?<=[.!?。])\s")


def step_fence(fence: Fence, before: str = "", alternative: str = "") -> StepFence:
    role = fences.role_of(fence, before)
    return StepFence(
        fence.line,
        fence.first,
        fence.language,
        role,
        fence.body,
        fence.attributes,
        fence.closed,
        fence.indented,
        alternative,
    )


def pieces(fence: Fence, before: str, label: str) -> list[StepFence]:
    """Returns a fence, or its alternatives where comments offer several ways of one thing."""
    whole = step_fence(fence, before, label)
    marks = fence.body.count("#") + fence.body.count("//")
    if whole.role != "command" or "for=" in fence.attributes or marks < 2:
        return [whole]
    ways = comments.alternatives(comments.cut(fence.body, fence.language))
    if not ways:
        return [whole]
    return [
        replace(
            whole,
            first=fence.first + way.offset,
            body=way.body,
            alternative=way.alternative or words.slug(way.title),
            title=way.title,
        )
        for way in ways
    ]


def finish(step: Step, notes: Notes) -> Step:
    """Fills in kind, effect and alternatives from the step's fences."""
    ways = tuple(dict.fromkeys(fence.alternative for fence in step.fences if fence.alternative))
    if len(ways) >= 2:
        notes.infer(
            step.line, f"{', '.join(ways)} are taken as alternatives of one step: comments or labels name them."
        )
    kinds = [kind for fence in step.fences if (kind := _kind(fence)) != "doc"]
    kind = kinds[0] if kinds else "manual"
    said = next((parse(fence.attributes).values.get("effect") for fence in step.fences if fence.attributes), None)
    effect = said if said in ("read", "idempotent", "once") else "read" if kind in ("check", "wait") else "once"
    return replace(step, alternatives=ways, kind=kind, effect=effect)


def _kind(fence: StepFence) -> str:
    """Returns what a fence would be as a step."""
    given = parse(fence.attributes).values.get("kind") if fence.attributes else None
    if given in KINDS:
        return str(given)
    if fence.role == "command":
        return "shell"
    return fences.kind_of(fence.language) if fence.language.lower() in fences.RUNNABLE else "doc"


def from_fences(blocks: tuple[Block, ...], notes: Notes, *, code_too: bool = False) -> tuple[Step, ...]:
    """Returns the steps of blocks outside any list: each action that a comment opens, else the block itself."""
    steps: list[Step] = []
    before, told, is_used, is_counted = "", "", False, False
    every = list(_every_top(blocks))
    final = max((place for place, block in enumerate(every) if isinstance(block, Fence)), default=0)
    for place, block in enumerate(every):
        if place < final and isinstance(block, Paragraph) and _is_told(block, every[place + 1]):
            steps.append(_from_prose(block, len(steps), notes))
            continue
        if isinstance(block, Paragraph):
            before = before if words.label_of(block.lines[-1].lead) == "note" else block.text
            told = block.lines[-1].lead or ("" if is_used else told)
            is_used = False
        if isinstance(block, Listing) and words.label_of(told) != "validation":
            steps.extend(_from_bullets(block, len(steps), notes))
        if not isinstance(block, Fence):
            continue
        is_used = True
        if _FORWARD.search(words.normal(told)) or _FORWARD.search(words.normal(before)):
            continue
        whole = step_fence(block, before)
        if steps and whole.role == "command" and _OFFERS_ANOTHER.match(words.normal(told)) and not whole.attributes:
            notes.claim(block.line, block.end_line)
            notes.infer(block.line, f"Taken as another way of the step before: “{told[:60]}”.")
            other = replace(whole, alternative=words.slug(told) or "alternative", title=told)
            last = steps.pop()
            steps.append(finish(replace(last, end_line=block.end_line, fences=(*last.fences, other)), notes))
            continue
        way = alternative_words.alternative_of(told) if told and not whole.attributes else ""
        if way and steps and steps[-1].alternatives and whole.role == "command":
            notes.claim(block.line, block.end_line)
            last = steps.pop()
            other = replace(whole, alternative=way, title=told)
            steps.append(finish(replace(last, end_line=block.end_line, fences=(*last.fences, other)), notes))
            continue
        is_code = (
            whole.role == "code"
            and whole.language not in fences.RUNNABLE
            and (not fences.is_settings(whole.language) or comments.counts(block.body))
        )
        if (
            whole.role != "command"
            and whole.language not in fences.RUNNABLE
            and not whole.attributes
            and not (code_too and is_code)
        ):
            continue
        notes.claim(block.line, block.end_line)
        cuts = (whole.role == "command" or is_code) and not whole.attributes and not way
        groups_ = comments.actions(comments.cut(block.body, block.language)) if cuts else []
        if is_code and not (groups_ and groups_[0][0].number):
            groups_ = groups_[:1]
        if is_counted and words.label_of(told) in ("validation", "note") and not (groups_ and groups_[0][0].number):
            last = steps.pop()  # "# 1." to "# 5." count the steps; what proves them belongs to the last
            held = (*last.fences, *pieces(block, before, way))
            steps.append(finish(replace(last, end_line=block.end_line, fences=held), notes))
            continue
        is_counted = is_counted or (len(groups_) > 1 and bool(groups_[0][0].number))
        if len(groups_) <= 1:
            title = groups_[0][0].title if groups_ and groups_[0][0].title else _block_title(before, block)
            piece = pieces(block, before, way)
            steps.append(
                finish(
                    Step(
                        block.line,
                        block.end_line,
                        str(len(steps) + 1),
                        title,
                        "block",
                        tuple(piece),
                        (before,) if before else (),
                    ),
                    notes,
                )
            )
            continue
        notes.infer(block.line, f"One block read as {len(groups_)} steps: comments open them.")
        needs = depends(block.body)
        steps.extend(
            _from_action(action, whole, len(steps) + place, needs, notes) for place, action in enumerate(groups_, 1)
        )
    return tuple(steps)


def _is_told(block: Paragraph, following: Block) -> bool:
    """Says whether a paragraph is an instruction of its own: it opens with a verb and introduces neither block nor list."""
    if isinstance(following, Fence | Listing) or block.lines[0].lead:
        return False
    return words.tells_to_act(block.text) and not block.text.endswith((":", "："))


def _from_prose(block: Paragraph, before: int, notes: Notes) -> Step:
    """Returns the instruction between two commands as a step of its own: the next command must wait for it."""
    notes.claim(block.line, block.end_line)
    title = _SENTENCE.split(block.text, maxsplit=1)[0].rstrip(" .")[:200]
    return Step(block.line, block.end_line, str(before + 1), title, "prose", words=(block.text,))


def _every_top(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Yields the blocks; a list that tells what to do stays whole, other lists give the fences in them."""
    for block in blocks:
        if isinstance(block, Listing) and _tells_what_to_do(block):
            yield block
        else:
            yield from every_block((block,))


def _tells_what_to_do(block: Listing) -> bool:
    acting = sum(words.tells_to_act(item.text) for item in block.items)
    return (
        not block.ordered
        and len(block.items) > 1
        and acting * 2 > len(block.items)
        and not any(item.checkbox for item in block.items)
    )


def _from_bullets(block: Listing, before: int, notes: Notes) -> list[Step]:
    """Returns the bullets that stand between commands and tell what to do there."""
    if not _tells_what_to_do(block):
        return []
    notes.claim(block.line, block.end_line)
    steps = []
    for place, item in enumerate(block.items, before + 1):
        held = tuple(piece for fence in fences_in(item.blocks) for piece in pieces(fence, "", ""))
        steps.append(
            finish(Step(item.line, item.end_line, str(place), item.text[:200], "bullet", held, (item.text,)), notes)
        )
    return steps


def _from_action(action: list[comments.Segment], whole: StepFence, place: int, needs: bool, notes: Notes) -> Step:
    first = action[0]
    pieces = tuple(
        replace(whole, first=whole.first + part.offset, body=part.body, title=part.title,
                alternative=(part.alternative or words.slug(part.title)) if len(action) > 1 else part.alternative)
        for part in action if part.has_commands
    )  # fmt: skip
    line = whole.first + first.offset
    step = Step(
        line,
        line + first.body.count("\n"),
        first.number or str(place),
        first.title or _first_command(first.body) or f"Step {place}",
        "comment",
        pieces,
        (first.title,),
        depends=needs,
    )
    return finish(step, notes)


def depends(body: str) -> bool:
    """Says whether pieces of a block need each other: a variable, a changed folder, control flow, a shebang."""
    if body.startswith("#!"):
        return True
    for line in shell.logical_lines(body):
        if line.is_comment or line.is_blank:
            continue
        first = line.text.split(maxsplit=1)[0]
        if first in shell.CONTROL or first in (
            "cd",
            "export",
            "set",
            "source",
            ".",
            "pushd",
            "alias",
            "ssh",
            "trap",
            "declare",
            "local",
        ):
            return True
        if re.match(r"[A-Za-z_]\w*=(?:\S*|\"[^\"]*\"|\$\(.*\))\s*$", line.text, re.DOTALL) or re.match(
            r"[\w-]+\s*\(\)", line.text
        ):
            return True
    return False


def _block_title(before: str, block: Fence) -> str:
    """Returns what a block that stays whole is called: by the text above it, by its comments, by its first command."""
    if before:
        return _SENTENCE.split(before, maxsplit=1)[0].rstrip(" :：")[:120]
    told = [part.title for part in comments.cut(block.body, block.language) if part.title]
    if told:
        return _shortened("; ".join(told))
    return _first_command(block.body) or "Commands"


def _first_command(body: str) -> str:
    lines = shell.logical_lines(body)
    first = next((line.text for line in lines if not line.is_blank and not line.is_comment), "")
    return first.split("\n", 1)[0].lstrip(" -")[:120]


def _shortened(text: str) -> str:
    return text if len(text) <= 120 else text[:120].rsplit(" ", 1)[0].rstrip(" ;,") + " …"
