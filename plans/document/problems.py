"""A problem of a plan: where, what, and what to do. Problems are told all at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """Something that keeps a plan from running."""

    line: int
    message: str
    hint: str

    def to_json(self) -> dict[str, object]:
        return {"line": self.line, "message": self.message, "hint": self.hint}

    def sentence(self, name: str) -> str:
        return f"{name}:{self.line}: {self.message} {self.hint}".rstrip()


@dataclass(frozen=True, order=True)
class Lint:
    """Something legal but unwise."""

    line: int
    code: str
    message: str
    hint: str = ""

    def to_json(self) -> dict[str, object]:
        return {"line": self.line, "code": self.code, "message": self.message, "hint": self.hint}

    def sentence(self, name: str) -> str:
        return f"{name}:{self.line}: {self.message} {self.hint}".rstrip() + f" [{self.code}]"
