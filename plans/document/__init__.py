"""Reads a team's Markdown rollback plan and compiles it; knows no Django."""

from plans.document.compiling import Compilation
from plans.document.document import PlanDocument, read_plan
from plans.document.problems import Lint, Problem

__all__ = ["Compilation", "Lint", "PlanDocument", "Problem", "read_plan"]
