"""What becomes a level in documents of many hands: invented ones, a shape each."""

# ruff: noqa: E501 – tables: one document a line

from __future__ import annotations

import pytest

from plans.document import read_plan

RUN = "~~~bash\nmake back\n~~~\n"
COUNTED = "~~~bash\n# 1. Stop it\nstop\n# 2. Put it back\nback\n~~~\n"
LEVELS = [
    ("lettered options", f"# R\n\n## Rollback\n\n### Data rollback\n\n#### Option A: Restore\n\n{RUN}\n#### Option B: Reverse\n\n{RUN}",
     [("Option A: Restore", 1), ("Option B: Reverse", 1)]),
    ("options below a promise", f"# R\n\n## Data rollback\n\n**Timeline:** 10 minutes\n\n### Rollback options\n\n#### Option A: Code\n\n{RUN}\n#### Option B: Dump\n\n{RUN}",
     [("Option A: Code", 1), ("Option B: Dump", 1)]),
    ("issues are none", f"# Rollback\n\n## Image rollback\n\n{RUN}\n## Rollback help\n\n### Issue: \"Login broken\"\n\n1. Check it\n2. Restart it\n",
     [("Image rollback", 1)]),
    ("inputs are none", f"# Rollback to an image\n\n## Inputs you need\n\n{RUN}\n## Rollback procedure\n\n{RUN}", [("Rollback procedure", 1)]),
    ("nothing to go back to", f"# Runbook: going back\n\n## Going back one version\n\n{RUN}\n## When there is nothing to go back to\n\nFix it and deploy.\n",
     [("Going back one version", 1)]),
    ("the way back fails", f"# R\n\n## Rollback\n\n### Option 1: Image\n\n{RUN}\n## If the rollback fails\n\n### If the previous version has issues\n\n{RUN}",
     [("Option 1: Image", 1), ("If the previous version has issues", 1)]),
    ("numbered through", f"# Shop rollback\n\n## 1. Stop the shop\n\n{RUN}\n## 2. Restore the image\n\n{RUN}\n## 3. Start the shop\n\n{RUN}", [("Shop rollback", 3)]),
    ("keycaps in Spanish", f"# R\n\n## Rollback\n\n### Estrategia A: Copia limpia\n\n#### Paso a paso\n\n##### 1\ufe0f\u20e3 Conectarse\n\n{RUN}\n##### 2\ufe0f\u20e3 Restaurar\n\n{RUN}",
     [("Estrategia A: Copia limpia", 2)]),
    ("counted apart", f"# R\n\n## Level 1: Data\n\n### When to use\n\n- rows lost\n\n### Procedure\n\n#### Orders\n\n{COUNTED}\n#### Stock\n\n{COUNTED}",
     [("Orders", 2), ("Stock", 2)]),
    ("divided, not counted apart", f"# R\n\n## Level 1: Data\n\n#### Orders\n\n{RUN}\n#### Stock\n\n{RUN}", [("Level 1: Data", 2)]),
    ("bullets at two places", "# Ship\n\n## Rollback\n\n### Cloud\n\n- Open the console\n- Select the old image\n\n### Own server\n\n- Revert the code\n- Restart it\n",
     [("Cloud", 2), ("Own server", 2)]),
    ("inside an incident", f"# Rollback procedures\n\n## Incident response\n\n### Containment\n\n#### Yank the package\n\n{RUN}\n#### Write to users\n\n{RUN}\n## Scenario A: Bad build\n\n1. Yank\n2. Tell\n",
     [("Yank the package", 1), ("Scenario A: Bad build", 2)]),
    ("a goal and a principle", f"# Plan\n\n## Estrategia general de rollback\n\n### Principio clave\n\nLos datos se conservan.\n\n## Image rollback\n\n{RUN}", [("Image rollback", 1)]),
    ("the decision in French", f"# Plan\n\n## Procédure de rollback\n\n### Décision de rollback\n\n- erreurs > 5%\n\n## Rollback de l'image\n\n{RUN}", [("Rollback de l'image", 1)]),
    ("labels that are instructions", f"# R\n\n## Chart rollback\n\n**Look:**\n\n{RUN}\n**Roll back to the previous release:**\n\n{RUN}", [("Chart rollback", 2)]),
    ("what is left when all fails", f"# R\n\n## Level 1: Image\n\n{RUN}\n## When everything fails\n\n### Nuclear option (last resort)\n\n{RUN}",
     [("Level 1: Image", 1), ("Nuclear option (last resort)", 1)]),
    ("a thing beside levels", f"# R\n\n## Level 1: Image\n\n{RUN}\n## Data recovery procedures\n\n### Order data recovery\n\n{RUN}",
     [("Level 1: Image", 1), ("Order data recovery", 1)]),
    ("quick commands in French", f"# Rollback\n\n## Rollback de l'image\n\n{RUN}\n## Commandes rapides\n\n{RUN}", [("Rollback de l'image", 1)]),
    ("a thing like another part", "# R\n\n## Rollback of parts\n\n### Web rollback\n\n1. Stop\n\n### Notification rollback\n\n1. Stop\n2. Start\n",
     [("Web rollback", 1), ("Notification rollback", 2)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in LEVELS], ids=[case[0] for case in LEVELS])
def test_what_becomes_a_level(text: str, expected: list[tuple[str, int]]) -> None:
    assert [(level.name.replace("\ufe0f", ""), len(level.steps)) for level in read_plan(text).parts.levels] == expected


def test_each_procedure_counted_apart_knows_when_it_is_used() -> None:
    text = next(text for name, text, _ in LEVELS if name == "counted apart")
    assert [[said.text for said in level.when_to_use] for level in read_plan(text).parts.levels] == [["rows lost"]] * 2


def test_a_promise_at_the_end_of_the_procedure_is_the_levels() -> None:
    (level,) = read_plan(
        f"# R\n\n## Level 1: Code\n\n### Procedure\n\n{RUN}\n**Time to recovery**: 2-5 minutes\n"
    ).parts.levels
    assert level.promise is not None
    assert (level.promise.seconds, len(level.steps)) == (300, 1)


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("3.1 Emergency Rollback (Automatic)", "Emergency rollback"),
        ("2. Roll back orders", "Roll back orders"),
        ("30 second rollback", "30 second rollback"),
    ],
)
def test_the_number_of_a_heading_is_no_part_of_the_levels_short_name(heading: str, title: str) -> None:
    plan = read_plan(
        f"# Rollback plan\n\n## Rollback procedures\n\n### {heading}\n\n1. Stop it\n2. Start the old one\n"
    )
    assert [level.title for level in plan.parts.levels] == [title]


