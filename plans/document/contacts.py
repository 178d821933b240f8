"""Reads whom a plan calls: lists, tables and labelled lines; addresses of consoles and self-help steps are nobody."""

from __future__ import annotations

import re
from dataclasses import replace

from plans.document import column_words, groups, inline, words
from plans.document.blocks import Fence, Item, Line, Listing, Paragraph, Section, Table
from plans.document.notes import Notes
from plans.document.plan import Contact


def read_contacts(section: Section, notes: Notes) -> list[Contact]:
    """Returns the contacts in the order in which they are called; self-help steps and console addresses are none."""
    found: list[Contact] = []
    for current in section.walk():
        if current is not section and _CHANNELS.search(words.normal(current.title)):
            continue
        for block in current.blocks:
            if isinstance(block, Table):
                found.extend(_from_table(block, notes))
            elif isinstance(block, Paragraph):
                found.extend(_from_lines(block, notes))
            elif isinstance(block, Fence) and block.language.lower() in ("", "text", "txt"):
                found.extend(_from_text(block, notes))
            elif isinstance(block, Listing):
                people = _card(current, block) if current is not section else []
                people = people or _from_list(block)
                if people:
                    notes.claim(current.line)
                    notes.claim(block.line, block.end_line)
                    found.extend(people)
    if all(_is_address(contact.contact or "") for contact in found):
        return []  # pages of help desks alone are nobody to call
    return [
        Contact(contact.line, place, contact.role, contact.contact, contact.is_placeholder)
        for place, contact in enumerate(found, 1)
    ]


_MOST = 200
"""Nobody calls more people; beyond that nothing is compared."""


def joined(known: list[Contact], more: list[Contact]) -> list[Contact]:
    """Returns the contacts of two sections; of a role in both the one that can be reached stays, at its first place."""
    if len(known) > _MOST:
        return [*known, *more]
    for one, other in ((known, more), (more, known)):
        if one and other and not any(contact.contact for contact in one) and all(contact.contact for contact in other):
            return other  # roles that decide, beside a list of people who can be reached
    found = {contact.role.casefold(): contact for contact in known}
    repeated = [contact for contact in more if contact.role.casefold() in found]
    if len(repeated) < 2:  # one name in two lists is called twice; a list that stands twice is one list
        return [*known, *(replace(contact, order=place) for place, contact in enumerate(more, len(known) + 1))]
    for contact in repeated[:_MOST]:
        if _REACH.search(contact.contact or ""):
            old = found[contact.role.casefold()]
            known = [replace(contact, order=old.order) if each is old else each for each in known]
    new = [contact for contact in more if contact.role.casefold() not in found]
    return [*known, *(replace(contact, order=place) for place, contact in enumerate(new, len(known) + 1))]


def in_passing(section: Section, notes: Notes) -> list[Contact]:
    """Returns the people of a list behind a label such as "**Contacts:**", under a heading that says something else."""
    for group in groups.of_blocks(section.blocks, section.line):
        if words.part_of(group.label) == "contacts" and any(isinstance(block, Listing) for block in group.blocks):
            own = replace(section, raw=group.label, line=group.line, blocks=group.blocks, children=())
            return read_contacts(own, notes)
    return []


_CHANNELS = re.compile(
    r"^(communication|slack|chat)?\s*channels?$|^communication$|^dashboards?$|status page|"
    r"^escalation (criteria|triggers?|conditions?)$|^when to escalate"
)
"""A heading among contacts that names where people talk, or when to call, not whom."""


def _card(section: Section, listing: Listing) -> list[Contact]:
    """Returns the one person of a heading whose list says how to reach them: "Primary on-call" above "Name" and "Phone"."""
    fields = [item.text.partition(":") for item in listing.items]
    if not all(colon and _FIELD.fullmatch(words.normal(name)) for name, colon, _ in fields):
        return []
    return [_contact(section.line, section.title, " / ".join(value.strip() for _, _, value in fields if value.strip()))]


