"""Reads what a plan says to people: the phases of its communication and its message templates."""

from __future__ import annotations

import re
from dataclasses import replace

from plans.document import durations, fences, groups, words
from plans.document.blocks import Fence, Listing, Paragraph, Quote, Section, every_block
from plans.document.levels import bullets
from plans.document.notes import Notes
from plans.document.plan import Field, Phase, Template

_PHASE_NAME = re.compile(r"^\W*(?:\d{1,2}[.):]\s*)?(?P<name>.*?)\s*[(\[（]\s*T\s*\+", re.IGNORECASE)
_BRACKET = re.compile(
    r"\[(?P<inside>[^\[\]\n]{1,120})\](?!\()|\{\{\s*(?P<braces>[^{}\n]{1,80}?)\s*\}\}|<(?P<angle>[A-Za-z][^<>\n]{1,60})>"
)
_CHOICE_LINE = re.compile(
    r"^(?P<label>[^:\n]{1,60}):[ \t]*(?P<choices>[A-Z][\w -]{0,40}(?: / [A-Z][\w -]{0,40})+)[ \t]*$", re.MULTILINE
)
_GENERIC = frozenset(
    [
        "timestamp",
        "time",
        "date",
        "name",
        "value",
        "link",
        "url",
        "text",
        "yes-no",
        "description",
        "number",
        "n",
        "x",
        "duration",
    ]
)
_SUBJECT = re.compile(
    r"^\s*(?:\*\*)?(?:Subject|Betreff|Objet|Asunto|主题)(?:\*\*)?\s*[:：]\s*(?P<subject>.*)$",
    re.MULTILINE | re.IGNORECASE,
)


def read_phases(section: Section, notes: Notes) -> list[Phase]:
    """Returns the phases: labels or headings that carry a "T+" offset, with their bullets."""
    phases = []
    for group in groups.of_section(section):
        offset = durations.offset(f"{group.label} {group.value}")
        if offset is None:
            continue
        notes.claim(group.line, group.end_line)
        match = _PHASE_NAME.match(group.label)
        name = (match.group("name") if match else re.split(r"\bT\s*\+", group.label)[0]).strip(" :-–—(") or group.label
        phases.append(Phase(group.line, name, offset, tuple(bullets(group.blocks, ordered=True))))
    return phases


def read_templates(section: Section, notes: Notes, *, only_clear: bool, plain_too: bool = False) -> list[Template]:
    """Returns the message templates among a section's fences.

    `only_clear` takes just those that look like a message, `plain_too` also every block of plain text.
    """
    found: list[Template] = []
    title, before = section.title, ""
    inside_quotes = {inner.line for block in section.blocks if isinstance(block, Quote) for inner in block.blocks}
    told_by: dict[int, str] = {}
    for block in every_block(section.blocks):
        if isinstance(block, Quote) and (plain_too or not only_clear) and (quoted := _quoted(block)) is not None:
            notes.claim(section.line, block.end_line)
            found.append(template(quoted, before or title))
            before = ""
        if isinstance(block, Paragraph) and block.line not in inside_quotes:
            before = block.lines[-1].lead or block.text
        if isinstance(block, Listing):
            told_by.update((inner.line, item.text) for item in block.items for inner in item.blocks)
        if not isinstance(block, Fence):
            continue
        before = told_by.get(block.line, before)
        role = fences.role_of(block)
        if role in ("command", "code") or (
            not _SUBJECT.search(block.body)
            and _is_form(block, f"{section.title} {before}", boxes=only_clear and not plain_too)
        ):
            continue
        is_plain = (
            (plain_too or _tells_people(told_by.get(block.line, "")))
            and role in ("doc", "output")
            and block.language.lower() in _PLAIN
        )
        if (
            role == "template"
            or (is_plain and not block.attributes)
            or (
                not only_clear
                and role in ("doc", "output")
                and not (block.attributes or fences.is_settings(block.language))
            )
        ):
            notes.claim(section.line, block.end_line)
            found.extend(template(piece, before or title) for piece in _messages(block))
            before = ""
    return found


def _tells_people(item: str) -> bool:
    """Says whether an item tells to write to people: the plain text below it is what to write."""
    return len(item) < 80 and bool(_MESSAGE.search(words.normal(item)))


