"""The ways in which teams write their plans: procedures, steps, times, lists, all found by their words and forms."""

# ruff: noqa: E501 – documents in one line each

import pytest

from plans.document import PlanDocument, read_plan

F = "```"


def plan(text: str) -> PlanDocument:
    return read_plan(text.replace("~~~", F))


def names(document: PlanDocument) -> list[str]:
    return [level.name for level in document.parts.levels]


def steps(document: PlanDocument, place: int = 0) -> list[str]:
    return [step.title for step in document.parts.levels[place].steps]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Scenario 1: Broken page", "Scenario 2: Wrong configuration"),
        ("Path A – Canary", "Path B – Plain"),
        ("Method 1: Redeploy the old image", "Method 2: Revert"),
        ("Strategie 1", "Strategie 2"),
        ("A. Frontend", "B. Backend"),
        ("1. Frontend rollback", "2. Backend rollback"),
        ("🔵 Blue-green", "🕯️ Canary"),
        ("Level 1: Flag", "Level 2: Version"),
        ("Niveau 1 : Drapeau", "Niveau 2 : Version"),
        ("阶段一：前端", "阶段二：后端"),
    ],
)
def test_procedures_are_found_under_a_collecting_heading(first: str, second: str) -> None:
    text = f"# Rollback\n\n## Rollback procedures\n\n### {first}\n\n1. Stop it\n\n### {second}\n\n~~~bash\nrevert-it\n~~~\n"
    assert names(plan(text)) == [first, second]


@pytest.mark.parametrize(
    "section",
    [
        "## Deployment steps\n\n1. Build\n2. Push",
        "## Resume after a pause (not a rollback)\n\n~~~bash\nresume-it\n~~~",
        "## Backup locations\n\n~~~bash\nls backups\n~~~",
        "## Monitoring during a rollback\n\n~~~bash\nwatch-it\n~~~",
        "## Automatic rollback\n\nThe pipeline reverts by itself.",
        "## Communication\n\n~~~bash\npost-it\n~~~",
        "## Best practices\n\n1. Test first",
        "## Post-rollback actions\n\n1. Write it down",
        "## Rollback checklist\n\n### Rollback\n\n- [ ] Stop\n- [ ] Revert",
    ],
)
def test_what_only_looks_like_a_rollback_is_none(section: str) -> None:
    document = plan(f"# Rollback\n\n## Manual rollback\n\n1. Revert\n\n{section}\n")
    assert names(document) == ["Manual rollback"]


def test_a_rollback_inside_a_guide_to_deploying_is_found_alone() -> None:
    document = plan(
        "# Deploying\n\n## Deploy\n\n### Before you start\n\n- [ ] access\n\n### Build\n\n1. Build\n\n### Rolling back\n\n~~~bash\nrevert-it\n~~~\n"
    )
    assert names(document) == ["Rolling back"]
    # Nothing else is asked before a rollback: what is asked before going forward stands for it, and says so.
    assert [step.title for step in document.parts.pre_checks] == ["access"]
    assert any("Asked before going forward" in found.message for found in document.all_inferences())


def test_bold_labels_can_name_procedures() -> None:
    document = plan(
        "# Rollback\n\n## Rollback procedures\n\n### Main service rollback\n\n~~~bash\na\n~~~\n\n**Schema rollback:**\n\n~~~bash\nb\n~~~\n"
    )
    assert names(document) == ["Main service rollback", "Schema rollback"]


def test_rungs_of_an_escalation_are_no_levels() -> None:
    document = plan(
        "# Rollback\n\n## Procedure\n\n1. Revert\n\n## Escalation\n\n### Level 1: Now\n\n- **Database engineer**: +49 30 1234567\n"
    )
    assert names(document) == ["Procedure"]
    assert [contact.role for contact in document.parts.contacts] == ["Database engineer"]


