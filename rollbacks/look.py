"""What one look finds: asks the run's checks, counts its signals, and judges. Writes nothing."""

import time
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings

from rollbacks import baselines, probes
from rollbacks.context import Answer, Surroundings
from rollbacks.latency import BLOCK_SECONDS, FEWEST_BLOCKS, LatencyFinding, blocks_of, judge_latency
from rollbacks.models import FrozenBaseline, Sample, Sampling, Watch
from rollbacks.statistics import CheckAnswer, Counts, Finding, Series, judge, share_of_alpha
from rollbacks.watch_terms import Terms, thresholds

STALE = timedelta(seconds=60)  # older samples do not speak of now
# The title of the answer that stands for samples which are too old.
STALE_TITLE = "Fresh samples"
IN_A_ROW = 5
APART_SECONDS = 0.5
SECOND_TRY_SECONDS = 2.0
SHORTEST_LATENCY = 150.0  # seconds that a watch must count before a ratio of latencies can be proved
FEWEST_SHORT = 5  # blocks of a shorter watch, for the plan's own limit


def ask_checks(watch: Watch) -> list[CheckAnswer]:
    """Asks every check that belongs to the run, since the end of its last change."""
    offset = settings.DOMAIN_TIME_OFFSET_SECONDS
    around = Surroundings.for_snapshot(watch.run.snapshot, since=watch.changed_at.timestamp() - offset)
    checks = [check for check in watch.run.snapshot.get("checks", []) if not check.get("skip")]
    asked = [check for check in checks if not check.get("signal") and probes.kind_of(check)]
    return [_judged(check, _ask(check, around)) for check in asked]


def _ask(check: dict[str, Any], around: Surroundings) -> Answer:
    """Health must hold several times in a row: a flapping service passes now and then. State is asked once.

    What is no pass gets a second chance, again several times in a row: a look is rare, and red is expensive.
    """
    answer = probes.ask(in_a_row(check, IN_A_ROW if is_health(check) else 1), around, patient=False)
    expected = (check.get("before") or {}).get("result", "pass")
    if answer.result == expected:
        return answer
    time.sleep(min(SECOND_TRY_SECONDS, float(check.get("every") or SECOND_TRY_SECONDS)))
    return probes.ask(in_a_row(check, IN_A_ROW), around, patient=False)


def is_health(check: dict[str, Any]) -> bool:
    return str(check.get("purpose") or "health") == "health"


def in_a_row(check: dict[str, Any], passes: int) -> dict[str, Any]:
    """The check asked so often in a row, half a second apart, unless the plan itself asks for more."""
    if int(check.get("passes") or 1) >= passes:
        return check
    return {**check, "passes": passes, "every": min(APART_SECONDS, float(check.get("every") or APART_SECONDS))}


def _judged(check: dict[str, Any], answer: Answer) -> CheckAnswer:
    """The answer as it counts here: an undo must bring back what a check said before the run that it undoes."""
    title = str(check.get("item") or check.get("title") or check.get("name"))
    purpose = str(check.get("purpose") or "health")
    before = check.get("before")
    if not before or before.get("result") == "cannot_tell":
        return CheckAnswer(title, answer.result, answer.sentence, purpose)
    if answer.result == "cannot_tell" or answer.result == before.get("result"):
        result = answer.result if answer.result == "cannot_tell" else "pass"
        return CheckAnswer(title, result, f"As before the rollback: {answer.sentence}", purpose)
    words = {"pass": "held", "fail": "did not hold"}
    said = f"Before the rollback it {words.get(str(before['result']))}, now it is otherwise: {answer.sentence}"
    return CheckAnswer(title, "fail", said, purpose)


def find(watch: Watch, answers: list[CheckAnswer], now: datetime) -> tuple[Finding, dict[str, Any]]:
    """The finding of this moment over every signal, the worst one first, with what a page shows of it."""
    terms = Terms.from_json(watch.terms)
    findings = {signal: _finding(watch, signal, answers, terms, now) for signal in signals_of(watch)}
    if not findings:
        findings[""] = _without_signals(answers)
    worst = min(findings, key=lambda name: ("not_recovered", "inconclusive", "recovered").index(findings[name].verdict))
    checks = [
        {"title": one.title, "purpose": one.purpose, "result": one.result, "sentence": one.sentence} for one in answers
    ]
    data = {**findings[worst].data, "signal": worst, "checks": checks}
    data["signals"] = {name: finding.data for name, finding in findings.items() if name}
    return findings[worst], data


