"""Which headings are procedures by what they name, beside or below which others; and where a procedure's time may stand."""

# ruff: noqa: E501 – tables, one case a line

import pytest

from plans.document import read_plan
from plans.document.levels import title_of

NUMBERED = "1. Stop the worker\n2. Start the old one\n\n```bash\nsystemctl restart shop\n```\n"
COMMENTED = "```bash\n# Go to the old tag\ngit checkout v1\n# Start it\ndocker compose up -d\n```\n"
BODIES = pytest.mark.parametrize("body", [NUMBERED, COMMENTED], ids=["numbered", "commented"])


def names(text: str) -> list[str]:
    return [level.name for level in read_plan(f"# Shop Rollback Plan\n\nHow we go back.\n\n{text}").parts.levels]


def section(depth: int, title: str, body: str) -> str:
    return f"{'#' * depth} {title}\n\n{body}\n"


PHASES = ["Phase {n}: {x}", "Phase {n} Rollback", "Phase {n} Rollback: {x}", "Rollback Phase {n}: {x}", "Rollback from Phase {n}", "Phase {n} ({x})", "Phase {n} - {x}", "Undo Phase {n}"]  # fmt: skip


@BODIES
@pytest.mark.parametrize("name", PHASES)
@pytest.mark.parametrize("above", ["Phase-Specific Rollback", "Rollback by Phase", "Phased Rollback", "Rollback Plan", "Rollback Procedures", "Rollback Strategy"])  # fmt: skip
def test_the_phases_of_a_migration_are_each_taken_back(above: str, name: str, body: str) -> None:
    below = [name.format(n=n, x=x) for n, x in enumerate(("Database Schema", "Data Layer", "Screens"), 1)]
    assert names(section(2, above, "") + "".join(section(3, title, body) for title in below)) == below


@pytest.mark.parametrize("above", ["Rollback Plan", "Rollback Procedure", "Step-by-Step Rollback Process"])
def test_phases_that_end_with_a_proof_are_steps_of_one_way(above: str) -> None:
    phases = ("Phase 1: Assessment", "Phase 2: Restore the old version", "Phase 3: Validation")
    assert names(section(2, above, "") + "".join(section(3, title, NUMBERED) for title in phases)) == [above]


def test_a_phase_that_proves_is_no_way_back_beside_phases_that_are() -> None:
    text = section(2, "Rollback Procedures", "") + section(3, "Phase 1: Backend Rollback", NUMBERED)
    text += section(3, "Phase 2: Frontend Rollback", COMMENTED) + section(3, "Phase 3: Verification", NUMBERED)
    assert names(text) == ["Phase 1: Backend Rollback", "Phase 2: Frontend Rollback"]


def test_options_below_one_promise_each_promise_it() -> None:
    text = "## Rollback Procedure\n\n### Backend Rollback\n\n**Estimated time:** 2 minutes\n\n"
    text += section(4, "Option A: Dashboard", NUMBERED) + section(4, "Option B: Command line", COMMENTED)
    levels = read_plan(f"# Shop Rollback Plan\n\n{text}").parts.levels
    assert [(level.name[:8], level.promise.text if level.promise else None) for level in levels] == [
        ("Option A", "2 minutes"),
        ("Option B", "2 minutes"),
    ]


@pytest.mark.parametrize("label", ["Rollback", "Rollback Plan", "Rollback steps", "To roll back"])
def test_a_label_in_a_phase_that_goes_forward_opens_the_way_back(label: str) -> None:
    text = "".join(
        f"## Phase {n}: {x}\n\n**Steps:**\n\n1. Create it\n2. Move the code\n\n```bash\nmake module\n```\n\n**{label}:**\n\n```bash\ngit revert HEAD\n```\n\n"
        for n, x in enumerate(("Database Schema", "Data Layer"), 1)
    )
    levels = read_plan(f"# Splitting the shop\n\nWhat we do.\n\n{text}").parts.levels
    assert [[fence.body.strip() for step in level.steps for fence in step.fences] for level in levels] == [["git revert HEAD"]] * 2  # fmt: skip