FORMS = [
    ("ordered list", "1. Stop\n2. Revert\n3. Start"),
    ("every item is 1", "1. Stop\n1. Revert\n1. Start"),
    ("brackets", "1) Stop\n2) Revert\n3) Start"),
    ("bold numbers", "**1. Stop:**\n\n~~~bash\na\n~~~\n\n**2. Revert:**\n\nb\n\n**3. Start:**\n\nc"),
    ("step headings", "#### Step 1: Stop\n\nx\n\n#### Step 2: Revert\n\n~~~bash\nb\n~~~\n\n#### Step 3: Start\n\nz"),
    ("numbered headings", "#### 1. Stop\n\nx\n\n#### 2. Revert\n\n~~~bash\nb\n~~~\n\n#### 3. Start\n\nz"),
    ("numbered comments", "~~~bash\n# 1. Stop\na\n# 2. Revert\nb\n# 3. Start\nc\n~~~"),
    ("comments", "~~~bash\n# Stop\na\n\n# Revert\nb\n\n# Start\nc\n~~~"),
    ("comments of code", "~~~kotlin\n// 1. Stop\na()\n// 2. Revert\nb()\n// 3. Start\nc()\n~~~"),
    ("powershell", '~~~powershell\n# Stop\ncopy "C:\\x\\" y\n\n# Revert\nif (Test-Path a) {\n  b\n}\n\n# Start\nc\n~~~'),
    ("bullets", "- Stop the service\n- Revert\n- Start it"),
    ("a setting in a comment of its own", "~~~bash\n# Stop the flag\nFLAG=off\n\n# Revert\nb\n\n# Start\nc\n~~~"),
    ("an instruction between commands", "~~~bash\nStop a\n~~~\n\nRevert the line of the user in the file.\n\nWhen done:\n\n~~~bash\nStart b\n~~~".replace("Stop a", "# Stop\na").replace("When done:", "Start it:").replace("Start b", "b")),
]  # fmt: skip


@pytest.mark.parametrize("body", [body for _, body in FORMS], ids=[name for name, _ in FORMS])
def test_steps_are_read_in_every_form(body: str) -> None:
    document = plan(f"# Rollback\n\n## Rollback procedures\n\n### Version\n\n{body}\n")
    assert [title.split()[0] for title in steps(document)] == ["Stop", "Revert", "Start"]


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("~~~bash\nhelm rollback a 2\nkubectl rollout status b\n~~~", 1),
        ("~~~bash\n# If committed\ngit revert a\n\n# If not committed\ngit checkout .\n~~~", 1),
        ("~~~bash\n# Restore one file\na\n\n# Or from a backup\nb\n~~~", 1),
        ("~~~bash\n# Revert\na\n# Expected: ok\n~~~", 1),
        ("~~~bash\nrevert-it\n~~~\n\nThis will:\n1. Stop the old one\n2. Start the new one", 1),
        ("When it fails, it automatically:\n\n1. checks out\n2. restarts", 2),
        ("~~~bash\n# Where it goes\nTARGET=/srv\n\n# Copy\ncp a b\n~~~", 1),
        ("~~~bash\n# Set the target\nTARGET=/srv\n\n# Copy\ncp a $TARGET\n~~~", 1),
        ("~~~bash\nswap-slot\n~~~\n\nThis script:\n1. Finds the old slot\n2. Starts it", 1),
        ("~~~bash\nswap-slot\n~~~\n\nUnder the hood the job:\n1. Finds the old slot\n2. Starts it", 1),
        ("~~~bash\nswap-slot\n~~~\n\nWhat it does, in order:\n1. Finds the old slot\n2. Starts it", 1),
        (
            "~~~bash\n# Option 1: In the shop\n# Choose the release before\n\n# Option 2: A new build\n# 1. Find the fault\n# 2. Build\nmake a\n# 3. Ship\nship a\n~~~",
            1,
        ),
        ("~~~sql\nDROP TABLE a;\n~~~\n\n**Verification:**\n- Check that the page opens\n- Run the tests", 1),
        ("~~~apex\nupdate docs;\n~~~", 1),
        ("~~~bash\nswap a b\n~~~\n\n**Backup Strategy**:\n\nMake a copy:\n\n~~~bash\ncp b b.old\ninstall-new\n~~~", 1),
        ("~~~bash\nswap a b\n~~~\n\nBefore each release keep the old one:\n\n~~~bash\ncp b b.old\n~~~", 1),
        ("~~~bash\nstop b\n~~~\n\nBefore deploying the previous version, drain it:\n\n~~~bash\ndrain b\n~~~", 2),
    ],
)
def test_what_is_one_action_is_one_step(body: str, count: int) -> None:
    assert len(steps(plan(f"# R\n\n## Rollback procedures\n\n### Version rollback\n\n{body}\n"))) == count


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("Write this:\n\n~~~env\nOLD_PAGES=true\n~~~", 1),
        ("~~~nginx\n# 1. Point to the old one\nserver a;\n\n# 2. Reload\nnginx -s reload\n\n# 3. Look\ncurl x\n~~~", 3),
        ("- Restore the record of the site\n- Nothing else is touched\n- The mail stays as it is", 3),
        ("- Pages were broken\n- Users saw it", 0),
        ("The schema has no way down. To roll back, restore the snapshot\nthat was taken before.", 1),
        ("**Steps:** restore the snapshot of the night. Then tell the\nteam about it.", 2),
        ("**Étapes :** arrêter les travaux ; restaurer la sauvegarde ; redémarrer le service.", 3),
        ("**Procedimiento:** Detener el servicio. Si sigue abierto, reiniciar el nodo.", 2),
        ("停止服务。恢复昨晚的备份。", 2),
    ],
)
def test_one_way_of_several_may_be_told_in_settings_or_bullets(body: str, count: int) -> None:
    assert len(steps(plan(f"# R\n\n## Rollback procedures\n\n### Option 1: Version\n\n{body}\n"))) == count