def _finding(watch: Watch, signal: str, answers: list[CheckAnswer], terms: Terms, now: datetime) -> Finding:
    """One signal: its errors and latency beside the run's baseline, or beside the plan's own limits without one."""
    checks = watch.run.revision.compiled.get("checks", [])
    since = max(watch.warmup_until, counted_from(watch))
    rows = Sample.objects.of(watch.target_id, signal).between(since, now)
    row = baselines.of(watch.run, signal)
    baseline, counts, series = baselines.plain(row) if row else None, rows.counts(), series_of(watch, signal, rows)
    latency = latency_of(rows, row, terms, limits_ms(checks).get(signal))
    judged = partial(
        judge,
        counts,
        threshold=thresholds(checks).get(signal, terms.threshold),
        count=terms.count,
        good_looks=terms.good_looks,
        may_be_good=now >= watch.good_from_at,
        baseline=baseline,
        series=series,
    )
    answers = [*answers, *_freshness(rows, now), *_load_problem(watch, signal)]
    found = judged(answers)
    if latency is None:
        return found
    # A latency that cannot be told yet withholds a good word; it hides no better reason, and no sign that all is well.
    if latency.result != "cannot_tell" or found.verdict == "recovered":
        found = judged([*answers, CheckAnswer("Latency", latency.result, latency.sentence)])
    return replace(found, data={**found.data, "latency": {**latency.data, "says": latency.sentence}})


def signals_of(watch: Watch) -> list[str]:
    """The signals that are counted: by our own load, or by the service's monitoring."""
    return list(baselines.counted_signals(watch.run.revision.compiled))


def series_of(watch: Watch, signal: str, rows: Any) -> Series:
    """In how many points of time was counted, and how much traffic there was where that is the service's own."""
    probe = watch.run.revision.compiled["signals"][signal].get("probe") or "load"
    filled = rows.filter(requests__gt=0).values_list("seconds", "requests")
    seconds = sum(one for one, _ in filled)
    real = probe != "load" and seconds > 0
    return Series(len(filled), sum(requests for _, requests in filled) / seconds if real else None)


def latency_of(rows: Any, row: FrozenBaseline | None, terms: Terms, limit_ms: float | None) -> LatencyFinding | None:
    """The latency beside the baseline and the plan's limit; None where there is neither, or too little time for it.

    A watch that is shorter than twenty short blocks cannot prove a ratio; then only the plan's limit is judged.
    """
    seconds = terms.length - terms.warmup
    long_enough = seconds >= SHORTEST_LATENCY
    before = row.blocks if row and long_enough and len(row.blocks) >= FEWEST_BLOCKS else None
    if limit_ms is None and before is None:
        return None
    timed = [(at.timestamp(), values) for at, values in rows.values_list("at", "latencies")]
    length = (timed[-1][0] - timed[0][0]) if timed else 0.0
    return judge_latency(
        blocks_of(timed, seconds=max(5.0, min(BLOCK_SECONDS, length / (FEWEST_BLOCKS * 1.2)))),
        before,
        limit_ms=limit_ms,
        confidence=share_of_alpha(terms.good_looks),
        fewest_blocks=FEWEST_BLOCKS if long_enough else FEWEST_SHORT,
    )


def limits_ms(checks: list[dict[str, Any]]) -> dict[str, float]:
    """`signal=… threshold="< 500ms"`: the p95 that a check of the validation asks of a signal, in milliseconds."""
    factors = {"ms": 1.0, "s": 1000.0}
    found = {}
    for check in checks:
        threshold = check.get("threshold") or {}
        unit = str(threshold.get("unit") or "")
        if check.get("signal") and unit in factors and str(threshold.get("op", "")).startswith("<"):
            found[str(check["signal"])] = float(threshold["value"]) * factors[unit]
    return found


def counted_from(watch: Watch) -> datetime:
    """A red look forgets what it was red about: counting begins anew."""
    return watch.armed_at if watch.rearmed else watch.changed_at


def _freshness(rows: Any, now: datetime) -> list[CheckAnswer]:
    """Samples that ended a while ago do not speak of now: after a pause of ours the look cannot tell."""
    last = rows.last()
    if last is None or last.at + timedelta(seconds=last.seconds) >= now - STALE:
        return []
    sentence = f"nothing was counted since {last.at:%H:%M:%S} UTC"
    return [CheckAnswer(STALE_TITLE, "cannot_tell", sentence, "health")]


def _load_problem(watch: Watch, signal: str) -> list[CheckAnswer]:
    """Why nothing is counted, when that is on our side."""
    problem = problem_of_load(watch, signal)
    return [CheckAnswer("Labelled load", "cannot_tell", problem, "health")] if problem else []


def problem_of_load(watch: Watch, signal: str = "") -> str:
    """The sentence that the load of this target ended with; empty while it counts."""
    loads = Sampling.objects.filter(target_id=watch.target_id, active=True).exclude(problem="")
    problem = (loads.filter(signal=signal) if signal else loads).values_list("problem", flat=True).first()
    return str(problem or "")


def _without_signals(answers: list[CheckAnswer]) -> Finding:
    failing = judge(Counts(), answers)
    if failing.verdict == "not_recovered":
        return failing
    return Finding("inconclusive", "The plan names no signal whose errors are counted; checks alone are no proof.")
