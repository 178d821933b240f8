"""Which level the plan's own decision matrix recommends, why, and what would change the answer.

Plain Python over the compiled plan, in the order that docs/plan-format.md states: the row that was named (by an intake
rule or by the person who declares); rows whose measured condition holds; then higher severity; then the lower level.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rollbacks.measure import Measure, condition_holds, limit_in_words, same_words

Row = dict[str, Any]
SEVERITIES = ("low", "medium", "high", "critical")
NAMED, HOLDS, NO_NUMBER = 0, 1, 2


@dataclass(frozen=True)
class RecommendationFacts:
    """What is known when the level is asked for."""

    named_lines: tuple[int, ...] = ()  # lines of matrix rows or risks that an intake rule or a person named
    named_by: str = "the symptom"  # "the alert HighErrorRate", "the symptom"
    symptom: str = ""
    measured: Mapping[str, Measure] = field(default_factory=dict)  # by signal or by metric name
    failed_levels: tuple[int, ...] = ()  # levels whose verdict is *not recovered* in this incident


@dataclass(frozen=True)
class Match:
    """One row beside the reason why it fits."""

    row: Row
    rank: int
    why: str
    level: int | None

    @property
    def symptom(self) -> str:
        return str(self.row.get("symptom") or self.row.get("scenario") or "")

    @property
    def order(self) -> tuple[int, int, int]:
        return (self.rank, -_severity_rank(self.row.get("severity") or self.row.get("risk")), self.level or 0)

    def as_json(self) -> dict[str, Any]:
        """For an event: enough for a sentence on the timeline."""
        return {"line": self.row.get("line"), "symptom": self.symptom, "level": self.level, "why": self.why}


@dataclass(frozen=True)
class Recommendation:
    """The answer with everything that a person needs to agree or to override it."""

    level: int | None
    level_name: str
    row: Row | None
    rule: str
    sentence: str
    matches: list[Match] = field(default_factory=list)
    runner_up: Match | None = None
    flips: str = ""
    tie: bool = False
    uncovered: bool = False
    gap: str = ""
    # rollback | none | not_applicable | unknown: "no rollback: watch" is an answer, "unknown" asks a person
    answer: str = "unknown"


def recommend(compiled: Mapping[str, Any], facts: RecommendationFacts) -> Recommendation:
    """Recommends a level, "no rollback", or says in words that no row covers what was measured."""
    matches = sorted(_matches(compiled, facts), key=lambda match: match.order)
    leading = [match for match in matches if match.rank < NO_NUMBER]
    gap = _gap(compiled, facts)
    if not leading:
        return _nobody_leads(matches, gap)
    first = leading[0]
    runner_up = matches[1] if len(matches) > 1 else None
    answer = _answer_of(first)
    tie = len(leading) > 1 and leading[1].order == first.order
    name = level_name(compiled, first.level)
    return Recommendation(
        level=first.level,
        level_name=name,
        row=first.row,
        rule=first.why,
        sentence=_sentence(first, answer, name, facts, gap) + _tie_words(leading if tie else []),
        matches=matches,
        runner_up=runner_up,
        flips=_flips(compiled, first, runner_up, facts),
        tie=tie,
        gap=gap,
        answer=answer,
    )


def level_name(compiled: Mapping[str, Any], number: int | None) -> str:
    """ "Level 2: Version rollback"; empty without a level."""
    if number is None:
        return ""
    for level in compiled.get("levels", []):
        if level["number"] == number:
            title = level.get("title") or ""
            return f"Level {number}: {title}" if title else f"Level {number}"
    return f"Level {number}"


def next_level(compiled: Mapping[str, Any], row: Row, failed: Sequence[int] = ()) -> int | None:
    """The first level of the path that has not failed; after its end the escalation edge, then the next number."""
    path = [int(stop["level"]) for stop in row.get("path") or []] or [int(number) for number in row.get("levels") or []]
    for number in path:
        if number not in failed:
            return number
    if not path:
        return None
    last, levels = max(failed), {int(level["number"]): level for level in compiled.get("levels", [])}
    edge = (levels.get(last) or {}).get("escalates_to")
    higher = sorted(number for number in levels if number > last)
    return int(edge) if edge and edge not in failed else (higher[0] if higher else None)


def _matches(compiled: Mapping[str, Any], facts: RecommendationFacts) -> list[Match]:
    """Every row that fits, each once with its strongest reason."""
    found = []
    for row in compiled.get("matrix", []):
        reason = _why(compiled, row, facts)
        if reason:
            found.append(Match(row, reason[0], reason[1], next_level(compiled, row, facts.failed_levels)))
    for risk in compiled.get("risks", []):
        if risk.get("line") in facts.named_lines:
            why = f"Named by {facts.named_by} (line {risk['line']})"
            found.append(Match(risk, NAMED, why, next_level(compiled, risk, facts.failed_levels)))
    return found


def _why(compiled: Mapping[str, Any], row: Row, facts: RecommendationFacts) -> tuple[int, str] | None:
    if row.get("line") in facts.named_lines:
        return NAMED, f"Named by {facts.named_by} (line {row.get('line')})"
    condition = row.get("condition")
    if condition:
        measure = _measure_of(compiled, condition["metric"], facts)
        if measure and condition_holds(condition, measure):
            return HOLDS, f"Measured {measure}: {limit_in_words(condition)} holds (line {row.get('line')})"
    elif same_words(facts.symptom, row.get("symptom", "")):
        return NAMED, f"The symptom says so (line {row.get('line')})"
    else:
        measure = _measure_of(compiled, row.get("symptom", ""), facts)
        if measure and measure.value > 0:
            return NO_NUMBER, f"Fits too, with no number in the plan (line {row.get('line')})"
    return None


def _measure_of(compiled: Mapping[str, Any], metric: str, facts: RecommendationFacts) -> Measure | None:
    """The measure of a metric by its own name or by a signal that lists it under `metric:`."""
    for name, measure in facts.measured.items():
        signal = (compiled.get("signals") or {}).get(name) or {}
        if any(same_words(metric, known) for known in (name, *(signal.get("metric") or ()))):
            return measure
    return None


def _gap(compiled: Mapping[str, Any], facts: RecommendationFacts) -> str:
    """ "Query errors 5 %: neither < 1% nor > 10%. No row of the matrix covers it." for each measure between rows."""
    sentences = []
    metrics: dict[str, list[Row]] = {}
    for row in compiled.get("matrix", []):
        if row.get("condition"):
            metrics.setdefault(row["condition"]["metric"], []).append(row["condition"])
    for metric, conditions in metrics.items():
        measure = _measure_of(compiled, metric, facts)
        if measure and not any(condition_holds(condition, measure) for condition in conditions):
            limits = [limit_in_words(condition) for condition in conditions]
            neither = f"neither {' nor '.join(limits)}" if len(limits) > 1 else f"not {limits[0]}"
            sentences.append(f"{metric[:1].upper()}{metric[1:]} {measure}: {neither}. No row of the matrix covers it.")
    return " ".join(sentences)


def _nobody_leads(matches: list[Match], gap: str) -> Recommendation:
    if gap:
        sentence, rule = f"{gap} Choose a level, or watch without a rollback.", "No row covers it"
    else:
        sentence, rule = "Nothing was measured and no row is named: choose the symptom.", "Nothing is known yet"
    runner_up = matches[0] if matches else None
    return Recommendation(
        None, "", None, rule, sentence, matches=matches, runner_up=runner_up, uncovered=bool(gap), gap=gap
    )


def _sentence(first: Match, answer: str, name: str, facts: RecommendationFacts, gap: str) -> str:
    quoted = f"“{first.symptom}”"
    path = [int(stop["level"]) for stop in first.row.get("path") or []]
    spent = [number for number in path if number in facts.failed_levels]
    if answer == "not_applicable":
        said = f"{quoted}: a rollback is not applicable. {first.why}."
    elif answer == "none":
        said = (
            f"{quoted} → no rollback: {first.row.get('action') or first.row.get('rollback') or 'watch'}. {first.why}."
        )
    elif answer == "unknown":
        action = first.row.get("action") or first.row.get("rollback")
        said = f"{quoted} → “{action}”: the plan does not say which level that is. Choose one. {first.why}."
    elif first.level is None:
        said = f"{quoted}: every level was tried and none helped. Page the next contact. {first.why}."
    elif spent or first.level not in (path or first.row.get("levels") or []):
        tried = " and ".join(f"Level {number}" for number in sorted(facts.failed_levels))
        said = f"{quoted} → {name}, because {tried} did not help. {first.why}."
    else:
        said = f"{quoted} → {name}. {first.why}."
    # What was measured beside a row that was named, and speaks against it or for nothing, is said and never hidden.
    return f"{said} {gap}".strip()


def _tie_words(tied: Sequence[Match]) -> str:
    if not tied:
        return ""
    others = " and ".join(f"“{match.symptom}” (line {match.row.get('line')})" for match in tied[:2])
    return f" Two rows fit equally well: {others}. Choose one."


def _flips(compiled: Mapping[str, Any], first: Match, runner_up: Match | None, facts: RecommendationFacts) -> str:
    """What would change the answer: the runner-up, and the other rows of the same metric."""
    said = []
    if runner_up is not None:
        said.append(f"“{runner_up.symptom}” → {_answer_words(compiled, runner_up)}: {runner_up.why}.")
    condition = first.row.get("condition")
    for row in compiled.get("matrix", []):
        other = row.get("condition")
        if condition and other and row is not first.row and other["metric"] == condition["metric"]:
            match = Match(row, HOLDS, "", next_level(compiled, row, facts.failed_levels))
            said.append(f"At {limit_in_words(other)}: {_answer_words(compiled, match)}.")
    return " ".join(said)


def answers_of(compiled: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every row of the matrix with `said`, what it answers in a few words: "Level 2", "no rollback", "which level?"."""
    words = {"none": "no rollback", "not_applicable": "not applicable", "unknown": "which level?"}
    rows = []
    for row in compiled.get("matrix", []):
        levels = ", ".join(str(level) for level in row.get("levels") or [])
        rows.append({**row, "said": f"Level {levels}" if levels else words.get(_answer_of_row(row), "a rollback")})
    return rows


