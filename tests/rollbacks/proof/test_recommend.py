"""The order of the decision matrix, as a table of cases over the matrix of the shipped plan's shape."""

from typing import Any

import pytest

from rollbacks.measure import Measure, condition_holds
from rollbacks.recommend import RecommendationFacts, answers_of, next_level, recommend

pytestmark = pytest.mark.one_database


def row(
    line: int, symptom: str, severity: str, levels: list[int], condition: tuple[str, str, float, str] | None = None
) -> dict[str, Any]:
    named = None
    if condition:
        named = dict(zip(("metric", "op", "value", "unit"), condition, strict=True))
    path = [{"level": number, "if": "persists" if i else None} for i, number in enumerate(levels)]
    return {"line": line, "symptom": symptom, "severity": severity, "levels": levels, "path": path, "condition": named}


COMPILED: dict[str, Any] = {
    "signals": {"errors": {"metric": ["query errors", "GraphQL response errors"], "unit": "%"}},
    "levels": [
        {"number": 1, "title": "Feature flag disable", "escalates_to": None},
        {"number": 2, "title": "Version rollback", "escalates_to": None},
        {"number": 3, "title": "Emergency hotfix", "escalates_to": None},
    ],
    "matrix": [
        row(10, "Startup time > 500ms", "Medium", [1], ("startup time", ">", 500, "ms")),
        row(11, "Query errors (< 1%)", "Medium", [1], ("query errors", "<", 1, "%")),
        row(12, "Query errors (> 10%)", "High", [2], ("query errors", ">", 10, "%")),
        row(13, "Application crash", "Critical", [2]),
        row(14, "Memory leak detected", "High", [1, 2]),
        row(15, "GraphQL response errors", "High", [1, 2]),
        {**row(16, "Minor logging issues", "Low", []), "action": "No action needed"},
    ],
    "risks": [
        {
            "line": 30,
            "risk": "Low",
            "scenario": "Minor logging issues",
            "rollback": "No action needed",
            "levels": [],
            "answer": "none",
        },
        {
            "line": 31,
            "risk": "Critical",
            "scenario": "Data corruption",
            "rollback": "Not applicable",
            "levels": [],
            "answer": "not_applicable",
        },
    ],
}
HIGH = {"errors": Measure(12.4, "%", "12.4 % of 3180 requests")}


def test_the_row_that_the_alert_names_wins_and_the_measured_row_is_runner_up() -> None:
    found = recommend(
        COMPILED, RecommendationFacts(named_lines=(15,), named_by="the alert HighErrorRate", measured=HIGH)
    )
    assert (found.level, found.level_name) == (1, "Level 1: Feature flag disable")
    assert found.rule == "Named by the alert HighErrorRate (line 15)"
    assert (
        found.sentence
        == "“GraphQL response errors” → Level 1: Feature flag disable. Named by the alert HighErrorRate (line 15)."
    )
    assert found.runner_up is not None
    assert (found.runner_up.symptom, found.runner_up.level) == ("Query errors (> 10%)", 2)
    assert found.flips.startswith("“Query errors (> 10%)” → Level 2: Version rollback")


def test_a_measured_condition_leads_when_nothing_is_named() -> None:
    found = recommend(COMPILED, RecommendationFacts(measured=HIGH))
    assert found.level == 2
    assert found.sentence == (
        "“Query errors (> 10%)” → Level 2: Version rollback. Measured 12.4 % of 3180 requests: > 10 % holds (line 12)."
    )
    assert [match.row["line"] for match in found.matches] == [12, 15]
    assert "At < 1 %: Level 1: Feature flag disable." in found.flips
    assert not found.uncovered


@pytest.mark.parametrize("rate", [1.0, 5.0, 10.0])
def test_the_gap_between_two_rows_is_said_in_words(rate: float) -> None:
    found = recommend(COMPILED, RecommendationFacts(measured={"errors": Measure(rate)}))
    assert (found.level, found.uncovered, found.answer) == (None, True, "unknown")
    assert f"Query errors {rate:g} %: neither < 1 % nor > 10 %. No row of the matrix covers it." in found.sentence
    # A row without a number is shown, but it does not lead by itself.
    assert found.runner_up is not None
    assert found.runner_up.row["line"] == 15


def test_a_named_row_leads_in_the_gap_and_the_gap_is_still_said() -> None:
    found = recommend(COMPILED, RecommendationFacts(named_lines=(15,), measured={"errors": Measure(5)}))
    assert found.level == 1
    assert "neither < 1 % nor > 10 %" in found.sentence
    assert not found.uncovered


