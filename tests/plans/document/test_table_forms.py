"""Which tables are a decision matrix by what their headers say, under whatever heading; and which only look like one."""

# ruff: noqa: E501 – tables, one case a line

import pytest

from plans.document import read_plan
from plans.document.plan import MatrixRow

LEVEL = "\n\n## Rollback Procedure\n\n1. Stop it\n2. Start the old one\n"


def matrix(heading: str, headers: str, row: str = "Pages fail | Old version | 5 min | high") -> tuple[MatrixRow, ...]:
    columns = headers.count("|") + 1
    cells = "|".join(row.split("|")[:columns])
    text = f"# Rollback plan of orders\n\n## {heading}\n\n| {headers} |\n|{'---|' * columns}\n| {cells} |\n"
    return read_plan(text + LEVEL).parts.matrix


@pytest.mark.parametrize(
    "headers",
    [
        "Symptom | Action", "Scenario | Rollback", "What happened | What to do", "Situation | Response | Time", "If | Do this", "When | Action | ETA",
        "Problème | Action immédiate", "场景 | 回滚方式 | 预计耗时", "Problema | Acción | Tiempo", "Störung | Maßnahme", "Incident | Decision | How long | Risk",
    ],
)  # fmt: skip
@pytest.mark.parametrize("heading", ["At three in the morning", "Which kind of wrong it is", "Cases"])
def test_a_case_and_an_answer_in_the_headers_make_a_matrix(heading: str, headers: str) -> None:
    (row,) = matrix(heading, headers)
    assert (row.symptom, row.action) == ("Pages fail", "Old version")


def test_times_and_risks_have_their_columns() -> None:
    (row,) = matrix("Cases", "Scenario | Action | ETA | Risk")
    assert (row.timeframe, row.severity) == ("5 min", "high")


@pytest.mark.parametrize(
    "headers",
    [
        "Component | Version",
        "Service | Status | Owner",
        "Change | Reversed by",
        "Metric | Threshold | Action",
        "Method | Time | Risk",
        "Person | Number",
    ],
)
def test_a_table_that_pairs_no_case_with_an_answer_is_no_matrix(headers: str) -> None:
    assert matrix("At three in the morning", headers) == ()


def test_what_is_done_about_a_known_issue_is_no_matrix() -> None:
    assert matrix("Troubleshooting", "Problem | Action") == ()


def test_a_table_beside_going_forward_is_no_matrix() -> None:
    text = "# Deploying orders\n\n## Cases\n\n| Problem | Action |\n|---|---|\n| Build fails | Fix the build |\n\n## Rollback\n\n1. Stop\n2. Start\n"
    assert read_plan(text).parts.matrix == ()


def test_what_is_typed_is_no_case_even_under_a_heading_of_decisions() -> None:
    assert matrix("Quick Reference", "Action | Command | Time") == ()


def test_severities_that_are_only_described_are_no_matrix() -> None:
    assert matrix("Quick Reference", "Level | Description | Action time | Example") == ()


@pytest.mark.parametrize("headers", ["If | Then", "Problem | Quick Fix", "Severity | Response Time | Action | Approval", "Severity | Criteria | Rollback Decision"])  # fmt: skip
def test_a_table_below_the_reasons_that_answers_them_is_the_matrix(headers: str) -> None:
    (row,) = matrix("When to Roll Back", headers)
    assert row.action


@pytest.mark.parametrize("headers", ["Trigger | Threshold", "Metric | Threshold | Window"])
def test_a_table_of_reasons_alone_is_none(headers: str) -> None:
    assert matrix("When to Roll Back", headers) == ()
