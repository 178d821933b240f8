"""The blanks of a message, pure: finds `[fields]` and slash choices in a text, fills them, says which are still open.

A blank may stand twice (`[timestamp]`): each place is a field of its own, named after the words before it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

BRACKETS = re.compile(r"\[[^\[\]\n]{1,160}\]")
HEADING = re.compile(r"^\s*[#*_]*([^\[\]:]{2,60}?)[*_]*:\s*$")
LABEL = re.compile(r"^\s*(?:[-*•]\s*)?[*_]*([^\[\]:]{2,60}?)[*_]*:\s*")


@dataclass(frozen=True)
class Blank:
    """One place of the text that must be filled or chosen."""

    name: str  # unique in the message: "time-detected"
    raw: str  # as written: "[timestamp]"
    label: str  # for people: "Time Detected"
    choices: list[str] | None = None
    value: str = ""
    source: str = ""  # which event it was taken from, for the page
    in_subject: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def find(subject: str, body: str, known: Sequence[Mapping[str, Any]]) -> list[Blank]:
    """Every blank of subject and body in reading order; `known` are the plan's own fields with their choices."""
    choices = {str(field["raw"]): field.get("choices") for field in known}
    blanks: list[Blank] = []
    taken: dict[str, int] = {}
    heading = ""
    for in_subject, line in [(True, subject), *((False, line) for line in body.split("\n"))]:
        if found := HEADING.match(line):
            heading = found.group(1).strip()
        elif not line.strip():
            heading = heading if in_subject else ""
        for raw in raws_in(line, [raw for raw in choices if raw]):
            label = _label_of(line, raw, heading, in_subject)
            name = _unique(_slug(label), taken)
            blanks.append(Blank(name, raw, label, _choices_of(raw, choices), in_subject=in_subject))
    return blanks


def fill(text: str, blanks: Sequence[Mapping[str, Any]], *, in_subject: bool = False) -> str:
    """The text with every filled blank replaced; open ones stay visible as they were written."""
    out, rest = [], text
    for blank in blanks:
        if bool(blank.get("in_subject")) != in_subject:
            continue
        before, raw, after = rest.partition(str(blank["raw"]))
        if not raw:
            continue
        out.append(before + (str(blank.get("value") or "").strip() or raw))
        rest = after
    return "".join(out) + rest


def missing(blanks: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence for every blank that keeps the message from being sent."""
    sentences = []
    for blank in blanks:
        value, choices = str(blank.get("value") or "").strip(), blank.get("choices")
        if choices and value not in choices:
            sentences.append(f"Choose “{blank['label']}”: {', '.join(choices)}.")
        elif not value:
            sentences.append(f"Fill in “{blank['label']}” ({blank['raw']}).")
        elif BRACKETS.fullmatch(value) and value == blank["raw"] and not blank.get("source"):
            sentences.append(f"“{blank['label']}” still says {value}.")
    return sentences


def refound(
    old: Sequence[Mapping[str, Any]], subject: str, body: str, values: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The blanks of an edited text; what was filled before is kept by name, `values` are what a person entered."""
    by_name = {str(blank["name"]): blank for blank in old}
    known = [{"raw": blank["raw"], "choices": blank.get("choices")} for blank in old]
    result = []
    for blank in find(subject, body, known):
        before = by_name.get(blank.name, {})
        value = " ".join(values[blank.name].split("\n")).strip() if blank.name in values else before.get("value", "")
        source = str(before.get("source", "")) if value == before.get("value", "") else "entered by a person"
        choices = before.get("choices") or blank.choices
        result.append({**blank.to_json(), "value": value, "source": source, "choices": choices})
    return result


def raws_in(line: str, known: Sequence[str]) -> list[str]:
    """The blanks of one line from left to right: the plan's own spellings first, then anything in brackets."""
    places: list[tuple[int, int, str]] = []
    spellings = sorted(set(known), key=len, reverse=True)
    for found in [*_spelled(line, spellings), *((m.start(), m.end(), m.group()) for m in BRACKETS.finditer(line))]:
        if all(found[1] <= start or found[0] >= end for start, end, _ in places):
            places.append(found)
    return [raw for _, _, raw in sorted(places)]


def _spelled(line: str, spellings: Sequence[str]) -> list[tuple[int, int, str]]:
    return [(m.start(), m.end(), raw) for raw in spellings for m in re.finditer(re.escape(raw), line)]


def _choices_of(raw: str, known: Mapping[str, Any]) -> list[str] | None:
    """The plan's choices, else a slash list in brackets whose parts are short: `[1/2/3]`."""
    if raw in known:
        return list(known[raw]) if known[raw] else None
    parts = [part.strip() for part in raw.strip("[]").split("/")]
    short = len(parts) > 1 and all(part and len(part.split()) == 1 for part in parts)
    upper = short and all(part.isdigit() or part.isupper() for part in parts)
    return parts if upper else None


def _label_of(line: str, raw: str, heading: str, in_subject: bool) -> str:
    words = raw.strip("[]").strip()
    label = LABEL.match(line)
    if in_subject:
        return words.capitalize() if words.isupper() else words
    if label and raw in line[label.end() :]:
        return label.group(1).strip()
    return f"{heading}: {words}" if heading else words


def _slug(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:60] or "field"


def _unique(name: str, taken: dict[str, int]) -> str:
    taken[name] = taken.get(name, 0) + 1
    return name if taken[name] == 1 else f"{name}-{taken[name]}"
