"""Everything that an incident's page shows, read once and in a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.functional import cached_property

from incidents import clock, known, proof, runs, sentences
from incidents.models import Contact, Evidence, Incident, KnownUse, Message, Page, Retrospective, RoleName
from incidents.story import parsed
from rollbacks.models import OutputChunk, Run
from rollbacks.rehearsals import Rehearsals, rehearsals
from timeline import domain_time
from timeline.models import Event, Stream

NEWEST_LINES = 120  # events that are read
MOST_LINES = 30  # lines that are shown; the whole timeline is one link away
MOST_OTHERS = 6  # live incidents in the strip
TAIL = 12  # pieces of output; the run's page shows all
SHOWS = ("all", "decisions", "messages", "machine", "everything")


@dataclass(frozen=True)
class Rung:
    """One contact of the escalation path and what became of asking them."""

    contact: Contact
    page: Page | None

    @property
    def is_next(self) -> bool:
        return self.page is None


@dataclass
class Overview:
    """One incident at one moment."""

    incident: Incident
    user: Any
    show: str = "all"
    now: datetime = field(default_factory=domain_time.now)

    @cached_property
    def phases(self) -> list[clock.PhaseState]:
        return walk(self.incident, self.now)

    @cached_property
    def phase(self) -> clock.PhaseState | None:
        """The phase of now: the one whose time has come and that is not done."""
        waiting = [phase for phase in self.phases if phase.word in ("now", "overdue")]
        return waiting[-1] if waiting else next((phase for phase in self.phases if phase.word == "ahead"), None)

    @cached_property
    def deadline(self) -> clock.Deadline | None:
        return clock.next_deadline(self.phases, self.now)

    @cached_property
    def manager(self) -> Any:
        return self._holder(RoleName.MANAGER)

    @cached_property
    def on_call(self) -> Any:
        return self._holder(RoleName.ON_CALL)

    @cached_property
    def communications(self) -> Any:
        return self._holder(RoleName.COMMUNICATIONS)

    def _holder(self, role: str) -> Any:
        held = [assignment.user for assignment in self.incident.current_roles if assignment.role == role]  # type: ignore[attr-defined]
        return held[0] if held else None

    @cached_property
    def people(self) -> list[Any]:
        """Who can be handed a role."""
        return list(
            get_user_model().objects.filter(is_active=True).only("pk", "username", "first_name").order_by("username")
        )

    @cached_property
    def runs(self) -> list[Run]:
        return runs.of(self.incident)

    @cached_property
    def run(self) -> Run | None:
        """The run to look at: the active one, else the latest that began, else the latest draft."""
        active = [run for run in self.runs if run.is_active]
        begun = [run for run in self.runs if run.started_at]
        waiting = [run for run in self.runs if run.status in ("draft", "awaiting_approval")]
        newest_first = [*reversed(active), *reversed(waiting[-1:]), *reversed(begun)]
        return newest_first[0] if newest_first else None

    @cached_property
    def steps(self) -> list[Any]:
        return list(self.run.steps.filter(section__in=("steps", "checks")).order_by("position")) if self.run else []

    @cached_property
    def step(self) -> Any:
        """The step that is worked on, waited for, or needs a person; without a query."""
        if self.run is None or self.run.is_over:
            return None
        held = [step for step in self.steps if step.status in ("lost", "running", "waiting", "queued")]
        undecided = [
            step for step in reversed(self.steps) if step.status in ("failed", "timed_out") and not step.decided
        ]
        return held[0] if held else (undecided[0] if undecided else None)

    @cached_property
    def retrospective(self) -> Retrospective | None:
        return Retrospective.objects.filter(incident=self.incident).only("pk", "status", "incident").first()

    @cached_property
    def output(self) -> list[Any]:
        """The last lines of the step that runs, or of the one that needs a person."""
        return tail_of(self.step) if self.step else []

    @cached_property
    def proof(self) -> proof.Proof:
        """What the service did after the latest run: watch, verdict, whether Resolve is open."""
        return proof.of(self.incident, self.run, self.now)

    @cached_property
    def rungs(self) -> list[Rung]:
        asked = {
            page.contact_order: page
            for page in Page.objects.filter(incident=self.incident).select_related("acknowledged_by")
        }
        contacts = Contact.objects.filter(target_id=self.incident.target_id).select_related("user").order_by("order")
        return [Rung(contact, asked.get(contact.order)) for contact in contacts]

    @cached_property
    def messages(self) -> list[Message]:
        found = Message.objects.for_list().filter(incident=self.incident).exclude(status="discarded")
        return list(found)

    @cached_property
    def draft(self) -> Message | None:
        return next((message for message in reversed(self.messages) if message.is_draft), None)

    @cached_property
    def sent(self) -> list[Message]:
        return [message for message in reversed(self.messages) if not message.is_draft]

    @cached_property
    def evidence(self) -> list[Evidence]:
        return list(Evidence.objects.filter(incident=self.incident).select_related("skipped_by").order_by("position"))

    @cached_property
    def events(self) -> list[Event]:
        """The newest events; the whole timeline when everything is asked for."""
        newest = self.incident.events.order_by("-seq")
        return list(newest if self.show == "everything" else newest[:NEWEST_LINES])

    @cached_property
    def lines(self) -> list[sentences.Line]:
        """The timeline, newest first."""
        found = sentences.lines(self.events, show=self.show)
        return found if self.show == "everything" else found[:MOST_LINES]

    @property
    def detected_before(self) -> datetime | None:
        """The time of detection before it was last corrected; None when it never was. Reads the newest events only."""
        for event in self.events:
            if event.kind == "incident.corrected" and event.data.get("field") == "detected_at":
                return parsed(event.data.get("old"))
        return None

    @property
    def seen(self) -> int:
        """The last line of the timeline that this page was drawn from."""
        return self.events[0].seq if self.events else 0

    @cached_property
    def others(self) -> list[Incident]:
        """The other live incidents, the worst first."""
        return list(Incident.objects.for_dashboard().exclude(pk=self.incident.pk)[:MOST_OTHERS])

    @cached_property
    def strip(self) -> list[dict[str, Any]]:
        """The others with what is overdue there, and whether they want this incident's target too."""
        rows = summaries(self.others, self.now)
        return [
            {**row, "same_target": row["incident"].target_id == self.incident.target_id and self.incident.is_live}
            for row in rows
        ]

    @cached_property
    def known(self) -> list[known.Known]:
        """Issues of the plan and earlier incidents that match, while somebody still looks for what to do."""
        return known.for_incident(self.incident) if self.incident.is_live and not self.incident.is_drill else []

    @cached_property
    def known_used(self) -> dict[str, bool | None]:
        """What was used in this incident, by key: whether it helped."""
        return dict(KnownUse.objects.filter(incident=self.incident).values_list("key", "helped"))

    @cached_property
    def level(self) -> dict[str, Any]:
        """The level that is chosen, else the recommended one; empty when none is."""
        number = self.incident.chosen_level if self.incident.has_chosen else self.incident.recommendation.get("level")
        return level_of(self.incident, number)

    @cached_property
    def rehearsal(self) -> Rehearsals | None:
        """How long this level took here before; None when it was never run."""
        found = rehearsals(self.incident.target, self.level["number"], before=self.run) if self.level else None
        return found if found and found.count else None

    @cached_property
    def topics(self) -> list[str]:
        """What this page listens to."""
        live = [f"run:{run.pk}" for run in self.runs if run.is_active]
        return [self.incident.stream_key, *live]


