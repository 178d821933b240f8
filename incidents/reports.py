"""The retrospective's own half, pure: figures, chronology and comparisons, read from the events and from nothing else.

A figure that the timeline cannot give is blank and says why; nothing is guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from incidents import sentences
from incidents.clock import length, punctuality
from incidents.drafts import Line, parsed

CHANGING = ("rollback", "undo", "restore", "drill")
RUN_ENDS = ("run.succeeded", "run.failed", "run.timed_out", "run.canceled", "run.superseded")
# Too small for a report; the incident's timeline has them.
LEFT_OUT = frozenset(
    {
        "evidence.item",
        "message.drafted",
        "message.accepted",
        "run.drafted",
        "run.queued",
        "run.prepared",
        "step.started",
    }
    | {"step.waiting", "retrospective.changed", "task.ticked", "phase.due"}
)
STARRED = frozenset(
    {"incident.declared", "incident.acknowledged", "level.chosen", "run.started", "verdict.given", "incident.resolved"}
    | {"step.lost", "step.settled", "run.failed", "promise.crossed", "message.sent", "incident.reopened"}
)


@dataclass(frozen=True)
class Figure:
    """One duration from the detection; blank with its reason when the timeline does not say."""

    key: str
    label: str
    seconds: float | None
    blank: str = ""

    @property
    def text(self) -> str:
        return length(self.seconds) if self.seconds is not None else f"– ({self.blank})"


@dataclass(frozen=True)
class RunLine:
    """One run: what was promised, what was measured."""

    run: int
    kind: str
    name: str
    level: int | None
    outcome: str
    started_at: datetime | None
    promised_seconds: float | None
    commands_seconds: float | None
    recovered_seconds: float | None
    verdict: str
    reason: str
    shortened: bool
    crossed: bool

    @property
    def kept(self) -> bool | None:
        """True when the service recovered within the promise; None when that cannot be said."""
        if self.promised_seconds is None or self.recovered_seconds is None:
            return False if self.crossed else None
        return self.recovered_seconds <= self.promised_seconds


@dataclass(frozen=True)
class Signal:
    """One signal before the rollback and at the last look."""

    name: str
    run: int | None
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One line of the chronology."""

    seq: int
    at: datetime
    since: float  # seconds since the detection
    actor: str
    text: str
    quote: str
    starred: bool


@dataclass(frozen=True)
class SentMessage:
    """One message and what became of it."""

    message: int
    at: datetime
    subject: str
    recipients: int
    accepted: int
    failed: int
    unknown: int
    how: str


@dataclass(frozen=True)
class Duty:
    """One task of the communication plan as it stands."""

    phase: str
    text: str
    state: str
    how: str
    late_seconds: float | None


@dataclass(frozen=True)
class Report:
    """Everything that the timeline says about the incident."""

    reference: str
    title: str
    service: str
    severity: str
    detected_at: datetime
    resolved_at: datetime | None
    figures: list[Figure]
    runs: list[RunLine]
    signals: list[Signal]
    recommended: list[dict[str, Any]]
    chosen: list[dict[str, Any]]
    worked: str
    caveats: list[str]
    messages: list[SentMessage]
    duties: list[Duty]
    evidence: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    plan_changes: list[dict[str, Any]]
    chronology: list[Entry] = field(default_factory=list)

    @property
    def late(self) -> list[Duty]:
        """Tasks that were done late or are still open."""
        return [duty for duty in self.duties if (duty.late_seconds or 0) > 1 or duty.state in ("open", "overdue")]

    def to_json(self) -> dict[str, Any]:
        """Plain data, frozen when the retrospective is published."""
        return _plain(asdict(self))


def report(
    *,
    reference: str,
    lines: Sequence[Line],
    levels: Sequence[Mapping[str, Any]] = (),
    duties: Sequence[Duty] = (),
    starred: Sequence[int] = (),
) -> Report:
    """Reads the timeline once, from the declaration to now."""
    told = _Told(lines)
    return Report(
        reference=reference,
        title=told.fact("title"),
        service=f"{told.fact('service')} {told.fact('environment')}".strip(),
        severity=told.fact("severity"),
        detected_at=told.detected_at,
        resolved_at=told.resolved.at if told.resolved else None,
        figures=_figures(told),
        runs=(runs := _runs(told, levels)),
        signals=_signals(told),
        recommended=[_recommended(line) for line in told.all("recommendation.made")],
        chosen=[
            {**_data(line, "level", "recommended", "reason"), "by": line.actor_name}
            for line in told.all("level.chosen")
        ],
        worked=_worked(told, runs),
        caveats=_caveats(told, runs),
        messages=_messages(told),
        duties=list(duties),
        evidence=[
            _data(line, "title", "status", "hash", "reason") for line in told.all("evidence.item", "evidence.skipped")
        ],
        actions=[_data(line, "text", "owner", "due") for line in told.all("action_item.added")],
        plan_changes=[
            _data(line, "plan", "revision", "incident", "reason") for line in told.all("plan.change_proposed")
        ],
        chronology=_chronology(told, set(starred)),
    )


