"""What the retrospective's page shows: the report, the words of each part, comments, versions, action items, edits."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import cached_property

from incidents.models import (
    ActionItem,
    BugTracker,
    Incident,
    PlanProposal,
    Retrospective,
    RetrospectiveComment,
)
from incidents.models.retrospective import FIELDS, report_of
from incidents.report_lines import Report
from incidents.retrospective_words import bug_title, drafted
from rollbacks import charts
from timeline import domain_time

QUESTIONS = (
    ("summary", "Summary", "Three sentences for somebody who was not there."),
    ("impact", "Impact", "Who noticed what, for how long."),
    (
        "contributing_factors",
        "Contributing factors",
        "What made it possible, likely or worse. People acted sensibly with what they knew.",
    ),
    ("root_cause", "Root cause", "“Not known” is an answer."),
    ("went_well", "What went well", ""),
    ("lucky", "Where we got lucky", "What would have made it worse, had it been otherwise."),
    ("surprised", "What surprised us", ""),
    ("bug_report", "Bug report", "Ready to paste; address or text."),
    ("permanent_fix", "Permanent fix", "What makes the rollback unnecessary, and when."),
)
LABELS = {name: label for name, label, _ in QUESTIONS}


@dataclass(frozen=True)
class Question:
    """One part that people may write: what stands in the form, and where its words come from."""

    name: str
    label: str
    help: str
    value: str
    drafted: str  # the timeline's own words
    theirs: str = ""  # what somebody else saved meanwhile, when it differs
    comments: list[Any] = field(default_factory=list)

    @property
    def is_drafted(self) -> bool:
        """True while nobody has written over the timeline's words."""
        return bool(self.value) and self.value == self.drafted

    @property
    def shown(self) -> str:
        return digest(self.drafted)

    @property
    def rows(self) -> int:
        return min(14, max(3, self.value.count("\n") + 1, len(self.value) // 90 + 1))


def digest(text: str) -> str:
    """Names a drafted text: posted back unchanged, it stays the timeline's."""
    return hashlib.sha256("\n".join(text.split()).encode()).hexdigest()[:16]


class RetrospectivePage:
    """One retrospective at one moment; `typed` is what a refused form held."""

    def __init__(self, incident: Incident, found: Retrospective | None, typed: dict[str, str] | None = None) -> None:
        self.incident, self.found, self.typed = incident, found, typed or {}
        if found:
            found.incident = incident

    @cached_property
    def report(self) -> Report:
        return self.found.facts() if self.found else report_of(self.incident)

    @cached_property
    def drafts(self) -> dict[str, str]:
        return self.found.drafts(self.report) if self.found else drafted(self.report)

    @property
    def words(self) -> dict[str, str]:
        return {name: getattr(self.found, name, "") or self.drafts.get(name, "") for name in FIELDS}

    @property
    def drafted_names(self) -> list[str]:
        """The parts that nobody has written over."""
        return [name for name in FIELDS if not getattr(self.found, name, "") and self.drafts.get(name)]

    @property
    def questions(self) -> list[Question]:
        said: dict[str, list[Any]] = {}
        for comment in self.comments:
            said.setdefault(comment.part, []).append(comment)
        return [
            Question(
                name, label, words, self.typed.get(name, self.words[name]), self.drafts.get(name, ""),
                self._theirs(name), said.get(name, []),
            )
            for name, label, words in QUESTIONS
        ]  # fmt: skip

    @property
    def parts(self) -> list[tuple[str, str]]:
        return [("", "The whole"), *((name, label) for name, label, _ in QUESTIONS)]

    def _theirs(self, name: str) -> str:
        stands = self.words[name]
        return stands if self.typed and self.typed.get(name, stands) != stands else ""

    @cached_property
    def comments(self) -> list[Any]:
        if self.found is None:
            return []
        rows = RetrospectiveComment.objects.filter(retrospective=self.found).select_related("by", "settled_by")
        return list(rows)

    @property
    def general_comments(self) -> list[Any]:
        return [comment for comment in self.comments if comment.part not in LABELS]

    @property
    def starred(self) -> set[int]:
        return {entry.seq for entry in self.report.starred}

    @cached_property
    def action_items(self) -> list[ActionItem]:
        return list(ActionItem.objects.filter(incident=self.incident).select_related("owner", "done_by"))

    @cached_property
    def proposals(self) -> list[PlanProposal]:
        rows = PlanProposal.objects.filter(incident=self.incident)
        return list(rows.select_related("plan", "revision", "decided_by"))

    @cached_property
    def charts(self) -> list[charts.Chart]:
        """Errors and latency with the detection and each rollback marked: before and after at a glance."""
        end = self.incident.resolved_at or domain_time.now()
        marks = [charts.Mark(self.incident.detected_at, "detected")]
        return charts.of_stream(self.incident.stream_key, self.incident.target, self.incident.compiled, end, marks)

    @cached_property
    def tracker(self) -> BugTracker | None:
        return BugTracker.objects.filter(service_id=self.incident.target.service_id).first()

    @property
    def new_issue_url(self) -> str:
        """The tracker's own form, filled in; empty where the service has none."""
        return self.tracker.new_issue(self.bug_title, self.words["bug_report"]) if self.tracker else ""

    @property
    def bug_title(self) -> str:
        return bug_title(self.report)
