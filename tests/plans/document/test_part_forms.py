"""The parts beside the procedures, in the forms in which teams write them: invented plans, one form a case."""

# ruff: noqa: E501 – tables, one case a line

import pytest

from plans.document import read_plan
from plans.document.plan import Parts

LEVEL = "\n\n## Rollback Procedure\n\n1. Stop it\n2. Start the old one\n"


def parts(text: str) -> Parts:
    return read_plan(f"# Rollback plan of orders\n\n{text}{LEVEL}").parts


MATRICES = {
    "two columns": ("| Situation | Action |\n|---|---|\n| Orders fail | Full rollback |", ("Orders fail", "", "Full rollback", "")),
    "five columns": (
        "| Symptom | Severity | Action | Time | Owner |\n|---|---|---|---|---|\n| Slow | High | Level 1 | 5 min | Ana |",
        ("Slow", "High", "Level 1", "5 min"),
    ),
    "a risk and a severity": (
        "| Risk Level | Issue Severity | Decision | Timeline |\n|---|---|---|---|\n| Low | Critical | Rollback | 30 min |",
        ("Low", "Critical", "Rollback", "30 min"),
    ),
    "times as columns": (
        "| Issue Severity | Fix takes < 1 hour | Fix takes 1-4 hours |\n|---|---|---|\n| High | Fix | Roll back |",
        ("", "High", "Fix takes < 1 hour: Fix; Fix takes 1-4 hours: Roll back", ""),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("table", "row"), MATRICES.values(), ids=MATRICES)
def test_a_matrix_is_read_by_its_headers(table: str, row: tuple[str, str, str, str]) -> None:
    (found,) = parts(f"## Decision Matrix\n\n{table}").matrix
    assert (found.symptom, found.severity, found.action, found.timeframe) == row


@pytest.mark.parametrize(
    "heading",
    [
        "## Escenarios de rollback",
        "## Rollback Decision Matrix\n\n### When to Execute Rollback",
        "## When to roll back",
    ],
)
def test_a_table_of_cases_and_actions_is_the_matrix_under_other_headings_too(heading: str) -> None:
    table = "| Escenario | Criterio | Acción |\n|---|---|---|\n| Caída | total | Volver a la versión anterior |"
    (row,) = parts(f"{heading}\n\n{table}").matrix
    assert (row.symptom, row.action) == ("Caída", "Volver a la versión anterior")


@pytest.mark.parametrize(
    "text",
    [
        "## Rollback triggers\n\n| Signal | Threshold | Action |\n|---|---|---|\n| Errors | > 5% | Alert |",
        "## Overview\n\n| Part | What is reversed |\n|---|---|\n| Database | The last migration |",
        "## Shall we migrate\n\n| Signal | Action |\n|---|---|\n| It is dear | Stay |",
    ],
)
def test_a_table_of_signals_or_effects_is_no_matrix(text: str) -> None:
    assert parts(text).matrix == ()


PEOPLE = {
    "bullets": ("## Emergency Contacts\n\n- **On-call engineer**: @ana\n- **Escalation**: CTO / VP Engineering", ["On-call engineer", "Escalation"]),
    "a table": ("## Contacts\n\n| Role | Name |\n|---|---|\n| DBA | Ana |\n| Lead | Ben |", ["DBA", "Lead"]),
    "ordered labels": ("## Escalation Path\n\n1. **On-call engineer**\n2. **Engineering manager**", ["On-call engineer", "Engineering manager"]),
    "in Spanish": ("## Responsables\n\n| Rol | Nombre |\n|---|---|\n| DBA |  |", ["DBA"]),
    "only blanks": ("## Emergency Contacts\n\n- **DevOps lead**: [Name] - [Phone]\n- **DBA**: TBD", ["DevOps lead", "DBA"]),
    "whoever is on call": ("## On-Call\n\n1. **On-call engineer** - @ana", ["On-call engineer"]),
    "who decides and whom to call": ("## Rollback Authority\n\n- **Lead**: may decide\n- **DBA**: may advise\n\n## Contacts\n\n- **DBA**: +1 555 0100 00\n- **Lead**: @ben", ["Lead", "DBA"]),
    "nobody": ("## Emergency Contacts\n\n- Console: https://console.example.com\n- Status: https://status.example.com", []),
    "self-help": ("## Emergency Contacts\n\n1. Check the logs\n2. Restart the service\n3. Read the handbook", []),
    "below the procedure": ("## Steps to roll back\n\n1. Stop\n2. Start\n\n### Contacts\n\n- **DBA**: @ana", ["DBA"]),
}  # fmt: skip


@pytest.mark.parametrize(
    "heading", ["Rollback Strategy Selection", "Severity Levels", "Impact Assessment", "Rollback Matrix"]
)
def test_a_table_of_severities_and_actions_is_the_matrix(heading: str) -> None:
    (row,) = parts(
        f"## {heading}\n\n| Severity | Response Time | Action |\n|---|---|---|\n| P0 | 5 min | Roll back |"
    ).matrix
    assert (row.severity, row.action, row.timeframe) == ("P0", "Roll back", "5 min")


@pytest.mark.parametrize(("text", "roles"), PEOPLE.values(), ids=PEOPLE)
def test_contacts_are_people(text: str, roles: list[str]) -> None:
    assert [person.role for person in parts(text).contacts] == roles


ISSUES = {
    "headings": "## Known Issues\n\n### Issue: Slow start\n\nWait.\n\n### Issue: No cache\n\nClear it.",
    "below one more heading": "## Troubleshooting\n\n### Common Issues\n\n#### 1. Slow start\n\nWait.\n\n#### 2. No cache\n\nClear it.",
    "a table": "## Known Issues\n\n| Issue | Answer |\n|---|---|\n| Slow start | Wait |\n| No cache | Clear it |",
    "bold labels above lists": "## Common Rollback Issues\n\n**Issue: Slow start**\n- Solution: wait\n\n**Issue: No cache**\n- Solution: clear it",
    "an ordered list": "## Common failures during rollback\n\n1. **Slow start**: wait\n2. **No cache**: clear it",
}


@pytest.mark.parametrize("text", ISSUES.values(), ids=ISSUES)
def test_known_issues_are_found_in_each_form(text: str) -> None:
    assert [issue.title for issue in parts(text).known_issues] == ["Slow start", "No cache"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("## Testing Rollback Procedures\n\n1. **Quarterly**: full exercise on staging", "quarterly"),
        ("## Monthly Rollback Drill\n\n```bash\nmake drill\n```", "monthly"),
        ("## Rollback Drill Cadence\n\nA drill is held quarterly on staging.", "quarterly"),
        ("## Rehearsal Log\n\n| Date | By |\n|---|---|\n| _none yet_ | |\n\nRehearse once per quarter.", "quarterly"),
        ("## Testing Schedule\n\n- **Before major releases:** the whole plan", "before a release"),
    ],
)
def test_rehearsals_are_found_in_each_form(text: str, word: str) -> None:
    assert [entry.recurrence for entry in parts(text).schedule] == [word]