BESIDE = """How Rollback Works|Version Numbering|Log Locations|Approval Process|Risk Mitigation|Data Migration Notes|Breaking Changes|Training|
KPIs|Next Steps|Git Tags|Files Changed|Changes Made|Impact Assessment|Data Loss Risk|Compliance|Getting Help|Affected Components|Rollback Risks|
Rollback Approval|Rollback Ownership|Rollback Readiness|Rollback Window|Rollback Artifacts|Migration Steps|Forward Migration|Sign-off|Directory Structure|
Branching|Identify the Version|Finding the Previous Version|List Available Versions|Assess the Situation|Clean Up|Maintenance|Known Risks|Common Mistakes|
Examples|Deployment Process|Preventive Measures|After Deployment|WARNING|Data Preservation""".replace("\n", "").split(
    "|"
)


@BODIES
@pytest.mark.parametrize("depth", [2, 3])
@pytest.mark.parametrize("title", BESIDE)
def test_what_is_known_agreed_on_or_looked_at_is_no_procedure(title: str, depth: int, body: str) -> None:
    text = (
        section(2, "Rollback Procedures", "")
        + section(3, "Code Rollback", body)
        + section(3, "Database Rollback", body)
    )
    assert names(text + section(depth, title, body)) == ["Code Rollback", "Database Rollback"]


@BODIES
@pytest.mark.parametrize("title", ["Feature Flags", "Commands", "Workflow", "Dependencies", "Quality"])
def test_a_heading_beside_the_one_that_collects_procedures_must_say_that_it_goes_back(title: str, body: str) -> None:
    text = (
        section(2, "Rollback Procedures", "")
        + section(3, "Code Rollback", body)
        + section(3, "Database Rollback", body)
    )
    assert names(text + section(2, title, body)) == ["Code Rollback", "Database Rollback"]


WAYS = """Immediate (0-5 minutes)|Frontend|Database Schema|Kubernetes|Vercel|Feature Flags|DNS|Environment Variables|Docker Image|npm Package|Cron Jobs|Everything|Partial|
Bad Deployment|Data Corruption|Failed Migration|Git Reset|Redeploy Previous Version|Switch Traffic Back|Restore Backup|Disable the Feature Flag|
Scale Down|Stop the Rollout|Abort Deployment|Via GitHub Actions|If the App Does Not Start|After a Bad Release|Before Merge|Last Commit""".replace("\n", "").split("|")  # fmt: skip


@BODIES
@pytest.mark.parametrize("above", ["Rollback Procedures", "How to Roll Back", "Rollback"])
@pytest.mark.parametrize("title", WAYS)
def test_things_failures_and_ways_among_procedures_are_procedures(title: str, above: str, body: str) -> None:
    text = (
        section(2, above, "")
        + section(3, "Frontend Rollback", body)
        + section(3, title, body)
        + section(3, "API rollback", body)
    )
    assert names(text) == ["Frontend Rollback", title, "API rollback"]


@pytest.mark.parametrize(
    "title", ["Bad Deployment", "Redeploy Previous Version", "Abort Deployment", "After a Bad Release", "Kubernetes"]
)
def test_failures_and_ways_stand_beside_procedures_too(title: str) -> None:
    text = (
        section(2, "Frontend Rollback", NUMBERED) + section(2, title, NUMBERED) + section(2, "API rollback", NUMBERED)
    )
    assert names(text) == ["Frontend Rollback", title, "API rollback"]


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Code Rollback - 5 minutes", ""), ("Code Rollback [5 minutes]", ""), ("Code Rollback – 5 minutes", ""), ("Code Rollback | 5 minutes", ""),
        ("Code Rollback", "**Estimated Rollback Time**: 5 minutes"), ("Code Rollback", "**Target Recovery Time:** 5 minutes"),
        ("Code Rollback", "**Total time:** 5 minutes"), ("Code Rollback", "*Estimated time: 5 minutes*"), ("Code Rollback", "> **ETA**: 5 minutes"),
    ],
)  # fmt: skip
def test_a_time_at_the_end_of_a_heading_or_behind_a_longer_label(title: str, said: str) -> None:
    text = f"# Shop Rollback Plan\n\n## Rollback Procedures\n\n### {title}\n\n{said}\n\n{COMMENTED}\n### Database Rollback\n\n{NUMBERED}"
    first, second = read_plan(text).parts.levels
    assert (first.promise.text if first.promise else None, second.promise) == ("5 minutes", None)


