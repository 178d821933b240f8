"""The words, marks and places of an incident's page, from what `Overview` has read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property

from incidents.models import Severity
from incidents.next_action import NextAction, next_action
from incidents.overview import MOST_LINES, NEWEST_LINES, Overview, level_of
from incidents.situation import next_level, situation_of
from rollbacks import charts
from rollbacks.models import Run
from rollbacks.promise import Promise, promise_of
from rollbacks.settlement import Settlement, settlement

# These acts are one press; every other one opens a page first.
POSTING = frozenset({"acknowledge", "prepare-run"})
CHOOSING = frozenset({"choose-level", "next-level", "choose-again"})
# States of a run whose reason is worth a line.
SPEAKING = frozenset({"paused", "failed", "timed_out", "canceled", "rejected", "expired", "needs_operator", "waiting"})


@dataclass(frozen=True)
class Word:
    """The incident's state as one pill: derived from events, not stored."""

    word: str
    icon: str
    tone: str


class IncidentPage(Overview):
    """The page of one incident."""

    posting_keys = POSTING
    speaking_states = SPEAKING
    filters = ("all", "decisions", "messages", "machine")
    severities = Severity.choices

    @cached_property
    def next(self) -> NextAction:
        return next_action(situation_of(self))

    @property
    def next_url(self) -> str:
        url = reverse(self.next.url_name, args=[arg for arg in self.next.args if arg is not None])
        return f"{url}#{self.next.anchor}" if self.next.anchor else url

    @property
    def next_posts(self) -> bool:
        """True when the next action is one press: a message without a draft gets one by it."""
        return self.next.key in POSTING or self.next.url_name == "incident-message"

    @property
    def choosing(self) -> bool:
        return self.next.key in CHOOSING

    @property
    def reasons_with_next(self) -> bool:
        """The reasons stand beside the decision; afterwards they stay beside its run."""
        deciding = self.next.key in {*CHOOSING, *POSTING, "confirm-run", "fix-run", "approve-run"}
        return bool(self.incident.recommendation) and (deciding or self.run is None)

    @cached_property
    def word(self) -> Word:
        """What is going on, in one or two words."""
        incident, run = self.incident, self.run
        if not incident.is_live:
            return _ended(incident)
        if run and run.status == "needs_operator":
            return Word("Outcome unknown", "question", "needs-you")
        if run and run.status == "awaiting_approval":
            return Word("Waiting for approval", "hand", "needs-you")
        if run and run.is_active:
            doing = {"rollback": "Rolling back", "drill": "Rehearsing", "undo": "Undoing", "restore": "Restoring"}
            stands = run.status in ("waiting", "paused")
            return Word(doing[run.kind], "hand" if stands else "dot", "needs-you" if stands else "is-running")
        if self.proof.word_of_verdict == "not_recovered":
            return Word("Not recovered", "cross", "needs-you")
        if self.proof.word_of_verdict == "recovered":
            return Word("Recovered", "check", "is-verified")
        if self.proof.watch:
            return Word("Watching", "dot", "is-running")
        if incident.acknowledged_at is None:
            return Word("Nobody has it", "hand", "needs-you")
        return Word("Investigating", "dot", "is-running")

    @property
    def live_names(self) -> list[str]:
        """The stream's event names of this page."""
        return [topic.replace(":", "-") for topic in self.topics]

    @property
    def acknowledged_after(self) -> timedelta | None:
        at = self.incident.acknowledged_at
        return at - self.incident.detected_at if at else None

    @property
    def ended_at(self) -> datetime:
        return self.incident.resolved_at or self.incident.closed_at or self.now

    # The decision

    @cached_property
    def offered(self) -> dict[str, Any]:
        """The level that the filled button prepares; empty when a person must choose."""
        if self.next.key == "choose-level":
            return level_of(self.incident, self.incident.recommendation.get("level"))
        return next_level(self)

    @property
    def offer_reason(self) -> str:
        """Going on to the next level of the plan is not an override: the verdict is its reason."""
        if self.next.key == "choose-level":
            return ""
        return f"{self.next.title}. {self.next.why}"[:400]

    # The run

    @cached_property
    def settlement(self) -> Settlement | None:
        """What is known of a step that nobody saw end; None when there is none."""
        return settlement(self.step) if self.step and self.step.status == "lost" else None

    @property
    def run_title(self) -> str:
        run = self.run
        if run is None:
            return ""
        name = run.level_name.split(": ", 1)[-1] if run.level_name else ""
        title = f"{run.what} · {name}" if name and run.level is not None else run.what
        return title.split(" (")[0]

    @property
    def step_of(self) -> str:
        """ "Step 3 of 5"."""
        own = [step for step in self.steps if step.section == "steps"]
        place = own.index(self.step) + 1 if self.step in own else len(own)
        return f"Step {place} of {len(own)}" if self.step in own else "Checking"

    @property
    def steps_done(self) -> int:
        return sum(step.status == "succeeded" for step in self.steps)

    @cached_property
    def promise(self) -> Promise | None:
        """The level's clock: from the first command to the recovery that a verdict confirms."""
        return promise_of(self.run, self.now) if self.run and self.run.started_at else None

    @cached_property
    def other_runs(self) -> list[Run]:
        return [run for run in reversed(self.runs) if run != self.run]

    @cached_property
    def undoable(self) -> Run | None:
        """The rollback that still stands and can be taken back; None while a run is active."""
        if any(run.is_active for run in self.runs):
            return None
        undone = {run.undoes_id for run in self.runs if run.kind == "undo" and run.status == "succeeded"}
        stands = [run for run in self.runs if run.kind in ("rollback", "drill") and run.status == "succeeded"]
        return next((run for run in reversed(stands) if run.pk not in undone), None)

    # The proof

    @property
    def too_few(self) -> str:
        state = self.proof.state
        return f"{state.requests} of {state.needed} requests" if state.requests < state.needed else state.word

    @property
    def watched(self) -> int:
        """How much of the watch is over, in thousandths."""
        watch, state = self.proof.watch, self.proof.state
        whole = (state.ends_at - watch.armed_at).total_seconds()
        return int(1000 * min(1.0, max(0.0, (self.now - watch.armed_at).total_seconds() / whole))) if whole else 1000

    @property
    def recovered_after(self) -> timedelta | None:
        watch = self.proof.watch
        if not watch or not watch.recovered_at or not watch.run.started_at:
            return None
        return max(timedelta(0), watch.recovered_at - watch.run.started_at)

    @property
    def check_answers(self) -> list[dict[str, str]]:
        """What each check said at the last look."""
        verdict = self.proof.verdict
        marks = {"pass": ("check", "is-done"), "fail": ("cross", "needs-you"), "cannot_tell": ("question", "is-late")}
        found = []
        for check in (verdict.data.get("checks") or []) if verdict else []:
            icon, tone = marks.get(check.get("result", ""), ("ring", "is-quiet"))
            sentence = "" if check.get("result") == "pass" else str(check.get("sentence") or "")
            found.append({"title": str(check.get("title")), "icon": icon, "tone": tone, "sentence": sentence})
        return found

    @cached_property
    def charts(self) -> list[charts.Chart]:
        """Errors and latency of every signal, with the detection and each rollback marked."""
        marks = [charts.Mark(self.incident.detected_at, "detected")]
        return charts.of_stream(self.incident.stream_key, self.incident.target, self.incident.compiled, self.now, marks)

    @property
    def measured_at(self) -> datetime | None:
        """When the newest figure was measured."""
        return max((chart.measured_at for chart in self.charts if chart.measured_at), default=None)

    # Tasks, evidence, timeline

    @property
    def required_tasks(self) -> int:
        return sum(phase.required for phase in self.phases)

    @property
    def done_tasks(self) -> int:
        return sum(phase.done for phase in self.phases)

    @property
    def gathered(self) -> int:
        return sum(item.status == "gathered" for item in self.evidence)

    @property
    def is_cut(self) -> bool:
        return self.show != "everything" and (len(self.events) >= NEWEST_LINES or len(self.lines) >= MOST_LINES)

    @property
    def contacts_url(self) -> str:
        try:
            return reverse("contacts", args=[self.incident.target_id])
        except NoReverseMatch:
            return ""


def _ended(incident: Any) -> Word:
    if incident.status == "resolved":
        proved = Word("Resolved, verified", "check", "is-verified")
        return proved if incident.verified else Word("Resolved, unverified", "check", "is-late")
    return Word(incident.get_status_display(), "cross" if incident.status == "dismissed" else "check", "is-quiet")
