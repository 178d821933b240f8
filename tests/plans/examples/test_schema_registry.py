"""The example plan compiles, and says what the published plan leaves out."""

from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from plans.document import PlanDocument, read_plan

PLAN = Path(__file__).parents[3] / "plans" / "examples" / "schema-registry.md"
FAIR_LINT = {
    "matrix-gap": "1 % to 10 % has no row on purpose: the plan says that a person weighs there",
    "phase-after-promise": "T+10 is the latest moment of the execution; the levels keep their own promise",
}


@pytest.fixture(scope="module")
def document() -> PlanDocument:
    return read_plan(PLAN.read_text(encoding="utf-8"), PLAN.name)


@pytest.fixture(scope="module")
def plan(document: PlanDocument) -> dict[str, Any]:
    return document.compile().compiled


def steps_of(plan: dict[str, Any], level: int) -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in plan["levels"][level - 1]["steps"]}


def all_steps(plan: dict[str, Any]) -> list[dict[str, Any]]:
    levels = [step for level in plan["levels"] for step in [*level["steps"], *level["undo"]]]
    return [*levels, *plan["restore"], *plan["evidence"], *plan["checks"], *plan["reads"]]


def test_it_compiles_without_a_problem(document: PlanDocument) -> None:
    assert [f"{problem.line}: {problem.message}" for problem in document.compile().problems] == []


def test_only_fair_lint_is_left(document: PlanDocument) -> None:
    left = [
        f"{lint.line}: {lint.code} {lint.message}" for lint in document.compile().lint if lint.code not in FAIR_LINT
    ]
    assert left == []


def test_nothing_in_it_is_not_understood(document: PlanDocument) -> None:
    assert document.to_json()["not_understood"] == []


def test_every_part_of_the_published_plan_is_there(plan: dict[str, Any]) -> None:
    assert [level["number"] for level in plan["levels"]] == [1, 2, 3]
    assert [level["promise_seconds"] for level in plan["levels"]] == [60, 600, 3600]
    assert len(plan["matrix"]) == 7
    assert len(plan["risks"]) == 4
    assert [phase["offset_seconds"] for phase in plan["phases"]] == [0, 300, 600, 900, 86400]
    assert sum(len(phase["tasks"]) for phase in plan["phases"]) == 16
    assert [entry["months"] for entry in plan["schedule"]] == [3, 6, 12]
    assert plan["test_script"] is not None
    assert len(plan["known_issues"]) == 2
    assert len(plan["contacts"]) == 3
    assert len(plan["resources"]) == 2
    assert [revision["version"] for revision in plan["revisions"]] == ["1.0", "2.0"]
    assert "status" in {field["name"] for field in plan["template"]["fields"]}


def test_every_once_step_names_what_proves_it(plan: dict[str, Any]) -> None:
    unproved = [
        step["name"]
        for step in all_steps(plan)
        if step["effect"] == "once" and step["kind"] not in {"manual", "approval"} and not step["verify"]
    ]
    assert unproved == []


def test_the_version_to_go_back_to_never_has_the_registry(plan: dict[str, Any]) -> None:
    parameter = plan["params"]["previous-version"]
    assert Version(parameter["default"]) < Version("1.3.0")
    assert parameter["pattern"] == r"1\.[0-2]\.\d+"


def test_level_2_removes_the_flag_line_before_it_installs(plan: dict[str, Any]) -> None:
    names = list(steps_of(plan, 2))
    assert names.index("l2-flag-absent") < names.index("l2-install") < names.index("l2-restart")
    assert steps_of(plan, 2)["l2-flag-absent"]["only_if"] == "previous-version<1.3.0"


def test_what_needs_sources_or_tests_says_so(plan: dict[str, Any]) -> None:
    third = steps_of(plan, 3)
    assert steps_of(plan, 2)["l2-build"]["only_if"] == "built_from_source"
    assert third["l3-unit"]["only_if"] == "has_tests"
    assert third["l3-trial"]["only_if"] == "not has_tests"


def test_the_nested_type_is_a_state_check_of_each_level(plan: dict[str, Any]) -> None:
    checks = {check["name"]: check for check in plan["checks"]}
    assert checks["nested-type-is-parent"]["levels"] == [1, 2]
    assert checks["nested-type-is-child"]["levels"] == [3, "restore"]
    assert {checks[name]["purpose"] for name in ("nested-type-is-parent", "nested-type-is-child")} == {"state"}


def test_each_restart_is_one_of_four_ways(plan: dict[str, Any]) -> None:
    for level in plan["levels"]:
        restarts = [step for step in level["steps"] if step["title"].startswith("Restart the service")]
        assert [step["for"] for step in restarts] == ["systemd", "docker", "kubernetes", "dev"]


def test_each_level_can_be_undone(plan: dict[str, Any]) -> None:
    assert all(level["undo"] for level in plan["levels"])
    third = {step["name"]: step for step in plan["levels"][2]["undo"]}
    assert "--force-reinstall" in third["l3-undo-install"]["body"]
    assert "===<running-version>" in third["l3-undo-install"]["body"]


def test_stakeholders_are_told_of_high_and_critical_only(plan: dict[str, Any]) -> None:
    tasks = [task for phase in plan["phases"] for task in phase["tasks"]]
    conditional = [task for task in tasks if task["if"]]
    assert [task["if"] for task in conditional] == [{"field": "severity", "in": ["high", "critical"]}]
    assert conditional[0]["ticked_by"] == ["message.sent"]