@pytest.mark.parametrize("title", ["Step 2 - restart 3 pods", "Restore v2.1 - the stable one", "Rollback - release 5"])
def test_a_number_at_the_end_of_a_heading_is_no_time(title: str) -> None:
    (level,) = read_plan(f"# Shop Rollback Plan\n\n## Rollback Procedures\n\n### {title}\n\n{COMMENTED}").parts.levels
    assert level.promise is None


@pytest.mark.parametrize(
    "item", ["Test rollback procedures monthly", "**Regular drills**: Practice rollback quarterly", "Schedule a rollback drill every quarter", "Practice the rollback procedure every 3 months"]
)  # fmt: skip
def test_a_numbered_item_of_advice_names_the_rehearsal(item: str) -> None:
    text = f"# Shop Rollback Plan\n\n## Rollback Procedures\n\n{COMMENTED}\n## Best Practices\n\n1. Keep the team told\n2. {item}\n"
    assert [entry.line for entry in read_plan(text).parts.schedule] == [15]


@pytest.mark.parametrize("item", ["Deploy weekly", "Test the new release daily", "Practice makes perfect"])
def test_advice_that_rehearses_no_rollback_is_no_rehearsal(item: str) -> None:
    text = f"# Shop Rollback Plan\n\n## Rollback Procedures\n\n{COMMENTED}\n## Best Practices\n\n1. Keep the team told\n2. {item}\n"
    assert read_plan(text).parts.schedule == ()


def test_issues_and_reasons_against_below_the_only_procedure_are_the_plan_s() -> None:
    text = f"# Shop Rollback Plan\n\n## Rollback Procedure\n\n{COMMENTED}\n### Known Issues\n\n1. **Pods hang**: delete them\n2. **Cache**: flush it\n\n### When not to roll back\n\n- The bug is cosmetic\n"
    parts = read_plan(text).parts
    assert (len(parts.known_issues), [said.text for said in parts.negative_triggers]) == (2, ["The bug is cosmetic"])


COLLECTING = """Rollback Levels|Rollback Types|Types of Rollback|Rollback Playbooks|Rollback Options|Rollback Mechanisms|Rollback Plan|Rollback Details|
Rollback by Environment|Detailed Procedures|Performing a Rollback|Reverting Changes|Restore Procedures|Disaster Recovery|Emergency Response|
Failure Scenarios|Manual Procedures|Quick Rollback|Back-out Procedures|Fallback Strategies|Contingency Plan|Runbooks|Methods""".replace(
    "\n", ""
).split("|")


@pytest.mark.parametrize("below", [("Frontend", "Database"), ("Git Revert", "Restore Backup"), ("Option A: Helm", "Option B: kubectl"), ("1. Application", "2. Database"), ("Immediate Rollback (0-5 minutes)", "Full Rollback (15-60 minutes)")])  # fmt: skip
@pytest.mark.parametrize("above", COLLECTING)
def test_headings_that_collect_procedures(above: str, below: tuple[str, str]) -> None:
    text = (
        section(2, above, "")
        + section(3, below[0], COMMENTED)
        + section(3, below[1], NUMBERED)
        + section(2, "Notes", "- Keep calm\n")
    )
    assert names(text) == list(below)


@pytest.mark.parametrize("above", ["Back-out Procedures", "Fallback Plan", "Rolling Back", "Downgrade", "Restoration"])
def test_one_way_back_in_a_guide_to_deploying(above: str) -> None:
    text = f"# Deployment Guide\n\n## Deployment\n\n1. Build\n2. Push\n\n```bash\nmake deploy\n```\n\n## {above}\n\n{COMMENTED}"
    assert [level.name for level in read_plan(text).parts.levels] == [above]