MESSAGES = {
    "an untagged fence": ("## Communication Template\n\n```\nSubject: [SERVICE] is back\n\nWe rolled back at [TIME].\n```", 1),
    "a markdown fence among actions": ("## Post-Rollback Actions\n\n### Communicate with the team\n\n```markdown\n## Rollback Notification\n\n**Status:** back\n**Reason:** [Brief description]\n**Next:**\n- [ ] Look for the cause\n- [ ] Mend it\n```", 1),
    "a message that is called report": ("## Communication Template\n\n```\n[INCIDENT REPORT]\n\nTime: [UTC timestamp]\nReason: [Brief description]\n```", 1),
    "a log to fill in": ("## Rollback Log Template\n\n```\nROLLBACK INCIDENT REPORT\nDate: [DATE]\nReason: [BRIEF DESCRIPTION]\nBy: [NAME]\n```", 0),
    "settings": ("## Environment\n\n### Production .env Template\n\n```env\nAPP_ENV=production\nDB_HOST=your-host\n```", 0),
}  # fmt: skip


@pytest.mark.parametrize(("text", "count"), MESSAGES.values(), ids=MESSAGES)
def test_a_message_is_told_from_a_form(text: str, count: int) -> None:
    assert len(parts(text).templates) == count


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("## Revision History\n\n| Version | Date |\n|---|---|\n| 1.0 | 2026-01-02 |", [("1.0", "2026-01-02")]),
        ("## Changelog\n\n- **2026-01-02**: First version", [("", "2026-01-02")]),
        ("## Document History\n\n- **v1.2** (2026-02-03) - Times added\n- **v1.1** - Typo", [("1.2", ""), ("1.1", "")]),
        ("## Changelog\n\n- Every release is noted in the wiki", []),
    ],
)
def test_revisions_stand_in_a_table_or_a_list(text: str, rows: list[tuple[str, str]]) -> None:
    assert [(row.version, row.date) for row in parts(text).revisions] == rows


