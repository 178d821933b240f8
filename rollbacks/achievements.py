"""What a level achieved in its last runs and drills on a target: the verdicts, and the promise kept or not."""

from typing import Any

from rollbacks.models import Run, Verdict

LAST = 10
KINDS = ("rollback", "drill")


def achieved(target: Any, level: int | None) -> dict[str, Any]:
    """{"runs", "drills", "recovered", "not_recovered", "undecided", "kept", "words"} of the last ten; empty without any."""
    if level is None:
        return {}
    runs = Run.objects.filter(target=target, level=level, kind__in=KINDS, started_at__isnull=False)
    over = [run for run in runs.select_related("watch").order_by("-pk")[:LAST] if run.is_over]
    if not over:
        return {}
    words = [_verdict_of(run) for run in over]
    found: dict[str, Any] = {
        "runs": len(over),
        "drills": sum(run.kind == Run.Kind.DRILL for run in over),
        "recovered": words.count(Verdict.Word.RECOVERED),
        "not_recovered": words.count(Verdict.Word.NOT_RECOVERED),
        "undecided": words.count(Verdict.Word.INCONCLUSIVE),
        "unfinished": words.count(""),
        "kept": sum(_kept_promise(run) for run in over),
    }
    return {**found, "words": in_words(found)}


def _verdict_of(run: Run) -> str:
    """The last word about a run; empty when its commands did not all end well, or nothing watched it."""
    watch = getattr(run, "watch", None)
    latest = watch.latest if watch is not None else None
    return str(latest.verdict) if latest else ""


def _kept_promise(run: Run) -> bool:
    watch = getattr(run, "watch", None)
    if watch is None or watch.recovered_at is None or run.started_at is None or not run.promise_seconds:
        return False
    return bool((watch.recovered_at - run.started_at).total_seconds() <= run.promise_seconds)


def in_words(found: dict[str, Any]) -> str:
    """ "In its last 4 runs here (1 of them a drill): recovered 3, not recovered 1. It kept its promise in 2."."""
    count = found["runs"]
    drills = (
        f" ({found['drills']} of them {'a drill' if found['drills'] == 1 else 'drills'})" if found["drills"] else ""
    )
    parts = (("recovered", "recovered"), ("not_recovered", "not recovered"), ("undecided", "cannot tell"))
    said = [f"{word} {found[key]}" for key, word in parts if found[key]]
    said += [f"without a verdict {found['unfinished']}"] if found["unfinished"] else []
    runs = "its last run" if count == 1 else f"its last {count} runs"
    return f"In {runs} here{drills}: {', '.join(said)}. It kept its promise in {found['kept']}."
