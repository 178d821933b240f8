"""Blanks that nobody fills: where does each value come from?"""

from __future__ import annotations

import re

from plans.document.attributes import parse
from plans.document.blocks import Fence
from plans.document.header import INERT
from plans.document.problems import Problem
from plans.questions.header_text import scalar
from plans.questions.mend import Mend
from plans.questions.question import Choice, Question, Row, Said, Unanswered
from plans.questions.sheet import Sheet
from plans.questions.unfilled import unfilled

_BLANK = re.compile(r"`(<[^`]*>)`")
_OF_THE_DAY = re.compile(
    r"version|rev|commit|sha|hash|tag|date|time|stamp|backup|snapshot|release|id$|number|build|reason|branch|file", re.I
)
_OF_THE_PLACE = re.compile(
    r"zone|account|project|cluster|site|tenant|region|host|domain|namespace|bucket|database", re.I
)
_SECRET = re.compile(r"token|secret|passw|pwd|api_?-?key|private|credential|webhook", re.I)
_CHOICES = (
    Choice("ask", "asked when a run is prepared"),
    Choice("target", "set once for each target"),
    Choice("default", "asked, with a usual value", "Value"),
    Choice("fixed", "always this text: write it in", "Value"),
)
_SECRET_CHOICE = Choice("secret", "a secret: kept with the target, shown nowhere")
_ENV_CHOICE = Choice("env", "a variable of the target, under this name")


def undeclared(sheet: Sheet, problems: list[Problem]) -> list[Question]:
    """All blanks of the text in one question: they are thought of together."""
    places: dict[str, list[int]] = {}
    for problem in problems:
        if found := _BLANK.search(problem.message):
            places.setdefault(found[1], []).append(problem.line)
    for one in unfilled(sheet):
        places.setdefault(one.raw, []).append(one.line)
    rows = tuple(_row(raw, lines, sheet) for raw, lines in places.items())
    if not rows:
        return []
    title = (
        f"Where does {rows[0].label} come from?" if len(rows) == 1 else f"Where do these {len(rows)} values come from?"
    )
    return [Question("blanks", title, _why(places), rows, lambda mend, said: _fill(mend, said, sheet), problems=len(problems))]  # fmt: skip


def _why(places: dict[str, list[int]]) -> str:
    said = "Nobody fills these in by hand on the day: a command runs as it is written."
    if any(raw[1:].isdigit() for raw in places):
        said += " A step is called with nothing, so `$1` is empty and stops it."
    if any(raw.startswith("$") and not raw[1:].isdigit() for raw in places):
        said += " A step sees no variable of anybody's terminal, only those that it names."
    return f"{said} A value may hold letters, digits and . _ : @ / + - only."


def _row(raw: str, lines: list[int], sheet: Sheet) -> Row:
    reads = tuple(Choice(f"read:{step['name']}", f"read by “{step['title'][:50]}”") for step in sheet.reads()[:12])
    first, *also = dict.fromkeys(lines)
    inside = sheet.fence_at(first) is not None
    own = (_SECRET_CHOICE, _ENV_CHOICE) if raw.startswith("$") else (_SECRET_CHOICE,) if _SECRET.search(raw) else ()
    own = own if inside and not raw[1:].isdigit() else ()
    suggested = _suggested(raw.strip("<>[]{}$ "))
    if own and suggested == "target":
        suggested = "secret" if _SECRET.search(raw) else "env" if raw.startswith("$") else suggested
    return Row(first, first, raw, (*own, *_CHOICES, *reads), suggested, "", tuple(also))


def _suggested(name: str) -> str:
    """A token or a place stays the same for a target; a version is another one each time."""
    if _SECRET.search(name) or (_OF_THE_PLACE.search(name) and not re.search(r"version|backup|branch", name, re.I)):
        return "target"
    return "ask" if name.isdigit() or _OF_THE_DAY.search(name) else "target"


def _fill(mend: Mend, said: list[Said], sheet: Sheet) -> None:
    for one in said:
        lines = (one.row.line, *one.row.also)
        raw, name = one.row.label, name_for(one.row.label)
        if one.choice in ("secret", "env"):
            _from_the_target(mend, sheet, lines, raw, "secrets" if one.choice == "secret" else "env")
        elif one.choice == "fixed":
            _write(mend, lines, raw, one.text)
        else:
            _write(mend, lines, raw, f"<{name}>")
            mend.declare("params", name, _source(one, mend, sheet))


def name_for(raw: str) -> str:
    """The parameter's name: what stands in the brackets."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", raw.strip("<>[]{}$ ")).strip("-.")[:64]
    return name if name[:1].isalpha() else f"value-{name}".strip("-")


def _from_the_target(mend: Mend, sheet: Sheet, lines: tuple[int, ...], raw: str, key: str) -> None:
    """Names a variable or secret on every block that needs it, and writes a blank as that variable."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", raw.strip("<>[]{}$ ")).upper() if not raw.startswith("$") else raw[1:]
    _write(mend, lines, raw, f"${name}")
    fences: dict[int, Fence] = {fence.line: fence for line in lines if (fence := sheet.fence_at(line))}
    for fence in fences.values():
        names = [one.strip() for one in (parse(mend.attributes(fence)).get(key) or "").split(",") if one.strip()]
        mend.attribute(fence, key, ",".join(dict.fromkeys([*names, name])))


def _source(one: Said, mend: Mend, sheet: Sheet) -> str:
    if one.choice == "target":
        return "{bind: target}"
    if one.choice == "default":
        if not INERT.fullmatch(one.text):
            raise Unanswered(f"“{one.text[:40]}” cannot be a value: use letters, digits and . _ : @ / + - only.")
        return f"{{default: {scalar(one.text)}}}"
    if one.choice.startswith("read:"):
        return f"{{from: {name_of(one.choice[5:], mend, sheet)}}}"
    return "{}"


def name_of(name: str, mend: Mend, sheet: Sheet) -> str:
    """A name that stays when steps move: one that follows from a number is written into the fence."""
    step = next((step for step in sheet.steps if step["name"] == name), None)
    fence = sheet.fence_at(step["body_line"]) if step else None
    if fence is None or "name=" in fence.attributes:
        return name
    mend.attribute(fence, "name", name)
    return name


def _write(mend: Mend, lines: tuple[int, ...], old: str, new: str) -> None:
    if old == new:
        return
    pattern = re.compile(rf"\$(?:{old[1:]}\b|\{{{old[1:]}\}})" if old.startswith("$") else re.escape(old))
    for line in lines:
        mend.replace(line, pattern.sub(lambda _match: new, mend.line(line)))
