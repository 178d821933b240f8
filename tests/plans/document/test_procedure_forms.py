"""Every heading that collects procedures × every way to name one × every way to write its steps, in invented plans."""

# ruff: noqa: E501 – tables, one case a line

import pytest

from plans.document import read_plan

FORMS: dict[str, tuple[str, int | None, int]] = {
    "ordered": ("1. Stop the service\n2. Start the old image\n3. Look at the page\n", 3, 0),
    "every item 1.": ("1. Stop the service\n1. Start the old image\n1. Look at the page\n", 3, 0),
    "1)": ("1) Stop the service\n2) Start the old image\n3) Look at the page\n", 3, 0),
    "fence in the item": ("1. Stop it\n\n   ```bash\n   systemctl stop x\n   ```\n\n2. Start it\n\n   ```bash\n   systemctl start x\n   ```\n", 2, 2),
    "fence after the item": ("1. Stop it\n\n```bash\nsystemctl stop x\n```\n\n2. Start it\n\n```bash\nsystemctl start x\n```\n", 2, 2),
    "comments": ("```bash\n# Stop it\nsystemctl stop x\n\n# Start the old one\nsystemctl start x\n```\n", 2, 1),
    "numbered comments": ("```bash\n# 1. Stop it\nsystemctl stop x\n\n# 2. Start the old one\nsystemctl start x\n```\n", 2, 1),
    "step comments": ("```bash\n# Step 1: Stop it\nsystemctl stop x\n\n# Step 2: Start the old one\nsystemctl start x\n```\n", 2, 1),
    "kotlin": ("```kotlin\n// 1. Set the flag to false\nFlags.enabled = false\n\n// 2. Build again\nbuild()\n```\n", 2, 0),
    "javascript": ("```javascript\n// 1. Set the flag to false\nconst enabled = false;\n\n// 2. Build again\nrun();\n```\n", 2, 0),
    "powershell": ("```powershell\n# 1. Stop it\nStop-Service x\n\n# 2. Start it\nStart-Service x\n```\n", 2, 1),
    "one block": ("```bash\ngit revert HEAD\ngit push\n```\n", 1, 1),
    "words and a block": ("Go to the last tag and push it:\n\n```bash\ngit checkout v1\ngit push\n```\n", 1, 1),
    "no language": ("```\nkubectl rollout undo deploy/x\nkubectl rollout status deploy/x\n```\n", 1, 1),
    "script": ("```bash\n#!/bin/bash\n# back.sh\nset -e\nAPP=x\n\n# Stop it\nsystemctl stop $APP\n\n# Start it\nsystemctl start $APP\n```\n", 2, 1),
    "step headings": ("{h}# Step 1: Stop it\n\n```bash\nsystemctl stop x\n```\n\n{h}# Step 2: Start it\n\n```bash\nsystemctl start x\n```\n", 2, 2),
    "told step headings": ("{h}# Step 1 - Stop it\n\nIn the console.\n\n{h}# Step 2 - Start it\n\nThere too.\n", 2, 0),
    "numbered headings": ("{h}# 1. Stop it\n\n```bash\nsystemctl stop x\n```\n\n{h}# 2. Start it\n\n```bash\nsystemctl start x\n```\n", 2, 2),
    "bold steps": ("**Step 1: Stop it**\n\n```bash\nsystemctl stop x\n```\n\n**Step 2: Start it**\n\nIn the console.\n", 2, 1),
    "bold numbers": ("**1. Stop it**\n\n```bash\nsystemctl stop x\n```\n\n**2. Start it**\n\n```bash\nsystemctl start x\n```\n", 2, 2),
    "labels": ("**When to use:** it is red\n\n**Time to recover:** 5 minutes\n\n**Steps:**\n\n1. Stop it\n2. Start it\n", 2, 0),
}  # fmt: skip
ALONE = {
    "boxes": ("- [ ] Stop the service\n- [ ] Start the old image\n", 2, 0),
    "prose": (
        "Ask the engineer on duty to switch the flag off. Restore the last backup. Nobody else has to act.\n",
        2,
        0,
    ),
}
"""Forms that are a procedure where nothing else is."""
COLLECTING = [
    "Rollback Procedures",
    "Rollback Scenarios",
    "Rollback Methods",
    "Rollback Strategies",
    "Emergency Procedures",
    "Recovery Procedures",
    "Rollback",
]
ONE = [
    "Rollback Procedure",
    "Rollback Steps",
    "Manual Rollback",
    "Emergency Rollback",
    "Full Rollback",
    "Quick Rollback",
    "Steps to roll back",
    "Step-by-Step Rollback Process",
    "Rollback Commands",
    "Rollback Workflow",
    "Rollback",
    "分阶段回滚策略",
    "Retour arrière",
]
NAMES = [
    ["Database Rollback", "Revert the configuration", "Restore the previous image"],
    ["1. Database Rollback", "2. Configuration", "3. Restore the previous image"],
    ["Phase 1: Database", "Phase 2: Configuration", "Phase 3: Image"],
    ["A. Database rollback", "B. Configuration", "C. Previous image"],
    ["Method 1: Database", "Method 2: Configuration", "Method 3: Image"],
    ["Scenario 1: Database is broken", "Scenario 2: Configuration is wrong", "Scenario 3: New image crashes"],
    ["Strategy 1: Database", "Strategy 2: Configuration", "Strategy 3: Image"],
    ["Path A: Database", "Path B: Configuration", "Path C: Image"],
    ["Niveau 1 : Base", "Niveau 2 : Configuration", "Niveau 3 : Image"],
    ["🔴 Complete Rollback", "🟡 Partial Rollback", "🟢 Flag off"],
    ["Web host", "Database service", "Feature flags"],
    ["4.1 Database", "4.2 Configuration", "4.3 Image"],
    ["Rollback to Previous Version", "Deploy the last known good image", "Emergency Shutdown"],
    ["Service won't start", "Data corruption", "Bad deployment"],
    ["Option A: Git revert", "Option B: Console of the host", "Option C: Restore the backup"],
]


