"""Which numbered headings are stages of one way, what goes forward, and which time a way takes from above: one rule a case."""

# ruff: noqa: E501 – documents, one a line

import pytest

from plans.document import read_plan
from plans.document.plan import Level, Parts

BLOCK = "```bash\nrestart x\n```\n"
WAY = "## Roll back the shop\n\n1. Stop it\n2. Start the old one\n"


def parts(text: str, title: str = "Rollback runbook") -> Parts:
    return read_plan(f"# {title}\n\n{text}\n").parts


def names(text: str) -> list[str]:
    return [level.name for level in parts(text).levels]


def promised(level: Level) -> float | None:
    return level.promise.seconds if level.promise else None


def test_numbered_headings_from_a_preparation_to_a_proof_are_stages_of_one_way() -> None:
    stages = "### 2.1 Identify both versions\n\n{0}\n### 2.2 The pointer\n\n{0}\n### 2.3 Verify\n\n{0}\n### 2.4 MLflow: the bad one\n\n{0}"
    (level,) = parts(f"## 2. Prompt version rollback (pointer flip)\n\n{stages.format(BLOCK)}").levels
    assert (level.name, len(level.steps)) == ("2. Prompt version rollback (pointer flip)", 4)


def test_without_a_proof_half_of_the_headings_are_not_enough() -> None:
    stages = "### 2.1 Identify both versions\n\n{0}\n### 2.2 The pointer\n\n{0}\n### 2.3 The flag\n\n{0}\n### 2.4 Delete the bad one\n\n{0}"
    assert "2. Prompt version rollback" not in names(f"## 2. Prompt version rollback\n\n{stages.format(BLOCK)}")


@pytest.mark.parametrize(
    "first", ["Deploy the new release to the canary", "Promote the next version", "Install a new build"]
)
def test_a_list_that_opens_by_bringing_in_the_new_version_is_no_way_back(first: str) -> None:
    text = f"## Canary guardrails\n\n1. {first}\n2. Watch the errors for 15 minutes\n3. Freeze if any is above its bound\n\n{WAY}"
    assert names(text) == ["Roll back the shop"]


def test_a_way_back_may_deploy_first() -> None:
    text = f"## Roll back by a release\n\n1. Deploy the new release without the change\n2. Look\n\n{WAY}"
    assert names(text) == ["Roll back by a release", "Roll back the shop"]


def test_what_runs_by_itself_is_told_and_not_carried_out() -> None:
    chain = (
        "## Auto-rollback chain\n\nAlready in place:\n\n```\npush\n  ↓\nsmoke\n```\n\nYou do nothing when this works.\n"
    )
    assert names(f"{chain}\n{WAY}") == ["Roll back the shop"]


@pytest.mark.parametrize("heading", ["Steps", "Procedure", "Actions"])
def test_bullets_below_a_heading_that_announces_steps_are_the_way(heading: str) -> None:
    (level,) = parts(
        f"## Purpose\n\nGo back safely.\n\n## {heading}\n\n- Notify the users\n- Run the rollback script\n- Validate the data\n"
    ).levels
    assert [step.title for step in level.steps] == ["Notify the users", "Run the rollback script", "Validate the data"]


def test_a_set_of_commands_is_no_way_back() -> None:
    assert names(f"## Local tabletop command set\n\n{BLOCK}\n{WAY}") == ["Roll back the shop"]


WAYS = "### Railway\n\n{0}\n### AWS ECS\n\n{0}\n"


@pytest.mark.parametrize(
    ("heading", "seconds"),
    [
        ("1. API (Railway or ECS) — ~1–2 min", 120),
        ("Application (5-10 minutes)", 600),
        ("Application (first 15 minutes)", None),
        ("Application (releases of the last 2 days)", None),
    ],
)
def test_ways_take_the_time_of_the_heading_above(heading: str, seconds: float | None) -> None:
    found = parts(f"## Rollback procedures\n\n### {heading}\n\n{WAYS.format(BLOCK).replace('###', '####')}").levels
    assert [promised(level) for level in found] == [seconds, seconds]


def test_what_follows_the_resolution_proves_it() -> None:
    text = f"{WAY}\n## Post-Resolution\n\n1. Verify that orders go through\n2. Run the health checks\n"
    assert [check.title for check in parts(text).validations] == [
        "Verify that orders go through",
        "Run the health checks",
    ]


