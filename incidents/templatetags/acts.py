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