def levels_of(text: str) -> list[tuple[str, int, int]]:
    """Returns (name, steps, blocks with commands) of each level."""
    return [
        (level.name, len(level.steps), len({f.line for step in level.steps for f in step.fences if f.role == "command"}))
        for level in read_plan(text).parts.levels
    ]  # fmt: skip


@pytest.mark.parametrize("depth", [2, 3])
@pytest.mark.parametrize("heading", ONE)
def test_one_procedure_in_every_form(heading: str, depth: int) -> None:
    marks = "#" * depth
    above = "" if depth == 2 else "## Plan\n\n"
    for form, (body, steps, commands) in {**FORMS, **ALONE}.items():
        text = f"# Runbook of x\n\nAbout x.\n\n{above}{marks} {heading}\n\n{body.replace('{h}', marks)}\n## Notes\n\nNothing.\n"
        assert levels_of(text) == [(heading, steps, commands)], form


@pytest.mark.parametrize("names", NAMES, ids=lambda names: names[0])
@pytest.mark.parametrize("heading", COLLECTING)
def test_several_procedures_under_a_heading_that_collects_them(heading: str, names: list[str]) -> None:
    for place, (form, (body, steps, commands)) in enumerate(FORMS.items()):
        depth = 2 + place % 2
        above = "" if depth == 2 else "## Plan\n\n"
        marks = "#" * (depth + 1)
        told = "\n".join(f"{marks} {name}\n\n{body.replace('{h}', marks)}" for name in names)
        text = f"# Rollback plan of x\n\n{above}{marks[1:]} {heading}\n\n{told}\n## Notes\n\nNothing.\n"
        assert levels_of(text) == [(name, steps, commands) for name in names], form


BLOCK = "```bash\nsystemctl restart x\n```\n"


def names(text: str, title: str = "Rollback plan of x") -> list[str]:
    return [name for name, _, _ in levels_of(f"# {title}\n\n{text}\n")]


STAGES = [
    ["Detection", "Containment", "Validation after rollback"],
    ["Immediate actions (0-5 minutes)", "Assessment phase", "Post-rollback actions"],
    ["Decision", "Preparation", "Execution"],
    ["Rollback decision process", "Controlled rollback", "Post-rollback verification"],
    ["Evaluación", "Preparación", "Ejecución"],
]


