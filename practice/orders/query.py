"""GraphQL text → selections. A subset, but a real one: nested fields, aliases, arguments and variables.

Fragments, directives, mutations and subscriptions are refused with a sentence, never half understood.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""[\s,\ufeff]+ | \#[^\n]* |
    (?P<string>"(?:[^"\\\n]|\\.)*") | (?P<number>-?\d+(?:\.\d+)?) | (?P<name>[_A-Za-z]\w*) |
    (?P<mark>\.\.\.|[{}()\[\]:$!=@|&])""",
    re.VERBOSE,
)
MAX_DEPTH = 12
KEYWORDS = {"true": True, "false": False, "null": None}


class QueryError(Exception):
    """The document cannot be answered; the message goes into `errors`."""


@dataclass(frozen=True)
class Field:
    """One selected field: `key` is the alias or the name."""

    name: str
    key: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    selections: tuple["Field", ...] = ()


@dataclass(frozen=True)
class Variable:
    """`$name` where an argument's value is expected; bound when the query runs."""

    name: str


def parse(text: str) -> tuple[Field, ...]:
    """The root selections of the one query in the document; raises QueryError."""
    return _Reader(text).document()


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def document(self) -> tuple[Field, ...]:
        if self._peek() != "{":
            word = self._next()
            if word != "query":
                raise QueryError(f"Only queries are answered here, not {word!r}.")
            if self._peek() not in ("{", "("):
                self._next()
            self._skip_variable_definitions()
        selections = self._selections(1)
        if self._peek() is not None:
            raise QueryError(f"One operation a document, please: {self._peek()!r} stands after the query.")
        return selections

    def _skip_variable_definitions(self) -> None:
        if self._peek() != "(":
            return
        while self._next() != ")":
            pass

    def _selections(self, depth: int) -> tuple[Field, ...]:
        if depth > MAX_DEPTH:
            raise QueryError(f"The query is nested more than {MAX_DEPTH} levels deep.")
        self._expect("{")
        fields = []
        while self._peek() != "}":
            fields.append(self._field(depth))
        self._next()
        if not fields:
            raise QueryError("A selection needs at least one field.")
        return tuple(fields)

    def _field(self, depth: int) -> Field:
        key = name = self._name()
        if self._peek() == ":":
            self._next()
            name = self._name()
        arguments = self._arguments() if self._peek() == "(" else {}
        selections = self._selections(depth + 1) if self._peek() == "{" else ()
        return Field(name, key, arguments, selections)

    def _arguments(self) -> dict[str, object]:
        self._expect("(")
        found: dict[str, object] = {}
        while self._peek() != ")":
            name = self._name()
            self._expect(":")
            found[name] = self._value()
        self._next()
        return found

    def _value(self) -> object:
        word = self._next()
        if word == "$":
            return Variable(self._name())
        if word == "[":
            values = []
            while self._peek() != "]":
                values.append(self._value())
            self._next()
            return values
        if word.startswith('"'):
            return re.sub(r"\\(.)", r"\1", word[1:-1])
        if re.fullmatch(r"-?\d+", word):
            return int(word)
        if re.fullmatch(r"-?\d+\.\d+", word):
            return float(word)
        return KEYWORDS.get(word, word)

    def _name(self) -> str:
        word = self._next()
        if word == "...":
            raise QueryError("Fragments are not answered here.")
        if not re.fullmatch(r"[_A-Za-z]\w*", word):
            raise QueryError(f"A name was expected, not {word!r}.")
        return word

    def _expect(self, mark: str) -> None:
        word = self._next()
        if word != mark:
            raise QueryError(f"{mark!r} was expected, not {word!r}.")

    def _peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _next(self) -> str:
        word = self._peek()
        if word is None:
            raise QueryError("The query ends too early.")
        self._at += 1
        return word


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise QueryError(f"The character {text[at]!r} is not understood.")
        if match.lastgroup:
            found.append(match.group())
        at = match.end()
    return found
