"""The retrospective's own half, pure: figures, chronology and comparisons, read from the events and from nothing else.

A figure that the timeline cannot give is blank and says why; nothing is guessed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from incidents import sentences
from incidents.report_lines import Duty, Entry, Figure, Report, RunLine, SentMessage, Signal
from incidents.story import Line, parsed
from incidents.told import Told

__all__ = ["Duty", "Figure", "Report", "RunLine", "report"]

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


def report(
    *,
    reference: str,
    lines: Sequence[Line],
    levels: Sequence[Mapping[str, Any]] = (),
    duties: Sequence[Duty] = (),
    starred: Sequence[int] = (),
) -> Report:
    """Reads the timeline once, from the declaration to now."""
    told = Told(lines)
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


def _figures(told: Told) -> list[Figure]:
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


def _figure(told: Told, key: str, label: str, at: datetime | None, blank: str) -> Figure:
    return Figure(key, label, max(0.0, told.since(at)) if at else None, "" if at else blank)


def _recovered_at(told: Told) -> datetime | None:
    """When the good streak began that the last verdict confirms; a later *not recovered* takes it back."""
    verdict = told.last_word()
    if verdict is None or verdict.data.get("verdict") != "recovered":
        return None
    return _moment_of(verdict)


def _moment_of(verdict: Line) -> datetime:
    return parsed(verdict.data.get("recovered_at")) or verdict.at


def _runs(told: Told, levels: Sequence[Mapping[str, Any]]) -> list[RunLine]:
    promises = {level.get("number"): level.get("promise_seconds") for level in levels}
    numbers = dict.fromkeys(line.data.get("run") for line in told.of_runs("run.queued", "run.started"))
    return [_run(told, number, promises) for number in numbers]


def _run(told: Told, number: Any, promises: Mapping[Any, Any]) -> RunLine:
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


def _signals(told: Told) -> list[Signal]:
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


def _worked(told: Told, runs: Sequence[RunLine]) -> str:
    """What is known to have worked, in one sentence."""
    good = [run for run in runs if run.verdict == "recovered" and run.kind in ("rollback", "drill", "restore")]
    if good:
        return f"{good[-1].name} worked: {good[-1].reason or 'recovered'}"
    if told.resolved and not runs:
        return "No rollback was run."
    return "Nothing is proved to have worked."


def _caveats(told: Told, runs: Sequence[RunLine]) -> list[str]:
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


def _messages(told: Told) -> list[SentMessage]:
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


def _chronology(told: Told, starred: set[int]) -> list[Entry]:
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