def test_a_time_below_the_last_step_is_the_levels() -> None:
    text = "# Rollback plan\n\n## Rollback of orders\n\n### Step 1: Stop it\n\nStop.{0}\n\n### Step 2: Start the old one\n\nStart.\n\n**Time to complete**: ~2 minutes\n"
    (level,) = read_plan(text.format("")).parts.levels
    assert level.promise is not None
    assert level.promise.text == "~2 minutes"
    (level,) = read_plan(text.format("\n\n**Time to complete**: ~1 minute")).parts.levels
    assert level.promise is None


SUMS = [
    "**Done:** ~5 minutes",
    "**✅ Finished:** 5 min",
    "**Total:** 5 minutes",
    "**Overall**: about 5 minutes",
    "**Terminé :** 5 minutes",
    "**Fertig:** 5 min",
]


@pytest.mark.parametrize("said", SUMS)
def test_the_sum_below_the_last_step_is_the_promise(said: str) -> None:
    steps = "### Step 1: Stop it\n\n```bash\nsystemctl stop x\n```\n\n### Step 2: Start the old one\n\n```bash\nsystemctl start x\n```\n"
    (level,) = read_plan(f"# Rollback of x\n\n## Rollback of the shop\n\n{steps}\n{said}\n").parts.levels
    assert level.promise is not None
    assert level.promise.seconds == 300