def test_procedures_told_in_a_sentence_stand_among_others() -> None:
    text = section(2, "Rollback Procedures", "") + section(
        3, "Code", "Revert the merge commit on main and let it deploy.\n"
    )
    text += section(3, "Flags", "Switch the flag off in the console. Wait a minute.\n") + section(
        3, "Database", NUMBERED
    )
    assert names(text) == ["Code", "Flags", "Database"]


def test_numbered_headings_below_procedimiento_are_its_steps() -> None:
    text = "# Guía de Rollback\n\n## Procedimiento\n\n### 1. Detener el servicio\n\n```bash\nsystemctl stop shop\n```\n\n### 2. Volver a la versión anterior\n\n```bash\ngit checkout v1\n```\n"
    (level,) = read_plan(text).parts.levels
    assert (level.name, len(level.steps)) == ("Procedimiento", 2)


def test_steps_that_go_on_counting_below_the_next_heading_are_one_way() -> None:
    text = "### Scenario 1: Emergency\n\n#### At once (0-5 minutes)\n\n**Step 1: Stop it**\n```bash\nmake stop\n```\n\n**Step 2: Tell the team**\n- in #ops\n\n"
    text += "#### Stabilise (5-60 minutes)\n\n**Step 3: Go back**\n```bash\nmake old\n```\n\n**Step 4: Look**\n```bash\nmake look\n```\n\n"
    text += "### Scenario 2: Slow\n\n**Phase 1: Look (1 hour)**\n```bash\nmake look\n```\n\n**Phase 2: Selective rollback (8 hours)**\n```bash\nmake old\n```\n"
    levels = read_plan(f"# Shop Rollback Plan\n\n## Rollback Scenarios\n\n{text}").parts.levels
    assert [(level.name, len(level.steps)) for level in levels] == [
        ("Scenario 1: Emergency", 4),
        ("Scenario 2: Slow", 2),
    ]


def test_a_quick_reference_names_what_goes_back_and_what_only_looks() -> None:
    text = "".join(
        f"### {title}\n\n```bash\n./tool --{n}\n```\n\n"
        for n, title in enumerate(
            (
                "Create a Backup",
                "List Available Rollback Points",
                "Rollback to Specific Backup",
                "Rollback to Migration Phase",
            )
        )
    )
    text += "## Phase-Specific Rollback Notes\n\n### Phase 1-4: Setup\n\n- Minimal impact\n"
    assert names(f"## Quick Reference\n\n{text}") == ["Rollback to Specific Backup", "Rollback to Migration Phase"]


def test_numbered_comments_of_sql_are_steps() -> None:
    text = "```sql\n-- 1. Restore the table\nCREATE TABLE a AS SELECT 1;\n\n-- 2. Verify the data\nSELECT count(*) FROM a;\n```\n"
    (level,) = read_plan(f"# Shop Rollback Plan\n\n## Rollback Procedures\n\n### Table Recovery\n\n{text}").parts.levels
    assert [step.title for step in level.steps] == ["Restore the table", "Verify the data"]


@pytest.mark.parametrize(
    "title",
    ["Rollback Philosophy", "After Successful Rollback", "After each rollback", "1.2 롤백 원칙", "2.1 롤백 정의"],
)
def test_principles_and_what_follows_are_no_procedures(title: str) -> None:
    text = f"# Shop Rollback Plan\n\n## Rollback Procedures\n\n### Code\n\n{COMMENTED}\n### Database\n\n{COMMENTED}\n"
    levels = read_plan(f"{text}## {title}\n\n1. Go fast\n2. Lose no data\n").parts.levels
    assert [level.name for level in levels] == ["Code", "Database"]


