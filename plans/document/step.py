"""A step as it was read, with the fences that belong to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StepFence:
    """A fence as a part of a step; a piece cut at a comment keeps the fence's line, and its own first line."""

    line: int
    first: int
    language: str
    role: str
    body: str
    attributes: str = ""
    closed: bool = True
    indented: bool = False
    alternative: str = ""
    title: str = ""

    def to_json(self) -> dict[str, object]:
        return {"line": self.line, "language": self.language, "role": self.role}


@dataclass(frozen=True)
class Approval:
    line: int
    text: str


@dataclass(frozen=True)
class Step:
    """One action of a procedure, or one item of a checklist or a validation."""

    line: int
    end_line: int
    number: str
    title: str
    form: str
    """Where it was read from: ordered, heading, label, checkbox, comment, block, bullet."""
    fences: tuple[StepFence, ...] = ()
    words: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    approval: Approval | None = None
    kind: str = "manual"
    effect: str = "once"
    depends: bool = False
    """Cut from one block whose pieces need each other (a variable, a folder): it reads as steps and cannot run as such."""

    def to_json(self) -> dict[str, object]:
        return {
            "line": self.line,
            "number": self.number,
            "title": self.title,
            "kind": self.kind,
            "effect": self.effect,
            "alternatives": list(self.alternatives),
            "fences": [fence.to_json() for fence in self.fences],
        }
