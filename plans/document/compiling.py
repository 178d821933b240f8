"""Compiles a plan: strict where reading was generous."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plans.document.problems import Lint, Problem

if TYPE_CHECKING:
    from plans.document.document import PlanDocument


@dataclass(frozen=True)
class Compilation:
    """A compiled plan; it may run when `problems` is empty."""

    problems: list[Problem] = field(default_factory=list)
    lint: list[Lint] = field(default_factory=list)
    compiled: dict[str, Any] = field(default_factory=dict)


def compile_plan(document: PlanDocument) -> Compilation:
    return Compilation(list(document.refusals), list(document.warnings), {})