def test_higher_severity_then_the_lower_level() -> None:
    measured = {"startup time": Measure(900, "ms"), "errors": Measure(40)}
    found = recommend(COMPILED, RecommendationFacts(measured=measured))
    assert [match.row["line"] for match in found.matches[:2]] == [12, 10]
    named = recommend(COMPILED, RecommendationFacts(named_lines=(14, 12)))
    assert [match.level for match in named.matches] == [1, 2]


def test_a_tie_shows_both_and_asks() -> None:
    found = recommend(COMPILED, RecommendationFacts(named_lines=(14, 15)))
    assert found.tie
    assert "“Memory leak detected” (line 14) and “GraphQL response errors” (line 15). Choose one." in found.sentence


def test_after_a_level_failed_the_path_goes_on_and_then_the_next_number() -> None:
    second = recommend(COMPILED, RecommendationFacts(named_lines=(15,), failed_levels=(1,)))
    assert second.level == 2
    assert "→ Level 2: Version rollback, because Level 1 did not help." in second.sentence
    third = recommend(COMPILED, RecommendationFacts(named_lines=(15,), failed_levels=(1, 2)))
    assert third.level == 3
    last = recommend(COMPILED, RecommendationFacts(named_lines=(15,), failed_levels=(1, 2, 3)))
    assert last.level is None
    assert "every level was tried and none helped" in last.sentence


def test_the_escalation_edge_wins_over_the_next_number() -> None:
    levels = [{**level, "escalates_to": 3 if level["number"] == 1 else None} for level in COMPILED["levels"]]
    assert next_level({"levels": levels}, COMPILED["matrix"][1], (1,)) == 3


@pytest.mark.parametrize(
    ("line", "answer", "says"),
    [
        (16, "none", "→ no rollback: No action needed"),
        (30, "none", "→ no rollback: No action needed"),
        (31, "not_applicable", "“Data corruption”: a rollback is not applicable"),
    ],
)
def test_no_rollback_is_an_answer(line: int, answer: str, says: str) -> None:
    found = recommend(COMPILED, RecommendationFacts(named_lines=(line,)))
    assert (found.level, found.answer) == (None, answer)
    assert says in found.sentence


@pytest.mark.parametrize(
    ("action", "answer", "says"),
    [
        ("Immediate rollback", "unknown", "does not say which level"),
        ("Revert the last release", "unknown", "Choose one"),
        ("No rollback, fix forward", "none", "no rollback: No rollback, fix forward"),
        ("Fix without a rollback", "none", "no rollback"),
        ("Watch", "none", "no rollback: Watch"),
    ],
)
def test_a_row_that_goes_back_but_names_no_level_asks(action: str, answer: str, says: str) -> None:
    compiled = {**COMPILED, "matrix": [{**row(40, "Checkout broken", "High", []), "action": action}]}
    found = recommend(compiled, RecommendationFacts(symptom="Checkout broken"))
    assert (found.level, found.answer) == (None, answer)
    assert says in found.sentence


def test_each_row_says_in_few_words_what_it_answers() -> None:
    open_row = {**row(40, "Checkout broken", "High", []), "action": "Immediate rollback"}
    compiled = {**COMPILED, "matrix": [*COMPILED["matrix"][4:], open_row]}
    assert [one["said"] for one in answers_of(compiled)] == ["Level 1, 2", "Level 1, 2", "no rollback", "which level?"]


def test_the_symptom_in_words_names_its_row() -> None:
    found = recommend(COMPILED, RecommendationFacts(symptom="application crash"))
    assert (found.level, found.row) == (2, COMPILED["matrix"][3])


def test_nothing_known_asks_for_the_symptom() -> None:
    found = recommend(COMPILED, RecommendationFacts())
    assert (found.level, found.uncovered) == (None, False)
    assert "choose the symptom" in found.sentence


def test_a_plan_without_a_matrix_recommends_nothing() -> None:
    assert recommend({}, RecommendationFacts(measured=HIGH)).level is None


@pytest.mark.parametrize(
    ("value", "unit", "op", "limit", "limit_unit", "holds"),
    [
        (12.4, "%", ">", 10, "%", True),
        (10, "%", ">", 10, "%", False),
        (0.6, "s", ">", 500, "ms", True),
        (400, "ms", ">", 0.5, "s", False),
        (12, "%", ">", 10, "ms", False),
        (90, "seconds", ">", 1, "min", True),
        (3, "", "==", 3, "", True),
        (300, "mb", ">", 200, "mb", True),
        (300, "mb", ">", 200, "gb", False),
    ],
)
def test_conditions_compare_units(value: float, unit: str, op: str, limit: float, limit_unit: str, holds: bool) -> None:
    assert condition_holds({"op": op, "value": limit, "unit": limit_unit}, Measure(value, unit)) is holds
