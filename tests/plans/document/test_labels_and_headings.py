"""What labels and headings mean around a procedure's commands: invented plans."""

# ruff: noqa: E501 – documents, one a line

import pytest

from plans.document import read_plan
from plans.document.plan import Level

BLOCK = "```bash\nsystemctl restart x\n```\n"


def levels(text: str) -> tuple[Level, ...]:
    return read_plan(f"# Rollback plan of x\n\n{text}\n").parts.levels


@pytest.mark.parametrize(
    "label",
    [
        "**Impact**: little",
        "**When to use:** it is red",
        "**影响程度**: 最小",
        "**Time:** 5 minutes",
        "**If it persists after 10 minutes:** Level 2",
    ],
)
def test_the_commands_below_a_label_with_words_of_its_own_are_the_procedure(label: str) -> None:
    (level,) = levels(f"## Level 1: Settings (1 min)\n\n{label}\n\n{BLOCK}")
    assert [fence.role for step in level.steps for fence in step.fences] == ["command"]


def test_the_numbered_items_below_such_a_label_too() -> None:
    (level,) = levels("## Level 1: Settings (1 min)\n\n**Impact:** little\n\n1. Stop it\n2. Start it\n")
    assert ([said.text for said in level.impact], len(level.steps)) == (["little"], 2)


@pytest.mark.parametrize(
    "how", ["Manual Rollback Steps", "Recovery Procedure", "Resolution Steps", "Steps", "Rollback Commands"]
)
def test_a_heading_that_only_says_how_leaves_the_name_to_the_one_above(how: str) -> None:
    text = "## Manual Rollback Procedures\n\n" + "".join(
        f"### {place}. {name}\n\n#### Symptoms\n- It is red\n\n#### {how}\n{BLOCK}\n"
        for place, name in enumerate(["Page Rollback", "Table Rollback"], 1)
    )
    assert [(level.name, [said.text for said in level.when_to_use], len(level.steps)) for level in levels(text)] == [
        ("1. Page Rollback", ["It is red"], 1),
        ("2. Table Rollback", ["It is red"], 1),
    ]


def test_a_scenario_of_one_sentence_is_no_procedure() -> None:
    text = f"## Rollback Scenarios\n\n### 1. Bad image\nWhen a new image causes trouble.\n\n### 2. All is lost\nIf nothing answers.\n\n## Manual Rollback\n\n{BLOCK}"
    assert [level.name for level in levels(text)] == ["Manual Rollback"]


@pytest.mark.parametrize(
    "heading",
    ["Rollback Alerting", "Rollback Records and Audit Trail", "Rollback Record Creation", "Workflow Jobs", "Rollback Safety Measures", "Task Definition Management", "Future Enhancements"],
)  # fmt: skip
def test_what_is_said_about_rollbacks_is_none(heading: str) -> None:
    text = f"## {heading}\n\nHow rollbacks are told.\n\n1. One\n2. Two\n\n{BLOCK}\n## Manual Rollback\n\n{BLOCK}"
    assert [level.name for level in levels(text)] == ["Manual Rollback"]


def test_the_rollback_within_a_checklist_stands_between_its_checks() -> None:
    steps = f"#### Step 1: Prepare\n\n{BLOCK}\n#### Step 2: Go back\n\n{BLOCK}"
    text = f"## Detailed rollback checklist\n\n### Pre-Rollback Checklist\n- [ ] Agreed\n\n### Rollback Execution\n\n{steps}\n### Post-Rollback Verification\n- [ ] Green\n"
    document = read_plan(f"# Rollback plan of x\n\n{text}\n")
    assert [(level.name, len(level.steps)) for level in document.parts.levels] == [("Rollback Execution", 2)]
    assert (len(document.parts.pre_checks), len(document.parts.validations)) == (1, 1)


def test_the_help_of_a_program_is_no_command() -> None:
    (level,) = levels(f"## Rollback\n\n{BLOCK}\n```bash\nOptions:\n  -e NAME   environment\n  -t TYPE   type\n```\n")
    assert [fence.role for step in level.steps for fence in step.fences if fence.role == "command"] == ["command"]