@pytest.mark.parametrize("stages", STAGES, ids=lambda stages: stages[0])
def test_numbered_stages_of_one_way_are_its_steps(stages: list[str]) -> None:
    told = "".join(f"#### {place}. {stage}\n\n{BLOCK}\n" for place, stage in enumerate(stages, 1))
    text = f"## Rollback Procedures\n\n### Immediate Rollback\n\n{told}\n### Planned Rollback\n\n{told}"
    for title in ("Rollback plan of x", "Deployment and rollback runbook"):
        found = [(name, steps) for name, steps, _ in levels_of(f"# {title}\n\n{text}\n")]
        assert found == [("Immediate Rollback", 3), ("Planned Rollback", 3)]


@pytest.mark.parametrize(
    "heading",
    [
        "Restore the job history",
        "Rollback: request metrics",
        "Recovery – Audit trail",
        "Revert the access levels",
        "Restaurer les logs",
    ],
)
def test_a_heading_that_opens_with_going_back_names_what_goes_back(heading: str) -> None:
    assert names(f"## Rollback Procedures\n\n### Image\n\n{BLOCK}\n### {heading}\n\n{BLOCK}") == ["Image", heading]


@pytest.mark.parametrize(
    "heading",
    [
        "Rollback metrics",
        "Recovery Point Objective (RPO)",
        "Migration",
        "Database migration",
        "Critical notes",
        "Flag implementation",
    ],
)
def test_a_heading_that_informs_or_goes_forward_is_no_procedure(heading: str) -> None:
    assert names(f"## Image rollback\n\n{BLOCK}\n## {heading}\n\n{BLOCK}", "Runbook: rollback") == ["Image rollback"]


@pytest.mark.parametrize("heading", ["Emergency Stop", "Kill switch", "Emergency shutdown", "Arrêt d'urgence"])
def test_stopping_at_once_stands_beside_numbered_levels(heading: str) -> None:
    levels = "## Levels\n\n### Level 1: Off\n\n1. Off\n2. Look\n\n### Level 2: Back\n\n1. Back\n2. Look\n"
    text = f"{levels}\n## Emergency Procedures\n\n### {heading}\n\n{BLOCK}"
    assert names(text) == ["Level 1: Off", "Level 2: Back", heading]


@pytest.mark.parametrize(
    ("collects", "case", "looks", "how"),
    [
        ("Emergency fixes", "Service down", "Diagnosis", "Solution"),
        ("Emergency repairs", "Disk full", "Check", "Immediate fix"),
        ("Réparations d'urgence", "Problème : disque plein", "Diagnostic", "Solution immédiate"),
        ("Procedimientos de emergencia", "Disco lleno", "Diagnóstico", "Solución"),
        ("Notfallmaßnahmen", "Datenbank kaputt", "Diagnose", "Lösung"),
    ],
)
def test_looking_and_solving_divide_one_procedure(collects: str, case: str, looks: str, how: str) -> None:
    body = f"### {case}\n\n#### {looks}\n\n{BLOCK}\n#### {how}\n\n{BLOCK}"
    assert names(f"## Image rollback\n\n{BLOCK}\n## {collects}\n\n{body}") == ["Image rollback", case]


@pytest.mark.parametrize("heading", ["Emergency Procedures", "Recovery Procedures", "Rollback Options"])
def test_procedures_may_stand_below_troubleshooting(heading: str) -> None:
    ways = "#### **Nothing answers**\n1. Stop the traffic\n2. Start the old one\n\n#### Both sites fail\n1. Isolate it\n2. Tell the team\n"
    text = f"## Rollback\n\n1. Stop it\n2. Start it\n\n## Troubleshooting\n\n### Login is slow\n\nWait.\n\n### {heading}\n\n{ways}"
    assert names(text) == ["Rollback", "Nothing answers", "Both sites fail"]


@pytest.mark.parametrize(
    "heading", ["Rollback Features", "Manual Rollback Only", "Rollback Capabilities", "The Rollback System"]
)
def test_what_a_rollback_can_do_is_no_procedure(heading: str) -> None:
    told = "### Automatic\n\n- Starts by itself\n\n### Manual\n\n- Needs a reason\n"
    assert names(f"## {heading}\n\n{told}\n## Image rollback\n\n{BLOCK}") == ["Image rollback"]


