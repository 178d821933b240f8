"""Reads shell text just far enough: logical lines, comments, simple commands and their words. Runs nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

PLACEHOLDER = re.compile(r"(?<!\(\?P)(?<!<)<([A-Za-z][A-Za-z0-9_.-]{0,63})>")
"""A parameter reference that may compile: one word in angle brackets; no group of a regular expression, no `<<HERE`."""
LOOSE_PLACEHOLDER = re.compile(r"(?<![<\w])<([A-Za-z][A-Za-z0-9_.\/|-]*(?: [A-Za-z0-9_.\/|-]+){1,7})>")
"""What a person means as a placeholder, words with spaces too."""

_HEREDOC = re.compile(r"<<(?P<dash>-?)\s*(?P<quote>['\"]?)(?P<word>[A-Za-z_][A-Za-z0-9_]*)(?P=quote)")
_STATE = re.compile(r"\\.|['\"]|(?<![^\s;&|()])#|\\$", re.DOTALL)
_MARKED = re.compile(r"['\"#\\]")
"""What a line must hold for a quote, a comment or a line that goes on behind a backslash."""
_PLAIN_STATE = re.compile(r"['\"]|(?<![^\s;&|()])#")
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<op>&&|\|\||\|&|\||;;|;|&>>|&>|\d*>>|\d*>&|\d*<&|<<-|<<<|<<|\d*>\||<>|\d*>|\d*<|&|\(|\))"
    r"|(?P<word>(?:'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.|\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`|[^\s;&|()<>'\"\\`])+)|(?P<odd>.)",
    re.DOTALL,
)
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_STOPS = frozenset({"&&", "||", "|", "|&", ";", ";;", "&", "(", ")"})
WITHOUT_ESCAPES = frozenset({"powershell", "ps1", "pwsh", "cmd", "bat", "batch"})
"""Shells in which a backslash is only a backslash."""
CONTROL = frozenset(
    [
        "if",
        "then",
        "else",
        "elif",
        "fi",
        "for",
        "while",
        "until",
        "do",
        "done",
        "case",
        "esac",
        "{",
        "}",
        "function",
        "select",
        "[[",
        "!",
    ]
)
PREFIXES = frozenset(
    ["sudo", "time", "nohup", "env", "exec", "command", "nice", "ionice", "timeout", "setsid", "runuser", "stdbuf"]
)


@dataclass(frozen=True)
class Logical:
    """One logical line: a comment, an empty line, or a whole command with its continuations; `offset` counts from 0."""

    offset: int
    text: str
    is_comment: bool = False

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()

    @property
    def words(self) -> str:
        """Returns a comment's words without its marks."""
        return self.text.strip().lstrip("#").removeprefix("//").removeprefix("-- ").strip()


@lru_cache(maxsize=1024)
def logical_lines(body: str, *, posix: bool = True) -> tuple[Logical, ...]:
    """Returns the logical lines; quotes, backslashes, trailing pipes and here-documents join what belongs together."""
    lines, position = body.split("\n"), 0
    found: list[Logical] = []
    if lines and lines[-1] == "":
        lines.pop()
    while position < len(lines):
        start, text = position, lines[position]
        position += 1
        stripped = text.lstrip()
        is_comment = stripped.startswith(("#", "// ", "//\t", "-- ")) and not (stripped.startswith("#!") and start == 0)
        if not stripped or is_comment:
            found.append(Logical(start, text, bool(stripped)))
            continue
        quote, joined = _scan(text, "", posix)
        parts = [text]
        while (quote or joined) and position < len(lines):
            parts.append(lines[position])
            quote, joined = _scan(lines[position], quote, posix)
            position += 1
        heredoc = _HEREDOC.search(parts[-1]) if posix else None
        if heredoc is not None:
            end = heredoc.group("word")
            while position < len(lines):
                parts.append(lines[position])
                position += 1
                if parts[-1].strip() == end:
                    break
        found.append(Logical(start, "\n".join(parts)))
    return tuple(found)


