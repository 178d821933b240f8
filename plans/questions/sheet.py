"""A text with everything that was found in it, at hand for the questions."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from plans.document import inline, read_plan
from plans.document.blocks import Fence, every_fence
from plans.document.crossing import every_step
from plans.document.problems import Lint, Problem


class Sheet:
    """Lines count from 1, as in every message."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.document = read_plan(text)
        self.compilation = self.document.compile()

    @property
    def problems(self) -> list[Problem]:
        return sorted(self.compilation.problems)

    @property
    def lint(self) -> list[Lint]:
        return sorted(self.compilation.lint)

    @property
    def compiled(self) -> dict[str, Any]:
        return self.compilation.compiled

    @cached_property
    def steps(self) -> list[dict[str, Any]]:
        """Every compiled step."""
        return list(every_step(self.compiled)) if self.compiled.get("levels") is not None else []

    @cached_property
    def fences(self) -> list[Fence]:
        return every_fence(self.document.root)

    def fence_at(self, line: int) -> Fence | None:
        """The fence that holds this line, its marks included."""
        return next((fence for fence in self.fences if fence.line <= line <= fence.end_line), None)

    def line(self, number: int) -> str:
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def region(self, line: int) -> tuple[int, int]:
        """The lines that belong together around this one: its fence, else the paragraph that it stands in."""
        fence = self.fence_at(line)
        if fence is not None:
            return fence.line, fence.end_line
        first = last = max(1, min(line, len(self.lines)))
        if self.line(first).lstrip().startswith(("#", "|")):
            return first, first
        if first <= self.document.header.end_line:
            return 1, self.document.header.end_line
        while last < len(self.lines) and self.line(last + 1).strip() and last - first < 20:
            last += 1
        return first, last

    def reads(self) -> list[dict[str, Any]]:
        """The steps that only read and can be asked: proofs, and sources of values."""
        asked = ("shell", "exec", "http", "graphql", "check", "file")
        return [step for step in self.steps if step["effect"] == "read" and step["kind"] in asked]

    def words_above(self, line: int) -> str:
        """The nearest line of words above: what a person sees over a block."""
        for number in range(line - 1, max(0, line - 8), -1):
            text = inline.plain(self.line(number).strip().lstrip("#>-+ ")).rstrip(" :：").strip()
            if text and not text.startswith(("```", "~~~", "|")):
                return text[:90]
        return ""