def test_ways_named_by_letters_of_another_alphabet() -> None:
    boxes = "- [ ] **{0}.1** Закрыть приложение\n- [ ] **{0}.2** Открыть папку проекта\n"
    text = "".join(
        f"## Вариант {letter}: {name}\n\n{boxes.format(letter)}\n"
        for letter, name in (("А", "по Git"), ("Б", "по копии"))
    )
    levels = read_plan(f"# План отката\n\n{text}").parts.levels
    assert [(level.name, len(level.steps)) for level in levels] == [
        ("Вариант А: по Git", 2),
        ("Вариант Б: по копии", 2),
    ]


def test_finding_out_where_to_go_back_to_is_no_way_back() -> None:
    ways = f"### Method 1: Search the log\n\n{COMMENTED}\n### Method 2: Ask the change log\n\n{COMMENTED}\n"
    text = f"## Finding the Last Known Good Commit\n\n{ways}## Full Rollback Procedure\n\n{COMMENTED}\n## Stashing Work\n\n### Apply Stash After Rollback\n\n{COMMENTED}\n"
    levels = read_plan(f"# Rollback Guide\n\n{text}").parts.levels
    assert [level.name for level in levels] == ["Full Rollback Procedure"]


def test_a_helper_script_beside_the_steps_is_a_way_of_its_own() -> None:
    steps = "".join(f"#### Step {n}: {name}\n\n```bash\nmake {n}\n```\n\n" for n, name in ((1, "Stop"), (2, "Start")))
    text = f"### Using the Rollback Script\n\n{COMMENTED}\n### Step-by-Step Manual Rollback\n\n{steps}"
    levels = read_plan(f"# Shop Rollback\n\n## Manual Rollback Procedures\n\n{text}").parts.levels
    assert [level.name for level in levels] == ["Using the Rollback Script", "Step-by-Step Manual Rollback"]


def test_stages_below_steps_are_one_procedure() -> None:
    stages = "".join(
        f"#### {name} Actions ({n} minutes)\n\n```bash\nmake {n}\n```\n\n"
        for n, name in ((2, "Immediate"), (5, "Escalation"))
    )
    levels = read_plan(
        f"# Shop Rollback\n\n## Emergency Rollback Procedures\n\n### When to use\n\n- Fire\n\n### Emergency Rollback Steps\n\n{stages}"
    ).parts.levels
    assert [level.name for level in levels] == ["Emergency Rollback Steps"]


def test_commands_below_prerequisites_are_carried_out_first() -> None:
    steps = "### Prerequisites\n\n```bash\npg_dump shop > before.sql\n```\n\n### Step 1: Stop\n\n```bash\nmake stop\n```\n\n### Step 2: Start\n\n```bash\nmake start\n```\n"
    (level,) = read_plan(f"# Shop Rollback\n\n## Database Rollback\n\n{steps}").parts.levels
    assert [step.title for step in level.steps] == ["Prerequisites", "Stop", "Start"]


def test_times_are_joined_by_names_in_the_singular_and_with_what_stands_in_parentheses() -> None:
    table = "| Layer | Method | Time to Rollback |\n|---|---|---|\n| Container Images | Tag | < 5 minutes |\n| Infrastructure (Terraform) | State | 10-15 minutes |\n"
    ways = f"## Container Image Rollback\n\n{COMMENTED}\n## Terraform Infrastructure Rollback\n\n{COMMENTED}\n"
    levels = read_plan(f"# Rollback Procedures\n\n## Overview\n\n{table}\n{ways}").parts.levels
    assert [level.promise.text for level in levels if level.promise] == ["< 5 minutes", "10-15 minutes"]


@pytest.mark.parametrize(
    "title", ["Compliance During Rollback", "Rollback Readiness Certification", "Metrics to track after a rollback"]
)
def test_what_is_said_about_rollbacks_is_no_procedure(title: str) -> None:
    text = f"# Shop Rollback Plan\n\n## Rollback Procedures\n\n### Code\n\n{COMMENTED}\n### Database\n\n{COMMENTED}\n"
    levels = read_plan(f"{text}## {title}\n\n1. **Speed**: five minutes\n2. **Data**: none lost\n").parts.levels
    assert [level.name for level in levels] == ["Code", "Database"]


