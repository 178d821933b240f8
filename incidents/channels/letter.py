"""A mail's text as HTML: a hidden preview line, headings, lists, paragraphs; everything escaped, every style inlined."""

import html
import re

import css_inline
from django.template.loader import render_to_string

ADDRESS = re.compile(r"https?://[^\s<>\"']+")


def html_of(subject: str, text: str, *, mark: str = "", lead: str = "") -> str:
    """The same words as `text`; `lead` is also what a list of mails shows behind the subject."""
    body = text.removeprefix(lead).lstrip("\n") if lead else text
    context = {"subject": subject, "blocks": blocks_of(body), "mark": mark, "lead": lead}
    return css_inline.inline(
        render_to_string("emails/message.html", context), load_remote_stylesheets=False, keep_at_rules=True
    )


def blocks_of(text: str) -> list[dict[str, object]]:
    """Paragraphs, headings ("Impact:" alone on a line) and lists; each line is escaped HTML with links."""
    blocks: list[dict[str, object]] = []
    for line in text.split("\n"):
        stripped = line.strip()
        if not stripped:
            blocks.append({"kind": "gap", "lines": []})
            continue
        kind, words = "lines", stripped
        if stripped.startswith(("- ", "* ", "• ")):
            kind, words = "list", stripped[2:]
        elif stripped.endswith(":") and len(stripped) < 60:
            kind = "heading"
        last = blocks[-1] if blocks else None
        if last and last["kind"] == kind and kind != "heading":
            last["lines"].append(linked(words))  # type: ignore[attr-defined]
        else:
            blocks.append({"kind": kind, "lines": [linked(words)]})
    return [block for block in blocks if block["kind"] != "gap"]


def linked(words: str) -> str:
    """Escaped text whose http addresses are links."""
    parts, end = [], 0
    for found in ADDRESS.finditer(words):
        address = html.escape(found.group())
        parts += [html.escape(words[end : found.start()]), f'<a href="{address}">{address}</a>']
        end = found.end()
    return "".join([*parts, html.escape(words[end:])])
