"""Warns of what is legal but unwise in a compiled plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plans.document import lint_backups, lint_commands, lint_promises, lint_proofs
from plans.document.finding import Findings

if TYPE_CHECKING:
    from plans.document.document import PlanDocument


def look(compiled: dict[str, Any], document: PlanDocument, findings: Findings) -> None:
    """Adds every warning to the findings."""
    lint_commands.look(compiled, findings)
    lint_backups.look(compiled, findings)
    lint_proofs.look(compiled, findings)
    lint_proofs.look_at_words(document, findings)
    _alternatives(document, findings)
    lint_promises.look(compiled, document, findings)


def _alternatives(document: PlanDocument, findings: Findings) -> None:
    """Names the ways of one step that words alone make alternatives: somebody should look whether that is meant."""
    for level in document.parts.levels:
        for step in level.steps:
            guessed = [fence for fence in step.fences if fence.alternative and "for=" not in fence.attributes]
            if len(step.alternatives) > 1 and guessed:
                findings.warn(
                    guessed[0].first,
                    "alternatives",
                    f"“{step.title}” is read as {len(step.alternatives)} alternatives of which a target takes one: "
                    f"{', '.join(step.alternatives)}.",
                    "Write each in a fence of its own with `for=`.",
                )
