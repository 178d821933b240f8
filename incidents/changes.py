"""What changed since the last message to an audience: one sentence for each event that matters to it. Pure.

Nothing is said without an event, and a quiet phase says just that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from incidents.story import Line, clock_time

Data = Mapping[str, Any]
CHANGING = frozenset({"rollback", "undo", "restore", "drill"})
VERDICTS = {
    "recovered": "Our measurement says: recovered.",
    "not_recovered": "Our measurement says: not recovered yet.",
    "inconclusive": "Our measurement cannot tell yet.",
}


@dataclass(frozen=True)
class Change:
    """One sentence and the line of the timeline that says it."""

    text: str
    seq: int
    kind: str

    def to_json(self) -> dict[str, Any]:
        return {"text": self.text, "seq": self.seq, "kind": self.kind}


def since(lines: Sequence[Line], *, after: int, audience: str, zone: tzinfo) -> list[Change]:
    """The sentences for what happened after line `after`, in order; of a thing told twice only the last word."""
    told: dict[object, Change] = {}
    for line in lines:
        if line.seq <= after or line.kind not in HEARD[audience]:
            continue
        words = SENTENCES[line.kind](line, zone)
        if words:
            key = _key(line)
            told.pop(key, None)
            told[key] = Change(plain(words), line.seq, line.kind)
    return list(told.values())


def block(changes: Sequence[Change], *, last_at: datetime, next_at: datetime | None, zone: tzinfo) -> str:
    """The paragraph that opens an update."""
    when = clock_time(last_at, zone)
    if changes:
        return f"Since our message of {when}:\n" + "".join(f"- {change.text}\n" for change in changes) + "\n"
    promise = f"; next update at {clock_time(next_at, zone)}" if next_at else ""
    return f"No change since our message of {when}{promise}.\n\n"


def plain(words: str) -> str:
    """On one line, and without brackets: in a message they would be a field to fill."""
    return " ".join(words.split()).replace("[", "(").replace("]", ")")


def _key(line: Line) -> object:
    if line.kind.startswith("run."):
        return ("run", line.data.get("run"))
    if line.kind == "incident.corrected":
        return ("corrected", line.data.get("field"))
    if line.kind in ("incident.resolved", "incident.reopened"):
        return "end"
    return line.kind if line.kind in ("verdict.given", "level.chosen", "role.assigned") else (line.kind, line.seq)


def _corrected(line: Line, zone: tzinfo) -> str:
    name, old, new = str(line.data.get("field")), line.data.get("old"), line.data.get("new")
    if name == "severity":
        return f"The severity is now {str(new).capitalize()} (was {str(old).capitalize()})."
    if name == "impact":
        return f"What users notice: {new}" if new else ""
    if name == "detected_at":
        at = datetime.fromisoformat(str(new)) if new else None
        return f"The time of detection was corrected to {clock_time(at, zone)}." if at else ""
    return ""


def _chosen(line: Line, zone: tzinfo) -> str:
    level = line.data.get("level")
    return (
        f"We decided on rollback level {level}." if level else "We decided not to roll back, and to watch the service."
    )


def _run(words: str) -> Callable[[Line, tzinfo], str]:
    def say(line: Line, zone: tzinfo) -> str:
        if line.data.get("run_kind") not in CHANGING:
            return ""
        act = {"undo": "The undo of ", "restore": "The restore "}.get(str(line.data.get("run_kind")), "")
        name = line.data.get("level_name") or (
            f"Level {line.data['level']}" if line.data.get("level") else "the rollback"
        )
        sentence = f"{act}{name} {words} ({clock_time(line.at, zone)})."
        return sentence[0].upper() + sentence[1:]

    return say


def _verdict(line: Line, zone: tzinfo) -> str:
    if line.data.get("run_kind", "rollback") not in CHANGING:
        return ""
    return f"{VERDICTS.get(str(line.data.get('verdict')), '')} ({clock_time(line.at, zone)})".strip()


def _resolved(line: Line, zone: tzinfo) -> str:
    proof = "verified by measurement" if line.data.get("verified") else "without a measured proof"
    return f"The incident is resolved, {proof} ({clock_time(line.at, zone)})."


def _assigned(line: Line, zone: tzinfo) -> str:
    return f"Incident manager is now {line.data.get('user')}." if line.data.get("role") == "manager" else ""


SENTENCES: dict[str, Callable[[Line, tzinfo], str]] = {
    "incident.corrected": _corrected,
    "level.chosen": _chosen,
    "run.started": _run("was started"),
    "run.succeeded": _run("was carried out"),
    "run.failed": _run("failed"),
    "run.timed_out": _run("ran out of time"),
    "run.canceled": _run("was stopped"),
    "run.needs_operator": _run("has a step whose outcome is unknown; a person settles it"),
    "verdict.given": _verdict,
    "incident.resolved": _resolved,
    "incident.reopened": lambda line, zone: f"The incident was reopened ({clock_time(line.at, zone)}).",
    "incident.acknowledged": lambda line, zone: f"{line.actor_name or 'Somebody'} has taken it.",
    "role.assigned": _assigned,
    "evidence.gathered": lambda line, zone: (
        f"Evidence was kept: {line.data.get('items', 0)} items, {line.data.get('failed', 0)} failed."
    ),
    "alert.received": lambda line, zone: f"Alert {line.data.get('name', '')} fires ({clock_time(line.at, zone)}).",
    "alert.resolved": lambda line, zone: (
        f"Alert {line.data.get('name', '')} is resolved ({clock_time(line.at, zone)})."
    ),
}
_ENDS = ("run.succeeded", "run.failed", "run.timed_out", "verdict.given", "incident.resolved", "incident.reopened")
# Which events matter to whom.
HEARD: dict[str, frozenset[str]] = {
    "stakeholders": frozenset({"incident.corrected", "level.chosen", "run.started", "run.canceled", *_ENDS}),
    "management": frozenset({"incident.corrected", "level.chosen", *_ENDS}),
    "team": frozenset(SENTENCES),
}