_FIELD = re.compile(
    r"((work|office|mobile|cell|primary|backup|24/7) )?"
    r"(name|phone|mobile|cell|tel(ephone)?|e-?mail|mail|slack|teams|discord|telegram|contact|pager(duty)?|"
    r"handle|availability|available|hours|time ?zone|role|nom|nombre|nome|teléfono|téléphone|telefon|correo|courriel)"
    r"( (number|address|id|handle))?"
)


def _from_list(listing: Listing) -> list[Contact]:
    """Returns the people of a list; where most of its items are people, the others with a name and an address are too."""
    items = [item for item in listing.items if not _PLACE.match(words.normal(item.text))]
    people = [contact for item in items if (contact := _from_item(item)) is not None]
    if not people or len(people) * 2 < len(items):
        return []
    return [contact for item in items if (contact := _from_item(item, among=True)) is not None]


def _from_lines(block: Paragraph, notes: Notes) -> list[Contact]:
    """Returns the people of lines such as "**On-call engineer:** @anna"."""
    people = [
        _contact(line.line, line.lead, line.rest)
        for line in block.lines
        if line.lead and groups.is_label(line) and _is_person(line)
    ]
    for person in people:
        notes.claim(person.line)
    return people


def _from_text(fence: Fence, notes: Notes) -> list[Contact]:
    """Returns the people of a block of plain text, where most of its lines are such as "On-call: Ann, 555 0100"."""
    lines = [line for line in fence.body.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    pairs = [line.strip(" -*").partition(":") for line in lines]
    people = [(role.strip(), rest.strip()) for role, _, rest in pairs if _REACH.search(rest) and 0 < len(role) <= 60]
    if len(people) * 2 <= len(lines):
        return []
    notes.claim(fence.line, fence.end_line)
    return [_contact(fence.line, role, rest) for role, rest in people]


def _is_person(line: Line) -> bool:
    """Says whether a labelled line names somebody who can be reached."""
    reachable = _REACH.search(line.rest) or (_ROLE.search(line.lead) and 0 < len(line.rest.split()) <= 6)
    return (
        bool(reachable)
        and not _is_address(line.rest)
        and len(line.lead) <= 60
        and not words.opens_with_verb(line.lead)
        and not re.match(
            r"(note|last|next|version|date|updated|status|document|created|author|maintain|review)",
            line.lead,
            re.IGNORECASE,
        )
    )


def _is_address(text: str) -> bool:
    """Says whether a text is only the address of a page or of a machine."""
    if re.match(r"\W*[\w.-]+@(\d{1,3}\.){3}\d", text):
        return True
    return bool(re.match(r"\W*\[?(https?://|www\.)", text)) and not re.search(r"[\w.]+@[\w.]+|\+\d{6}", text)


_RUNG = re.compile(r"^(level|tier|l|step|contact|escalation)\s*\d{1,2}(\s*\([^()]{1,30}\))?$", re.IGNORECASE)
_ROLE = re.compile(
    r"primary|secondary|tertiary|engineer|lead|manager|on-?call|owner|cto|ceo|cio|ciso|dba|admin|team|support|director|architect|ops|sre|head|officer|vp\b|security|responder|commander|coordinator|maker|approver|executor|operator|verifier|scribe|liaison|reviewer|authority|"
    r"developer|dev|expert|specialist|stakeholder|representative|steward|product|master|équipe|responsable|líder|equipo|负责人|負責人|工程师|工程師|经理|經理|担当|gerente|desarrollador|desenvolvedor|leiter|entwickler|développeur|bereitschaft|soporte|suporte|responsabile|kierownik|inżynier|лидер|инженер|руководител|менеджер|администратор|책임자|담당자|엔지니어|관리자|責任者|担当者|主管|总监|组长|vendor|customer|infrastructure|platform|database|backend|frontend|legal|communications|executive|primary|secondary|lead",
    re.IGNORECASE,
)


_REACH = re.compile(
    r"@\w|\+?\d[\d() -]{6,}|\[[^\]]+\]|<[^>]+>|#\w|\bTBD\b|[\w.]+@[\w.]+|slack|pager|phone", re.IGNORECASE
)


_ACTS = re.compile(r"^(if|when|once) |^.{2,40} (attempts|tries|executes|performs|decides|declares) ")
"""What is done in turn, not whom to call: "If it fails twice, contact the vendor"."""


def _from_item(item: Item, *, among: bool = False) -> Contact | None:
    first = item.lines[0] if item.lines else None
    if first is None or _ACTS.search(words.normal(item.text)):
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
    if (_is_address(rest) and not _HELP_DESK.search(lead)) or _LOOKS.match(rest):
        return None
    named = bool(re.match(r"escalat", lead, re.IGNORECASE)) and bool(_ROLE.search(rest)) and len(rest.split()) <= 6
    reachable = named or (bool(_REACH.search(rest)) and len(lead.split()) <= 5)
    if not (_ROLE.search(lead) or reachable or (among and _ROLE.search(rest))) or len(lead) > 80:
        return None
    if words.opens_with_verb(lead) and not re.match(r"backup\b(?! the| your)", lead, re.IGNORECASE):
        return None  # "Contact the DBA" tells what to do; "Backup on-call" is somebody
    return _contact(item.line, lead, rest)


_LOOKS = re.compile(
    r"(check|see|look (at|in|up)|review|monitor|watch|consult) "
    r"(?!.*\b(pager\w*|rota|rotation|schedule|directory|wiki|list|roster|on-?call|slack|channel|team))",
    re.IGNORECASE,
)
"""What somebody looks at, not whom somebody calls: "On-call: check the dashboard"."""
_PLACE = re.compile(
    r"(dashboard|console|logs?|status page|documentation|docs|sentry|grafana|panel)\b(?![\w ]*(support|team|owner))"
)
"""Where somebody looks, not whom somebody calls."""
_HELP_DESK = re.compile(
    r"support|vendor|provider|help ?desk|hotline|soporte|suporte|hilfe|on-?call|pager", re.IGNORECASE
)
"""Who is reached by a page of their own."""


def _contact(line: int, role: str, contact: str) -> Contact:
    text = contact.strip()
    return Contact(line, 0, role.strip(" :"), text or None, bool(text) and is_placeholder_person(text))


def is_placeholder_person(text: str) -> bool:
    return all(
        re.search(column_words.PLACEHOLDER_PERSON, part.strip(), re.IGNORECASE)
        for part in re.split(r"[/,|]", text)
        if part.strip()
    )


_CONTACT_COLUMNS = (
    (
        "role",
        r"role|title|team|position|function|rôle|rol\b|角色|职责|役割|役職|担当|역할|담당|rola\b|rolle\b|роль|responsib|level|area",
    ),
    ("name", r"name|person|who|contact$|nom\b|nombre|姓名|氏名|名前|이름|имя|owner"),
    (
        "contact",
        r"contact|escalat|phone|email|slack|channel|pager|tel|teléfono|电话|連絡先|電話|연락처|전화|телефон|kontakt|reach|how",
    ),
)


_ABOUT_CASES = r"^(issue|problem|situation|scenario|case|type|incident|severity|when|for)\b"
_PEOPLE = r"^(role|contact|who|name|person|team|responsible|owner)\b"


def _from_table(table: Table, notes: Notes) -> list[Contact]:
    headers = [words.normal(header) for header in table.headers]
    role = next((place for place, header in enumerate(headers) if re.search(_CONTACT_COLUMNS[0][1], header)), -1)
    if role < 0:  # "Issue | Contact | Action" names people in its second column
        first = bool(headers) and re.search(_ABOUT_CASES, headers[0])
        role = next((place for place, header in enumerate(headers) if first and re.search(_PEOPLE, header)), 0)
    cells_of_role = [row.cells[role] for row in table.rows if role < len(row.cells)]
    if cells_of_role and all(_RUNG.match(inline.plain(cell)) for cell in cells_of_role):
        people = (place for place, header in enumerate(headers) if place != role and re.search(_PEOPLE, header))
        role = next(people, -1)  # "Level | Contact": the rung is a place in the order
        if role < 0:
            return []  # rungs by severity and time, and nobody who stands on them
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