def test_before_and_after_below_one_heading_are_two_lists() -> None:
    found = parts(
        "## Rollback Verification\n\n### Before Rollback\n\n- Note the errors\n- Keep the logs\n\n### After Rollback\n\n- Orders load\n"
    )
    assert [step.title for step in found.pre_checks] == ["Note the errors", "Keep the logs"]
    assert [step.title for step in found.validations] == ["Orders load"]


def test_a_question_before_rolling_back_is_no_check() -> None:
    text = "## Before you roll back: can you go forward?\n\n- A small fix is often quicker\n"
    assert not parts(text).pre_checks
    assert len(parts(text.replace(": can you go forward?", "")).pre_checks) == 1


def test_inputs_are_checked_before_and_health_checks_after() -> None:
    found = parts(
        "## Inputs you need\n\n- The last good version\n\n## Health check after rollback\n\n```bash\ncurl -f http://orders/health\n```\n"
    )
    assert len(found.pre_checks) == 1
    assert len(found.validations) == 1


def test_headings_that_say_issue_are_known_issues_under_any_heading() -> None:
    issue = '### Issue: "{0} fail"\n\n1. Look at the log\n2. Restart {0}\n\n'
    found = parts(f"## Critical cases and answers\n\n{issue.format('orders')}{issue.format('mails')}")
    assert len(found.known_issues) == 2
    assert [level.title for level in found.levels] == ["Rollback procedure"]


def test_reasons_above_two_procedures_of_a_level_are_not_the_documents() -> None:
    step = "1. Stop it\n2. Start the old one\n\n"
    text = f"### Level 1: Database\n\n#### When to use\n\n- Rows are lost\n\n#### Orders database\n\n{step}#### Mails database\n\n{step}"
    assert not read_plan(f"# Rollback plan\n\n{text}").parts.triggers


def test_a_threshold_of_the_decision_lists_triggers() -> None:
    text = "## Overview\n\n**Rollback decision threshold:** If any of these persist for 5 minutes:\n- Errors over 1 %\n- Any alert\n"
    assert [said.text for said in parts(text).triggers] == ["Errors over 1 %", "Any alert"]


@pytest.mark.parametrize(
    "text",
    [
        "## Rollback Owners\n\n| Role | Name | Contact |\n|---|---|---|\n| Database owner | | |\n| Web owner | | |",
        "## Contact list\n\n| Issue | Contact | Action |\n|---|---|---|\n| Rows lost | Database owner | Restore |\n| Page down | Web owner | Roll back |",
    ],
)
def test_owners_are_contacts_in_whichever_column_they_stand(text: str) -> None:
    assert [contact.role for contact in parts(text).contacts] == ["Database owner", "Web owner"]


