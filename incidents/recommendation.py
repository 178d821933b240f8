"""Asks the plan which level it recommends: the alert's row, what was measured, what did not help."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Sum

from incidents import experience
from incidents.models import AlertStatus, Drill, Incident
from rollbacks.measure import Measure, number_in_words, same_words
from rollbacks.models import Sample
from rollbacks.recommend import Match, Recommendation, RecommendationFacts, level_name, recommend
from timeline import domain_time

# Samples of this many seconds count as "now"; fewer requests than this say nothing yet.
RECENT_SECONDS = 120
FEWEST_REQUESTS = 30
# With fewer errors a rate is a guess: 0 of 50 is no "under 1 %", and takes no alert's number away. 299 requests can tell.
ENOUGH_ERRORS = 10
TELLING_REQUESTS = 299
NAMED_BY = {"detection": "the detection"}


def recommend_for(incident: Incident) -> bool:
    """Asks anew and keeps the answer; True when it differs from the last one. No plan, no question."""
    if not incident.is_live or not incident.compiled:
        return False
    if rehearsed := Drill.objects.filter(incident=incident).first():
        return incident.remember_recommendation(rehearsal_of(incident, rehearsed))
    answer = as_json(recommend(incident.compiled, facts_of(incident)), incident.compiled)
    answer |= experience.of(incident, answer["level"])
    if hold := why_hold(incident):
        answer |= {"hold": hold, "sentence": f"{hold} {answer['sentence']}"}
    return incident.remember_recommendation(answer)


def rehearsal_of(incident: Incident, drill: Drill) -> dict[str, Any]:
    """In a drill nothing is wrong that a matrix could weigh: the testing schedule names the level."""
    name = level_name(incident.compiled, drill.level)
    sentence = f"This drill rehearses {name}, due {drill.due_on:%Y-%m-%d}."
    plain = as_json(Recommendation(drill.level, name, None, "The testing schedule", sentence, answer="rollback"), {})
    return {**plain, "row_line": drill.line}


def why_hold(incident: Incident) -> str:
    """Before the first command: why to wait with it, because the service looks healthy now; empty when it does not."""
    changing = ("rollback", "undo", "restore", "drill")
    if incident.events.filter(kind="run.started", data__run_kind__in=changing).exists():
        return ""
    last = incident.alerts.order_by("-last_seen_at").first()
    if last and not incident.alerts.filter(status=AlertStatus.FIRING).exists():
        return f"Hold: the alert {last.name} has resolved, it looks healthy now. Look before you roll back."
    return ""


def facts_of(incident: Incident) -> RecommendationFacts:
    """Everything that is known when the level is asked for."""
    line = matrix_line_of(incident)
    alert = incident.alerts.order_by("received_at").values_list("name", flat=True).first()
    return RecommendationFacts(
        named_lines=(line,) if line else (),
        named_by=NAMED_BY.get(incident.source, "the symptom")
        if not alert or incident.source != "alert"
        else f"the alert {alert}",
        symptom=incident.symptom,
        measured=measured_of(incident),
        failed_levels=failed_levels_of(incident),
    )


def matrix_line_of(incident: Incident) -> int | None:
    """The row's line in this incident's text of the plan; a rule or a form names it by line or by its words."""
    rows = [*incident.compiled.get("matrix", []), *incident.compiled.get("risks", [])]
    lines = [row["line"] for row in rows]
    if incident.matrix_line in lines:
        return incident.matrix_line
    named = [
        row["line"] for row in rows if same_words(incident.symptom, row.get("symptom") or row.get("scenario") or "")
    ]
    return named[0] if incident.symptom and named else None


def measured_of(incident: Incident) -> dict[str, Measure]:
    """What was measured, by signal: our own counts first, then the values that alerts brought."""
    measured = sampled(incident)
    for metric, fact in incident.measured.items():
        name = signal_of(incident.compiled, metric)
        unit = str(fact.get("unit") or "%")
        words = f"{number_in_words(float(fact['value']), unit)} ({fact.get('from', 'a person')})"
        measured.setdefault(name, Measure(float(fact["value"]), unit, words))
    return measured


def signal_of(compiled: Mapping[str, Any], metric: str) -> str:
    """The signal that lists this metric, so that one number answers every row of it; else the metric itself."""
    for name, signal in (compiled.get("signals") or {}).items():
        if any(same_words(metric, known) for known in (name, *(signal.get("metric") or ()))):
            return str(name)
    return metric


def sampled(incident: Incident) -> dict[str, Measure]:
    """Error rates of the plan's own queries in the last two minutes; too few requests are no number."""
    # What was counted before the fault says nothing about it.
    since = max(domain_time.now() - timedelta(seconds=RECENT_SECONDS), incident.detected_at)
    samples = Sample.objects.filter(target_id=incident.target_id, at__gte=since)
    rows = samples.values("signal").annotate(errors=Sum("errors"), requests=Sum("requests")).order_by("signal")
    measured = {}
    for row in rows:
        if not is_a_number(row["requests"] or 0, row["errors"] or 0):
            continue
        rate = 100.0 * row["errors"] / row["requests"]
        words = f"{number_in_words(round(rate, 1), '%')} of {row['requests']} requests"
        measured[str(row["signal"])] = Measure(rate, "%", words)
    return measured


def is_a_number(requests: int, errors: int) -> bool:
    """True when a rate can be told from these counts."""
    return requests >= TELLING_REQUESTS or (requests >= FEWEST_REQUESTS and errors >= ENOUGH_ERRORS)


def failed_levels_of(incident: Incident) -> tuple[int, ...]:
    """Levels whose latest verdict in this incident is *not recovered*."""
    failed: dict[int, bool] = {}
    for data in incident.events.filter(kind="verdict.given").values_list("data", flat=True):
        if data.get("run_kind") in ("rollback", "drill") and data.get("level"):
            failed[int(data["level"])] = data.get("verdict") == "not_recovered"
    return tuple(sorted(level for level, bad in failed.items() if bad))


def as_json(answer: Recommendation, compiled: Mapping[str, Any]) -> dict[str, Any]:
    """What the incident keeps and pages show."""
    row = answer.row or {}
    return {
        "level": answer.level,
        "level_name": answer.level_name,
        "answer": answer.answer,
        "rule": answer.rule,
        "sentence": answer.sentence,
        "row_line": row.get("line"),
        "timeframe": row.get("timeframe") or "",
        "timeframe_seconds": row.get("timeframe_seconds"),
        "matches": [match.as_json() for match in answer.matches],
        "runner_up": _runner_up(answer.runner_up),
        "hold": "",
        "flips": answer.flips,
        "tie": answer.tie,
        "uncovered": answer.uncovered,
        "gap": answer.gap,
        "at": domain_time.now().isoformat(),
    }


def _runner_up(match: Match | None) -> dict[str, Any] | None:
    return match.as_json() if match else None