def test_a_subtitle_with_the_head_of_a_document_is_no_level() -> None:
    head = "## Emergency Procedures and System Recovery\n\n**Version**: 1.0\n**System**: Shop\n\n"
    levels = read_plan(
        f"# Rollback Plan\n{head}## Rollback Procedures\n\n### Code Rollback\n\n{COMMENTED}"
    ).parts.levels
    assert [level.name for level in levels] == ["Code Rollback"]


def test_described_levels_give_their_times_to_the_procedures_and_are_none_themselves() -> None:
    described = "".join(
        f"#### Level {n}: {name} Rollback\n- **Scope**: {name}\n- **Duration**: {n}0 minutes\n\n"
        for n, name in ((1, "Flag"), (2, "Phase"), (3, "Complete"))
    )
    ways = "".join(f"### {name} Rollback\n\n{COMMENTED}\n" for name in ("Phase", "Complete"))
    levels = read_plan(
        f"# Rollback Plan\n\n## Rollback Strategy\n\n### Rollback Principles\n\n1. **Safety**: first\n\n### Rollback Levels\n\n{described}"
        f"## Manual Rollback Commands\n\n{ways}## Recovery Planning\n\n### Assessment Phase\n\n1. **Find the cause**\n"
    ).parts.levels
    assert [(level.name, level.promise.text) for level in levels if level.promise] == [
        ("Phase Rollback", "20 minutes"),
        ("Complete Rollback", "30 minutes"),
    ]
    assert len(levels) == 2


@pytest.mark.parametrize("title", ["Rollback Approval", "Recovery Planning"])
def test_approvals_and_planning_are_no_procedures(title: str) -> None:
    ways = f"### Code\n\n{COMMENTED}\n### Database\n\n{COMMENTED}\n"
    parts = read_plan(
        f"# Shop Rollback Plan\n\n## Rollback Procedures\n\n{ways}## {title}\n\n### Process\n\n1. Name the need\n2. Decide\n"
    ).parts
    assert [level.name for level in parts.levels] == ["Code", "Database"]


def test_what_was_made_before_the_rollback_is_no_check() -> None:
    way = f"## Rollback du code\n\n{COMMENTED}\n"
    listed = "```graphql\nquery Active { id }\n```\n"
    found = read_plan(
        f"# Plan de Rollback\n\n{way}## Gestion des instances créées avant le rollback\n\n### Requête\n\n{listed}"
    ).parts
    assert not found.pre_checks


@pytest.mark.parametrize(
    ("heading", "short"),
    [
        ("Phase Rollback", "Phase rollback"),
        ("Path to the old version", "Path to the old version"),
        ("Option B: Git revert", "Git revert"),
        ("Level IV – Restore", "Restore"),
        ("Phase 2: Undo the schema", "Undo the schema"),
        ("Method 1: Instant Rollback Via Vercel", "Instant rollback via Vercel"),
        ("選項 1: Vercel 回滾 (最快)", "選項 1: Vercel 回滾"),
    ],
)
def test_the_short_name_leaves_out_the_number_and_nothing_else(heading: str, short: str) -> None:
    assert title_of(heading) == short


def test_phases_of_one_rollback_that_end_with_a_proof_are_its_steps() -> None:
    names = ("Stop and Save", "Restore the Files", "Start All Services", "Validation")
    phases = "".join(f"### Phase {n}: {name}\n\n```bash\nmake {n}\n```\n\n" for n, name in enumerate(names, 1))
    levels = read_plan(
        f"# Shop Rollback\n\n## Complete Environment Rollback\n\n{phases}## Database Rollback\n\n{COMMENTED}"
    ).parts.levels
    assert [(level.name, len(level.steps)) for level in levels] == [
        ("Complete Environment Rollback", 4),
        ("Database Rollback", 2),
    ]


