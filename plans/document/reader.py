"""Reads a whole document: every section goes to the part that its heading names, the rest is kept as not understood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from plans.document import (
    belonging,
    checklist_parts,
    checklists,
    contacts,
    joining,
    keeping,
    levels,
    people,
    procedures,
    tables,
    telling_apart,
    triggers,
    words,
)
from plans.document.blocks import Listing, Section, Table
from plans.document.collected import Collected
from plans.document.notes import Notes
from plans.document.plan import Parts, Said
from plans.document.step import Step
from plans.document.steps import every_text, read_steps

_BESIDE_STEPS = frozenset(
    {"contacts", "matrix", "revisions", "known_issues", "not_triggers", "schedule", "communication", "template"}
)
"""Parts that stand under the heading of a procedure and are none of its steps."""


def _place(section: Section) -> tuple[int, int]:
    """Returns what tells a section from all others, also from a copy of it with fewer children."""
    return section.line, section.depth


class Reader:
    """One reading of one document."""

    def __init__(self, root: Section, notes: Notes, *, is_plan: bool = False) -> None:
        self.root = root
        self.notes = notes
        self.found = Collected()
        title = next((section.title for section in root.walk() if section.depth == 1), "")
        self.is_about_rollback = is_plan or words.speaks_of_rollback(title) or words.is_container(title)

    def read(self) -> Parts:
        """Returns the parts; everything that found no place stays in the notes' gaps."""
        sections = procedures.find(self.root)
        read = tuple(levels.read(section, place, self.notes) for place, section in enumerate(sections, 1))
        read = telling_apart.told_apart(joining.join_twins(read, self.notes), self.root)
        read = joining.join_times(read, self.root, self.notes)
        self.is_about_rollback |= any(words.level_word(section.title) for section in sections)
        self._taken = {_place(section) for section in sections}
        self._steps = {_place(child) for section in sections for child in section.children if section.depth == 1}
        self._asked: dict[int, list[Said]] = {}
        self._walk(self.root, "", self.is_about_rollback)
        read = tuple(
            replace(level, prerequisites=(*self._asked.get(level.line, ()), *level.prerequisites)) for level in read
        )
        self._loose_parts()
        self.found.fill_gaps(self.notes)
        if not self.found.contacts:
            named = (contacts.in_passing(section, self.notes) for section in self.root.walk())
            self.found.contacts = next((people for people in named if people), [])
        self.found.schedule = self.found.schedule or keeping.schedule_in_passing(self.root, self._ends(), self.notes)
        metadata = keeping.read_metadata(self._ends(), self.notes)
        found = self.found
        used = {fence.line for step in self._all_steps(read) for fence in step.fences} | {
            fence.line for level in read for fence in level.stray
        }
        return Parts(
            read, tuple(found.restore), tuple(found.matrix), tuple(found.risks), tuple(found.triggers), tuple(found.negative),
            tuple(found.pre_checks), tuple(found.validations), found.reads(self.root, used, self.notes), tuple(found.phases),
            tuple(found.templates), tuple(found.schedule), tuple(found.issues), tuple(found.contacts), tuple(found.resources),
            tuple(found.revisions), tuple(found.summary), tuple(found.follow_up), tuple(found.texts), found.script, metadata,
        )  # fmt: skip

    def _all_steps(self, read: tuple[levels.Level, ...]) -> list[Step]:
        return (
            [step for level in read for step in (*level.steps, *level.undo)]
            + self.found.restore
            + self.found.pre_checks
            + self.found.validations
        )

    def _ends(self) -> list[Section]:
        """Returns the sections that may hold the document's own header and footer lines."""
        every = list(self.root.walk())
        return [*every[:2], *every[-1:]]

    def _walk(self, section: Section, inherited: str, inside: bool) -> None:
        """Gives a section to its part, then goes down; `inside` says that the document or a heading above is about rollback."""
        if _place(section) in self._taken:
            for child in section.children:
                beside = section.depth == 1 and _place(child) not in self._steps
                if beside or words.part_of(child.title) in _BESIDE_STEPS or words.names_cases(child.title):
                    self._walk(child, "", True)
                elif words.part_of(child.title) == "triggers":
                    self._matrix_tables(child, tables.answers_cases)
            return
        part = words.part_of(section.title) if section.depth > 0 else ""
        if section.depth == 1 and section.children:
            part = ""
        if part in ("", "practice"):
            part = inherited or checklist_parts.part_of_mixed(section) or part
            part = part or ("known_issues" if belonging.lists_issues(section) else "")
        if belonging.only_sounds_like(part, section.title):
            part = ""
        inside = (inside and not belonging.goes_forward(section)) or words.speaks_of_rollback(section.title)
        if part in ("pre_checks", "validation", "criteria") and not (inside or belonging.is_for_all(section)):
            if part == "pre_checks" and checklists.has_boxes(section):
                self.found.before_going_forward.append(section)
            part = ""  # a guide to deploying keeps its own checks; before a rollback they mean something else
        own = [
            child
            for child in section.children
            if _place(child) not in self._taken and self._stays(part, child, section)
        ]
        if part:
            self._take(part, replace(section, children=tuple(own)))
        else:
            own = []
            if inside:
                self._matrix_tables(section, belonging.matrix_sign(section))
        of_levels = self._is_about_some(section)
        if part not in ("triggers", "not_triggers", "follow_up", "communication", "template") and not of_levels:
            self._add_triggers(triggers.in_passing(section, self.notes))
        kept = {_place(child) for child in own}
        for child in section.children:
            if of_levels and belonging.is_asked_for_some(child, section):
                asked = levels.bullets(every_text(child), ordered=True)
                self._asked.update({deeper.line: asked for deeper in section.walk() if _place(deeper) in self._taken})
                continue
            if of_levels and words.part_of(child.title) in ("triggers", "not_triggers"):
                continue  # "When to use" above some of the procedures speaks of them, not of the document
            if _place(child) not in kept and not belonging.is_repeated(section, child):
                half = checklist_parts.part_of_half(section, child)
                proves = (part == "follow_up" and belonging.proves(child)) or belonging.is_last_phase(child, section)
                self._walk(child, half or ("validation" if proves else ""), inside)

    def _is_about_some(self, section: Section) -> bool:
        """Says whether a heading collects some of the procedures only: "Database rollback" beside others."""
        held = sum(_place(deeper) in self._taken for deeper in section.walk())
        if not held or section.depth < 2:
            return False
        named = words.strictly_back(section.title) or words.is_phase(section.title)
        return words.level_word(section.title) is not None or (held < len(self._taken) and named)

    def _holds_levels(self, section: Section) -> bool:
        return any(_place(deeper) in self._taken for deeper in section.walk())

    def _add_triggers(self, found: triggers.Triggers) -> None:
        self.found.triggers.extend(found[0])
        self.found.negative.extend(found[1])

    def _stays(self, part: str, child: Section, section: Section) -> bool:
        return not self._holds_levels(child) and belonging.stays(part, child, section)

    def _take(self, part: str, section: Section) -> None:
        handler = getattr(self, f"_{part}", None)
        if handler is not None:
            handler(section)

    def _matrix(self, section: Section) -> None:
        for table in (table for current in section.walk() for table in tables.tables_of(current)):
            self.notes.claim(section.line)
            self.found.matrix.extend(tables.matrix_rows(table, self.notes))
        if not any(tables.tables_of(current) for current in section.walk()):
            self._add_triggers(triggers.of_decision(section, self.notes))
        for child in section.children:
            self._add_triggers(triggers.in_passing(child, self.notes))
        self.found.keep_texts(section, self.notes)

    def _risks(self, section: Section) -> None:
        for table in (table for current in section.walk() for table in tables.tables_of(current)):
            self.notes.claim(section.line)
            self.found.risks.extend(tables.risk_rows(table, self.notes))
        self.found.keep_texts(section, self.notes)

    def _revisions(self, section: Section) -> None:
        for table in tables.tables_of(section):
            self.notes.claim(section.line)
            self.found.revisions.extend(tables.revision_rows(table, self.notes))
        for block in section.blocks if not self.found.revisions else ():
            if isinstance(block, Listing):
                self.notes.claim(section.line)
                self.found.revisions.extend(tables.revision_items(block, self.notes))

    def _triggers(self, section: Section) -> None:
        for current in section.walk():
            self._matrix_tables(current, tables.answers_cases)
        self._add_triggers(triggers.read(section, self.notes))

    def _matrix_tables(self, section: Section, is_matrix: Callable[[Table], bool]) -> None:
        """Takes the tables that name what is seen and what is done about it, under whatever heading."""
        for table in tables.tables_of(section):
            if is_matrix(table):
                self.notes.claim(section.line)
                self.found.matrix.extend(tables.matrix_rows(table, self.notes))

    def _not_triggers(self, section: Section) -> None:
        self.notes.claim(section.line, section.end_line)
        self.found.negative.extend(levels.bullets(every_text(section), ordered=True))

    def _pre_checks(self, section: Section) -> None:
        before, after = checklist_parts.halves(section)
        self.found.pre_checks.extend(checklists.read_checklist(before, self.notes))
        if after.blocks:
            self.found.validations.extend(checklists.read_checklist(after, self.notes))
        self.found.keep_texts(section, self.notes)

    def _validation(self, section: Section) -> None:
        items = checklists.read_checklist(section, self.notes)
        if checklist_parts.only_follows(section, items):
            self._follow_up(section)
            return
        self.found.validations.extend(items)
        self.found.keep_texts(section, self.notes)

    def _criteria(self, section: Section) -> None:
        """Criteria of success are the validation where no other is written."""
        items = checklists.read_checklist(section, self.notes)
        self.found.criteria.extend(() if checklist_parts.only_follows(section, items) else items)
        self.found.keep_texts(section, self.notes)

    def _restore(self, section: Section) -> None:
        self.notes.claim(section.line)
        self.found.restore.extend(read_steps(every_text(section), self.notes, prose=True)[0])
        self.found.keep_texts(section, self.notes)

    def _communication(self, section: Section) -> None:
        for current in section.walk():
            self.found.phases.extend(people.read_phases(replace(current, children=()), self.notes))
            self.found.templates.extend(people.read_templates(current, self.notes, only_clear=True, plain_too=True))
        self.notes.claim(section.line)
        self.found.keep_texts(section, self.notes)

    def _template(self, section: Section) -> None:
        for current in section.walk():
            self.found.templates.extend(people.read_templates(current, self.notes, only_clear=False))

    def _contacts(self, section: Section) -> None:
        self.found.contacts = contacts.joined(self.found.contacts, contacts.read_contacts(section, self.notes))

    def _known_issues(self, section: Section) -> None:
        self.found.issues.extend(keeping.read_known_issues(section, self.notes))

    def _schedule(self, section: Section) -> None:
        self.found.schedule.extend(keeping.read_schedule(section, self.notes))
        self.found.keep_texts(section, self.notes)

    def _test_script(self, section: Section) -> None:
        self.found.script = self.found.script or keeping.read_script(section, self.notes)

    def _resources(self, section: Section) -> None:
        self.found.resources.extend(keeping.read_resources(section, self.notes))

    def _summary(self, section: Section) -> None:
        self.found.summary.extend(keeping.read_texts(section, self.notes))

    def _overview(self, section: Section) -> None:
        self.found.texts.extend(keeping.read_texts(section, self.notes))

    def _follow_up(self, section: Section) -> None:
        self.notes.claim(section.line, section.end_line)
        self.found.follow_up.extend(levels.bullets(every_text(section), ordered=True))
        for current in section.walk():
            if words.normal(current.title).startswith("immediate"):
                self.found.first_looks.extend(checklists.read_looks(current))

    def _loose_parts(self) -> None:
        """Finds the parts that stand under headings which do not name them: header lines, a template, a table, named fences."""
        for section in self.root.walk():
            if section.depth <= 1:
                self.found.keep_texts(replace(section, children=()), self.notes)
            self.found.templates.extend(
                found
                for found in people.read_templates(section, self.notes, only_clear=True)
                if found.line not in {known.line for known in self.found.templates}
            )
