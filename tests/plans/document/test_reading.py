"""A plan in the usual form reads whole: every part, nothing left over."""

from pathlib import Path

import pytest

from plans.document import PlanDocument, read_plan

ORDERS = Path(__file__).parent / "orders_plan.md"


@pytest.fixture(scope="module")
def plan() -> PlanDocument:
    return read_plan(ORDERS.read_text(), ORDERS.name)


def test_nothing_is_left_over(plan: PlanDocument) -> None:
    assert plan.not_understood == ()


def test_header_lines_become_metadata(plan: PlanDocument) -> None:
    assert plan.title == "Orders API Rollback Plan"
    assert plan.parts.metadata == {
        "Version": "2.1",
        "Date": "2026-03-02",
        "Purpose": "Getting the orders API back after a bad release",
    }


def test_levels_keep_number_name_lines_and_promise(plan: PlanDocument) -> None:
    first, second = plan.parts.levels
    assert (first.number, first.name) == (1, "Level 1: Switch Pricing Off (Instant - No Downtime)")
    assert first.title == "Switch pricing off"
    assert first.promise is not None
    assert (first.promise.text, first.promise.seconds) == ("< 2 minutes (edit + restart)", 120)
    assert second.promise is not None
    assert second.promise.seconds == 600
    assert [said.text for said in first.when_to_use] == ["Odd prices", "Slow price look-ups"]
    assert [(impact.mark, impact.text) for impact in first.impact] == [
        ("ok", "Orders go on"),
        ("warn", "Discounts are lost"),
        ("time", "Prices refresh slowly"),
    ]


def test_steps_keep_number_title_and_kind(plan: PlanDocument) -> None:
    first, second = plan.parts.levels
    assert [(step.number, step.title, step.kind) for step in first.steps] == [
        ("1", "Edit the settings", "manual"),
        ("2", "Restart the API", "shell"),
        ("3", "Verify", "manual"),
        ("4", "Try it", "shell"),
    ]
    assert [step.title for step in second.steps] == [
        "Install the version before",
        "Rebuild if using extensions",
        "Apply by hand",
    ]


def test_comments_in_one_block_become_alternatives(plan: PlanDocument) -> None:
    first, second = plan.parts.levels
    assert first.steps[1].alternatives == ("dev", "systemd", "docker")
    assert second.steps[0].alternatives == ("pip", "uv")


def test_the_matrix_gets_conditions_and_paths(plan: PlanDocument) -> None:
    rows = plan.parts.matrix
    assert [row.condition.to_json() if row.condition else None for row in rows] == [
        {"metric": "start time", "op": ">", "value": 500, "unit": "ms"},
        {"metric": "order errors", "op": "<", "value": 1, "unit": "%"},
        {"metric": "order errors", "op": ">", "value": 10, "unit": "%"},
        None,
    ]
    assert [(turn.level, turn.condition) for turn in rows[3].path] == [(1, None), (2, "persists")]
    assert rows[2].timeframe_seconds == 300


def test_risks_say_whether_they_lead_to_a_rollback(plan: PlanDocument) -> None:
    assert [(risk.risk, risk.answer, risk.levels) for risk in plan.parts.risks] == [
        ("Low", "none", ()),
        ("High", "rollback", (2,)),
        ("Critical", "not_applicable", ()),
    ]


def test_phases_get_offsets_and_tasks(plan: PlanDocument) -> None:
    assert [(phase.name, phase.offset_seconds, len(phase.tasks)) for phase in plan.parts.phases] == [
        ("Immediate", 0, 2),
        ("Investigation", 300, 2),
        ("Retrospective", 86400, 1),
    ]


def test_the_template_gets_fields_and_choices(plan: PlanDocument) -> None:
    (template,) = plan.parts.templates
    assert template.subject == "[INCIDENT] Orders rollback - [SEVERITY]"
    assert [(blank.name, blank.choices) for blank in template.fields] == [
        ("incident", None),
        ("severity", None),
        ("status", ("IN PROGRESS", "RESOLVED")),
        ("rollback_level", ("1", "2")),
        ("time_detected", None),
        ("time_resolved", None),
        ("describe_what_users_see", None),
        ("incident_manager", None),
    ]
    body = template.body
    assert all(body[blank.start :].startswith(blank.raw) for blank in template.fields if blank.place == "body")


def test_checklists_schedule_issues_contacts_and_the_rest(plan: PlanDocument) -> None:
    parts = plan.parts
    assert [step.title for step in parts.pre_checks] == ["Logs", "Error rate"]
    assert [step.title for step in parts.validations] == ["Health", "Speed restored"]
    assert [(entry.recurrence, entry.months, entry.levels, entry.environment) for entry in parts.schedule] == [
        ("quarterly", 3, (1,), None),
        ("half-yearly", 6, (2,), "staging"),
    ]
    assert [(issue.title, issue.when, issue.workaround, issue.permanent_fix) for issue in parts.known_issues] == [
        ("pricing already started", "Two workers start at once", "Ignore it", None),
        ("Slow start with many rules", None, None, "Load rules later"),
    ]
    assert [(contact.order, contact.role) for contact in parts.contacts] == [
        (1, "On-call engineer"),
        (2, "Head of orders"),
    ]
    assert [resource.url for resource in parts.resources] == [None, "https://example.org/issues"]
    assert [revision.version for revision in parts.revisions] == ["2.1"]
    assert parts.test_script is not None
    assert parts.summary[0].text == "Level 1: instant"


def test_what_was_inferred_is_listed_with_its_line(plan: PlanDocument) -> None:
    said = {inference.line: inference.message for inference in plan.inferences}
    assert any("Taken as level 1" in message for message in said.values())
    assert any("alternatives of one step" in message for message in said.values())