class _Told:
    """The events by kind, and the few facts that corrections may have changed."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = list(lines)
        declared = self.first("incident.declared")
        self.facts: dict[str, Any] = dict(declared.data) if declared else {}
        for line in self.all("incident.corrected"):
            self.facts[str(line.data.get("field"))] = line.data.get("new")
        first_at = declared.at if declared else (self.lines[0].at if self.lines else datetime.min)
        self.declared_at = first_at
        self.detected_at = parsed(self.facts.get("detected_at")) or first_at
        self.resolved = self._standing("incident.resolved", "incident.reopened")
        self.acknowledged = self._standing("incident.acknowledged", "incident.acknowledgement_withdrawn")

    def fact(self, name: str) -> str:
        return str(self.facts.get(name) or "")

    def all(self, *kinds: str) -> list[Line]:
        return [line for line in self.lines if line.kind in kinds]

    def first(self, *kinds: str) -> Line | None:
        return next(iter(self.all(*kinds)), None)

    def last(self, *kinds: str) -> Line | None:
        found = self.all(*kinds)
        return found[-1] if found else None

    def of_runs(self, *kinds: str) -> list[Line]:
        return [line for line in self.all(*kinds) if line.data.get("run_kind") in CHANGING]

    def since(self, at: datetime) -> float:
        return (at - self.detected_at).total_seconds()

    def _standing(self, kind: str, withdrawn: str) -> Line | None:
        """The first such line after the last one that took it back."""
        found: Line | None = None
        for line in self.all(kind, withdrawn):
            found = None if line.kind == withdrawn else (found or line)
        return found


def _figures(told: _Told) -> list[Figure]:
    chosen = told.first("level.chosen")
    begun = next(iter(told.of_runs("run.started")), None)
    recovered = _recovered_at(told)
    message = told.first("message.sent")
    points = [
        (
            "acknowledge",
            "Time to acknowledge",
            told.acknowledged.at if told.acknowledged else None,
            "nobody acknowledged it",
        ),
        ("decide", "Time to decide", chosen.at if chosen else None, "no level was chosen"),
        ("begin", "Time to the first command", begun.at if begun else None, "no run began"),
        ("inform", "Time to the first message", message.at if message else None, "no message was sent"),
        ("mitigate", "Time to mitigate", recovered, "no verdict says recovered"),
        ("resolve", "Time to resolve", told.resolved.at if told.resolved else None, "it is not resolved"),
    ]
    began = Figure("detect", "Time to detect", None, "the timeline does not say when the fault began")
    declared = Figure("declare", "Time to declare", max(0.0, told.since(told.declared_at)))
    return [began, declared, *(_figure(told, *point) for point in points)]


def _figure(told: _Told, key: str, label: str, at: datetime | None, blank: str) -> Figure:
    return Figure(key, label, max(0.0, told.since(at)) if at else None, "" if at else blank)


def _recovered_at(told: _Told) -> datetime | None:
    """When the good streak began that the last verdict confirms; a later *not recovered* takes it back."""
    verdict = told.last("verdict.given")
    if verdict is None or verdict.data.get("verdict") != "recovered":
        return None
    return _moment_of(verdict)


def _moment_of(verdict: Line) -> datetime:
    return parsed(verdict.data.get("recovered_at")) or verdict.at


def _runs(told: _Told, levels: Sequence[Mapping[str, Any]]) -> list[RunLine]:
    promises = {level.get("number"): level.get("promise_seconds") for level in levels}
    numbers = dict.fromkeys(line.data.get("run") for line in told.of_runs("run.queued", "run.started"))
    return [_run(told, number, promises) for number in numbers]


def _run(told: _Told, number: Any, promises: Mapping[Any, Any]) -> RunLine:
    mine = [line for line in told.lines if line.data.get("run") == number]
    by_kind = {line.kind: line for line in mine}
    head = by_kind.get("run.started") or by_kind.get("run.queued") or mine[0]
    started = by_kind["run.started"].at if "run.started" in by_kind else None
    ended = next((line for line in mine if line.kind in RUN_ENDS), None)
    verdict, opened = by_kind.get("verdict.given"), by_kind.get("watch.opened")
    word = str(verdict.data.get("verdict", "")) if verdict else ""
    recovered = _moment_of(verdict) if verdict and word == "recovered" else None
    return RunLine(
        run=int(number),
        kind=str(head.data.get("run_kind")),
        name=str(head.data.get("level_name") or head.data.get("run_kind", "")).strip(),
        level=head.data.get("level"),
        outcome=ended.kind.removeprefix("run.") if ended else "not ended",
        started_at=started,
        promised_seconds=promises.get(head.data.get("level"))
        if head.data.get("run_kind") in ("rollback", "drill")
        else None,
        commands_seconds=(ended.at - started).total_seconds() if ended and started else None,
        recovered_seconds=(recovered - started).total_seconds() if recovered and started else None,
        verdict=word,
        reason=str(verdict.data.get("reason", "")) if verdict else "",
        shortened=bool(opened and opened.data.get("shortened")),
        crossed="promise.crossed" in by_kind,
    )


def _signals(told: _Told) -> list[Signal]:
    """Before: frozen when the run began. After: what the last verdict counted."""
    signals = []
    for line in told.all("before.frozen"):
        run = line.data.get("run")
        verdict = next((v for v in reversed(told.all("verdict.given")) if v.data.get("run") == run), None)
        after = _counted(verdict.data) if verdict else "not measured"
        signals.append(Signal(str(line.data.get("signal") or "errors"), run, _counted(line.data), after))
    return signals


def _counted(data: Mapping[str, Any]) -> str:
    requests, errors, p95 = data.get("requests"), data.get("errors"), data.get("p95_ms")
    if not requests:
        return str(data.get("reason") or "no request was counted")
    rate = f"{100 * float(errors or 0) / float(requests):.1f} % errors ({errors} of {requests} requests)"
    return rate + (f", p95 {float(p95):.0f} ms" if p95 else "")


def _recommended(line: Line) -> dict[str, Any]:
    runner_up = line.data.get("runner_up")
    if isinstance(runner_up, Mapping):
        runner_up = f"{runner_up.get('symptom', '')} (Level {runner_up.get('level')})"
    return {**_data(line, "level", "level_name", "sentence"), "runner_up": runner_up}


def _worked(told: _Told, runs: Sequence[RunLine]) -> str:
    """What is known to have worked, in one sentence."""
    good = [run for run in runs if run.verdict == "recovered" and run.kind in ("rollback", "drill", "restore")]
    if good:
        return f"{good[-1].name} worked: {good[-1].reason or 'recovered'}"
    if told.resolved and not runs:
        return "No rollback was run."
    return "Nothing is proved to have worked."


def _caveats(told: _Told, runs: Sequence[RunLine]) -> list[str]:
    """What a reader must know before trusting a green word."""
    caveats = []
    if told.resolved and not told.resolved.data.get("verified"):
        caveats.append(f"Resolved without proof (unverified): {told.resolved.data.get('reason') or 'no reason given'}")
    caveats += [
        f"The watch after {run.name} was shortened; it says less than the plan's own." for run in runs if run.shortened
    ]
    for line in told.all("step.settled"):
        caveats.append(f"The outcome of “{line.data.get('title', 'a step')}” was unknown and was settled by a person.")
    for line in told.all("incident.reopened"):
        caveats.append(f"Reopened: {line.data.get('reason', '')}")
    skipped = told.all("evidence.skipped")
    if skipped:
        caveats.append(f"{len(skipped)} item{'s' if len(skipped) > 1 else ''} of evidence skipped.")
    return caveats


def _messages(told: _Told) -> list[SentMessage]:
    outcomes = ("message.accepted", "message.failed", "message.unknown")
    sent: dict[Any, SentMessage] = {}
    for line in told.all("message.sent"):
        last = {}
        for outcome in told.all(*outcomes):
            if outcome.data.get("message") == line.data.get("message"):
                last[outcome.data.get("recipient")] = outcome.kind
        words = list(last.values())
        how = "by hand" if line.data.get("by_hand") else "kept in the outbox" if line.data.get("outbox") else "by mail"
        sent[line.data.get("message")] = SentMessage(
            message=int(line.data.get("message") or 0),
            at=line.at,
            subject=str(line.data.get("subject", "")),
            recipients=int(line.data.get("recipients") or 0),
            accepted=words.count("message.accepted"),
            failed=words.count("message.failed"),
            unknown=words.count("message.unknown"),
            how=how,
        )
    return list(sent.values())


def _chronology(told: _Told, starred: set[int]) -> list[Entry]:
    """Every line that a reader needs, in order; machine detail of the evidence run is left out."""
    entries = []
    for line in told.lines:
        small = line.kind in LEFT_OUT or (line.data.get("run_kind") == "evidence" and line.kind != "evidence.gathered")
        if small and line.seq not in starred:
            continue
        said = sentences.line_of(line)
        # A note that was first written on paper stands at its own time.
        at = parsed(line.data.get("happened_at")) or line.at
        star = line.seq in starred or line.kind in STARRED
        entries.append(Entry(line.seq, at, told.since(at), line.actor_name, said.text, said.quote, star))
    return sorted(entries, key=lambda entry: (entry.at, entry.seq))


def _data(line: Line, *names: str) -> dict[str, Any]:
    return {"at": line.at, **{name: line.data.get(name) for name in names}}


def _plain(value: Any) -> Any:
    """JSON: times as text."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def late_words(duty: Duty) -> str:
    """ "3:58 late", "on time", or the state of an open one."""
    return punctuality(duty.late_seconds) if duty.state == "done" and duty.late_seconds is not None else duty.state
