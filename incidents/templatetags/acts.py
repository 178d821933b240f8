"""What every acting form on an incident's page carries."""

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def posts(name: str, *args: object) -> SafeString:
    """A form's address twice: plain, and by htmx, which then shows the incident again in place."""
    url = reverse(name, args=args)
    html = 'method="post" action="{}" hx-post="{}" hx-target="#incident" hx-swap="morph:outerHTML"'
    return format_html(html, url, url)


@register.filter
def topics(names: list[str]) -> str:
    """The stream's query: "topic=incident:42&topic=run:17"."""
    return "&".join(f"topic={name}" for name in names)


@register.filter
def is_typed(typed: dict[str, str], name: str) -> bool:
    """True when the refused form was this one."""
    return typed.get("form") == name


SOURCES = {
    "incident.declared": "the declaration",
    "incident.corrected": "a correction",
    "incident.resolved": "the resolution",
    "level.chosen": "the chosen level",
    "role.assigned": "who leads",
    "run events": "the runs",
    "verdict.given": "the last verdict",
    "watch.opened": "the watch",
    "evidence.gathered": "the evidence",
}


@register.filter
def source_words(source: str) -> str:
    """Where a word of a draft comes from, in the reader's words."""
    kind, _, rest = source.partition(": ")
    words = SOURCES.get(kind) or (f"{kind.split('.')[0]}" if kind.startswith(("run.", "watch.")) else kind)
    return f"{words}: {rest}" if rest else words