def test_a_japanese_table_of_cases_is_the_matrix_and_going_forward_again_no_way_back() -> None:
    table = "## 0. どれを使うか\n\n| 状況 | やること | 節 |\n|---|---|---|\n| 新しいコードが悪い | 1つ前の版へ切り替える | 1 |\n"
    again = f"### 1.2 復帰：新しい版へ戻す\n\n{BLOCK}"
    found = parts(f"{table}\n## ロールバック\n\n### 1.1 コードを戻す\n\n{BLOCK}\n{again}")
    assert [(row.symptom, row.action) for row in found.matrix] == [("新しいコードが悪い", "1つ前の版へ切り替える")]
    assert not any("復帰" in level.name for level in found.levels)


def test_a_list_of_causes_in_chinese_is_no_way_back() -> None:
    text = f"## 回滚方案\n\n### 方案A：回滚版本\n\n{BLOCK}\n## 根本原因分析\n\n1. 代码引入了错误\n2. 变量丢失\n"
    assert names(text) == ["方案A：回滚版本"]


def test_phases_from_an_assessment_to_a_proof_are_stages_of_one_way() -> None:
    phases = "### Phase 1: Assessment (2-3 minutes)\n\n1. Look\n2. Ask\n\n### Phase 2: Restoration\n\n1. Stop it\n2. Copy it back\n\n### Phase 3: Verification (2-3 minutes)\n\n1. Look again\n"
    (level,) = parts(f"## Detailed rollback procedures\n\n{phases}").levels
    assert (level.name, promised(level)) == ("Detailed rollback procedures", None)


def test_phases_that_do_not_begin_by_looking_are_ways_of_their_own() -> None:
    phases = "### Phase 1: Code\n\n1. Revert it\n2. Push\n\n### Phase 2: Data\n\n1. Stop it\n2. Copy it back\n"
    assert names(f"## Rollback procedures\n\n{phases}") == ["Phase 1: Code", "Phase 2: Data"]


def test_what_must_be_true_before_the_first_order_is_no_way_back() -> None:
    asked = "## Before the first live order\n\n1. The statement names the shop\n2. The hooks answer\n"
    assert names(f"{WAY}\n{asked}") == ["Roll back the shop"]


@pytest.mark.parametrize(
    "heading", ["Indicators of a problem", "Indicateurs d'un problème :", "Indicadores de un problema"]
)
def test_indicators_are_reasons_to_go_back(heading: str) -> None:
    found = parts(f"## Detection\n\n### {heading}\n\n- Site down\n- Errors 502\n\n{WAY}").triggers
    assert [said.text for said in found] == ["Site down", "Errors 502"]


def test_boxes_about_a_backup_are_asked_before() -> None:
    text = f"{WAY}\n## Backup verification\n\n### Pre-migration backup checklist\n\n- [ ] Backup created\n- [ ] Restore tested\n"
    assert [check.title for check in parts(text).pre_checks] == ["Backup created", "Restore tested"]


def test_a_machine_is_nobody_to_call() -> None:
    people = "## Emergency contacts\n\n**On-call engineer:** Ana, 555 0100\n**Production server:** root@192.0.2.7\n"
    assert [person.role for person in parts(f"{people}\n{WAY}").contacts] == ["On-call engineer"]


def test_what_completes_a_rollback_follows_it() -> None:
    text = f"{WAY}\n## Rollback completion steps\n\n1. Document the rollback\n2. Notify the stakeholders\n"
    found = parts(text)
    assert ([level.name for level in found.levels], len(found.follow_up)) == (["Roll back the shop"], 2)


def test_each_change_of_a_list_is_taken_back_as_its_bullet_says() -> None:
    one = "### 1. Filters on the page\n\n- **What changed:** six filters\n- **Rollback:** Restore `Home.tsx` of the tag.\n"
    two = "### 2. Mails looked at\n\n- **What changed:** nothing\n- **Rollback:** N/A, nothing was written.\n"
    found = parts(f"{WAY}\n## P1 changes\n\n{one}\n{two}").levels
    assert [(level.name, len(level.steps)) for level in found] == [
        ("Roll back the shop", 2),
        ("1. Filters on the page – Rollback", 1),
    ]


@pytest.mark.parametrize("heading", ["Cutover", "2. Cut-over", "Monitoreo continuo"])
def test_going_over_and_watching_are_no_ways_back(heading: str) -> None:
    assert names(f"## {heading}\n\n1. Point the name at the new host\n2. Wait for it\n\n{WAY}") == [
        "Roll back the shop"
    ]


