"""Collects problems and warnings while a plan is compiled, so that all of them are told at once."""

from __future__ import annotations

from plans.document.problems import Lint, Problem


class Findings:
    """What was found so far; the same thing is told once."""

    def __init__(self, problems: tuple[Problem, ...] = (), lint: tuple[Lint, ...] = ()) -> None:
        self._problems = dict.fromkeys(problems)
        self._lint = dict.fromkeys(lint)

    @property
    def problems(self) -> list[Problem]:
        """Returns the problems in the order of the document."""
        return sorted(self._problems)

    @property
    def lint(self) -> list[Lint]:
        return sorted(self._lint)

    def problem(self, line: int, message: str, hint: str = "") -> None:
        self._problems[Problem(max(line, 1), message, hint)] = None

    def warn(self, line: int, code: str, message: str, hint: str = "") -> None:
        self._lint[Lint(max(line, 1), code, message, hint)] = None