def test_headings_that_only_group_others_stand_for_these() -> None:
    text = "## Pre-Rollback Checklist\n\n### Assessment\n\n#### Orders\n\n- [ ] Note the errors\n\n#### Mails\n\n- [ ] Note the queue\n"
    assert [step.title for step in parts(text).pre_checks] == ["Note the errors", "Note the queue"]


def test_a_quoted_text_with_blanks_is_a_message() -> None:
    said = "## Communication\n\n**Start:**\n\n> **ROLLBACK STARTED** in [environment]\n> Reason: [reason]\n\n> Only a remark.\n"
    (message,) = parts(said).templates
    assert "ROLLBACK STARTED" in message.body
    assert [field.raw for field in message.fields] == ["[environment]", "[reason]"]


def test_what_is_tried_on_a_hotfix_proves_no_rollback() -> None:
    text = "## Verify the {0}\n\n- Orders load\n- Mails are sent\n"
    assert not parts(text.format("hotfix")).validations
    assert len(parts(text.format("rollback")).validations) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Rollback drill (periodic test)\n\n1. Deploy the old one\n2. Look at it", 1),
        ("## Rehearsal log\n\nDone once by Ada.", 1),
        ("## Testing the rollback\n\n1. Deploy the old one", 0),
        ("## Notes\n\n**Test frequency**: monthly rollback drill", 1),
        ("## Notes\n\n🚨 **Test this runbook quarterly** to be sure", 1),
        ("## Notes\n\nThe keys change quarterly.", 0),
    ],
)
def test_a_rehearsal_without_a_section_or_an_interval_counts(text: str, expected: int) -> None:
    level = "## Rollback Procedure\n\n1. Stop it\n2. Start the old one\n\n"
    assert len(read_plan(f"# Rollback plan of orders\n\n{level}{text}\n").parts.schedule) == expected


def test_the_rollback_of_smoke_tests_proves_nothing() -> None:
    block = "```bash\ngit revert 1\n```\n\n"
    text = f"# Rollback Strategy\n\n## Rollback de código\n\n{block}## Rollback de smoke tests\n\nRollback no aplica en prod.\n"
    assert read_plan(text).parts.validations == ()


def test_headings_that_open_with_a_problem_below_a_heading_of_issues_are_known_issues() -> None:
    block = "```bash\ngit revert 1\n```\n\n"
    told = "".join(
        f"### {name}\n\n**Problem**: It failed\n\n**Recovery**:\n\n{block}" for name in ("Table missing", "Jobs stuck")
    )
    parts = read_plan(f"# Rollback Strategy\n\n## Code rollback\n\n{block}## Data Migration Issues\n\n{told}").parts
    assert len(parts.known_issues) == 2
    assert [level.name for level in parts.levels] == ["Code rollback"]


def test_places_named_in_other_languages_are_ways_of_one_step() -> None:
    block = "```bash\n# En Docker Compose:\ndocker compose up -d api\n\n# En PM2:\npm2 restart api\n```\n"
    steps = read_plan(f"# Rollback Strategy\n\n## Rollback inmediato\n\n{block}").parts.levels[0].steps
    assert [step.alternatives for step in steps] == [("docker", "pm2")]


def test_an_example_is_no_step_beside_the_command_that_it_shows() -> None:
    def steps(comment: str) -> int:
        block = f"```bash\n# {comment}\nmigrate 3\n\n# Example:\nmigrate 2\n\n# Restart it\nrestart api\n```\n"
        return len(read_plan(f"# Rollback Strategy\n\n## Data rollback\n\n{block}").parts.levels[0].steps)

    assert steps("Revert the migration") == 2
    alone = "# Rollback\n\n## Data rollback\n\n```bash {name=back}\n# Example:\nmigrate 2\n```\n"
    assert not [one for one in read_plan(alone).compile().problems if "another way" in one.message]