@pytest.mark.parametrize(
    ("said", "text", "seconds"),
    [
        ("### Version (5-10 minutes)", "5-10 minutes", 600),
        ("### Version\n\n**Time required**: 2 hours", "2 hours", 7200),
        ("### Version\n\n**Target Time**: < 3 minutes", "< 3 minutes", 180),
        ("### Version\n\n**恢复时间**：5分钟", "5分钟", 300),
    ],
)
def test_the_time_to_recover_is_read(said: str, text: str, seconds: float) -> None:
    promise = plan(f"# R\n\n## Rollback procedures\n\n{said}\n\n1. Revert\n").parts.levels[0].promise
    assert promise is not None
    assert (promise.text, promise.seconds) == (text, seconds)


def test_times_in_a_section_of_their_own_join_by_name() -> None:
    document = plan(
        "# R\n\n## Rollback procedures\n\n### Database restore\n\n1. Stop\n\n## Recovery time objectives\n\n| What | RTO |\n|---|---|\n| Database restore | 1 hour |\n"
    )
    promise = document.parts.levels[0].promise
    assert promise is not None
    assert promise.seconds == 3600


@pytest.mark.parametrize(
    ("heading", "part"),
    [
        ("When to roll back", "triggers"), ("触发条件", "triggers"), ("Criterios para ejecutar un rollback", "triggers"), ("When NOT to roll back", "negative_triggers"),
        ("Pre-flight", "pre_checks"), ("Prerequisites", "pre_checks"), ("回滚前检查", "pre_checks"), ("Verification", "validations"), ("Validación post-rollback", "validations"),
        ("Success criteria", "validations"), ("Gotchas", "known_issues"), ("Limitations", "known_issues"), ("Related documents", "resources"),
    ],
)  # fmt: skip
def test_headings_mean_the_same_in_other_words(heading: str, part: str) -> None:
    document = plan(f"# Rollback\n\n## {heading}\n\n- One\n- Two\n\n## Rollback steps\n\n1. Revert\n")
    assert len(getattr(document.parts, part)) == 2


