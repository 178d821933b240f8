"""Finds the blanks that a document leaves for its readers to fill in."""

# ruff: noqa: SIM905 – tables: words with spaces between

from __future__ import annotations

import re

_HTML = frozenset(
    (
        "a abbr b blockquote br center code dd del details div dl dt em font form h1 h2 h3 h4 h5 h6 head hr "
        "html i img input kbd li link meta ol p pre s script small span strong style sub summary sup svg "
        "table tbody td th thead title tr u ul video"
    ).split()
)
_ANGLE = re.compile(r"<(?<!<<)(?P<inside>[^\W\d_](?:[^<>\n=\"'`;{}()]|(?<=[a-z])'(?=[a-z])){0,60})>")
_BRACES = re.compile(r"\{\{\s*[A-Za-z_][\w -]{0,60}\s*\}\}")
_BRACKET = re.compile(
    r"\[(?<![\]\w!\\$\[(]\[)(?P<inside>(?:[^\W\d_]|\d+[/-]\d+ +[A-Za-z])(?:[^\[\]\n`\"'=*^\\]|(?<=[a-z])'(?=[a-z])"
    r"|(?<= )\"[^\"\[\]\n]{1,80}\"){1,100}"
    r"|1/2/3(?:/\d){0,6})\]"
    r"(?![(\[\]=$]|:(?![\d<\[{]))"
)
_ONE_BRACE = re.compile(r"\{(?<![$%@\\{'\"(/]\{)(?P<inside>[A-Za-z]\w{2,40}(?:[/ -]\w{2,40}){0,5})\}(?!\})")
"""`{version}` where people write, not programs."""
_HYPHENS = re.compile(r"\{(?<![$%@\\{'\"(/]\{)(?P<inside>[a-z]{2,30}(?:-[a-z]{2,30}){1,4})\}(?!\})")
"""`{previous-version}` means nothing to a shell, so it is a blank in a command too."""
_FENCE_LINE = re.compile(r"^[ >]*(?:`{3,}|~{3,})[ \t]*(?P<language>[\w+#.-]*)")
_FOR_PEOPLE = frozenset({"", "text", "txt", "plain", "plaintext", "markdown", "md"})
_PATH_PIECE = re.compile(r"/(\{[a-z][a-z0-9_-]{1,40}\})")
_VARIABLE = re.compile(r"\$\{?(?P<name>[A-Z][A-Z0-9_]{2,60})\b\}?")
_ASSIGNED = re.compile(r"(?<=[ \t\n;(:])[A-Z][A-Z0-9_]{2,60}\Z")
_GIVEN = re.compile(
    r"\bread\s+(?:-\w+\s+)*([A-Z][A-Z0-9_]{2,60})|\bfor\s+([A-Z]\w*)\s+in|\$\{([A-Z][A-Z0-9_]{2,60}):?[-=]"
)
_USUAL = frozenset("PATH HOME USER PWD SHELL LANG HOSTNAME TMPDIR EOF PPID RANDOM SECONDS UID LASTEXITCODE".split())
_MARKS = (
    "ERROR INFO WARN WARNING DEBUG TRACE FATAL CRITICAL OK FAIL FAILED PASS PASSED SUCCESS NOTE TODO FIXME URGENT RESOLVED "
    "ALERT UPDATE HOTFIX ROLLBACK INCIDENT EMERGENCY OUTAGE MAINTENANCE NOTICE WIP RFC X x"
)
_NO_BLANK = re.compile(
    rf"^({_MARKS.replace(' ', '|')})$|^(skip[ -]ci|ci[ -]skip|no[ -]ci|action required)$|"
    r"^[A-Za-z]-[A-Za-z0-9]|^[a-z0-9_-]+(, ?[a-z0-9_-]+)+$|^\w+(,\w+)+$"
)
"""Brackets that are a mark in front of a message, a class of characters or a list of words."""


def find(text: str) -> dict[str, int]:
    """Returns each placeholder as written with its number of occurrences."""
    found: dict[str, int] = {}

    def add(raw: str) -> None:
        found[raw] = found.get(raw, 0) + 1

    for match in _ANGLE.finditer(text):
        if match.start() and text[match.start() - 1].isalpha() and _is_type(match.group("inside")):
            continue
        inside = match.group("inside").strip().rstrip("/").strip()
        if (
            inside.split()[0].lower() not in _HTML
            and not inside.lower().startswith(("http", "mailto"))
            and not _is_mail(inside)
            and not _COMPONENT.fullmatch(match.group("inside"))
        ):
            add(match.group(0))
    for match in _BRACES.finditer(text):
        add(match.group(0))
    for match in _PATH_PIECE.finditer(text):
        add(match.group(1))
    if "{" in text:
        for_people = _for_people(text)
        for match in _ONE_BRACE.finditer(for_people):
            add(match.group(0))
        for match in _HYPHENS.finditer(text):
            if match.group(0) not in for_people:
                add(match.group(0))
    for match in _BRACKET.finditer(text):
        if not _NO_BLANK.search(match.group("inside")) and not _is_ini_section(text, match):
            add(match.group(0))
    asked = [name for match in _VARIABLE.finditer(text) if (name := match.group("name")) not in _USUAL]
    given = _given(text) if asked else set()
    for name in asked:
        if name not in given:
            add("$" + name)
    return found


def _for_people(text: str) -> str:
    """Returns the prose and the blocks of plain text of a document, without its programs and settings."""
    kept: list[str] = []
    inside = False
    language = ""
    for line in text.split("\n"):
        match = _FENCE_LINE.match(line)
        if match is not None:
            inside = not inside
            language = match.group("language").lower() if inside else ""
        elif language in _FOR_PEOPLE:
            kept.append(line)
    return "\n".join(kept)


_TYPES = frozenset("void string number boolean bool int float any unknown never object byte char long double".split())


def _is_type(inside: str) -> bool:
    """Says whether what stands in angles behind a letter is the type of `List<String>`, not the blank of `v<VERSION>`."""
    return inside in _TYPES or (inside[0].isupper() and not (len(inside) > 2 and inside == inside.upper()))


def _given(text: str) -> set[str]:
    """Returns the variables that the document itself gives a value: `NAME=`, `${NAME:-value}`, `read NAME`, `for NAME in`."""
    before = f"\n{text}".split("=")[:-1]
    assigned = {match.group() for piece in before if (match := _ASSIGNED.search(piece[-62:]))}
    return assigned | {name for match in _GIVEN.finditer(text) for name in match.groups() if name}


_SECTIONS = frozenset(["Unit", "Service", "Install", "Timer", "package", "mysqld", "server", "default"])
_SETTING = re.compile(r"\s*(?:[#;][^\n]*\n\s*)*[\w.-]+[ \t]*=")


def _is_ini_section(text: str, match: re.Match[str]) -> bool:
    """Says whether the bracket is a line of its own with one word and settings below it."""
    start, end = match.span()
    alone = text[start - 1 : start] in ("", "\n") and text[end : end + 1] in ("", "\n")
    word = match.group("inside")
    return alone and " " not in word and (word in _SECTIONS or bool(_SETTING.match(text, end, end + 400)))


_COMPONENT = re.compile(r"[A-Z][a-z]+[A-Z]\w* ?/")
"""What a program draws: `<SideBar />`."""


def _is_mail(inside: str) -> bool:
    return "@" in inside and " " not in inside
