"""One sentence for each event of an incident's timeline, from the event alone. Pure.

An unknown kind still gets a readable line: the timeline never hides what happened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from incidents.event_words import QUOTED_ELSEWHERE, SENTENCES

DECISIONS, MESSAGES, MACHINE = "decisions", "messages", "machine"
# Said once in a summarising line or shown by its own card; "everything" shows them too.
DETAILS = frozenset(
    {
        "run.prepared",
        "evidence.item",
        "message.accepted",
        "message.drafted",
        "run.queued",
        "step.waiting",
        "run.drafted",
        "note.edited",
        "line.starred",
        "line.unstarred",
    }
)

# What a report needs unless somebody says otherwise.
STARRED = frozenset(
    {"incident.declared", "incident.acknowledged", "level.chosen", "run.started", "verdict.given", "incident.resolved"}
    | {"step.lost", "step.settled", "run.failed", "promise.crossed", "message.sent", "incident.reopened"}
)


@dataclass(frozen=True)
class Line:
    """One line of the timeline as a page shows it."""

    seq: int
    at: datetime
    kind: str
    actor: str
    text: str
    quote: str = ""
    category: str = MACHINE
    happened_at: str = ""
    older: tuple[str, ...] = ()  # what an edited note said before, oldest first
    starred: bool = False
    files: tuple[Mapping[str, Any], ...] = ()  # {"file", "name", "size", "sha256"}

    @property
    def is_note(self) -> bool:
        return self.kind == "note.added"


def lines(events: Sequence[Any], *, show: str = "all") -> list[Line]:
    """The events as lines, in their order. `show`: all, decisions, messages, machine or everything."""
    finished = {(event.data.get("step"), event.data.get("attempt")) for event in events if _ends_step(event.kind)}
    edits, stars = _edits(events), _stars(events)
    shown = []
    for event in events:
        if show != "everything" and (event.kind in DETAILS or _is_doubled(event, finished)):
            continue
        line = line_of(event)
        line = replace(line, starred=stars.get(line.seq, _is_telling(event)))
        if words := edits.get(line.seq):
            line = replace(line, quote=words[-1], older=(line.quote, *words[:-1]))
        if show in ("all", "everything") or line.category == show:
            shown.append(line)
    return shown


def line_of(event: Any) -> Line:
    """One event as a line."""
    data = event.data
    writer = SENTENCES.get(event.kind)
    data = {**data, "actor": event.actor_name}
    text = writer(data) if writer else event.kind.replace(".", ": ").replace("_", " ").capitalize()
    quote = str(data.get("text") or "") if event.kind == "note.added" else str(data.get("reason") or "")
    quote = "" if event.kind in QUOTED_ELSEWHERE else quote
    happened = str(data.get("happened_at") or "")
    files = tuple(data.get("files") or ()) if event.kind == "note.added" else ()
    return Line(event.seq, event.at, event.kind, event.actor_name, text, quote, category(event), happened, files=files)


def _edits(events: Sequence[Any]) -> dict[int, list[str]]:
    """The newer words of each edited note, in the order they were written."""
    edits: dict[int, list[str]] = {}
    for event in sorted((event for event in events if event.kind == "note.edited"), key=lambda event: event.seq):
        edits.setdefault(int(event.data.get("line") or 0), []).append(str(event.data.get("text") or ""))
    return edits


def _is_telling(event: Any) -> bool:
    return event.kind in STARRED and event.data.get("run_kind") != "evidence"


def _stars(events: Sequence[Any]) -> dict[int, bool]:
    marks = [event for event in events if event.kind in ("line.starred", "line.unstarred")]
    marks.sort(key=lambda event: event.seq)
    return {int(event.data.get("line") or 0): event.kind == "line.starred" for event in marks}


def category(event: Any) -> str:
    """What people did is a decision, what goes to people outside is a message, the rest is the machine's."""
    if event.kind.startswith(("message.", "contact.", "notice.")):
        return MESSAGES
    return DECISIONS if event.actor_name or event.kind == "verdict.given" else MACHINE


def _ends_step(kind: str) -> bool:
    return kind in ("step.succeeded", "step.failed", "step.timed_out", "step.lost", "step.confirmed")


def _is_doubled(event: Any, finished: set[tuple[Any, Any]]) -> bool:
    """What another line or a card says already: a step's start beside its end, a mail that still waits, evidence."""
    if event.data.get("run_kind") == "evidence":
        # The evidence has a card of its own.
        return event.kind not in ("run.failed", "run.timed_out", "run.needs_operator", "step.lost")
    if event.kind == "task.ticked":
        # The event that ticked it stands beside it, and the tasks say who did what how late.
        return not str(event.data.get("how", "")).startswith("by ")
    if event.kind == "step.started":
        return (event.data.get("step"), event.data.get("attempt")) in finished
    return event.kind == "contact.paged" and event.data.get("state") == "pending"
