"""What a page says of a watch at one moment: its word, one sentence, and whether Resolve is open."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from rollbacks.look import problem_of_load
from rollbacks.models import Sample, StepRun, Verdict, Watch
from rollbacks.promise import newer_run
from rollbacks.statistics import Counts, judge, requests_needed, share_of_alpha
from rollbacks.watch_terms import Terms, thresholds


@dataclass(frozen=True)
class WatchState:
    """The words are those of docs/glossary.md. `key` is passing, recovered, not_recovered or inconclusive."""

    key: str
    word: str
    sentence: str
    verdict: Verdict | None
    may_resolve: bool
    resolve_opens: datetime | None  # None when it is open, or when only a reason opens it
    ended: bool
    shortened: bool
    requests: int
    errors: int
    needed: int
    next_look_at: datetime | None
    good_from_at: datetime
    ends_at: datetime
    recovered_at: datetime | None


def state_of(watch: Watch, now: datetime) -> WatchState:
    """The state of a watch at this moment, with the counts as they stand now."""
    newer = None if watch.is_open else newer_run(watch.run, until=now)
    verdict, counts = None if newer else watch.latest, counts_now(watch, now)
    terms = Terms.from_json(watch.terms)
    threshold = min([*thresholds(watch.run.revision.compiled.get("checks", [])).values(), terms.threshold])
    needed = requests_needed(threshold, terms.count, share_of_alpha(terms.good_looks))
    if verdict is not None:
        needed = max(needed, int(verdict.data.get("needed") or 0))  # beside a baseline a look needs more
    key = "inconclusive" if newer else _key(watch, verdict)
    if key == "passing" and judge(counts, threshold=threshold, count=needed).verdict == Verdict.Word.NOT_RECOVERED:
        # Checks may pass while queries fail: until the look that decides, the page must not sound like good news.
        key = "inconclusive"
    sentence = _sentence(watch, verdict, key, counts, needed, threshold)
    if newer:
        sentence = f"{newer.what} has begun to change the service after this was measured: nothing is proved now."
    return WatchState(
        key=key,
        word=_word(watch, key),
        sentence=sentence,
        verdict=verdict,
        may_resolve=not watch.is_open and key == "recovered",
        resolve_opens=watch.ends_at if watch.is_open else None,
        ended=not watch.is_open,
        shortened=watch.shortened,
        requests=counts.requests,
        errors=counts.errors,
        needed=needed,
        next_look_at=watch.next_look_at,
        good_from_at=watch.good_from_at,
        ends_at=watch.ends_at,
        recovered_at=watch.recovered_at,
    )


def counts_now(watch: Watch, now: datetime) -> Counts:
    """What counts for the next look, of the signal that has counted least."""
    since = max(watch.warmup_until, watch.armed_at) if watch.rearmed else watch.warmup_until
    until = watch.ended_at or now
    signals = watch.run.revision.compiled.get("signals") or {}
    counted = [
        Sample.objects.of(watch.target_id, name).between(since, until).counts()
        for name, signal in signals.items()
        if signal.get("probe", "load") in ("load", "prometheus")
    ]
    return min(counted, key=lambda counts: counts.requests, default=Counts())


def _key(watch: Watch, verdict: Verdict | None) -> str:
    if verdict is None:
        return "passing" if _own_checks_passed(watch) else "inconclusive"
    if verdict.verdict == Verdict.Word.INCONCLUSIVE and verdict.passing and watch.is_open:
        return "passing"
    return verdict.verdict


def _own_checks_passed(watch: Watch) -> bool:
    """Before the first look the run's own checks at its end are all that is known."""
    done = list(watch.run.steps.filter(section=StepRun.Section.CHECKS).values_list("status", flat=True))
    return bool(done) and all(status == "succeeded" for status in done)


def _word(watch: Watch, key: str) -> str:
    if key == "passing":
        return f"Checks passed, watching until {clock(watch.ends_at)}"
    return str(Verdict.Word(key).label)


def _sentence(watch: Watch, verdict: Verdict | None, key: str, counts: Counts, needed: int, threshold: float) -> str:
    said = verdict.reason if verdict else ""
    if key in ("passing", "inconclusive") and watch.is_open:
        said = _counting(counts, needed, threshold, said if key == "inconclusive" else "")
        if counts.requests == 0 and (problem := problem_of_load(watch)):
            said = f"Nothing is counted: {problem}"
    said = said or "Nothing was measured yet."
    if watch.shortened and "shortened" not in said:
        said += " The watch is shortened on this target."
    return said


def _counting(counts: Counts, needed: int, threshold: float, said: str) -> str:
    """The counts of this second; a check that cannot tell stays in the sentence, for counting does not answer it."""
    live = judge(counts, threshold=threshold, count=needed)
    if "check “" in said:
        return said
    if live.verdict == "not_recovered":
        return f"So far {live.reason[0].lower()}{live.reason[1:]} The next look decides."
    failed = "none failed" if counts.errors == 0 else f"{counts.errors} failed"
    if counts.requests < needed:
        return f"{counts.requests} of {needed} requests counted, {failed}."
    return f"{counts.requests} requests counted, {failed}."


def clock(at: datetime) -> str:
    """hh:mm in the installation's zone."""
    return timezone.localtime(at).strftime("%H:%M")
