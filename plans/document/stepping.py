"""Compiles read steps into steps that can run: one a fence, sub-steps where an item holds several."""

from __future__ import annotations

import re
from typing import Any

from plans.document import alternative_words, shell
from plans.document.attributes import parse
from plans.document.blank_step import blank
from plans.document.fence_steps import Context, FenceStep
from plans.document.fields import Fields
from plans.document.step import Step, StepFence

_QUESTION = re.compile(
    r"\bonly\s+(?:needed|required|necessary|run|applies|for|if|when)\b.{0,40}?\b(?:if|when|you|for)\b"
    r"|\bif\s+(?:using|needed|required|applicable|necessary|you\b)",
    re.IGNORECASE,
)


def compile_steps(steps: tuple[Step, ...], context: Context) -> list[dict[str, Any]]:
    """Returns the runnable steps of a procedure, a checklist or a validation."""
    _refuse_dependent(steps, context)
    found: list[dict[str, Any]] = []
    place = 0
    for step in steps:
        place += step.form != "gate"
        found.extend(compile_step(step, place, context))
    return found


def _refuse_dependent(steps: tuple[Step, ...], context: Context) -> None:
    """Refuses comments that read as steps in a block whose lines share a variable, a folder or a control structure."""
    for line in dict.fromkeys(step.fences[0].line for step in steps if step.depends and step.fences):
        context.findings.problem(
            line,
            "The comments of this block read as steps, but its lines need each other.",
            "Each step has a shell of its own: write a list with a fence in each item, or take the comments out.",
        )


def compile_step(step: Step, place: int, context: Context) -> list[dict[str, Any]]:
    """Returns the runnable steps of one item."""
    number = step.number if step.form != "comment" else str(place)
    parts = [part for fence in step.fences if (part := FenceStep.of(fence, step, context)) is not None]
    acting = [part for part in parts if part.kind != "doc"]
    if not acting:
        return [_manual(step, number, place, context)]
    _refuse_two_of_one(step, acting, context)
    _refuse_or(step, acting, context)
    pieces = [piece for part in acting for piece in part.split()]
    compiled = []
    for order, piece in enumerate(pieces, 1):
        own = f"{number}.{order}" if len(pieces) > 1 else number
        usual = f"{context.prefix}{place}" + (f"-{order}" if len(pieces) > 1 else "")
        compiled.append(piece.compile(own, usual))
    _ask_only_if(step, compiled, context)
    _ask_approval(step, compiled, context)
    return compiled


def _ask_approval(step: Step, compiled: list[dict[str, Any]], context: Context) -> None:
    """An item's approval is asked once: before its first sub-step, or before the alternative that is taken."""
    if step.approval is None:
        return
    who = Fields(parse(""), "approval", step.approval.line, context.header, context.findings).approval(
        step.approval.text
    )
    for place, one in enumerate(compiled):
        if not one["approve"] and (place == 0 or one["for"]):
            one["approve"] = who


def _refuse_two_of_one(step: Step, parts: list[FenceStep], context: Context) -> None:
    """Of two ways for one deployment type nobody knows which is meant; a checklist may ask both."""
    if context.only_reads:
        return
    ways = [part.alternative for part in parts if part.alternative]
    if ways and any(part.is_guessed_alternative for part in parts) and len(ways) < len(parts):
        context.findings.problem(
            step.line,
            f"“{step.title}” has an alternative beside a fence that always runs.",
            "Say `for=` on each of them.",
        )
    for way in dict.fromkeys(ways):
        if ways.count(way) > 1:
            context.findings.problem(
                step.line,
                f"“{step.title}” has two alternatives for {way}.",
                "Merge them, or make them steps of their own.",
            )


def _ask_only_if(step: Step, compiled: list[dict[str, Any]], context: Context) -> None:
    """An "Only needed if …" that nothing binds is a question to the author."""
    said = next(
        (
            text
            for text in (step.title, *step.words, *(comment for fence in step.fences for comment in _comments(fence)))
            if _QUESTION.search(text)
        ),
        None,
    )
    if said is None or all(one["only_if"] for one in compiled) or context.only_reads:
        return
    if any(one["only_if"] for one in compiled) and len(compiled) > 1:
        return
    context.findings.problem(
        step.line,
        f"“{said[:80]}” is a condition that nothing decides.",
        "Add `only_if=` with a fact or a parameter, or remove the words.",
    )


def _refuse_or(step: Step, parts: list[FenceStep], context: Context) -> None:
    """Two ways in one fence would both run, one after the other."""
    for part in parts:
        if part.kind != "shell":
            continue
        lines = shell.logical_lines(part.fence.body)
        first = next(
            (place for place, line in enumerate(lines) if not line.is_comment and not line.is_blank), len(lines)
        )
        for place, line in enumerate(lines):
            if place < first and alternative_words.is_example(line.words):
                continue  # nothing stands above it that it could be an example of
            if line.is_comment and alternative_words.is_or(line.words):
                context.findings.problem(
                    part.fence.first + line.offset, f"“{line.words[:60]}” offers another way, and both would run.",
                    "Keep one, or write each in a fence of its own with `for=`.",
                )  # fmt: skip


def _comments(fence: StepFence) -> list[str]:
    if fence.role != "command":
        return []
    return [line.words for line in shell.logical_lines(fence.body) if line.is_comment]


def _manual(step: Step, number: str, place: int, context: Context) -> dict[str, Any]:
    """Returns the confirmation by a person that a step without an action is."""
    docs = [fence.body.rstrip() for fence in step.fences]
    body = "\n\n".join([*dict.fromkeys(text for text in step.words if text), *docs]) or step.title
    kind = "approval" if step.approval else "manual"
    name = f"{context.prefix}gate-{number}" if step.form == "gate" else f"{context.prefix}{place}"
    compiled = blank(step, number, name, kind)
    who = None
    if step.approval:
        fields = Fields(parse(""), kind, step.approval.line, context.header, context.findings)
        who = fields.approval(step.approval.text)
        body = body if step.words or docs else step.approval.text
    effect = "read" if context.only_reads or kind == "approval" else "once"
    policy = "continue" if context.place == "evidence" else "ask"
    way = step.alternatives[0] if len(step.alternatives) == 1 else None
    return {**compiled, "for": way, "body": body, "effect": effect, "approve": who, "on_failure": policy}
