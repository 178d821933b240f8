"""Collects problems, warnings and inferences while a plan is compiled, so that all of them are told at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from plans.document.problems import Lint, Problem


@dataclass
class Findings:
    problems: list[Problem] = field(default_factory=list)
    lint: list[Lint] = field(default_factory=list)

    def problem(self, line: int, message: str, hint: str = "") -> None:
        found = Problem(max(line, 1), message, hint)
        if found not in self.problems:
            self.problems.append(found)

    def warn(self, line: int, code: str, message: str, hint: str = "") -> None:
        found = Lint(max(line, 1), code, message, hint)
        if found not in self.lint:
            self.lint.append(found)
