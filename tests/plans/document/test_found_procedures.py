"""What is a procedure and what only stands beside one: invented plans, one a rule."""

# ruff: noqa: E501 – documents, one a line

import pytest

from plans.document import PlanDocument, read_plan


def read(text: str, title: str = "Rollback plan of x") -> PlanDocument:
    return read_plan(f"# {title}\n\n{text}\n")


def names(text: str, title: str = "Rollback plan of x") -> list[str]:
    return [level.name for level in read(text, title).parts.levels]


BLOCK = "```bash\nsystemctl restart x\n```\n"


def test_backups_below_a_heading_of_going_back_are_no_procedure() -> None:
    assets = f"## Rollback Assets\n\n### File Backup\n\n{BLOCK}\n### Configuration Backup\n\n{BLOCK}"
    assert names(f"## Emergency Rollback\n\n1. Stop it\n2. Start it\n\n{assets}") == ["Emergency Rollback"]


def test_numbered_instructions_below_one_way_are_its_steps() -> None:
    text = "## Rollback Commands\n\n### Option 1: Git\n\n```bash\ngit revert HEAD\n```\n\n### Option 2: By hand\n\n#### 1. Revert a.ts\n\n```ts\nlet a;\n```\n\n#### 2. Revert b.ts\n\n```ts\nlet b;\n```\n"
    assert [(level.name, len(level.steps)) for level in read(text).parts.levels] == [
        ("Option 1: Git", 1),
        ("Option 2: By hand", 2),
    ]


def test_the_phases_of_a_migration_are_no_way_back() -> None:
    phases = "### Phase 1 — Storage (1 week)\n\n1. Choose a provider\n2. Copy the files\n\n### Phase 2 — Users (2 weeks)\n\n1. Copy the users\n2. Tell them\n"
    text = f"## Detailed procedure by phase\n\n{phases}\n## Procédure détaillée\n\n{phases}\n## Rollback by module\n\n### Storage\n\n1. Turn the flag off\n2. Look\n"
    assert names(text, "Runbook: migration to a new host") == ["Storage"]


def test_a_quick_reference_may_hold_a_procedure() -> None:
    text = f"## Quick Reference\n\n### Emergency Rollback (30 seconds)\n\n{BLOCK}\n### Verify Rollback\n\n{BLOCK}\n## Rollback Methods\n\n### Method 1: Git\n\n1. Revert\n2. Push\n"
    found = read(text).parts.levels
    assert [(level.name, level.promise.seconds if level.promise else None) for level in found] == [
        ("Emergency Rollback (30 seconds)", 30),
        ("Method 1: Git", None),
    ]


def test_a_procedure_beside_numbered_levels_is_kept() -> None:
    levels = (
        "## Levels\n\n### Level 1: Off (1 min)\n\n1. Off\n2. Look\n\n### Level 2: Back (5 min)\n\n1. Back\n2. Look\n"
    )
    text = f"{levels}\n## Rollback Script\n\n```bash\n#!/bin/bash\nrollback.sh\n```\n\n## Deployment Script\n\n{BLOCK}"
    assert names(text) == ["Level 1: Off (1 min)", "Level 2: Back (5 min)", "Rollback Script"]


def test_two_ways_below_one_promise_share_it() -> None:
    text = "## Rollback\n\n### Complete Rollback (15-30 minutes)\n\n#### With Git\n\n1. Revert\n2. Push\n\n#### File by file\n\n1. Copy\n2. Push\n"
    assert [level.promise and level.promise.seconds for level in read(text).parts.levels] == [1800, 1800]


def test_a_promise_in_a_sentence_of_its_own() -> None:
    text = f"## Scenario 1: Bad image\n\nTake the one before. Expected time to recover: ~8–10 min (build).\n\n{BLOCK}"
    (level,) = read(text).parts.levels
    assert level.promise
    assert level.promise.seconds == 600


@pytest.mark.parametrize("neutral", ["Procedure", "Procedimiento", "Step-by-step"])
def test_a_bare_procedure_is_one_unless_the_document_goes_forward(neutral: str) -> None:
    text = f"## {neutral}\n\n1. Stop it\n2. Start it\n"
    assert names(text, "Runbook of x") == [neutral]
    assert names(text, "Rollback runbook") == [neutral]
    assert names(text, "Upgrade to version 3") == []