@pytest.mark.parametrize("heading", ["How to roll back", "How to perform the rollback"])
def test_instructions_below_how_to_are_steps(heading: str) -> None:
    told = "### 1. Open the console\n\n1. Log in\n2. Click Releases\n\n### 2. Configure the release\n\nThe one before.\n\n### 3. Rollback process\n\nIt runs.\n"
    assert levels_of(f"# Guide\n\n## {heading}\n\n{told}") == [(heading, 3, 0)]


@pytest.mark.parametrize(
    "said", ["To rollback:", "To roll back, choose one:", "Para volver:", "Pour revenir à la version d'avant :"]
)
def test_a_sentence_may_announce_the_way_back_below_any_heading(said: str) -> None:
    text = f"## Version history of the host\n\nIt keeps them all. {said}\n\n### Using the console\n\n1. Open it\n2. Click Back\n\n### Using the shell\n\n{BLOCK}"
    assert names(text) == ["Using the console", "Using the shell"]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("**Rollback:** restore the snapshot taken before it.", True),
        ("**Rollback** : restaurer la sauvegarde, puis repointer.", True),
        ("**Rollback:** volver a la imagen anterior.", True),
        ("**To roll back:** redeploy the tag before.", True),
        ("**Rollback:** not possible; run nothing.", False),
        ("**Rollback:** see the plan of the shop.", False),
    ],
)
def test_a_sentence_behind_a_bold_rollback_is_a_way_back_also_where_it_goes_forward(said: str, found: bool) -> None:
    text = f"## 5. Database migration\n\n**Commands:**\n\n{BLOCK}\n{said}\n\n## 6. Worker\n\nIt runs."
    levels = levels_of(f"# Deployment runbook\n\n{text}\n")
    assert [commands for _, _, commands in levels] == ([0] if found else [])


SEQUENCES = [
    ["Find the previous image", "Deploy the previous version", "Verify it is working"],
    ["Stop the service", "Switch the link", "Check the page", "After it is calm"],
    ["Identify the tag", "Deploy the tag", "Validation"],
]


@pytest.mark.parametrize("sequence", SEQUENCES, ids=lambda names: names[0])
def test_headings_from_preparing_to_proving_are_the_steps_of_one_way(sequence: list[str]) -> None:
    told = "".join(f"### {name}\n\n{BLOCK}\n" for name in sequence)
    text = f"# How to roll back x\n\n## 1. Rolling Back the Code\n\n{told}\n## 2. Rolling Back the Settings\n\n{BLOCK}"
    assert levels_of(text) == [("1. Rolling Back the Code", 3, 3), ("2. Rolling Back the Settings", 1, 1)]


def test_bullets_about_a_way_back_are_no_second_one() -> None:
    about = "### 1. Shop rollback\n- **Impact:** none\n- **Run:** `./back shop`\n\n### 2. Data rollback\n- **Impact:** high\n- **Run:** `./back data`\n"
    told = "### Shop rollback (5 minutes)\n\n1. Stop it\n2. Start it\n\n### Data rollback (1 hour)\n\n1. Stop it\n2. Restore it\n"
    assert names(f"## Rollback Types\n\n{about}\n## Step-by-Step Procedures\n\n{told}") == [
        "Shop rollback (5 minutes)",
        "Data rollback (1 hour)",
    ]


@pytest.mark.parametrize(
    ("made", "back"),
    [
        ("1. Create a Pre-Deployment Backup", "2. Restore Database from Backup"),
        ("1. Daily backup", "2. Recover the backup"),
        ("1. Take a snapshot before every release", "2. Restore the snapshot"),
    ],
)
def test_a_backup_made_in_good_time_is_no_step_of_the_way_back(made: str, back: str) -> None:
    text = f"## Method 1: Image\n\n{BLOCK}\n## Method 2: Database Backup & Recovery\n\n### {made}\n\n{BLOCK}\n### {back}\n\n{BLOCK}"
    assert names(text, "Rollback & recovery guide") == ["Method 1: Image", back]
    assert not read_plan(f"# Rollback guide\n\n{text}").parts.pre_checks