@pytest.mark.parametrize(
    "title", ["Learning from Rollbacks", "Información y Herramientas Necesarias", "Identificar la versión a revertir"]
)
def test_lessons_tools_and_seeking_in_other_languages_are_no_procedures(title: str) -> None:
    text = (
        f"# Procedimientos de Rollback\n\n## Rollback del código\n\n{COMMENTED}\n## Rollback de datos\n\n{COMMENTED}\n"
    )
    levels = read_plan(f"{text}## {title}\n\n### Comandos\n\n{COMMENTED}").parts.levels
    assert [level.name for level in levels] == ["Rollback del código", "Rollback de datos"]


def test_a_phase_names_the_rollback_strategy_below_it() -> None:
    phases = "".join(
        f"### Phase {n}: {name} (Planned)\n\n#### Rollback Strategy\n\n{COMMENTED}\n#### Rollback Triggers\n\n- It breaks\n\n"
        for n, name in ((1, "Split the app"), (2, "One error format"))
    )
    found = read_plan(
        f"# Rollback Procedures\n\n## System Reset\n\n{COMMENTED}\n## Future Phases - Rollback Templates\n\n{phases}"
    ).parts
    assert [level.name for level in found.levels][-2:] == [
        "Phase 1: Split the app (Planned)",
        "Phase 2: One error format (Planned)",
    ]
    assert not found.triggers


@pytest.mark.parametrize("title", ["Team Training Scenarios", "Rollback Complete", "Annexes", "Rollback Approval"])
def test_training_ends_and_annexes_are_no_procedures(title: str) -> None:
    below = f"### Scenario 1: Outage\n\n**Action**: Roll back at once\n\n### C. Secrets à vérifier\n\n{COMMENTED}"
    levels = read_plan(
        f"# Shop Rollback\n\n## Rollback Procedures\n\n### Code\n\n{COMMENTED}\n### Data\n\n{COMMENTED}\n## {title}\n\n{below}"
    ).parts.levels
    assert [level.name for level in levels] == ["Code", "Data"]


@pytest.mark.parametrize(
    "title",
    [
        "Immediate Checks (0-2 minutes)",
        "Data Integrity Checks (5-15 minutes)",
        "Test de restauration (avant la mise en service)",
        "Tables Kept (for later)",
        "Incident decision order",
        "Roll-forward plan (re-enable safely)",
        "Q3: Is it the code or the data?",
        "⚠️ WARNING: Databases are complex",
        "Zmodyfikowane pliki",
        "Expected Changes",
        "Changes made in phase 1",
    ],
)
def test_checks_questions_warnings_and_what_is_kept_are_no_procedures(title: str) -> None:
    levels = read_plan(
        f"# Shop Rollback\n\n## Code rollback\n\n{COMMENTED}\n## Data rollback\n\n{COMMENTED}\n## {title}\n\n{COMMENTED}"
    ).parts.levels
    assert [level.name for level in levels] == ["Code rollback", "Data rollback"]


@pytest.mark.parametrize("word", ["Krok", "Шаг", "Stap", "Adım", "Steg"])
def test_step_headings_count_in_more_languages(word: str) -> None:
    steps = "".join(f"### {word} {n}: Lorem {n}\n\n{COMMENTED}\n" for n in (1, 2, 3))
    levels = read_plan(f"# Rollback plan\n\n## Procedura rollbacku\n\n{steps}").parts.levels
    assert [(level.name, len(level.steps)) for level in levels] == [("Procedura rollbacku", 3)]


def test_numbered_headings_below_the_rollback_of_a_thing_are_its_steps() -> None:
    titles = (
        "Check the deployment",
        "View the history",
        "Rollback to previous version",
        "Verify rollback",
        "Database rollback (if migrated)",
    )
    steps = "".join(f"### {n}. {title}\n\n```bash\nkubectl get pods\n```\n\n" for n, title in enumerate(titles, 1))
    levels = read_plan(f"# Rollback\n\n## API Service Rollback\n\n{steps}## Cache Rollback\n\n{COMMENTED}").parts.levels
    assert next((level.name, len(level.steps)) for level in levels) == ("API Service Rollback", 5)
