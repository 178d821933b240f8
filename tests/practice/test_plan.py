"""The plan of the practice service: it compiles, and says what the rest of the product relies on."""

import pytest
from django.conf import settings

from config.seed import ALERTS
from plans.document import read_plan

TEXT = (settings.BASE_DIR / "plans" / "examples" / "practice.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compilation():
    return read_plan(TEXT, "practice.md").compile()


def test_it_can_run_and_its_warnings_are_meant(compilation):
    assert compilation.problems == []
    assert {finding.code for finding in compilation.lint} == {"matrix-gap", "phase-after-promise"}


def test_the_watch_lasts_two_minutes(compilation):
    assert compilation.compiled["watch"] == {
        "warmup": 10.0,
        "looks": [30.0, 60.0, 120.0],
        "good_from": 60.0,
        "errors": {"op": "<", "value": 1.0, "unit": "%"},
        "count": 299,
    }


def test_every_alert_has_its_row_and_the_errors_go_from_level_1_to_2(compilation):
    rows = {row["symptom"]: row["levels"] for row in compilation.compiled["matrix"]}
    assert rows[ALERTS["OrdersResponseErrors"]] == [1, 2]
    assert rows[ALERTS["OrdersDown"]] == [2]


def test_every_step_that_runs_once_names_its_proof(compilation):
    compiled = compilation.compiled
    steps = [*compiled["restore"], *(step for level in compiled["levels"] for step in level["steps"] + level["undo"])]
    assert [step["name"] for step in steps if step["effect"] == "once" and not step["verify"]] == []


def test_state_checks_differ_between_the_levels_and_the_restore(compilation):
    state = {check["name"]: check["levels"] for check in compilation.compiled["checks"] if check["purpose"] == "state"}
    assert state["price-is-plain"] == [1, 2]
    assert state["price-is-quoted"] == ["restore"]


def test_five_phases_hold_sixteen_tasks(compilation):
    phases = compilation.compiled["phases"]
    assert [phase["offset_seconds"] for phase in phases] == [0.0, 300.0, 600.0, 900.0, 86400.0]
    assert sum(len(phase["tasks"]) for phase in phases) == 16
