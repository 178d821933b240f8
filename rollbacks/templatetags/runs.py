"""Words and marks of the run pages."""

import re
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from plans import wording
from rollbacks.models import OutputChunk, StepRun
from rollbacks.models.deciding import approvers_of
from rollbacks.rehearsals import Rehearsals

register = template.Library()
IMPACT = {"ok": ("check", "", "fine"), "warn": ("warn", "is-late", "beware"), "time": ("clock", "", "takes time")}


@register.filter
def step_marks(step: dict[str, Any]) -> str:
    """ "once", "check", "by a person", "waits": what a reader should know before a step runs."""
    kind = step.get("kind", "")
    words = {"manual": "by a person", "approval": "approval", "wait": "waits", "check": "check"}
    if kind in words:
        return words[kind]
    return {"once": "once", "idempotent": "may be repeated", "read": "reads"}.get(step.get("effect", ""), "")


@register.filter
def step_title(step: dict[str, Any]) -> str:
    """The words of a rendered step."""
    return str(step.get("title") or step.get("item") or step.get("name") or "")


@register.filter
def topic_event(key: str) -> str:
    """ "incident:42" as the event stream names it."""
    return key.replace(":", "-")


@register.filter
def rehearsed_words(past: Rehearsals, promise: float | None) -> str:
    """ "61 days ago: 3:10 of 10:00 (4 runs: 1:50 – 4:20)"."""
    if not past.count or past.last_seconds is None:
        return "Never: nobody has measured this level here."
    days = past.days_ago
    when = "today" if not days else "yesterday" if days == 1 else f"{days} days ago"
    took = f"{clock(past.last_seconds)} of {clock(promise)}" if promise else clock(past.last_seconds)
    if past.count == 1 or past.shortest is None or past.longest is None:
        return f"{when}: {took}"
    return f"{when}: {took} ({past.count} runs: {clock(past.shortest)} – {clock(past.longest)})"


def clock(seconds: float | None) -> str:
    """ "3:10"."""
    whole = int(seconds or 0)
    return f"{whole // 60}:{whole % 60:02d}"


@register.filter
def fact_word(value: Any) -> str:
    """yes, no, or the value itself."""
    return "yes" if value is True else "no" if value is False else str(value)


@register.filter
def impact_icon(mark: str) -> SafeString:
    """The mark of a line of the plan's impact list, with its word for screen readers."""
    icon, tone, word = IMPACT.get(mark, ("dot", "is-quiet", ""))
    return format_html('<span class="icon icon-{} tone {}" role="img" aria-label="{}"></span>', icon, tone, word)


@register.filter
def half_done(step: StepRun) -> str:
    """What a kill leaves behind, before somebody clicks it."""
    if step.effect == "read":
        return "It only reads: nothing is left half done."
    if step.effect == "idempotent":
        return "It may stop half way; running it again repairs that."
    return "It may stop half way, and it is meant to run once: look at the service afterwards."


@register.filter
def approval_words(step: StepRun) -> str:
    """ "Asks 2 of oncall lead; 1 has approved.\""""
    needed, role = approvers_of(step)
    given = [approval.by.get_username() for approval in step.approvals.all() if approval.decision == "approved"]
    asks = f"Asks {wording.count(needed, 'person', 'people')}{f' of {role}' if role else ''}."
    return f"{asks} {wording.and_list(given)} approved." if given else asks


@register.filter
def output_lines(chunk: OutputChunk) -> SafeString:
    """A chunk with the time in front of each line; everything escaped."""
    stamp = timezone.localtime(chunk.at).strftime("%H:%M:%S")
    css = {"stderr": "stderr", "note": "ts"}.get(chunk.stream, "")
    lines = re.split(r"(?<=\n)", chunk.text)
    rows = [(stamp, css, line) for line in lines if line]
    if not rows:
        return mark_safe("")
    return format_html_join("", '<span class="ts">{} </span><span class="{}">{}</span>', rows)
