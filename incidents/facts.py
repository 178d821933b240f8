"""What decides the next action, as plain data; `situation.py` reads it from an incident. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class RunFacts:
    """The newest run of the incident that changes something, a draft too."""

    pk: int
    kind: str
    status: str
    level: int | None
    name: str  # "Level 2: Version rollback"
    problems: tuple[str, ...] = ()
    prepared: bool = False
    step_pk: int | None = None
    step_title: str = ""
    step_number: str = ""
    step_kind: str = ""
    waits_until: datetime | None = None  # a timed wait; None while it waits for a person
    detail: str = ""


@dataclass(frozen=True)
class WatchFacts:
    """What the newest watch says: its word and sentence, the verdict, and when Resolve opens."""

    verdict: str = ""  # "recovered" | "not_recovered" | "inconclusive" | ""
    word: str = ""
    sentence: str = ""
    ended: bool = False
    may_resolve: bool = False
    resolve_opens: datetime | None = None
    verdict_pk: int | None = None
    offer: str = ""  # why the next level is offered, before any verdict says that this one did not help


@dataclass(frozen=True)
class Situation:
    """Everything that decides what to do next."""

    pk: int
    reference: str
    status: str  # of the incident
    severity: str
    now: datetime
    has_plan: bool = True
    acknowledged: bool = False
    has_manager: bool = False
    someone_was_asked: bool = False  # a page went to an address
    has_choice: bool = False
    chosen_level: int | None = None
    recommended: str = ""  # the sentence
    recommended_level: int | None = None
    recommended_name: str = ""
    run: RunFacts | None = None
    next_level: int | None = None  # offered when the last one did not help
    next_level_name: str = ""
    watch: WatchFacts | None = None
    message_due: str = ""  # why a message is due now; empty = none
    message_draft: int | None = None
    told_nobody: int | None = None  # a message that stayed in the outbox although people must be told
    retrospective: str = ""  # "" | "draft" | "published"
    open_tasks: tuple[tuple[Any, str], ...] = field(default_factory=tuple)  # due and not ticked: (key, text)
    next_task: str = ""
    next_task_at: datetime | None = None
    runs_rolled_back: bool = False