@pytest.mark.parametrize("heading", ["Timeline", "Time estimate", "Rollback timeline", "Expected time"])
@pytest.mark.parametrize("total", ["- **Total: 10-20 minutes**", "- Total: 10-20 minutes", "3. Overall: up to 20 min"])
def test_the_last_item_of_a_list_of_times_is_the_promise(heading: str, total: str) -> None:
    text = "# Rollback of x\n\n## Rollback of the shop\n\n1. Stop it\n2. Start the old one\n\n"
    (level,) = read_plan(f"{text}### {heading}\n\n- Finding out: 5 minutes\n- Start: 3 minutes\n{total}\n").parts.levels
    assert level.promise is not None
    assert level.promise.seconds == 1200


@pytest.mark.parametrize("label", ["Scenario", "Situation", "Use case", "When", "Escenario", "Symptoms"])
def test_a_lone_heading_that_names_the_case_belongs_to_the_procedure_above(label: str) -> None:
    case = f"### **{label}**: the login is broken\n\n**Time:** 2 minutes\n\n1. Stop it\n2. Start the old one\n"
    (level,) = read_plan(f"# Rollback of x\n\n## Rollback of the shop\n\n{case}\n## Notes\n\nNothing.\n").parts.levels
    assert (level.name, len(level.steps)) == ("Rollback of the shop", 2)
    assert [said.text for said in level.when_to_use] == ["the login is broken"]
    assert level.promise is not None


@pytest.mark.parametrize("heading", ["Estimated duration", "Expected time", "Timeline", "Quick reference"])
def test_a_table_of_times_gives_the_one_procedure_its_total(heading: str) -> None:
    table = "| Step | Time |\n| --- | --- |\n| Look | 5 min |\n| Go back | 10 min |\n| **Total** | **~15 min** |\n"
    (level,) = read_plan(
        f"# Rollback of x\n\n## {heading}\n\n{table}\n## Procedure\n\n1. Stop it\n2. Start it\n"
    ).parts.levels
    assert level.promise is not None
    assert level.promise.seconds == 900


@pytest.mark.parametrize("column", ["Time", "Duration", "Estimated time", "Durée", "Tiempo estimado", "RTO"])
def test_a_column_of_times_is_joined_to_the_procedures_by_name(column: str) -> None:
    table = f"| Action | Command | {column} |\n| --- | --- | --- |\n| **Emergency Rollback** | `./back` | < 5 min |\n| Full revert | `./all` | 30 min |\n"
    told = "## Emergency Rollback Procedure\n\n1. Stop it\n2. Start it\n\n## Full Revert to V1\n\n1. Stop it\n2. Start it\n"
    levels = read_plan(f"# Rollback of x\n\n## Quick reference\n\n{table}\n{told}").parts.levels
    assert [level.promise and level.promise.seconds for level in levels] == [300, 1800]


def test_a_table_of_cases_promises_no_procedure_a_time() -> None:
    table = "| Scenario | Action | Time |\n| --- | --- | --- |\n| Stuck task queue | Pause it | 2 min |\n"
    (level,) = read_plan(
        f"# R\n\n## Matrix\n\n{table}\n## Task Queue Rollback\n\n1. Stop it\n2. Start it\n"
    ).parts.levels
    assert level.promise is None


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("< 5 minut", 300),
        ("10-15 Minuten", 900),
        ("2 Stunden", 7200),
        ("30 Sekunden", 30),
        ("5 minuti", 300),
        ("2 godziny", 7200),
        ("1 時間", 3600),
    ],
)
def test_a_promise_may_be_told_in_any_of_these_languages(time: str, seconds: int) -> None:
    (level,) = read_plan(f"# Rollback\n\n## Quick rollback ({time})\n\n~~~bash\nmake back\n~~~\n").parts.levels
    assert level.promise is not None
    assert level.promise.seconds == seconds


def test_a_document_of_step_headings_between_other_parts_is_one_procedure() -> None:
    steps = "".join(f"## Step {number} — Do {number}\n\n~~~bash\nmake step{number}\n~~~\n\n" for number in (1, 2, 3))
    document = read_plan(
        f"# Deployment rollback runbook\n\n## When to use\n\n- Orders fail\n\n{steps}## See also\n\n- [x](y.md)\n"
    )
    assert [(level.name, len(level.steps)) for level in document.parts.levels] == [("Deployment rollback runbook", 3)]