def test_a_list_may_say_by_itself_when_and_when_not() -> None:
    document = plan(
        "# R\n\n## Decision matrix\n\n| Situation | Strategy |\n|---|---|\n| Bug | Revert |\n\n### Either way\n\n**Rollback when**:\n- down\n\n**Fix forward when**:\n- small\n\n## Rollback steps\n\n1. x\n"
    )
    assert [said.text for said in document.parts.triggers] == ["down"]
    assert [said.text for said in document.parts.negative_triggers] == ["small"]
    assert [(row.symptom, row.action) for row in document.parts.matrix] == [("Bug", "Revert")]


def test_matrix_columns_may_stand_in_any_order() -> None:
    document = plan(
        "# R\n\n## Decision matrix\n\n| Timeline | Decision | Severity | Impact |\n|---|---|---|---|\n| < 5 min | Level 1 | High | Down |\n\n## Rollback steps\n\n1. x\n"
    )
    (row,) = document.parts.matrix
    assert (row.symptom, row.severity, row.action, row.timeframe, row.levels) == (
        "Down",
        "High",
        "Level 1",
        "< 5 min",
        (1,),
    )


def test_before_and_after_in_one_checklist_are_told_apart() -> None:
    document = plan(
        "# Rollback\n\n## Safety checklist\n\nBefore each phase:\n- [ ] a\n\nAfter each phase:\n- [ ] b\n- [ ] c\n"
    )
    assert (len(document.parts.pre_checks), len(document.parts.validations)) == (1, 2)


def test_a_checklist_in_a_markdown_fence_is_read() -> None:
    document = plan("# Rollback\n\n## Verification checklist\n\n~~~markdown\n## Health\n- [ ] a\n- [ ] b\n~~~\n")
    assert [step.title for step in document.parts.validations] == ["a", "b"]


def test_people_are_contacts_and_self_help_is_not() -> None:
    people = plan("# R\n\n## Emergency contacts\n\n| Role | Phone |\n|---|---|\n| Team lead | TBD |\n")
    assert [(one.role, one.is_placeholder) for one in people.parts.contacts] == [("Team lead", True)]
    steps_only = plan("# R\n\n## Emergency contacts\n\n1. Check this plan\n2. Restore the backup\n3. Run validation\n")
    assert steps_only.parts.contacts == ()


def test_a_hidden_alternative_is_listed_as_inferred() -> None:
    document = plan(
        "# R\n\n## Rollback procedures\n\n### Version rollback\n\n~~~bash\na\n~~~\n\n**Alternative: by hand**\n\n~~~bash\nb\n~~~\n"
    )
    assert len(steps(document)) == 1
    assert any("another way" in inference.message for inference in document.inferences)


def test_the_way_back_out_of_nothing_is_kept_as_not_understood() -> None:
    document = plan("# R\n\n## Rollback steps\n\n1. x\n\n## Birds\n\nThey sing.\n")
    assert document.not_understood == ((7, 9),)


@pytest.mark.parametrize("front", ["---\nplan: 1\n---\n", ""])
def test_a_plan_need_not_say_rollback_in_its_title(front: str) -> None:
    document = plan(
        f"{front}# Orders\n\n### Level 1: Off (1 minute)\n\n1. Off\n\n## Prerequisites\n\n- [ ] a\n\n## Validation\n\n- [ ] b\n"
    )
    assert (len(document.parts.pre_checks), len(document.parts.validations)) == (1, 1)


@pytest.mark.parametrize(
    ("text", "blanks"),
    [
        ("pip install a==<previous-version> && echo <previous-version>", {"<previous-version>": 2}),
        (
            "Dear {{customer}}, [Describe the impact] at [Time]",
            {"{{customer}}": 1, "[Describe the impact]": 1, "[Time]": 1},
        ),
        ("curl $HOOK -d $HOME; TOKEN=x; echo $TOKEN", {"$HOOK": 1}),
        ("open /projects/{project_id}/release", {"{project_id}": 1}),
        ("<br> <https://example.org> <me@example.org> List<String>", {}),
        ("[a link](x) - [ ] box a[0] grep [a-z] branches: [main, dev]\n[Unit]\n", {}),
    ],
)
def test_blanks_are_told_from_markup_and_code(text: str, blanks: dict[str, int]) -> None:
    assert plan(f"# R\n\n{text}\n").placeholders == blanks
