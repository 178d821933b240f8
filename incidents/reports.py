"""The retrospective's own half, pure: figures, chronology and comparisons, read from the events and from nothing else.

A figure that the timeline cannot give is blank and says why; nothing is guessed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from incidents import sentences
from incidents.caveats import caveats
from incidents.figures import figures, moment_of
from incidents.impact import impact
from incidents.report_lines import Duty, Entry, Figure, Report, RunLine, SentMessage, Signal
from incidents.sentences import STARRED
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
    | {
        "step.waiting",
        "retrospective.changed",
        "task.ticked",
        "phase.due",
        "line.starred",
        "line.unstarred",
        "note.edited",
    }
)


def report(
    *,
    reference: str,
    lines: Sequence[Line],
    levels: Sequence[Mapping[str, Any]] = (),
    duties: Sequence[Duty] = (),
    starred: Sequence[int] = (),
    counted: Sequence[Mapping[str, Any]] = (),
    texts: Mapping[int, tuple[str, str]] | None = None,
) -> Report:
    """Reads the timeline once, from the declaration to now.

    `counted`: what was measured while it lasted, `{"signal", "requests", "errors", "queries", "kinds"}` a signal.
    `texts`: of each message that was sent its kind and its words.
    """
    told = Told(lines)
    hurt = impact(told, counted)
    manager = told.last_role("manager")
    return Report(
        reference=reference,
        title=told.fact("title"),
        service=f"{told.fact('service')} {told.fact('environment')}".strip(),
        severity=told.fact("severity"),
        detected_at=told.detected_at,
        resolved_at=told.resolved.at if told.resolved else None,
        figures=figures(told),
        runs=(runs := _runs(told, levels)),
        signals=_signals(told),
        recommended=[_recommended(line) for line in told.all("recommendation.made")],
        chosen=[
            {**_data(line, "level", "recommended", "reason"), "by": line.actor_name}
            for line in told.all("level.chosen")
        ],
        worked=_worked(told, runs),
        caveats=caveats(told, runs),
        messages=_messages(told, texts or {}),
        duties=list(duties),
        evidence=[
            _data(line, "title", "status", "hash", "reason") for line in told.all("evidence.item", "evidence.skipped")
        ],
        actions=_actions(told),
        plan_changes=[
            _data(line, "plan", "revision", "incident", "reason") for line in told.all("plan.change_proposed")
        ],
        impact={
            "seconds": hurt.seconds,
            "minutes": hurt.minutes,
            "said": hurt.said,
            "counted": [row.sentence for row in hurt.counted],
        },
        symptom=told.fact("symptom"),
        plan=told.facts.get("plan"),
        manager=manager,
        chronology=_chronology(told, {**dict.fromkeys(starred, True), **told.stars}),
    )


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
    recovered = moment_of(verdict) if verdict and word == "recovered" else None
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


def _actions(told: Told) -> list[dict[str, Any]]:
    """What is to be done, as it stands: moved items with their new owner and day, done ones marked."""
    items: dict[Any, dict[str, Any]] = {}
    for line in told.all("action_item.added", "action_item.moved", "action_item.done"):
        key = line.data.get("item") or line.data.get("text")
        if line.kind == "action_item.done":
            items.setdefault(key, _data(line, "text"))["done"] = True
        else:
            items[key] = {**items.get(key, {}), **_data(line, "text", "owner", "due"), "done": False}
            items[key]["kind"] = line.data.get("kind") or items[key].get("kind") or "prevent"
    return list(items.values())


def _messages(told: Told, texts: Mapping[int, tuple[str, str]]) -> list[SentMessage]:
    outcomes = ("message.accepted", "message.failed", "message.unknown")
    sent: dict[Any, SentMessage] = {}
    for line in told.all("message.sent"):
        last = {}
        for outcome in told.all(*outcomes):
            if outcome.data.get("message") == line.data.get("message"):
                last[outcome.data.get("recipient")] = outcome.kind
        words = list(last.values())
        how = "by hand" if line.data.get("by_hand") else "kept in the outbox" if line.data.get("outbox") else "by mail"
        number = int(line.data.get("message") or 0)
        kind, said = texts.get(number, ("", ""))
        sent[number] = SentMessage(
            message=number,
            kind=kind,
            said=said,
            at=line.at,
            subject=str(line.data.get("subject", "")),
            recipients=int(line.data.get("recipients") or 0),
            accepted=words.count("message.accepted"),
            failed=words.count("message.failed"),
            unknown=words.count("message.unknown"),
            how=how,
        )
    return list(sent.values())


def _chronology(told: Told, stars: Mapping[int, bool]) -> list[Entry]:
    """Every line that a reader needs, in order; machine detail of the evidence run is left out."""
    entries = []
    rewritten = told.rewritten
    for line in told.lines:
        small = line.kind in LEFT_OUT or (line.data.get("run_kind") == "evidence" and line.kind != "evidence.gathered")
        if small and not stars.get(line.seq):
            continue
        said = sentences.line_of(line)
        # A note that was first written on paper stands at its own time.
        at = parsed(line.data.get("happened_at")) or line.at
        star = stars.get(line.seq, line.kind in STARRED)
        quote = rewritten.get(line.seq, said.quote)
        entries.append(Entry(line.seq, at, told.since(at), line.actor_name, said.text, quote, star))
    return sorted(entries, key=lambda entry: (entry.at, entry.seq))


def _data(line: Line, *names: str) -> dict[str, Any]:
    return {"at": line.at, **{name: line.data.get(name) for name in names}}