def _scan(line: str, quote: str, posix: bool) -> tuple[str, bool]:
    """Returns (the quote still open after the line, whether the command goes on)."""
    if not quote and not _MARKED.search(line):
        return "", line.rstrip().endswith(("|", "&&") if posix else ("`", "|"))
    end = len(line)
    for match in (_STATE if posix else _PLAIN_STATE).finditer(line):
        mark = match.group(0)
        if mark == "#" and not quote:
            end = match.start()
            break
        if mark in "'\"":
            quote = mark if not quote else "" if quote == mark else quote
    tail = line[:end].rstrip()
    if not posix:
        return quote, not quote and tail.endswith(("`", "|"))
    slashes = len(tail) - len(tail.rstrip("\\"))
    return quote, not quote and (slashes % 2 == 1 or tail.endswith(("|", "&&")))


@dataclass(frozen=True)
class Command:
    """One simple command: its words as written, the operators around it, its redirections."""

    words: tuple[str, ...]
    redirects: tuple[tuple[str, str], ...]
    after: str
    """The operator behind it: | && || ; & or nothing."""

    @property
    def assignments(self) -> tuple[str, ...]:
        taken = []
        for word in self.words:
            if not _ASSIGNMENT.match(word):
                break
            taken.append(word)
        return tuple(taken)

    @property
    def argv(self) -> tuple[str, ...]:
        """Returns the words after assignments."""
        return self.words[len(self.assignments) :]

    @property
    def bare(self) -> tuple[str, ...]:
        """Returns the words from the real command on: sudo, env, timeout and their options are passed over."""
        rest = list(self.argv)
        while rest and rest[0].rsplit("/", 1)[-1] in PREFIXES:
            head = rest.pop(0).rsplit("/", 1)[-1]
            while rest and (rest[0].startswith("-") or _ASSIGNMENT.match(rest[0])):
                option = rest.pop(0)
                if head == "sudo" and option in ("-u", "-g", "--user", "--group") and rest:
                    rest.pop(0)
            if head == "timeout" and rest:
                rest.pop(0)
        return tuple(rest)

    @property
    def name(self) -> str:
        """Returns the program's name without its folder and quotes."""
        return self.bare[0].strip("'\"").rsplit("/", 1)[-1] if self.bare else ""


def commands(text: str) -> list[Command]:
    """Returns the simple commands of one logical line; placeholders count as parts of words."""
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(match.group(0))
        return f"\ue010{len(held) - 1}\ue011"

    first = text.split("\n", 1)[0] if _HEREDOC.search(text) else text
    source = PLACEHOLDER.sub(hold, first.replace("\\\n", " "))
    back = re.compile("\ue010(\\d+)\ue011")

    def restore(word: str) -> str:
        return back.sub(lambda match: held[int(match.group(1))] if int(match.group(1)) < len(held) else "", word)

    found: list[Command] = []
    words: list[str] = []
    redirects: list[tuple[str, str]] = []
    pending = ""
    for kind, value in _tokens(source):
        if kind == "word":
            value = restore(value)
            if pending:
                redirects.append((pending, value))
                pending = ""
            else:
                words.append(value)
        elif value in _STOPS:
            if words or redirects:
                found.append(Command(tuple(words), tuple(redirects), value))
            words, redirects, pending = [], [], ""
        else:
            pending = value
    if words or redirects:
        found.append(Command(tuple(words), tuple(redirects), ""))
    return found


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(source):
        kind = match.lastgroup or "odd"
        value = match.group(0)
        if kind == "word" and value.startswith("#"):
            return
        if kind in ("word", "op"):
            yield kind, value
        elif kind == "odd":
            yield "word", value


def uncomment(body: str) -> str:
    """Returns only the lines that would run."""
    return "\n".join(line.text for line in logical_lines(body) if not line.is_comment and not line.is_blank)


def prompt_commands(body: str) -> str:
    """Returns the commands of a console transcript: what stands behind `$ ` (or `# ` at a root prompt is a comment)."""
    return "\n".join(line[2:] for line in body.split("\n") if line.startswith("$ "))