def test_bold_steps_and_the_rollback_beside_them_are_two_procedures() -> None:
    text = f"## Emergency Procedures\n\n### Critical Issue Response (5 minutes)\n\n**Step 1: Look**\n- [ ] At the page\n\n**Step 2: Pause**\n- [ ] The rollout\n\n### Rollback Procedure (if needed)\n\n{BLOCK}\n## Release Steps\n\n{BLOCK}"
    assert [(level.name, len(level.steps)) for level in read(text, "Deployment runbook").parts.levels] == [
        ("Critical Issue Response (5 minutes)", 2),
        ("Rollback Procedure (if needed)", 1),
    ]


def test_what_sets_the_scene_of_a_script_is_no_step_and_stays_with_the_first() -> None:
    block = '```bash\n#!/bin/bash\n# back.sh\n\nTARGET="2026-01-22"\ncd infra\n\n# Restore\nrestore $TARGET\n\n# Restart\nsystemctl restart x\n```\n'
    (level,) = read(f"## Rollback\n\n{block}").parts.levels
    assert [step.title for step in level.steps] == ["Restore", "Restart"]
    assert level.steps[0].fences[0].body.startswith("#!/bin/bash")


def test_a_procedure_in_prose_has_a_step_for_each_instruction() -> None:
    text = "## Rollback\n\nNothing is lost by it. Switch the flag off in the console. Restore last night's backup if rows are wrong.\n"
    (level,) = read(text).parts.levels
    assert [step.title for step in level.steps] == [
        "Switch the flag off in the console",
        "Restore last night's backup if rows are wrong",
    ]


@pytest.mark.parametrize(
    "heading",
    ["Notification Service Rollback", "Contact Form", "Documentation Site Rollback", "002_create_reminders", "Test Environment Rollback (staging)", "Validation worker"],
)  # fmt: skip
def test_a_thing_named_like_another_part_is_rolled_back_all_the_same(heading: str) -> None:
    assert names(f"## Rollback Procedures\n\n### {heading}\n\n1. Stop it\n2. Start it\n\n### Others\n\n{BLOCK}") == [
        heading,
        "Others",
    ]


@pytest.mark.parametrize(
    "heading",
    ["Communication during Rollback", "Verify Rollback", "Testing Rollback", "Contacts for Rollback", "Después del Rollback", "Success Indicators After Rollback",
     "Identifying Problems", "Check These First", "Commit Information", "Remember", "Important Reminders"],
)  # fmt: skip
def test_what_stands_beside_a_rollback_is_none(heading: str) -> None:
    assert names(f"## Rollback Steps\n\n1. Stop it\n2. Start it\n\n## {heading}\n\n1. Look here\n2. Look there\n") == [
        "Rollback Steps"
    ]


def test_a_heading_that_only_points_to_the_procedures_is_none() -> None:
    text = f"## Quick Rollback\n\nIf a release fails, follow these steps at once.\n\n## Web host\n\n### Method 1: Console\n\n{BLOCK}"
    assert names(text) == ["Method 1: Console"]


def test_the_way_back_under_a_label_of_a_forward_step() -> None:
    forward = "### 1. Deploy the new column (2 h)\n\n1. Add it\n2. Fill it\n\n```bash\npsql -f forward.sql\n```\n\n**Rollback:**\n\n```bash\npsql -f back.sql\n```\n\nThen go on with the next:\n\n```bash\npsql -f further.sql\n```\n"
    (level,) = read(f"## Deployment Steps\n\n{forward}", "Deploying version 3").parts.levels
    assert level.name == "1. Deploy the new column – Rollback"
    assert level.promise is None
    assert [fence.body for step in level.steps for fence in step.fences] == ["psql -f back.sql\n"]


def test_a_thing_whose_only_procedure_is_the_labelled_way_back() -> None:
    text = f"## Configuration Changes\n\n### Rooms (rooms.yaml)\n\n**Rollback procedure:**\n1. Copy the file back\n2. Restart it\n\n**Validation:**\n{BLOCK}"
    assert [(level.name, len(level.steps)) for level in read(text).parts.levels] == [("Rooms (rooms.yaml)", 2)]


@pytest.mark.parametrize(
    ("sentence", "seconds"),
    [("Expected timing: **30–90 seconds** per service.", 90), ("Time to recovery: **~30 seconds** from the click.", 30), ("**Deployment time:** ~5-10 minutes", 600)],
)  # fmt: skip
def test_times_in_sentences(sentence: str, seconds: int) -> None:
    (level,) = read(f"## 1. Standard rollback\n\n{BLOCK}\n{sentence}\n").parts.levels
    assert level.promise
    assert level.promise.seconds == seconds