def _quoted(block: Quote) -> Fence | None:
    """Returns a quoted message with blanks as the block of text that it is; None where nothing is left to fill in."""
    lines = [line for inner in block.blocks if isinstance(inner, Paragraph) for line in inner.lines]
    body = "\n".join(line.text for line in lines)
    if len(lines) < 2 or not _BRACKET.search(body):
        return None
    return Fence(block.line, block.end_line, "", "", body)


_FORM = re.compile(
    r"\b(report|post-?mortem|retrospective|log|meeting minutes|runbook|checklist|record|rapport|informe|relatório|bericht)\b|报告|報告|记录"
)
_MESSAGE = re.compile(
    r"notif|message|announce|communicat|\bcomms\b|status update|e-?mail|"
    r"\b(update|inform|tell|alert) (the |your |all )?(team|users|customers|clients|stakeholders|everyone|management)"
)


def _is_form(fence: Fence, announced: str, *, boxes: bool) -> bool:
    """Says whether a block is a form that is filled in for the files, such as an incident report, and no message.

    `boxes` says that boxes to tick make a form; under "Communication" a message may hold them.
    """
    first = words.normal(next((line for line in fence.body.split("\n") if line.strip(" #=*")), ""))
    title = words.normal(announced)
    is_report = bool(_FORM.search(first) or _FORM.search(title)) and not (
        _MESSAGE.search(first) or _MESSAGE.search(title)
    )
    return is_report or (boxes and fence.body.count("[ ]") > 1 and not _MESSAGE.search(first))


_PLAIN = frozenset({"", "text", "txt", "markdown", "md"})


def _messages(fence: Fence) -> list[Fence]:
    """Returns a fence cut into its messages, where it holds several under headings of their own."""
    if len(_SUBJECT.findall(fence.body)) < 2:
        return [fence]
    lines = fence.body.split("\n")
    starts = [place for place, line in enumerate(lines) if re.match(r"#{1,4} \S", line)] or [0]
    ends = [*starts[1:], len(lines)]
    pieces = [(start, "\n".join(lines[start:end])) for start, end in zip(starts, ends, strict=True)]
    return [replace(fence, line=fence.line + start, body=body) for start, body in pieces if _SUBJECT.search(body)]


def template(fence: Fence, title: str) -> Template:
    body = fence.body.rstrip("\n")
    match = _SUBJECT.search(body)
    subject = match.group("subject").strip() if match else ""
    if match is not None:
        body = (body[: match.start()] + body[match.end() :]).strip("\n")
    fields = (*fields_of(subject, "subject"), *fields_of(body, "body"))
    return Template(fence.line, title, subject, body, fields)


def fields_of(text: str, place: str) -> list[Field]:
    """Returns the blanks of a text: `[…]`, `{{…}}`, `<…>`, and slash lists without brackets."""
    taken: dict[int, Field] = {}
    for match in _BRACKET.finditer(text):
        inside = match.group("inside") or match.group("braces") or match.group("angle") or ""
        options = tuple(part.strip() for part in re.split(r"\s*[/|]\s*", inside))
        choices = (
            options
            if len(options) > 1 and all(len(part.split()) <= 3 for part in options) and _is_choice(options)
            else None
        )
        taken[match.start()] = Field(
            match.group(0), _field_name(inside, text, match.start(), choices), choices, place, match.start()
        )
    for match in _CHOICE_LINE.finditer(text):
        raw = match.group("choices").rstrip()
        start = match.start("choices")
        options = tuple(part.strip() for part in raw.split(" / "))
        taken.setdefault(start, Field(raw, words.slug(match.group("label")).replace("-", "_"), options, place, start))
    return [taken[start] for start in sorted(taken)]


def _is_choice(options: tuple[str, ...]) -> bool:
    """Says whether a slash list is a choice: "1/2/3" and "Yes/No" are, "queries/endpoints" in a description is not."""
    return all(
        part and (part.isdigit() or part[:1].isupper() or (part.islower() and len(options) > 2 and " " not in part))
        for part in options
    )


def _field_name(inside: str, text: str, start: int, choices: tuple[str, ...] | None) -> str:
    """Returns the field's name: its own words, or its line's label where those say nothing."""
    own = words.slug(inside)
    line = text[text.rfind("\n", 0, start) + 1 : start]
    label = words.slug(line.split(":", 1)[0]) if ":" in line else ""
    return ((label if (own in _GENERIC or choices) and label else own) or label or "field").replace("-", "_")
