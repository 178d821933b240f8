"""Compiles a plan: strict where reading was generous. The result is plain data that the engine and the pages share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plans.document import crossing, escalations, linting, refusing
from plans.document.blocks import Html, Section, Table, every_block, every_fence
from plans.document.fence_steps import Context
from plans.document.finding import Findings
from plans.document.header import Header
from plans.document.plan import Level
from plans.document.problems import Lint, Problem
from plans.document.step import Step
from plans.document.stepping import compile_steps
from plans.document.tasks import compile_phases

if TYPE_CHECKING:
    from plans.document.document import PlanDocument

FORMAT = 1


@dataclass(frozen=True)
class Compilation:
    """A compiled plan; it may run when `problems` is empty. `compiled` is filled as far as it was understood."""

    problems: list[Problem] = field(default_factory=list)
    lint: list[Lint] = field(default_factory=list)
    compiled: dict[str, Any] = field(default_factory=dict)
    inferences: list[tuple[int, str]] = field(default_factory=list)


def compile_plan(document: PlanDocument) -> Compilation:
    """Returns the compiled plan with every problem and warning at once."""
    findings = Findings(document.refusals, document.warnings)
    header = Header(document.header, findings)
    maker = _Maker(document, header, findings)
    compiled = maker.make()
    if document.is_too_large:
        return Compilation(findings.problems, [], compiled)
    _check_document(document, findings)
    if crossing.has_too_many(compiled, findings):
        return Compilation(findings.problems, findings.lint, compiled, sorted(maker.inferred))
    crossing.check(compiled, header, document, findings)
    linting.look(compiled, document, findings)
    compiled["lint"] = [found.to_json() for found in findings.lint]
    return Compilation(findings.problems, findings.lint, compiled, sorted(maker.inferred))


class _Maker:
    """Builds the compiled dictionary from the parts."""

    def __init__(self, document: PlanDocument, header: Header, findings: Findings) -> None:
        self.document = document
        self.parts = document.parts
        self.header = header
        self.findings = findings
        self.named = crossing.names_in_use(document)
        self.inferred: list[tuple[int, str]] = []

    def make(self) -> dict[str, Any]:
        parts, header = self.parts, self.header
        levels = [self._level(level) for level in parts.levels]
        compiled: dict[str, Any] = {
            "format": FORMAT,
            "title": self.document.title,
            "purpose": parts.metadata.get("Purpose", ""),
            "service": header.service,
            "sha256": self.document.sha256,
            "metadata": dict(parts.metadata),
            "deployments": [],
            "params": header.params,
            "facts": header.facts,
            "signals": header.signals,
            "watch": header.watch,
            "tasks": header.tasks,
            "contacts_next_after": header.next_after,
            "roles": header.roles,
            "levels": levels,
            "restore": self._steps(parts.restore, "restore", "restore-s"),
            "evidence": self._steps(parts.pre_checks, "evidence", "evidence-"),
            "checks": self._steps(parts.validations, "checks", "check-"),
            "reads": self._steps(parts.reads, "reads", "read-"),
            "matrix": [
                {
                    **row.to_json(),
                    "path": [turn.to_json() for turn in row.path],
                    "timeframe_seconds": row.timeframe_seconds,
                    "symptom": row.symptom,
                    "severity": row.severity,
                    "action": row.action,
                    "timeframe": row.timeframe,
                }
                for row in parts.matrix
            ],
            "risks": [risk.to_json() for risk in parts.risks],
            "phases": compile_phases(parts.phases, header, self.findings),
            "template": self._template(),
            "schedule": [{**entry.to_json(), "environment": entry.environment} for entry in parts.schedule],
            "known_issues": [issue.to_json() for issue in parts.known_issues],
            "contacts": [contact.to_json() for contact in parts.contacts],
            "resources": [resource.to_json() for resource in parts.resources],
            "revisions": [revision.to_json() for revision in parts.revisions],
            "test_script": parts.test_script.to_json() if parts.test_script else None,
            "lint": [],
        }
        escalations.from_matrix(compiled["levels"], parts.matrix, self.inferred)
        compiled["deployments"] = list(
            dict.fromkeys(step["for"] for step in crossing.every_step(compiled) if step["for"])
        )
        return compiled

    def _steps(self, steps: tuple[Step, ...], place: str, prefix: str) -> list[dict[str, Any]]:
        context = Context(place, prefix, self.header, self.findings, self.named, self.inferred)
        return compile_steps(steps, context)

    def _level(self, level: Level) -> dict[str, Any]:
        for fence in level.stray:
            self.findings.warn(
                fence.line,
                "loose-fence",
                "The fence stands outside any step and is read as documentation.",
                "Put it into an item, or give it attributes.",
            )
            refusing.refuse_text(fence, self.findings)
        persists = level.persists
        return {
            "number": level.number,
            "name": level.name,
            "title": level.title,
            "line": level.line,
            "end_line": level.end_line,
            "promise_text": level.promise.text if level.promise else None,
            "promise_seconds": level.promise.seconds if level.promise else None,
            "when_to_use": [said.text for said in level.when_to_use],
            "prerequisites": [said.text for said in level.prerequisites],
            "impact": [{"mark": impact.mark, "text": impact.text} for impact in level.impact],
            "steps": self._steps(level.steps, "level", f"l{level.number}-s"),
            "undo": self._steps(level.undo, "undo", f"l{level.number}-u"),
            "escalates_to": persists.level if persists else None,
            "escalation_wait_seconds": persists.wait if persists else None,
        }

    def _template(self) -> dict[str, Any] | None:
        found = next(iter(self.parts.templates), None)
        if found is None:
            return None
        return {
            "line": found.line,
            "subject": found.subject,
            "body": found.body,
            "fields": [blank.to_json() for blank in found.fields],
        }


def _check_document(document: PlanDocument, findings: Findings) -> None:
    """Refuses what is wrong with the document as a whole, whatever part it stands in."""
    for section in document.root.walk():
        _check_tables(section, findings)
        for block in every_block(section.blocks):
            if isinstance(block, Html) and not block.body.lstrip().startswith("<!--"):
                findings.warn(block.line, "html", "The HTML block is passed over.", "Write it as Markdown.")
    for fence in every_fence(document.root):
        if not fence.closed and not fence.indented:
            findings.problem(
                fence.line, "The fence is never closed.", "End it with the same marks on a line of their own."
            )


def _check_tables(section: Section, findings: Findings) -> None:
    for block in every_block(section.blocks):
        if not isinstance(block, Table):
            continue
        for row in block.rows:
            if row.written != len(block.headers):
                findings.problem(
                    row.line,
                    f"The table row has {row.written} cells and its header {len(block.headers)}.",
                    "Add or remove cells; write `\\|` for a bar inside one.",
                )  # fmt: skip