def test_what_ran_before_the_deployment_asks_nothing() -> None:
    state = "## Current production state (before deployment)\n\n- **Version**: v212\n- **Commit**: c40b704a\n"
    assert parts(f"{state}\n{WAY}").pre_checks == ()


def test_issues_of_a_platform_are_known_issues() -> None:
    issue = "#### Issue 1: Memory limit\n\n**Symptoms**: killed\n\n**Fix**: add memory\n"
    text = f"## Quick rollback instructions\n\n1. Revert the commit\n2. Deploy it\n\n### Common Railway deployment issues\n\n{issue}"
    assert [issue.title for issue in parts(text).known_issues] == ["Memory limit"]


def test_a_form_to_fill_in_is_no_matrix() -> None:
    form = "| Condition | Required | Action |\n|---|---|---|\n| Tests | 100% | |\n| Speed | good | |\n"
    assert parts(f"## Decision matrix\n\n{form}\n{WAY}").matrix == ()


def test_each_heading_that_says_roll_back_is_a_way_though_only_told() -> None:
    told = "**When:** the stage was wrong\n\n```\nBot:\n  /restore 1  → back to the first stage\n```\n\n**Artifacts created:**\n\n- a snapshot\n"
    stages = f"### S0 Intake — Roll Back\n\n{told}\n### S1 Gate — Roll Back\n\n{told}"
    assert names(f"## 3. Per-stage rollback procedures\n\n{stages}") == ["S0 Intake — Roll Back", "S1 Gate — Roll Back"]


def test_a_reference_of_tags_may_hold_ways_back() -> None:
    text = f"## 1. Git tag reference\n\n| Tag | Commit |\n|---|---|\n| a | b |\n\n### Roll back the whole code\n\n{BLOCK}\n{WAY}"
    assert names(text) == ["Roll back the whole code", "Roll back the shop"]


def test_ways_collected_beside_numbered_levels_are_kept_though_their_own_words_say_nothing() -> None:
    levels = "## Automated\n\n### Level 1: Restart (1 min)\n\n1. Restart\n2. Look\n\n### Level 2: Back (5 min)\n\n1. Back\n2. Look\n"
    manual = f"## Manual rollback procedures\n\n### When the pipeline is away\n\n{BLOCK}"
    cases = f"## Common rollback scenarios\n\n### Scenario 1: API silent\n\n**Rollback**:\n\n{BLOCK}"
    after = f"## Post-rollback actions\n\n### Fix forward\n\n{BLOCK}"
    found = names(f"{levels}\n{manual}\n{cases}\n{after}")
    assert found == [
        "Level 1: Restart (1 min)",
        "Level 2: Back (5 min)",
        "When the pipeline is away",
        "Scenario 1: API silent",
    ]


def test_commands_right_below_the_title_are_the_way_where_no_heading_is_one() -> None:
    text = (
        f"The deploy went bad. Here is the way back:\n\n{BLOCK}\n## What the flags do\n\n- `--previous` goes one back\n"
    )
    assert [level.name for level in parts(text, "Rollback").levels] == ["Rollback"]


def test_a_recoverable_backup_goes_nowhere() -> None:
    text = f"## 1. Create a recoverable backup\n\n{BLOCK}\n## 2. Restore data safely\n\n{BLOCK}"
    assert names(text) == ["2. Restore data safely"]


def test_what_happens_when_a_deployment_fails_is_asked_of_nobody() -> None:
    text = f"{WAY}\n## When the migration fails before deploy\n\n1. The deployment stops by itself\n2. Nothing is started\n"
    assert parts(text).pre_checks == ()


@pytest.mark.parametrize("mode", ["A. The release didn't take", "B. The release runs but breaks the price"])
def test_modes_of_failure_open_their_answers(mode: str) -> None:
    assert names(f"## Failure-mode triage\n\n### {mode}\n\nSymptoms: wrong prices.\n\n{BLOCK}") == [mode]


def test_the_rollback_model_is_no_way_back() -> None:
    assert names(f"## Current rollback model\n\nIt rolls images back.\n\n{WAY}") == ["Roll back the shop"]


def test_cases_and_answers_below_a_way_are_the_matrix() -> None:
    table = (
        "### When to roll back vs fix forward\n\n| Situation | Action |\n|---|---|\n| Smoke tests fail | Roll back |\n"
    )
    found = parts(f"## Worker rollback\n\n{BLOCK}\n{table}")
    assert [(row.symptom, row.action) for row in found.matrix] == [("Smoke tests fail", "Roll back")]