def _answer_words(compiled: Mapping[str, Any], match: Match) -> str:
    words = {
        "none": "no rollback",
        "not_applicable": "not applicable",
        "unknown": "a level that the plan does not name",
    }
    return words.get(_answer_of(match)) or level_name(compiled, match.level) or "no level left"


def _answer_of(match: Match) -> str:
    """rollback, none or not_applicable, as the risk says it or as the row's own words do."""
    return _answer_of_row(match.row)


def _answer_of_row(row: Mapping[str, Any]) -> str:
    if row.get("answer"):
        return str(row["answer"])
    if row.get("levels") or row.get("path"):
        return "rollback"
    action = str(row.get("action") or row.get("rollback") or "").lower()
    if "not applicable" in action or action in {"n/a", "na"}:
        return "not_applicable"
    return "unknown" if _GOES_BACK.search(action) and not _STAYS.search(action) else "none"


# A row that says "Immediate rollback" and names no level asks a person; only words that say so mean "no rollback".
_GOES_BACK = re.compile(
    r"\broll(s|ed|ing)?[- ]?back|\brevert|\brestor|\bundo\b|zurückrollen|\bretour arrière|\bretroced|回滚"
)
_STAYS = re.compile(
    r"\b(no|not|without|never|avoid|kein\w*|ohne|sans|sin|sem) (\w+ ){0,2}?(roll[- ]?back|revert|restor)|不回滚"
)


def _severity_rank(severity: Any) -> int:
    word = str(severity or "").lower().strip("* ")
    return SEVERITIES.index(word) if word in SEVERITIES else -1
