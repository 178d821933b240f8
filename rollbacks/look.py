"""What one look finds: asks the run's checks, counts its signals, and judges. Writes nothing."""

import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from rollbacks import probes
from rollbacks.context import Answer, Surroundings
from rollbacks.models import Sample, Sampling, Watch
from rollbacks.statistics import CheckAnswer, Counts, Finding, judge
from rollbacks.watch_terms import Terms, thresholds

STALE = timedelta(seconds=60)  # older samples do not speak of now
# The title of the answer that stands for samples which are too old.
STALE_TITLE = "Fresh samples"
IN_A_ROW = 5
APART_SECONDS = 0.5
SECOND_TRY_SECONDS = 2.0


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
    own = thresholds(watch.run.revision.compiled.get("checks", []))
    findings = {}
    for signal in signals_of(watch):
        rows = Sample.objects.of(watch.target_id, signal).between(max(watch.warmup_until, counted_from(watch)), now)
        findings[signal] = judge(
            rows.counts(),
            [*answers, *_freshness(rows, now), *_load_problem(watch, signal)],
            threshold=own.get(signal, terms.threshold),
            count=terms.count,
            good_looks=terms.good_looks,
            may_be_good=now >= watch.good_from_at,
        )
    if not findings:
        findings[""] = _without_signals(answers)
    worst = min(findings, key=lambda name: ("not_recovered", "inconclusive", "recovered").index(findings[name].verdict))
    checks = [
        {"title": one.title, "purpose": one.purpose, "result": one.result, "sentence": one.sentence} for one in answers
    ]
    data = {**findings[worst].data, "signal": worst, "checks": checks}
    data["signals"] = {name: finding.data for name, finding in findings.items() if name}
    return findings[worst], data


def signals_of(watch: Watch) -> list[str]:
    """The signals that are counted by our own load."""
    signals = watch.run.revision.compiled.get("signals") or {}
    return [name for name, signal in signals.items() if signal.get("probe", "load") == "load"]


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