def test_labels_in_bullets_say_the_time_and_the_occasion_of_a_level() -> None:
    labels = "- **Use case**: the table is wrong\n- **Time required**: 30-60 minutes\n- **Data loss**: since the last backup\n"
    text = f"## Rollback Types\n\n### Full restore\n\n{labels}\n{BLOCK}\n### Partial restore\n\n{labels}"
    (level,) = read(text).parts.levels
    assert level.promise
    assert (level.name, level.promise.seconds, [said.text for said in level.when_to_use], len(level.steps)) == (
        "Full restore",
        3600,
        ["the table is wrong"],
        1,
    )


def test_a_script_among_tools_that_rolls_back_is_a_procedure_and_a_reprise_is_none() -> None:
    script = '```bash\n#!/bin/bash\n# back.sh\necho "STARTED"\n\n# Stop it\nsystemctl stop x\n\n# Start it\nsystemctl start x\n```\n'
    tools = f"## Tools and Scripts\n\n### Rollback script\n\n{script}\n### Monitoring commands\n\n{BLOCK}"
    text = f"## Quick Reference\n\n### Rollback Commands\n\n{BLOCK}\n## Rollback Procedures\n\n### Image\n\n{BLOCK}\n{tools}"
    assert [(level.name, len(level.steps)) for level in read(text).parts.levels] == [
        ("Image", 1),
        ("Rollback script", 2),
    ]


def test_bold_labels_that_name_procedures_below_a_heading_that_collects_them() -> None:
    text = f"## Rollback Procedures\n\n**Database**\n\n1. Stop it\n2. Start it\n\n**Web host**\n\n{BLOCK}"
    assert names(text) == ["Database", "Web host"]
    text = f"## Rollback\n\n**Option A: Git**\n\n{BLOCK}\n**Option B: Console**\n\n1. Open it\n2. Click\n"
    assert names(text) == ["Option A: Git", "Option B: Console"]


def test_the_rows_of_a_table_that_counts_are_steps() -> None:
    rows = "| Step | Action | Who |\n|---|---|---|\n| 1 | Stop it | Ops |\n| 2 | Start it | Ops |\n"
    (level,) = read(f"## Rollback Steps\n\n{rows}").parts.levels
    assert [(step.number, step.title) for step in level.steps] == [("1", "Stop it"), ("2", "Start it")]


def test_nothing_to_roll_back_is_told_among_procedures() -> None:
    text = f"## Recovery Scenarios\n\n### Deployment failure\n\n{BLOCK}\n### Wrong words on a page\n\nNo rollback needed.\n"
    assert names(text) == ["Deployment failure", "Wrong words on a page"]


AROUND = {
    "carriage returns": lambda text: text.replace("\n", "\r\n"),
    "front matter whose keys are indented": lambda text: f"---\n  title: Rollback\n  layout: page\n---\n{text}",
    "template tags": lambda text: text.replace("## Rollback Procedures", "{% include toc.html %}\n\n{{% alert %}}\nCare\n{{% /alert %}}\n\n<%= part %>\n\n## Rollback Procedures"),
    "a table of contents": lambda text: text.replace("## Rollback Procedures", "## Table of Contents\n\n1. [Database rollback](#a)\n2. [Verify](#b)\n\n## Rollback Procedures"),
    "a tree of decisions": lambda text: text.replace("## Rollback Procedures", "## Decision Tree\n\n```\nIs it down?\n├─ yes → roll back\n└─ no → wait\n```\n\n## Rollback Procedures"),
    "practices": lambda text: f"{text}\n## Best Practices\n\n1. Test it first\n2. Write it down\n\n## Conclusion\n\n1. Done\n",
    "contacts to help oneself": lambda text: f"{text}\n## Emergency Contacts\n\n1. Check the status page\n2. Restart the worker\n",
    "forward options": lambda text: text.replace("## Rollback Procedures", f"## Deployment\n\n### Option 1: CI\n\n1. Push\n2. Wait\n\n### Option 2: By hand\n\n{BLOCK}\n## Rollback Procedures"),
    "resuming": lambda text: f"{text}\n## Resuming After a Rollback\n\n{BLOCK}\n## Resume the rollout\n\n{BLOCK}",
    "a form in a fence": lambda text: f"{text}\n## Follow-up\n\n```\nIncident: ____\n[ ] Told the team\n```\n",
    "effects": lambda text: f"{text}\nThis will:\n\n1. Put the rows back\n2. Write a log\n",
}  # fmt: skip


