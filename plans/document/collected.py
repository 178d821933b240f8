"""The parts of a plan while the reader finds them; frozen at the end of one reading."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from plans.document import checklists
from plans.document.actions import finish, step_fence
from plans.document.blocks import Fence, Html, Listing, Quote, Section, Table, fences_in
from plans.document.notes import Notes
from plans.document.plan import (
    Contact,
    KnownIssue,
    MatrixRow,
    Phase,
    Resource,
    RevisionRow,
    Risk,
    Said,
    ScheduleEntry,
    Script,
    Template,
)
from plans.document.step import Step


@dataclass
class Collected:
    """The parts while they are collected; the reader freezes them at the end."""

    matrix: list[MatrixRow] = field(default_factory=list)
    risks: list[Risk] = field(default_factory=list)
    criteria: list[Step] = field(default_factory=list)
    first_looks: list[Step] = field(default_factory=list)
    """What is verified among the actions right after a rollback; the validation where no other is written."""
    before_going_forward: list[Section] = field(default_factory=list)
    """Boxes to tick before a deployment or an upgrade; the checks before a rollback where no other are written."""
    triggers: list[Said] = field(default_factory=list)
    negative: list[Said] = field(default_factory=list)
    pre_checks: list[Step] = field(default_factory=list)
    validations: list[Step] = field(default_factory=list)
    restore: list[Step] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    templates: list[Template] = field(default_factory=list)
    schedule: list[ScheduleEntry] = field(default_factory=list)
    issues: list[KnownIssue] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    resources: list[Resource] = field(default_factory=list)
    revisions: list[RevisionRow] = field(default_factory=list)
    summary: list[Said] = field(default_factory=list)
    follow_up: list[Said] = field(default_factory=list)
    texts: list[Said] = field(default_factory=list)
    script: Script | None = None

    def fill_gaps(self, notes: Notes) -> None:
        """Takes what stands for a missing list: criteria for checks after, the boxes before a deployment for checks before."""
        if not self.validations:
            self.validations = self.criteria or self.first_looks
        if not self.pre_checks:
            self.pre_checks = [
                step for section in self.before_going_forward for step in checklists.read_checklist(section, notes)
            ]
            for step in self.pre_checks[:1]:
                notes.infer(step.line, "Asked before going forward; nothing else is asked before a rollback.")

    def keep_texts(self, section: Section, notes: Notes) -> None:
        """Keeps the running text of a part as its notes."""
        for current in section.walk():
            for block in current.blocks:
                if not isinstance(block, Fence | Listing | Html | Quote | Table) and block.line not in notes.claimed:
                    notes.claim(block.line, block.end_line)
                    self.texts.append(Said(block.line, block.text))

    def reads(self, root: Section, used: set[int], notes: Notes) -> tuple[Step, ...]:
        """Returns the fences that say something about themselves and stand in no procedure: others name them."""
        steps: list[Step] = []
        for section in root.walk():
            for fence in fences_in(section.blocks):
                if fence.attributes and fence.line not in used:
                    notes.claim(section.line)
                    notes.claim(fence.line, fence.end_line)
                    self.keep_texts(replace(section, children=()), notes)
                    steps.append(
                        finish(
                            Step(
                                fence.line,
                                fence.end_line,
                                str(len(steps) + 1),
                                section.title,
                                "block",
                                (step_fence(fence),),
                            ),
                            notes,
                        )
                    )
        return tuple(steps)