def tail_of(step: Any) -> list[Any]:
    """The last pieces of a step's output, oldest first."""
    newest = OutputChunk.objects.filter(attempt__step_run=step).order_by("-attempt_id", "-seq")[:TAIL]
    return list(reversed(newest))


def level_of(incident: Incident, number: int | None) -> dict[str, Any]:
    """A level of the incident's plan; empty when there is none with that number."""
    levels = incident.compiled.get("levels", [])
    return next((level for level in levels if level["number"] == number), {})


def walk(incident: Incident, now: datetime) -> list[clock.PhaseState]:
    """The communication plan of the incident, phase by phase; `with_people()` has read the rows already."""
    tasks: dict[int, list[clock.TaskFacts]] = {}
    for task in incident.tasks.all():
        facts = clock.TaskFacts(task, task.text, task.required_from, task.ticked_at, task.how)
        tasks.setdefault(task.phase_id, []).append(facts)
    phases = [
        clock.PhaseFacts(phase.pk, phase.name, phase.offset_seconds, phase.due_at, tasks.get(phase.pk, []))
        for phase in incident.phases.all()
    ]
    return clock.walk(phases, now, severity=incident.severity)


def proof_of(incident: Incident) -> proof.Proof:
    """The proof as the page shows it, for the act that ends the incident."""
    return Overview(incident, None).proof


def last_line(incident: Incident) -> int:
    """The number of the newest line of the timeline."""
    return Stream.objects.filter(key=incident.stream_key).values_list("last_seq", flat=True).first() or 0


def summaries(incidents: Iterable[Incident], now: datetime) -> list[dict[str, Any]]:
    """For lists: each incident with its next deadline and who leads."""
    rows = []
    for incident in incidents:
        states = walk(incident, now)
        held = {assignment.role: assignment.user for assignment in incident.current_roles}  # type: ignore[attr-defined]
        overdue = [task for phase in states for task in phase.tasks if task.word == "overdue"]
        rows.append(
            {
                "incident": incident,
                "deadline": clock.next_deadline(states, now),
                "manager": held.get(RoleName.MANAGER),
                "on_call": held.get(RoleName.ON_CALL),
                "overdue": overdue,
                "phase": next((phase for phase in states if phase.word in ("now", "overdue")), None),
            }
        )
    return rows
