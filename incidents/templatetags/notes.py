"""What people write in notes as safe HTML: Markdown without pictures, pages or scripts."""

from functools import lru_cache

import nh3
from django import template
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

register = template.Library()
TAGS = {
    "p", "br", "strong", "em", "code", "pre", "ul", "ol", "li", "blockquote", "a", "hr", "s", "table", "thead", "tbody",
    "tr", "th", "td",
}  # fmt: skip


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    """One parser: no HTML of the writer's own, a line break is a line break."""
    return MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20}).enable(
        ["table", "strikethrough"]
    )


@lru_cache(maxsize=512)
def rendered(text: str) -> str:
    """The note as HTML that can do nothing; links open without telling where they were."""
    html = parser().render(text)
    return nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


@register.filter
def markdown(text: str) -> SafeString:
    """`{{ line.quote|markdown }}`"""
    return mark_safe(rendered(str(text)[:20_000]))  # noqa: S308  (cleaned by nh3 in the line above)
