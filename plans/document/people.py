"""Reads what a plan says about people: phases of the communication, templates, contacts."""

from __future__ import annotations

import re
from dataclasses import replace

from plans.document import durations, fences, groups, inline, words
from plans.document.blocks import Fence, Item, Listing, Paragraph, Section, Table, every_block, fences_in
from plans.document.levels import bullets
from plans.document.notes import Notes
from plans.document.plan import Contact, Field, Phase, Template

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


def read_templates(section: Section, notes: Notes, *, only_clear: bool) -> list[Template]:
    """Returns the message templates among a section's fences; `only_clear` takes just those that look like a message."""
    found: list[Template] = []
    title, before = section.title, ""
    for block in every_block(section.blocks):
        if isinstance(block, Paragraph):
            before = block.lines[-1].lead or block.text
        if not isinstance(block, Fence):
            continue
        if block.body.count("[ ]") > 1 and not _SUBJECT.search(block.body):  # a blank form, not a message
            continue
        role = fences.role_of(block)
        if role == "template" or (not only_clear and role in ("doc", "output") and not block.attributes):
            notes.claim(section.line, block.end_line)
            found.extend(template(piece, before or title) for piece in _messages(block))
            before = ""
    return found


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


def read_contacts(section: Section, notes: Notes) -> list[Contact]:
    """Returns the contacts in the order in which they are called; self-help steps and console addresses are none."""
    found: list[Contact] = []
    for current in section.walk():
        for block in current.blocks:
            if isinstance(block, Table):
                found.extend(_from_table(block, notes))
            elif isinstance(block, Listing):
                people = [contact for item in block.items if (contact := _from_item(item)) is not None]
                if people and len(people) * 2 >= len(block.items):
                    notes.claim(current.line)
                    notes.claim(block.line, block.end_line)
                    found.extend(people)
    return [
        Contact(contact.line, place, contact.role, contact.contact, contact.is_placeholder)
        for place, contact in enumerate(found, 1)
    ]


_RUNG = re.compile(r"^(level|tier|l|step|contact|escalation)\s*\d{1,2}$", re.IGNORECASE)
_ROLE = re.compile(
    r"primary|secondary|tertiary|engineer|lead|manager|on-?call|owner|cto|ceo|cio|ciso|dba|admin|team|support|director|architect|ops|sre|head|officer|vp\b|security|responder|commander|coordinator|"
    r"developer|dev|product|master|équipe|responsable|líder|equipo|负责人|工程师|经理|vendor|customer|infrastructure|platform|database|backend|frontend|legal|communications|executive|primary|secondary|lead",
    re.IGNORECASE,
)


_REACH = re.compile(
    r"@\w|\+?\d[\d() -]{6,}|\[[^\]]+\]|<[^>]+>|#\w|\bTBD\b|[\w.]+@[\w.]+|slack|pager|phone", re.IGNORECASE
)


def _from_item(item: Item) -> Contact | None:
    first = item.lines[0] if item.lines else None
    if first is None:
        return None
    lead, rest = first.lead, " ".join([first.rest, *(line.text for line in item.lines[1:])]).strip(" -–—:")
    if lead and _RUNG.match(
        lead
    ):  # "**Level 1**: On-call engineer": the rung is a place in the order, the person follows
        role, _, contact = rest.partition(" - ") if " - " in rest else (rest, "", "")
        return _contact(item.line, role, contact)
    if not lead:
        role, _, contact = re.sub(r"\s+[-–—]\s+|:\s+|：", "\x00", first.text, count=1).partition("\x00")
        lead, rest = role, contact
    reachable = bool(first.lead) and bool(_REACH.search(rest)) and not rest.startswith(("http", "[http", "<http"))
    if not (_ROLE.search(lead) or reachable) or len(lead) > 80 or words.opens_with_verb(lead):
        return None
    return _contact(item.line, lead, rest)


def _contact(line: int, role: str, contact: str) -> Contact:
    text = contact.strip()
    return Contact(line, 0, role.strip(" :"), text or None, bool(text) and is_placeholder_person(text))


def is_placeholder_person(text: str) -> bool:
    return all(
        re.search(words.PLACEHOLDER_PERSON, part.strip(), re.IGNORECASE)
        for part in re.split(r"[/,|]", text)
        if part.strip()
    )


_CONTACT_COLUMNS = (
    ("role", r"role|title|team|position|function|rôle|rol\b|角色|职责|responsib|level|area"),
    ("name", r"name|person|who|contact$|nom\b|nombre|姓名|owner"),
    ("contact", r"contact|phone|email|slack|channel|pager|tel|teléfono|电话|reach|how"),
)


def _from_table(table: Table, notes: Notes) -> list[Contact]:
    headers = [words.normal(header) for header in table.headers]
    role = next((place for place, header in enumerate(headers) if re.search(_CONTACT_COLUMNS[0][1], header)), 0)
    if not any(re.search(pattern, header) for _, pattern in _CONTACT_COLUMNS for header in headers):
        return []
    notes.claim(table.line, table.end_line)
    found = []
    for row in table.rows:
        cells = [inline.plain(cell) for cell in row.cells]
        if role < len(cells) and cells[role]:
            others = " / ".join(cell for place, cell in enumerate(cells) if place != role and cell)
            found.append(_contact(row.line, cells[role], others))
    return found


def has_template_words(section: Section) -> bool:
    return any(fences.role_of(fence) == "template" for fence in fences_in(section.blocks))
