"""Compiles the phases of the communication plan: what each task waits for, and which event ticks it."""

from __future__ import annotations

import re
from typing import Any

from plans.document import words
from plans.document.finding import Findings
from plans.document.header import Header, condition_of
from plans.document.plan import Phase

TICKED_BY: tuple[tuple[str, str], ...] = (
    (r"\b(detect|see|notice)\b.*\b(issue|alert|incident|fault|problem|monitoring)", "incident.declared"),
    (r"\b(assess|weigh|determine|rate)\b.*\bseverity", "recommendation.made"),
    (r"\b(notify|call|page|alert)\b.*\bon-?call", "contact.paged"),
    (r"\b(gather|collect)\b.*\b(log|metric|evidence|figure|information|data)", "evidence.gathered"),
    (r"\b(determine|choose|decide|select|pick)\b.*\b(level|rollback|strategy)", "level.chosen"),
    (r"\b(notify|inform|tell|update)\b.*\b(stakeholder|customer|user|management|team)", "message.sent"),
    (r"\b(execute|carry out|perform|start|run)\b.*\brollback( procedure)?\b(?!.*validation)", "run.succeeded"),
    (r"\b(document|record|write down|log)\b.*\b(action|what was done|steps? taken)", "note.added"),
    (r"\b(run|execute|perform|go through)\b.*\bvalidation", "verdict.given"),
    (r"\bconfirm\b.*\b(resolved|resolution|fixed|gone|recover)", "incident.resolved"),
    (r"\b(continue|keep)\b.*\b(monitor|watch)", "watch.ended"),
    (r"\b(monitor|watch)\b.*\b(resolution|recover|cure|effect)", "watch.opened"),
    (r"\b(document|record|write)\b.*\broot cause", "retrospective.published"),
    (r"\b(update|change|revise)\b.*\bplan\b", "plan.change_proposed"),
)
"""Words of a task → the event that proves it; `tasks:` in the front matter wins. What has no line is ticked by a person."""
_IF = re.compile(
    r"\b(?:if|when|for)\b\s+(?:the\s+)?(?:severity\s+is\s+)?(?P<values>(?:low|medium|high|critical)(?:\s*(?:/|,|or|and)\s*(?:low|medium|high|critical))*)\b",
    re.IGNORECASE,
)
_CHOICE = re.compile(r"\[([^\[\]]+(?:\s*/\s*[^\[\]]+)+)\]")


def compile_phases(phases: tuple[Phase, ...], header: Header, findings: Findings) -> list[dict[str, Any]]:
    """Returns the phases with their tasks; every key is unique in the plan."""
    used: set[str] = set()
    matched: set[str] = set()
    compiled = [
        {
            "line": phase.line,
            "name": phase.name,
            "offset_seconds": phase.offset_seconds,
            "tasks": [_task(task.line, task.text, header, used, matched) for task in phase.tasks],
        }
        for phase in phases
    ]
    for name in header.tasks:
        if name not in matched:
            findings.problem(
                header.line("tasks", name),
                f"No task of the communication plan says “{name}”.",
                "Write the task's own words as the key.",
            )
    return compiled


def _task(line: int, text: str, header: Header, used: set[str], matched: set[str]) -> dict[str, Any]:
    given = _given(text, header, matched)
    condition = given.get("if") or severity_of(text)
    ticked_by = (
        given.get("ticked_by") or [event for pattern, event in TICKED_BY if re.search(pattern, text, re.IGNORECASE)][:1]
    )
    choice = _CHOICE.search(text)
    return {
        "line": line,
        "text": text,
        "key": _key(text, used),
        "if": condition,
        "ticked_by": ticked_by,
        "choices": [part.strip() for part in choice.group(1).split("/")] if choice else None,
    }


def _given(text: str, header: Header, matched: set[str]) -> dict[str, Any]:
    lowered = text.lower()
    names = [name for name in header.tasks if name.lower() in lowered]
    matched.update(names)
    longest = max(names, key=len, default=None)
    return header.tasks[longest] if longest is not None else {}


def severity_of(text: str) -> dict[str, Any] | None:
    """Returns the condition in "Notify stakeholders if high/critical severity"."""
    match = _IF.search(text)
    if match is None or "severity" not in text.lower():
        return None
    values = re.findall(r"low|medium|high|critical", match.group("values").lower())
    return condition_of("severity in " + " ".join(values))


def _key(text: str, used: set[str]) -> str:
    base = words.slug(text, 60) or "task"
    key, number = base, 1
    while key in used:
        number += 1
        key = f"{base}-{number}"
    used.add(key)
    return key
