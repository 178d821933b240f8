"""Steps under letters, boxes and escaped fences, times in sentences, and who is nobody to call: invented plans, one rule a case."""

# ruff: noqa: E501 – documents, one a line

import pytest

from plans.document import read_plan
from plans.document.plan import Level, Parts
from plans.questions import asking

BLOCK = "```bash\nrestart x\n```\n"
WAY = "## Roll back the shop\n\n1. Stop it\n2. Start the old one\n"


def parts(text: str) -> Parts:
    return read_plan(f"# Rollback runbook\n\n{text}\n").parts


def level(text: str) -> Level:
    (found,) = parts(text).levels
    return found


def test_bold_letters_in_a_row_count_the_steps() -> None:
    text = f"## Rollback to the old contract\n\n**a. Deploy the old one**\n\n{BLOCK}\n**b. Initialise it**\n\n{BLOCK}\n**c. Update the services**\n\nIn the settings.\n"
    assert [(step.number, step.title) for step in level(text).steps] == [
        ("1", "Deploy the old one"),
        ("2", "Initialise it"),
        ("3", "Update the services"),
    ]


def test_letters_that_are_no_row_count_nothing() -> None:
    text = f"## Rollback of the shop\n\n**x. Git**\n\n{BLOCK}\n**k. Docker**\n\n{BLOCK}"
    assert [step.form for step in level(text).steps] == ["block", "block"]


def test_bold_steps_count_in_chinese() -> None:
    text = f"## 回滚步骤\n\n**步骤 1: 回滚代码**\n\n{BLOCK}\n**步骤 2: 重新构建**\n\n{BLOCK}"
    assert [(step.number, step.title) for step in level(text).steps] == [("1", "回滚代码"), ("2", "重新构建")]


def test_boxes_above_the_only_block_are_the_steps_and_the_last_runs_it() -> None:
    text = f"## Rules rollback\n\nIf the rules are wrong:\n\n- [ ] Revert the rules in git\n- [ ] Deploy only the rules\n\n{BLOCK}\nAfter deploy:\n\n- [ ] Confirm that reads work\n"
    steps = level(text).steps
    assert [(step.title, len(step.fences)) for step in steps] == [
        ("Revert the rules in git", 0),
        ("Deploy only the rules", 1),
    ]


def test_boxes_that_only_look_are_no_steps() -> None:
    text = f"## Rules rollback\n\n- [ ] Check the logs\n- [ ] Confirm the tag\n\n{BLOCK}"
    assert [step.form for step in level(text).steps] == ["block"]


ESCAPED = "## Level 1: Back (5 min)\n\n1. **Go back.**\n\n   \\`\\`\\`\n   systemctl restart old\n   \\`\\`\\`\n"


def test_escaped_fences_are_fences_and_the_first_answer_writes_them_plainly() -> None:
    document = read_plan(f"# Rollback\n\n{ESCAPED}")
    assert [fence.role for step in document.parts.levels[0].steps for fence in step.fences] == ["command"]
    assert [(found.code, found.line) for found in document.compile().lint if found.code == "escaped-fence"] == [
        ("escaped-fence", 7)
    ]
    question = asking.ask(document.text)[0]
    text = asking.answer(document.text, question, {"choice-0": "bash"})
    assert "   ```bash\n   systemctl restart old\n   ```\n" in text
    assert not [found for found in read_plan(text).compile().lint if found.code == "escaped-fence"]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Rollback completes within 2-5 minutes.", 300),
        ("The rollback takes about 30 seconds.", 30),
        ("This takes up to 10 minutes.", 600),
        ("The deployment of 5 minutes ago is kept.", None),
        ("Users see errors for 5 minutes.", None),
    ],
)
def test_a_sentence_promises_the_time(said: str, seconds: float | None) -> None:
    promise = level(f"## Roll back the shop\n\n1. Stop it\n2. Start the old one\n\n{said}\n").promise
    assert (promise.seconds if promise else None) == seconds


def test_a_time_in_traditional_letters() -> None:
    promise = level(f"## 選項 1: Vercel 回滾\n\n{BLOCK}\n**預計時間**: 1-2 分鐘\n").promise
    assert promise is not None
    assert promise.seconds == 120


def test_what_if_it_fails_is_answered_by_its_steps() -> None:
    asked = "## What if the old image is gone?\n\n1. List the local images\n\n   ```bash\n   docker image ls\n   ```\n\n2. Tag one of them\n"
    told = "## Migrations and rollback safety\n\nIf a release renames a column, this procedure no longer applies.\n"
    assert [found.name for found in parts(f"{WAY}\n{asked}\n{told}").levels] == [
        "Roll back the shop",
        "What if the old image is gone?",
    ]


def test_numbered_facts_about_ways_are_no_way() -> None:
    facts = "## Migration rollback\n\nMigrations go forward only.\n\n1. **Code rollback** will not undo the schema\n2. **Data rollback** reverts both\n3. All of them can run twice\n"
    assert [found.name for found in parts(f"{WAY}\n{facts}").levels] == ["Roll back the shop"]


def test_unpausing_is_no_way_back() -> None:
    assert [
        found.name for found in parts(f"{WAY}\n## 6. Unpause after the repair\n\n### By vote\n\n{BLOCK}").levels
    ] == ["Roll back the shop"]


