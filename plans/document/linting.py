"""Warns of what is legal but unwise in a compiled plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plans.document import lint_commands, lint_promises, lint_proofs
from plans.document.finding import Findings

if TYPE_CHECKING:
    from plans.document.document import PlanDocument


def look(compiled: dict[str, Any], document: PlanDocument, findings: Findings) -> None:
    """Adds every warning to the findings."""
    lint_commands.look(compiled, findings)
    lint_proofs.look(compiled, findings)
    lint_promises.look(compiled, document, findings)
