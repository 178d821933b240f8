"""Forms that teams write and no corpus holds: invented plans, read by what their words mean."""

# ruff: noqa: E501 – tables, one case a line

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plans.document import PlanDocument, placeholders, read_plan

CONTAINERS = [
    "Rollback Procedures",
    "Rollback Methods",
    "Rollback Scenarios",
    "🔄 Rollback Strategies",
    "3. Rollback Procedures",
    "**Rollback Options**",
]
NAMES = ["Restore the previous image", "Database Rollback", "Revert the Configuration", "Cache Rollback"]
STYLES = [
    "### {name}",
    "### {n}. {name}",
    "### Method {n}: {name}",
    "### Option {letter} - {name}",
    "### Scenario {n}: {name} ({n}0 minutes)",
    "### {n}.1 {name}",
]
STEPS = {
    "ordered": "1. Stop it\n2. Start it\n3. Look\n",
    "checkboxes": "- [ ] Stop it\n- [ ] Start it\n- [ ] Look\n\n```bash\n# 1. Stop it\nsystemctl stop x\n# 2. Start it\nsystemctl start x\n# 3. Look\ncurl localhost\n```\n",
    "comments": "```bash\n# 1. Stop it\nsystemctl stop x\n\n# 2. Start it\nsystemctl start x\n\n# 3. Look\ncurl localhost\n```\n",
    "loose comments": "```sh\ncd /srv/x\n\n# Stop it\nsystemctl stop x\n\n# Start it\nsystemctl start x\n\n# Look\ncurl localhost\n```\n",
    "bold numbers": "**1. Stop it:**\n\n```bash\nsystemctl stop x\n```\n\n**2. Start it:**\n\n```bash\nsystemctl start x\n```\n\n**3. Look:**\n\nOpen the page.\n",
    "headings": "#### Step 1: Stop it\n\n```bash\nsystemctl stop x\n```\n\n#### Step 2: Start it\n\nPress start.\n\n#### Step 3 — Look\n\n- The page\n",
    "below one heading": "#### **Procedure**\n\n##### **Step 1: Stop it**\n\nA.\n\n##### **Step 2: Start it**\n\n1. x\n2. y\n\n##### **Step 3: Look**\n\nC.\n",
    "plain text": "```\n1. Stop it\n2. Start it\n3. Look at the page\n```\n",
    "words in a shell's block": "```bash\n1. Open the console\n2. Click \"Restart\"\n3. Look at the page\n```\n",
    "console": "1. Stop it:\n   ```console\n   $ systemctl stop x\n   ```\n2. Start it\n\n```bash\nsystemctl start x\n```\n\n3. Look\n",
}  # fmt: skip
FORWARD = ["## Deployment Steps\n\n### 1. Database Changes (Reversible)\n\n```bash\npsql -f forward.sql\n```\n\n### 2. Deploy\n\n```bash\nkubectl apply -f new.yaml\n```\n",
           "## Upgrade\n\n1. Disable the old path\n\n```bash\nkubectl set image new\n```\n", "## Restoring the New Version After Rollback\n\n```bash\ngit reset --hard new\n```\n",
           "## Re-Migration\n\n1. Migrate again\n2. Deploy the new image\n", "## Appendix\n\n### A. Backup commands\n\n```bash\npg_dump x\n```\n"]  # fmt: skip


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(CONTAINERS), st.sampled_from(STYLES), st.lists(st.sampled_from(sorted(STEPS)), min_size=2, max_size=4),
    st.sampled_from(FORWARD), st.booleans(),
)  # fmt: skip
def test_invented_plans_read_as_they_mean(
    container: str, style: str, forms: list[str], forward: str, before: bool
) -> None:
    levels = [style.format(n=place, letter="ABCD"[place - 1], name=name) + "\n\n" + STEPS[form]
              for place, (name, form) in enumerate(zip(NAMES, forms, strict=False), 1)]  # fmt: skip
    body = f"## {container}\n\n" + "\n".join(levels)
    document = read_plan(f"# Rollback plan of x\n\n{forward if before else body}\n\n{body if before else forward}\n")
    told = [(level.title, len(level.steps)) for level in document.parts.levels]
    assert [count for _, count in told] == [3] * len(forms), (told, forms)
    for level in document.parts.levels:
        bodies = " ".join(fence.body for step in level.steps for fence in step.fences)
        assert not any(
            word in bodies for word in ("forward.sql", "new.yaml", "reset --hard new", "set image new", "pg_dump")
        )


