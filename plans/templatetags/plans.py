"""Filters of the plan pages."""

import re
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from plans import wording

register = template.Library()
register.filter("length_of", wording.length)
register.filter("step_kind", wording.kind_of)


@register.filter
def counted(number: int, words: str) -> str:
    """`{{ 3|counted:"problem,problems" }}`."""
    one, _, many = words.partition(",")
    return wording.count(number, one, many)


@register.filter
def incident_url(reference: str) -> str:
    """The page of "INC-41"; empty for words that name no incident."""
    found = re.fullmatch(r"INC-(\d+)", reference.strip())
    if not found:
        return ""
    try:
        return reverse("incident", args=[int(found[1])])
    except NoReverseMatch:
        return ""


@register.filter
def approvers(revision: Any) -> str:
    """ "Ana and Ben"."""
    return wording.and_list([approval.by.get_username() for approval in revision.standing_approvals])


@register.filter
def item(mapping: dict[str, Any], key: str) -> Any:
    """`{{ attrs|item:"data-draft" }}`: keys that are no template words."""
    return mapping.get(key, "")


@register.filter
def plan_sentence(event: Any) -> str:
    """One line of a plan's timeline, after the name of who did it."""
    data = event.data
    number = f"revision {data.get('number')}"
    words = {
        "revision.added": f"added {number}: {data.get('reason') or 'no reason given'}",
        "revision.approved": f"approved {number}",
        "revision.approval_withdrawn": f"took the approval of {number} back: {data.get('reason')}",
        "plan.second_person_set": "asks for a second person" if data.get("asked") else "lets one person approve",
        "plan.followed": f"follows {data.get('path')} of {data.get('folder')} from now on",
        "plan.file_missing": f"lost its file: {data.get('path')} is no longer in {data.get('folder')}",
        "plan.change_proposed": f"proposed {number} after {data.get('incident')}",
    }
    return words.get(event.kind, event.kind)


_TICKS = re.compile(r"`([^`]*)`")
_STRESSED = re.compile(r"(?<![\w*])(\*{1,2})(?=[^\s*])([^*]{1,80}?)(?<=[^\s*])\1(?![\w*])")


@register.filter
def unticked(text: str) -> str:
    """A sentence for a place that shows no code, such as an option: without its `backticks`."""
    return _TICKS.sub(r"\1", str(text))


@register.filter
def marked(text: str) -> SafeString:
    """A sentence with its `backticked` words as code and its *stressed* words as such; everything else escaped."""
    parts = str(text).split("`")
    if len(parts) % 2 == 0:
        return conditional_escape(text)
    return format_html_join(
        "",
        "{}",
        ((format_html("<code>{}</code>", part) if odd % 2 else _stressed(part),) for odd, part in enumerate(parts)),
    )


def _stressed(text: str) -> SafeString:
    parts, end = [], 0
    for match in _STRESSED.finditer(text):
        parts += [(conditional_escape(text[end : match.start()]),), (format_html("<em>{}</em>", match[2]),)]
        end = match.end()
    return format_html_join("", "{}", [*parts, (conditional_escape(text[end:]),)])
