"""The T+ clock, pure: which phase it is, which tasks are due, and how early or late each was done.

Plain data in, plain data out; times are aware datetimes, lengths are seconds. A phase is as late as its last task.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# Done within this many seconds after the due time still counts as on time: people press buttons, not lasers.
GRACE_SECONDS = 1.0
CHANGING_RUNS = frozenset({"rollback", "undo", "restore", "drill"})


@dataclass(frozen=True)
class TaskFacts:
    """What is known of one task; `required_from` is None while its condition is false."""

    key: Any
    text: str
    required_from: datetime | None
    ticked_at: datetime | None = None
    how: str = ""


@dataclass(frozen=True)
class PhaseFacts:
    """What is known of one phase."""

    key: Any
    name: str
    offset_seconds: float
    due_at: datetime
    tasks: Sequence[TaskFacts]


@dataclass(frozen=True)
class TaskState:
    """One task as the page shows it. `seconds` is how late (positive) or early (negative) it was done or is."""

    key: Any
    text: str
    word: str  # "done" | "open" | "overdue" | "not_required"
    due_at: datetime
    seconds: float
    sentence: str
    how: str = ""

    @property
    def is_open(self) -> bool:
        """True while somebody has to do it."""
        return self.word in ("open", "overdue")


@dataclass(frozen=True)
class PhaseState:
    """One phase as the strip shows it."""

    key: Any
    name: str
    label: str  # "T+5", "T+24h"
    due_at: datetime
    word: str  # "done" | "now" | "overdue" | "ahead"
    done: int
    required: int
    late_seconds: float
    sentence: str
    tasks: tuple[TaskState, ...]


@dataclass(frozen=True)
class Deadline:
    """The next thing that has a time: in `seconds` (negative = overdue)."""

    text: str
    due_at: datetime
    seconds: float
    key: Any = None


def is_required(condition: Mapping[str, Any] | None, severity: str) -> bool:
    """True when a task must be done at this severity; a condition on something else is left to people: required."""
    if not condition:
        return True
    if condition.get("field", "severity") != "severity":
        return True
    return severity.lower() in {str(value).lower() for value in condition.get("in", [])}


def state_of_task(task: TaskFacts, phase_due_at: datetime, now: datetime, *, severity: str = "") -> TaskState:
    """Done early, on time or late; open, due in m:ss; overdue; or not required."""
    due_at = max(phase_due_at, task.required_from) if task.required_from else phase_due_at
    if task.ticked_at is not None:
        late = (task.ticked_at - due_at).total_seconds()
        return TaskState(task.key, task.text, "done", due_at, late, punctuality(late), task.how)
    if task.required_from is None:
        reason = f"not required ({severity.capitalize()})" if severity else "not required"
        return TaskState(task.key, task.text, "not_required", due_at, 0.0, reason)
    late = (now - due_at).total_seconds()
    if late > GRACE_SECONDS:
        return TaskState(task.key, task.text, "overdue", due_at, late, f"{length(late)} late")
    return TaskState(task.key, task.text, "open", due_at, late, "due now" if late >= 0 else f"due in {length(-late)}")


def walk(phases: Iterable[PhaseFacts], now: datetime, *, severity: str = "") -> list[PhaseState]:
    """Every phase with its tasks, in order of their offsets; one of them is the phase of now."""
    ordered = sorted(phases, key=lambda phase: (phase.offset_seconds, phase.due_at))
    current = phase_now(ordered, now)
    return [_state_of_phase(phase, now, severity, is_now=phase is current) for phase in ordered]


def phase_now(phases: Sequence[PhaseFacts], now: datetime) -> PhaseFacts | None:
    """The last phase whose time has come; the first one before that. None without phases."""
    begun = [phase for phase in phases if phase.due_at <= now]
    return begun[-1] if begun else (phases[0] if phases else None)


def next_deadline(states: Iterable[PhaseState], now: datetime) -> Deadline | None:
    """The open task that was or is due first; None when nothing is open."""
    open_tasks = [task for phase in states for task in phase.tasks if task.is_open]
    if not open_tasks:
        return None
    first = min(open_tasks, key=lambda task: task.due_at)
    return Deadline(first.text, first.due_at, (first.due_at - now).total_seconds(), first.key)


def to_announce(phases: Iterable[tuple[Any, datetime, datetime | None]], now: datetime) -> list[Any]:
    """Keys of phases (key, due_at, announced_at) that fell due and were never announced, oldest first.

    However long nobody looked: a missed tick fires late and is never skipped.
    """
    missed = [(due_at, key) for key, due_at, announced_at in phases if announced_at is None and due_at <= now]
    return [key for _, key in sorted(missed, key=lambda pair: pair[0])]


def length(seconds: float) -> str:
    """A length as people read it: m:ss under an hour, "3 h 20 min" above, "2 d 4 h" above two days."""
    whole = int(abs(seconds))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    if whole < 48 * 3600:
        hours, minutes = divmod(whole // 60, 60)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(whole // 3600, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def punctuality(late_seconds: float) -> str:
    """ "3:58 late", "0:40 early" or "on time"."""
    if late_seconds > GRACE_SECONDS:
        return f"{length(late_seconds)} late"
    return f"{length(late_seconds)} early" if late_seconds <= -GRACE_SECONDS else "on time"


def offset_label(seconds: float) -> str:
    """ "T+5" for minutes, "T+24h" for whole hours."""
    if seconds >= 3600 and seconds % 3600 == 0:
        return f"T+{seconds / 3600:.0f}h"
    return f"T+{seconds / 60:g}"


def answers(ticked_by: Iterable[str], kind: str, data: Mapping[str, Any]) -> bool:
    """True when an event does what the task asks for.

    An evidence run does not execute a rollback, a mail is sent once a server accepted one, and only a verdict
    *recovered* confirms anything; where the plan names `verdict.given`, any verdict is a validation that was done.
    """
    wanted = set(ticked_by)
    if kind == "verdict.given" and f"verdict.{data.get('verdict')}" in wanted:
        return True
    if kind == "message.accepted" and "message.sent" in wanted:
        return True
    if kind not in wanted:
        return False
    if kind.startswith(("run.", "step.")):
        return data.get("run_kind") in CHANGING_RUNS
    if kind == "watch.ended":
        # A reason means that it was cut short: the next level changed the service again.
        return not data.get("reason")
    if kind in ("message.sent", "contact.paged"):
        return bool(data.get("counts", kind == "message.sent"))
    return True


def how_it_was_done(kind: str, data: Mapping[str, Any]) -> str:
    """Who or what ticked a task, from the event alone."""
    run = f"run {data['run']}" if data.get("run") else "a run"
    level = f" (Level {data['level']})" if data.get("level") else ""
    chosen = "no rollback" if data.get("level") is None else f"Level {data['level']}"
    words = {
        "incident.declared": f"declared from alert {data.get('alert')}"
        if data.get("alert")
        else "declared by a person",
        "alert.received": f"alert {data.get('name', '')}",
        "recommendation.made": f"decision matrix: {data.get('sentence', '')}",
        "contact.paged": f"mail to {data.get('role', 'the contact')} {data.get('state', '')}".replace(
            "kept", "kept in the outbox"
        ),
        "incident.acknowledged": "acknowledged",
        "evidence.gathered": _how_gathered(data),
        "level.chosen": f"{chosen} chosen",
        "message.sent": _how_sent(data),
        "run.started": f"{run} started{level}",
        "run.succeeded": f"{run} done{level}",
        "step.succeeded": f"{run}: {data.get('title') or 'a step'} done",
        "message.accepted": f"message accepted for {data.get('recipient', 'a recipient')}",
        "watch.opened": f"watch of {run}",
        "watch.ended": f"watch of {run} ended",
        "verdict.given": f"verdict: {str(data.get('verdict', '')).replace('_', ' ')}",
        "incident.resolved": "resolved, verified" if data.get("verified") else "resolved, unverified",
        "retrospective.published": "retrospective published",
        "action_item.added": f"action item: {data.get('text', '')}",
        "plan.change_proposed": f"revision {data.get('revision')} proposed"
        if data.get("revision")
        else "plan kept as it is",
    }
    return words.get(kind, kind.replace(".", " ").replace("_", " "))[:300]


def _how_gathered(data: Mapping[str, Any]) -> str:
    count = data.get("items", 0)
    return f"{count} {'item' if count == 1 else 'items'} of evidence, {data.get('failed', 0)} failed"


def _how_sent(data: Mapping[str, Any]) -> str:
    how = " by hand" if data.get("by_hand") else " (kept in the outbox)" if data.get("outbox") else ""
    count = data.get("recipients", 0)
    return f"message to {count} {'recipient' if count == 1 else 'recipients'}{how}"


def _state_of_phase(phase: PhaseFacts, now: datetime, severity: str, *, is_now: bool) -> PhaseState:
    tasks = tuple(state_of_task(task, phase.due_at, now, severity=severity) for task in phase.tasks)
    required = [task for task in tasks if task.word != "not_required"]
    done = [task for task in required if task.word == "done"]
    late = max((task.seconds for task in required if task.word in ("done", "overdue")), default=0.0)
    word = _word_of_phase(required, done, phase, now, is_now=is_now)
    return PhaseState(
        phase.key,
        phase.name,
        offset_label(phase.offset_seconds),
        phase.due_at,
        word,
        len(done),
        len(required),
        late,
        _sentence_of_phase(word, len(done), len(required), late, phase, now),
        tasks,
    )


def _word_of_phase(
    required: Sequence[TaskState], done: Sequence[TaskState], phase: PhaseFacts, now: datetime, *, is_now: bool
) -> str:
    if len(done) == len(required) and (required or phase.due_at <= now):
        return "done"
    if any(task.word == "overdue" for task in required) and not is_now:
        return "overdue"
    return "now" if is_now else "ahead"


def _sentence_of_phase(word: str, done: int, required: int, late: float, phase: PhaseFacts, now: datetime) -> str:
    if word == "done":
        when = punctuality(late) if late > GRACE_SECONDS else "on time"
        return f"{done} of {required} · {when}" if required else "nothing required"
    if phase.due_at > now:
        return f"{done} of {required} · due in {length((phase.due_at - now).total_seconds())}"
    return f"{done} of {required}" + (f" · {length(late)} late" if late > GRACE_SECONDS else " · due now")