def read(text: str) -> PlanDocument:
    return read_plan(f"# Rollback plan of x\n\n{text}\n")


@pytest.mark.parametrize(
    ("heading", "part", "count"),
    [("Quando fazer rollback", "triggers", 2), ("Cuándo revertir", "triggers", 2), ("Wann zurückrollen", "triggers", 2), ("Consider alternatives", "negative_triggers", 2),
     ("Checklist pós-rollback", "validations", 2), ("Verificación post-rollback", "validations", 2), ("Prérequis", "pre_checks", 2), ("Voraussetzungen", "pre_checks", 2),
     ("Antes del rollback", "pre_checks", 2), ("After rollback", "validations", 2), ("Recovery checklist", "validations", 2), ("Problemas conhecidos", "known_issues", 2)],
)  # fmt: skip
def test_headings_of_several_languages(heading: str, part: str, count: int) -> None:
    assert len(getattr(read(f"## {heading}\n\n- [ ] One thing\n- [ ] Another thing").parts, part)) == count


def test_a_checklist_says_itself_when_it_is_gone_through() -> None:
    parts = read("## Rollback checklist\n\nBefore performing a rollback:\n\n- [ ] A\n- [ ] B").parts
    assert (len(parts.pre_checks), len(parts.validations)) == (2, 0)


def test_a_number_behind_a_greater_sign_is_a_comparison_and_no_quote() -> None:
    (first, _) = read("## When to roll back\n\n- >5% of the users\n- Errors").parts.triggers
    assert first.text == "> 5% of the users"


def test_people_in_labelled_lines_are_contacts_and_pages_are_not() -> None:
    parts = read(
        "## Emergency contacts\n\n**On-call engineer:** @anna  \n**Hosting:** +49 30 123456\n**Console:** https://example.org/console"
    ).parts
    assert [contact.role for contact in parts.contacts] == ["On-call engineer", "Hosting"]


def test_a_promise_inside_bold_words_or_at_the_end_of_a_sentence() -> None:
    text = "## Rollback procedures\n\n### A rollback\n\n**Estimated time: 2-3 minutes**\n\n1. a\n2. b\n\n### B rollback\n\n1. a\n2. b\n\nTell them. **Time: ~5 min.**"
    promises = [level.promise.seconds for level in read(text).parts.levels if level.promise]
    assert promises == [180, 300]


def test_a_scenario_told_before_the_procedure_of_its_name_is_its_description() -> None:
    text = "## Rollback scenarios\n\n### Scenario 1: Quick rollback\n**When to use:** all is red\n**Target time:** < 1 hour\n\n## Rollback procedures\n\n### 1. Quick rollback\n\n1. a\n2. b"
    (level,) = read(text).parts.levels
    assert ([said.text for said in level.when_to_use], level.promise and level.promise.seconds, len(level.steps)) == (
        ["all is red"],
        3600,
        2,
    )


def test_prerequisites_of_a_level_are_kept_and_are_no_steps() -> None:
    (level,) = read(
        "## Rollback\n\n### Level 1: Back (1 min)\n\n**Prerequisites:**\n- A backup\n\n**Steps:**\n\n1. a\n2. b"
    ).parts.levels
    assert ([said.text for said in level.prerequisites], len(level.steps)) == (["A backup"], 2)


def test_rehearsals_in_a_table_are_read_row_by_row() -> None:
    rows = "| Rollback | Frequency |\n|---|---|\n| Flag off | Quarterly |\n| Restore | Monthly |"
    assert [entry.months for entry in read(f"## Rollback testing\n\n{rows}").parts.schedule] == [3, 1]