@pytest.mark.parametrize("around", AROUND)
def test_what_stands_around_the_procedures_changes_nothing(around: str) -> None:
    plan = f"# Rollback plan of x\n\n## Rollback Procedures\n\n### Database rollback\n\n1. Stop it\n2. Start it\n\n### Image rollback\n\n{BLOCK}"
    found = read_plan(AROUND[around](plan)).parts.levels
    assert [(level.name, len(level.steps)) for level in found] == [("Database rollback", 2), ("Image rollback", 1)]


@pytest.mark.parametrize(
    ("blocks", "steps", "commands"),
    [("```bash\nkubectl get pods\n```\n\nExpected output:\n\n```\nNAME READY\nx 1/1\n```\n\n```bash\nkubectl rollout undo deploy/x\n```", 2, 2),
     ("1. Stop\n\n```bash\nsystemctl stop x\n```\n\n2. Read\n\n```bash\n2026-01-01 10:00:00 INFO started\n2026-01-01 10:00:01 INFO ready\n```", 2, 1),
     ("1. Change it\n\n```diff\n- a: 1\n+ a: 2\n```\n\n2. Restart\n\n```diff\nsudo systemctl restart x\n```", 2, 1),
     ("```python\nkubectl rollout undo deploy/x\n```", 1, 1),
     ("```\nbackups/\n├── a.sql\n└── b.sql\n```\n\n1. Copy a.sql\n2. Restart", 2, 0)],
)  # fmt: skip
def test_what_a_tag_promises_and_what_a_block_is(blocks: str, steps: int, commands: int) -> None:
    (level,) = read(f"## Rollback\n\n{blocks}\n").parts.levels
    run = {fence.line for step in level.steps for fence in step.fences if fence.role == "command"}
    assert (len(level.steps), len(run)) == (steps, commands)


@pytest.mark.parametrize(
    "heading",
    [
        "Rollback " + "- " * 200 + "x",
        "the a an plan " * 30 + "z",
        "Pasos " * 80,
        "-" * 400 + "x rollback",
        "if " + ", " * 200 + "roll back",
    ],
)
def test_no_heading_takes_the_patterns_long(heading: str) -> None:
    assert (
        len(read(f"## {heading}\n\n### {heading}\n\n**{heading}**\n\n{BLOCK}\n{heading}: {heading}.").parts.levels) < 4
    )


def test_a_plan_whose_generic_heading_holds_one_procedure_in_spanish() -> None:
    text = "## Plan de reversa (Rollback)\n\n### 1. Datos\n\nNada.\n\n### 2. Pasos de reversa\n1. Detener\n2. Volver a la versión anterior\n"
    assert names(text, "Anexo") == ["2. Pasos de reversa"]


@pytest.mark.parametrize(
    ("made", "back"),
    [
        ("自动备份（推荐）", "从备份恢复数据库"),
        ("Copia de seguridad", "Restaurar la copia de seguridad"),
        ("Sauvegarde", "Restaurer la sauvegarde"),
    ],
)
def test_backups_are_told_from_their_return_in_other_languages(made: str, back: str) -> None:
    section = "### {0}\n\n```bash\n./run {1}\n```\n\n"
    plan = read_plan(f"# Rollback\n\n## 数据回滚 rollback\n\n{section.format(made, 1)}{section.format(back, 2)}")
    assert [level.name for level in plan.parts.levels] == [back]


@pytest.mark.parametrize("above", ["# Rollback plan of x\n\n", "# Handbook\n\n## Rollback plan\n\n"])
def test_the_numbered_parts_of_a_plan_are_no_stages_of_one_way(above: str) -> None:
    depth = "##" if above.count("#") == 1 else "###"
    parts = [
        ("Triggers", "- Errors"),
        ("Pre-rollback checklist", "- [ ] Look"),
        ("Rollback Procedure", "1. Stop it\n2. Start it"),
        ("Validation", "- [ ] It answers"),
        ("Communication", "1. Tell them"),
    ]
    text = "".join(f"{depth} {place}. {name}\n\n{body}\n\n" for place, (name, body) in enumerate(parts, 1))
    assert [level.name for level in read_plan(above + text).parts.levels] == ["3. Rollback Procedure"]


@pytest.mark.parametrize(
    "case", ["A release deployed cleanly but misbehaves", "The build hangs", "Shipped and unstable"]
)
def test_what_goes_wrong_after_a_release_opens_its_answer_among_procedures(case: str) -> None:
    block = "Redeploy the previous tag:\n\n```bash\nnpx deploy --tag 7\n```\n\n"
    text = f"# Rollback Procedures\n\n## 1. A deploy fails\n\n{block}## 2. {case}\n\n{block}## 3. Emergency rollback\n\n{block}"
    assert len(read_plan(text).parts.levels) == 3