def test_a_dashboard_to_check_is_nobody_to_call() -> None:
    people = "## Contacts\n\n- **Metrics lead**: Check the dashboard for its state\n- **Release lead**: Ana, 555 0100\n- **On-call engineer**: See PagerDuty\n"
    assert [person.role for person in parts(f"{WAY}\n{people}").contacts] == ["Release lead", "On-call engineer"]


def test_numbered_comments_count_the_steps_and_what_verifies_them_belongs_to_the_last() -> None:
    numbered = "```bash\n# 1. Set the share\nset-share 0\n# 2. Restart\nrestart x\n```\n"
    text = f"## Option 1: Reduce the share\n\n**Steps**:\n\n{numbered}\n**Verification**:\n\n```bash\n# Check metrics\ncurl -fsS -m 5 http://127.0.0.1/metrics\n```\n"
    assert [(step.title, len(step.fences)) for step in level(text).steps] == [("Set the share", 1), ("Restart", 2)]


def test_those_who_decide_are_people_in_chinese_too() -> None:
    people = "## 緊急聯絡\n\n### 回滾決策者\n\n| 角色 | 姓名 |\n|---|---|\n| 技術負責人 | 王 |\n"
    found = parts(f"{WAY}\n{people}")
    assert ([person.role for person in found.contacts], found.matrix) == (["技術負責人"], ())


def test_numbered_checks_above_unindented_blocks_are_each_one_check() -> None:
    text = f"{WAY}\n## Validation after rollback\n\n### Health\n\n1. **API health**:\n{BLOCK}\n2. **Queue**:\n{BLOCK}"
    assert [check.title for check in parts(text).validations] == ["API health", "Queue"]


def test_reasons_stand_in_a_block_of_plain_text_too() -> None:
    for_it = "### Roll back immediately if:\n\n```\n✓ All requests fail\n✓ Data is lost\n```\n"
    against = "### Do NOT roll back if:\n\n```\n✗ One user reports it\n```\n"
    tree = "### How it is decided\n\n```\nDown?\n├─ yes\n```\n"
    found = parts(f"## When to roll back\n\n{for_it}\n{against}\n{tree}\n{WAY}")
    assert [said.text for said in found.triggers] == ["All requests fail", "Data is lost"]
    assert [said.text for said in found.negative_triggers] == ["One user reports it"]


@pytest.mark.parametrize("heading", ["Local image reminder", "Rollback preparedness", "Testing your rollback"])
def test_reminders_and_preparedness_are_no_ways_back(heading: str) -> None:
    text = f"{WAY}\n## {heading}\n\nOnce a quarter:\n\n{BLOCK}"
    assert [found.name for found in parts(text).levels] == ["Roll back the shop"]


def test_metrics_to_watch_prove_nothing() -> None:
    text = f"{WAY}\n## Key metrics to monitor post-rollback\n\n- Uptime\n- Rates\n"
    assert parts(text).validations == ()


def test_looking_before_a_rollback_is_no_reason_for_one() -> None:
    text = "## Rollback decision criteria\n\nRoll back immediately if:\n\n- Orders fail\n\nInvestigate before rollback if:\n\n- A button is grey\n"
    assert [said.text for said in parts(f"{text}\n{WAY}").triggers] == ["Orders fail"]


def test_marked_lines_without_bullets_are_each_a_check() -> None:
    text = f"## Pre-rollback checklist\n\n✅ Run all tests\n✅ Review the migrations\n\n{WAY}"
    assert [check.title for check in parts(text).pre_checks] == ["✅ Run all tests", "✅ Review the migrations"]


def test_numbers_of_headings_that_are_no_steps_count_nothing() -> None:
    checks = "### 4.1 Pre-flight checks\n\n```bash\n# Look at the version\nlook\n```\n"
    steps = "### 4.2 Rollback steps\n\n```bash\n# Step 1: Scale down\nscale 0\n# Step 2: Back up\nback-up\n```\n"
    table = "### 4.3 Current migrations\n\n| Version | Text |\n|---|---|\n| 001 | First |\n"
    found = level(f"## 4. Migration rollback\n\n**When**: a migration was applied\n\n{checks}\n{steps}\n{table}")
    assert [step.title for step in found.steps] == ["Look at the version", "Scale down", "Back up"]


def test_a_list_that_is_called_a_procedure_is_read_though_something_does_nothing_before_it() -> None:
    text = "## Rolling back a bad migration\n\nPrisma does not roll back by itself. Use the following procedure:\n\n1. **Find the last good one**:\n\n   ```bash\n   ls migrations\n   ```\n\n2. **Restore the backup**:\n\n   ```bash\n   psql x < backup.sql\n   ```\n"
    assert [step.title for step in level(text).steps] == ["Find the last good one", "Restore the backup"]


def test_who_a_trouble_goes_to_is_a_contact() -> None:
    people = "## Emergency contacts\n\n| Service | Escalation |\n|---|---|\n| Payments | Stripe support |\n"
    assert [(person.role, person.contact) for person in parts(f"{WAY}\n{people}").contacts] == [
        ("Payments", "Stripe support")
    ]


def test_a_time_budget_is_a_promise() -> None:
    promise = level(f"## Emergency pause\n\n{BLOCK}\n**Time budget:** < 5 minutes\n\n1. Roll back\n").promise
    assert promise is not None
    assert promise.seconds == 300


def test_the_record_of_a_proof_proves_nothing() -> None:
    text = f"{WAY}\n## Verification record\n\nDone once in August:\n\n- a whole cycle\n"
    assert parts(text).validations == ()