def test_the_path_of_a_matrix_row_is_an_edge_with_its_time() -> None:
    rows = "| Symptom | Severity | Action | Timeframe |\n|---|---|---|---|\n| Slow | Low | Level 1 → Level 2 if persists | 10 minutes |"
    levels = "### Level 1: Off (1 min)\n\n1. a\n2. b\n\n### Level 2: Back (5 min)\n\n1. a\n2. b"
    compiled = read(f"## Decision matrix\n\n{rows}\n\n## Rollback levels\n\n{levels}").compile().compiled["levels"]
    assert [(level["escalates_to"], level["escalation_wait_seconds"]) for level in compiled] == [(2, 600), (None, None)]


def test_rows_that_disagree_decide_no_escalation() -> None:
    rows = "| Symptom | Severity | Action |\n|---|---|---|\n| Slow | Low | Level 1 → Level 2 if persists |\n| Red | High | Level 1 → Level 3 if persists |"
    levels = "\n\n".join(f"### Level {n}: Off (1 min)\n\n1. a\n2. b" for n in (1, 2, 3))
    compiled = read(f"## Decision matrix\n\n{rows}\n\n## Rollback levels\n\n{levels}").compile().compiled["levels"]
    assert [level["escalates_to"] for level in compiled] == [None, None, None]


def test_the_kinds_of_rollback_named_in_bullets_are_no_level() -> None:
    document = read(
        "## Rollback Types\n\n- **App:** the image before\n- **Cache:** empty it\n\n"
        "## Steps for the app rollback\n\n1. Stop it\n2. Start the image before\n"
    )
    assert [level.name for level in document.parts.levels] == ["Steps for the app rollback"]


@pytest.mark.parametrize("heading", ["Investigation Steps", "Diagnosis", "Triage"])
def test_finding_the_cause_is_no_level(heading: str) -> None:
    document = read(
        f"## {heading}\n\n### Step 1: Look\n\n```bash\nkubectl get pods\n```\n\n"
        "## Rollback Procedure\n\n1. Stop it\n2. Start it\n"
    )
    assert [level.name for level in document.parts.levels] == ["Rollback Procedure"]


def test_a_quoted_line_may_promise_a_time_or_say_when() -> None:
    document = read(
        "## Rollback Procedures\n\n### Method 1: Take the image before\n\n> ⏱ **Time needed:** < 2 minutes\n\n"
        "> **Use when:** the new image fails\n\n1. Stop it\n2. Start it\n"
    )
    level = document.parts.levels[0]
    assert [promise.text for promise in level.promises] == ["< 2 minutes"]
    assert [said.text for said in level.when_to_use] == ["the new image fails"]
    assert len(level.steps) == 2


def test_triggers_may_stand_in_a_table_that_decides_nothing() -> None:
    rows = (
        "| Trigger | Description |\n|---|---|\n| Logins fail | nobody comes in |\n| Orders stop | none for a minute |\n"
    )
    document = read(f"## When to roll back\n\n{rows}\n## Rollback Steps\n\n1. Stop it\n2. Start it\n")
    assert [said.text for said in document.parts.triggers] == ["Logins fail", "Orders stop"]
    assert not document.parts.matrix


def test_a_blank_behind_a_letter_is_no_type_of_code() -> None:
    body = "```bash\ngit checkout v<VERSION>\n```\n\n```java\nList<String> names;\n```\n"
    text = f"## Rollback Steps\n\n{body}"
    assert list(placeholders.find(text)) == ["<VERSION>"]


def test_rungs_in_a_table_of_people_are_no_roles() -> None:
    table = "| Level | Contact | When |\n|---|---|---|\n| L1 | On-call engineer | at once |\n| L2 | Team lead | after 10 minutes |\n"
    found = read(f"## Rollback Steps\n\n1. Stop it\n2. Start it\n\n## Escalation\n\n{table}").parts.contacts
    assert [contact.role for contact in found] == ["On-call engineer", "Team lead"]