def test_situations_and_kinds_above_the_procedures_are_none() -> None:
    text = (
        "## Rollback Scenarios\n\n### Scenario 1: Minor Issue (< 5 min)\n- Errors, data intact\n\n### Scenario 2: Major Issue\n- Data lost\n\n"
        "## Rollback Types\n\n1. **Table Rollback**: puts the rows back\n2. **Image Rollback**: takes the image before\n\n"
        f"## Rollback Time Objectives\n\n- Table: 5 minutes\n\n## Image\n\n### Quick Rollback (Docker)\n\n{BLOCK}"
    )
    assert [level.name for level in levels(text)] == ["Quick Rollback (Docker)"]


@pytest.mark.parametrize(
    "body",
    [
        "await lock.open(ROLE);",
        "# Hand it back\nawait lock.open(ROLE, SAFE);\nawait lock.close(",
        "const a = await b.c();\nconsole.log(a)",
    ],
)
def test_a_program_under_the_tag_of_a_shell_is_no_command(body: str) -> None:
    text = f"# R\n\n## Rollback\n\n1. Hand it back\n\n   ```bash\n   {body.replace(chr(10), chr(10) + '   ')}\n   ```\n2. Look\n"
    document = read_plan(text)
    (level,) = document.parts.levels
    assert [fence.role for fence in level.steps[0].fences] == ["code"]
    assert [step["kind"] for step in document.compile().compiled["levels"][0]["steps"]] == ["manual", "manual"]


def test_levels_of_one_title_are_told_apart_by_the_heading_above() -> None:
    phases = "".join(
        f"## Phase {n}: {name}\n\n### Expected Changes\n\n- Up\n\n### Rollback Procedure\n\n```bash\ngit revert {n}\n```\n\n"
        for n, name in ((2, "Spring Boot 3"), (3, "Java 21"))
    )
    levels = read_plan(f"# Migration Rollback Procedures\n\n{phases}").parts.levels
    assert [level.name for level in levels] == ["Rollback Procedure"] * 2
    assert [level.title for level in levels] == ["Spring boot 3: rollback procedure", "Java 21: rollback procedure"]


def test_cases_with_a_word_for_an_answer_above_the_procedures_are_no_levels() -> None:
    def cases(answer: str) -> str:
        return "".join(
            f"### Scenario {n}: {name}\n**Trigger:** It fails\n**Impact:** Some\n**Action:** {answer}\n\n"
            for n, name in ((1, "Failed deployment"), (2, "Unstable cluster"))
        )

    method = "## Rollback Procedures\n\n### Method 1: Script\n\n```bash\n./rollback.sh dev\n```\n"
    text = f"# Kafka Rollback Strategy\n\n## Rollback Scenarios\n\n{cases('Rollback to the previous configuration')}"
    assert [level.name for level in read_plan(text + method).parts.levels] == ["Method 1: Script"]
    assert len(read_plan(text).parts.levels) == 2


def test_a_heading_may_hold_the_time_of_its_level_or_of_the_options_below_it() -> None:
    text = "# Rollback Procedures\n\n## Worker Rollback\n\n### Estimated Time: 5-10 minutes\n\n### Rollback Procedure\n\n1. Redeploy it\n2. Watch it\n\n"
    options = "".join(f"### Option {n}: Way {n}\n\n1. Redeploy it\n2. Watch it\n\n" for n in (1, 2))
    levels = read_plan(f"{text}## Gateway Rollback\n\n### Estimated Time: 7 minutes\n\n{options}").parts.levels
    assert [level.promise.text for level in levels if level.promise] == ["5-10 minutes", "7 minutes", "7 minutes"]


def test_a_sentence_behind_a_label_goes_on_in_the_next_line() -> None:
    text = "## Image rollback\n\n**Impact:** everybody is signed\nout for a minute\nThen it is over.\n\n```bash\n./back\n```\n"
    document = read_plan(f"# Shop rollback\n\n{text}")
    assert [impact.text for impact in document.parts.levels[0].impact] == ["everybody is signed out for a minute"]