@pytest.mark.parametrize(
    "forward",
    ["Shipping a new tag", "Publish the package", "Launching", "Go-live", "Provisioning the host", "Bootstrap"],
)
def test_more_words_for_going_forward_in_a_runbook_about_both(forward: str) -> None:
    parts = f"### Pre-flight checks\n\n{BLOCK}\n### Tag and push\n\n{BLOCK}"
    text = f"## 1. {forward}\n\n{parts}\n## 2. Rolling back to the tag before\n\n### Roll-back steps\n\n{BLOCK}"
    assert names(text, "Deployment Rollback Runbook") == ["Roll-back steps"]


def test_preferences_are_no_references() -> None:
    assert names(f"## Data restoration\n\n### Restore user preferences\n\n{BLOCK}\n### Restore drafts\n\n{BLOCK}") == [
        "Restore user preferences",
        "Restore drafts",
    ]


@pytest.mark.parametrize(
    "heading",
    ["Option C: Forward Fix", "Recovery Timeline", "O que é salvo", "Lo que se guarda", "Tipos de rollback", "Ver histórico", "Customizar retenção",
     "Limpeza manual", "Política de retención"],
)  # fmt: skip
def test_what_goes_forward_or_informs_in_any_language_is_none(heading: str) -> None:
    text = f"# Guia de rollback\n\n## Rollback rápido\n\n{BLOCK}\n\n## {heading}\n\n1. Executar\n2. Parar\n\n{BLOCK}"
    assert [level.name for level in read_plan(text).parts.levels] == ["Rollback rápido"]


@pytest.mark.parametrize(
    ("before", "behind"),
    [("Backup Current Configuration", "Verification After Rollback"), ("Find Previous Version", ""), ("", "Verify")],
)
def test_what_is_saved_found_and_looked_at_belongs_to_the_rollback_of_a_thing(before: str, behind: str) -> None:
    def told(title: str) -> str:
        return f"### {title}\n\n{BLOCK}\n" if title else ""

    text = f"## Gateway Rollback\n\n{told(before)}{told('Gateway to the old version')}{told(behind)}\n## Cache Rollback\n\n{BLOCK}"
    back = text.replace("Gateway to the old version", "Specific Version Rollback")
    assert names(back) == ["Gateway Rollback", "Cache Rollback"]


def test_two_ways_below_the_rollback_of_a_thing_stay_two() -> None:
    text = f"## Gateway Rollback\n\n### Find Previous Version\n\n{BLOCK}\n### Image Rollback\n\n{BLOCK}\n### Settings Rollback\n\n{BLOCK}"
    assert names(text) == ["Image Rollback", "Settings Rollback"]


def test_headings_counted_with_letters_are_the_steps_of_their_path_where_they_act() -> None:
    back = "".join(
        f"### B{n}. {title}\n\n{BLOCK}\n"
        for n, title in enumerate(("List the dumps", "Restore the latest", "Verify it", "Resume traffic"), 1)
    )
    things = "".join(f"### A{n}. {title}\n\n{BLOCK}\n" for n, title in ((1, "Customer app"), (2, "Gateway")))
    text = f"## Before any rollback\n\n1. **Announce** it\n2. **Note** the state\n\n## Path A: Application rollback\n\n{things}"
    document = read_plan(f"# Shop rollback runbook\n\n{text}## Path B: Database restore\n\n{back}")
    assert [(level.name, len(level.steps)) for level in document.parts.levels] == [
        ("A1. Customer app", 1),
        ("A2. Gateway", 1),
        ("Path B: Database restore", 4),
    ]
    assert [step.title for step in document.parts.levels[2].steps][:2] == ["List the dumps", "Restore the latest"]
    assert len(document.parts.pre_checks) == 2


def test_commands_above_the_first_comment_of_a_block_are_called_by_the_first_of_them() -> None:
    block = "```bash\nssh shop@vm\n\n# 1. Pin the image\ndocker tag a b\n\n# 2. Start it\ndocker compose up -d\n```\n"
    steps = read_plan(f"# Shop rollback\n\n## Image rollback\n\n{block}").parts.levels[0].steps
    assert [step.title for step in steps][-2:] == ["Pin the image", "Start it"]
    assert not any(step.title.startswith("Step ") for step in steps)
