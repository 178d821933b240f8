"""Parts that stand below, beside or in groups: halves of a checklist, proofs among follow-up, people under headings of their own."""

# ruff: noqa: E501 – tables, one case a line

import pytest

from plans.document import read_plan
from plans.document.plan import Parts

LEVELS = "## Rollback Procedures\n\n### Code Rollback\n\n```bash\ngit checkout v1\n```\n\n### Database Rollback\n\n```bash\nmake down\n```\n\n"
ASKED = "- [ ] Backup taken\n- [ ] Team told\n"
DONE = "- [ ] Run the procedure\n- [ ] Watch the logs\n"
PROVED = "- [ ] Health answers 200\n- [ ] Users can log in\n- [ ] Error rate below 1%\n"
FOLLOWS = "- [ ] Write the report\n- [ ] Schedule a post-mortem\n"


def parts(text: str) -> Parts:
    return read_plan(f"# Shop Rollback Plan\n\nHow we go back.\n\n{LEVELS}{text}").parts


@pytest.mark.parametrize("heading", ["### {}", "**{}:**"])
@pytest.mark.parametrize("names", [("Before Rollback", "During Rollback", "After Rollback"), ("Before", "During", "After"), ("Pre-Rollback", "Rollback", "Post-Rollback")])  # fmt: skip
@pytest.mark.parametrize("above", ["Rollback Checklist", "Checklists"])
def test_the_halves_of_a_checklist_leave_out_what_is_done_between(
    above: str, names: tuple[str, str, str], heading: str
) -> None:
    text = "".join(
        f"{heading.format(name)}\n\n{items}\n" for name, items in zip(names, (ASKED, DONE, PROVED), strict=True)
    )
    found = parts(f"## {above}\n\n{text}")
    assert (len(found.pre_checks), len(found.validations), len(found.levels)) == (2, 3, 2)


@pytest.mark.parametrize("proof", ["Verification", "Health Checks", "Smoke Tests", "Immediate Verification"])
@pytest.mark.parametrize(
    "above", ["Post-Rollback", "Post Rollback", "After the rollback", "Post-Rollback Steps", "Post-Rollback Actions"]
)
def test_proofs_and_what_follows_are_told_apart_below_one_heading(above: str, proof: str) -> None:
    found = parts(f"## {above}\n\n### {proof}\n\n{PROVED}\n### Follow-up\n\n{FOLLOWS}")
    assert [step.title for step in found.validations] == [
        "Health answers 200",
        "Users can log in",
        "Error rate below 1%",
    ]


@pytest.mark.parametrize("above", ["Emergency Contacts", "Escalation Path", "Support"])
@pytest.mark.parametrize(
    "people",
    [
        "### Platform lead\n\n- Name: Ann\n- Phone: 555 0100\n\n### DBA\n\n- Name: Bob\n- E-mail: bob@shop.test\n",
        "**Platform lead:** Ann\n**DBA:** Bob\n",
        "**Platform lead**: [Name]\n\n**DBA**: [Name]\n",
    ],
    ids=["cards", "lines", "blanks"],
)
def test_people_under_headings_of_their_own_and_on_labelled_lines(above: str, people: str) -> None:
    assert [person.role for person in parts(f"## {above}\n\n{people}").contacts] == ["Platform lead", "DBA"]


@pytest.mark.parametrize("above", ["Rollback Decision Criteria", "Rollback Criteria", "Rollback Conditions"])
def test_criteria_for_deciding_are_triggers(above: str) -> None:
    found = parts(f"## {above}\n\n### Critical\n\n- Site down\n- Data loss\n\n### Major\n\n- Slow pages\n")
    assert [said.text for said in found.triggers] == ["Site down", "Data loss", "Slow pages"]


@pytest.mark.parametrize("above", ["Communication", "Communication Templates", "Message Templates"])
def test_a_quoted_message_with_blanks_is_a_template(above: str) -> None:
    assert len(parts(f"## {above}\n\n> **Subject:** Shop rolled back\n>\n> We rolled back at [TIME].\n").templates) == 1


def test_a_heading_that_only_says_to_carry_out_leaves_the_name_to_the_one_above() -> None:
    text = "".join(
        f"### Scenario {n}: {x}\n\n#### Decision\n\n- Errors\n\n#### Execute Rollback\n\n```bash\nmake {n}\n```\n\n"
        for n, x in ((1, "Bad release"), (2, "Broken schema"))
    )
    levels = read_plan(f"# Shop Rollback Plan\n\n## Rollback Scenarios\n\n{text}").parts.levels
    assert [level.name for level in levels] == ["Scenario 1: Bad release", "Scenario 2: Broken schema"]


def test_a_title_beside_procedures_of_its_own_height_is_none() -> None:
    levels = read_plan(
        "# Rollback plan\n\nHow we go back.\n\n# Code rollback\n\n```bash\nmake old\n```\n\n# Database rollback\n\n1. Restore\n2. Look\n"
    ).parts.levels
    assert [level.name for level in levels] == ["Code rollback", "Database rollback"]


def test_issues_by_weight_among_procedures_are_procedures() -> None:
    text = "".join(
        f"### {x} Issues\n\n```bash\nmake {n}\n```\n\n"
        for n, x in enumerate(("Critical", "High Priority", "Low Priority"))
    )
    assert len(read_plan(f"# Shop Rollback Plan\n\n## Rollback Procedures\n\n{text}").parts.levels) == 3


@pytest.mark.parametrize("box", ["[ ]", "- [ ]", "☐"])
def test_boxes_shown_in_a_block_of_plain_text_are_the_checklist(box: str) -> None:
    assert (
        len(parts(f"## Post-Rollback Checklist\n\n```\n{box} Health\n{box} Logs\n{box} Users\n```\n").validations) == 3
    )


def test_who_decides_and_who_carries_out_are_people() -> None:
    text = "- **Decision maker**: Platform lead\n- **Executor**: On-call engineer\n- **Communications**: Support lead\n"
    assert len(parts(f"## Decision Authority & Ownership\n\n{text}").contacts) == 3


def test_what_is_done_within_a_day_is_no_check() -> None:
    text = "### Verification\n\n- [ ] Health answers\n- [ ] Users can log in\n\n### Within 24 Hours\n\n1. **Create a fix**\n2. **Add tests**\n"
    assert [step.title for step in parts(f"## Post-Rollback\n\n{text}").validations] == [
        "Health answers",
        "Users can log in",
    ]


@pytest.mark.parametrize("told", ["**Decision:** Fix forward vs rollback based on:", "Depending on:"])
def test_what_is_weighed_speaks_neither_for_a_rollback_nor_against_it(told: str) -> None:
    found = parts(f"## When to Rollback\n\n**Roll back if:**\n\n- Site down\n\n{told}\n- Severity\n- Time to fix\n")
    assert ([said.text for said in found.triggers], found.negative_triggers) == (["Site down"], ())


MESSAGE = "   ```\n   Going back to the old shop.\n   {}\n   ```\n"


@pytest.mark.parametrize("item", ["Notify Team", "Update the stakeholders", "Announce the rollback"])
@pytest.mark.parametrize(
    "above", ["Pre-Rollback Checklist", "Post-Rollback Procedures", "Immediate (within 15 minutes)"]
)
def test_the_text_below_an_item_that_tells_people_is_a_message(above: str, item: str) -> None:
    text = f"## {above}\n\n1. **{item}**\n{MESSAGE.format('Back at: [Time]')}\n2. **Save the logs**\n"
    assert len(parts(text).templates) == 1


@pytest.mark.parametrize("item", ["Save the logs", "Look at the output"])
def test_the_text_below_another_item_is_no_message(item: str) -> None:
    assert not parts(f"## Pre-Rollback Checklist\n\n1. **{item}**\n{MESSAGE.format('at 12:00')}").templates


def test_a_proof_below_a_label_without_boxes_stands_beside_boxes() -> None:
    text = (
        "**1. Look at the flags:**\n```bash\nflags list\n```\n\n**2. Look at the logs:**\n```bash\nshop logs\n```\n\n"
        "**3. Try the pages:**\n- [ ] Cart opens\n- [ ] Order is taken\n"
    )
    found = parts(f"## Verification After Rollback\n\n{text}")
    assert [step.title for step in found.validations] == [
        "Look at the flags",
        "Look at the logs",
        "Cart opens",
        "Order is taken",
    ]


@pytest.mark.parametrize("below", ["After Rolling Back", "After the rollback"])
def test_a_heading_that_only_says_after_stays_with_the_work_that_follows(below: str) -> None:
    found = parts(f"## Post-Rollback Actions\n\n### {below}\n\n1. Name the cause\n2. Verify the fix is deployed\n")
    assert not found.validations
    assert [level.name for level in found.levels] == ["Code Rollback", "Database Rollback"]


@pytest.mark.parametrize(
    ("rehearsal", "entries"),
    [
        ("### Pre-Launch Test\n\n1. **Deploy a test version**\n2. **Practice the rollback**\n", 0),
        ("### Drills\n\n- **Before launch**: one drill\n- **Monthly**: a drill\n- **Quarterly**: a full drill\n", 3),
        ("### Regular Rollback Drills\n\n```bash\nmake drill\n```\n", 1),
    ],
)
def test_a_rehearsal_before_a_launch_is_no_check_before_a_rollback(rehearsal: str, entries: int) -> None:
    found = parts(f"## Testing Rollback Procedures\n\n{rehearsal}")
    assert not found.pre_checks
    assert len(found.schedule) == entries


def test_the_total_that_closes_a_procedure_is_its_time() -> None:
    text = "### Emergency Rollback Checklist\n\n**1. Stop (1 minute)**\n- [ ] Stop it\n\n**2. Start**\n```bash\nmake up\n```\n\n**Total Time:** ~10 minutes until it is done\n"
    levels = read_plan(f"# Shop Rollback\n\n## Rollback Procedure (Step-by-Step)\n\n{text}").parts.levels
    assert [level.promise.text for level in levels if level.promise] == ["~10 minutes until it is done"]


@pytest.mark.parametrize(
    ("above", "told", "part"),
    [
        ("When to Roll Back", "Roll back **immediately** without investigation if:", "triggers"),
        ("When to Roll Back", "Investigate for 5 minutes, then roll back if unresolved:", "triggers"),
        ("Decision Matrix", "**❌ Do NOT execute rollback if:**", "negative"),
        ("How we decide", "**Rollback NOT Required When:**", "negative"),
        ("How we decide", "**Rollback Required When:**", "triggers"),
    ],
)
def test_a_sentence_says_whether_its_list_calls_for_a_rollback(above: str, told: str, part: str) -> None:
    found = parts(f"## {above}\n\n{told}\n- The site is down\n- Only the colours are wrong\n")
    assert [len(found.triggers), len(found.negative_triggers)] == ([2, 0] if part == "triggers" else [0, 2])


def test_what_follows_below_headings_of_its_own_proves_nothing() -> None:
    below = "### 1. Document the Issue\n\n- What went wrong?\n\n### 2. Plan Fix\n\n- Identify the cause\n\n### 3. Prevention\n\n- Add tests\n"
    found = parts(f"## Verification\n\n{PROVED}\n## Post-Rollback\n\n{below}")
    assert len(found.validations) == 3


def test_rehearsals_of_recovery_below_validation_are_no_checks() -> None:
    tests = (
        "### 1. Disaster Recovery Testing\n\n#### Monthly tests\n\n- **Week 1:** Application\n- **Week 2:** Database\n"
    )
    found = parts(f"## Testing and Validation\n\n{tests}")
    assert not found.validations
    assert len(found.schedule) == 1


def test_a_decision_matrix_in_lists_names_the_reasons() -> None:
    lists = "### Immediate Rollback Required\n\n- The site is down\n\n### Monitor and Fix\n\n- A colour is wrong\n- A gap is small\n"
    found = parts(f"## Rollback Decision Matrix\n\n{lists}")
    assert [len(found.triggers), len(found.negative_triggers), len(found.matrix)] == [1, 2, 0]


def test_when_to_use_above_some_of_the_procedures_speaks_of_them_only() -> None:
    own = "### When to Use Emergency Rollback\n\n- All users are hit\n\n### Emergency Rollback Steps\n\n```bash\nmake emergency\n```\n"
    found = parts(f"## Emergency Rollback Procedures\n\n{own}\n## When to roll back\n\n- The site is down\n")
    assert [said.text for said in found.triggers] == ["The site is down"]
    assert [level.name for level in found.levels][-1] == "Emergency Rollback Steps"


def test_issues_are_those_below_common_issues_and_never_whom_to_ask() -> None:
    several = "### Common Issues\n\n- The image is gone\n- The port is taken\n\n### Escalation Path\n\n1. **Level 1**: Scripts\n"
    assert len(parts(f"## Troubleshooting\n\n{several}").known_issues) == 2
    single = "### The image is gone\n\nBuild it again.\n\n### Getting Help\n\nAsk in the channel.\n"
    assert len(parts(f"## Troubleshooting\n\n{single}").known_issues) == 1


def test_the_last_phase_of_a_way_back_proves_it() -> None:
    phases = "".join(
        f"### Phase {n}: {name}\n\n```bash\nmake {n}\n```\n\n" for n, name in ((1, "Files"), (2, "Database"))
    )
    proof = "### Phase 3: Verification (10 minutes)\n\n#### 3.1 Functions\n\n- [ ] Cart opens\n\n#### 3.2 Looks\n\n- [ ] No gaps\n"
    found = read_plan(f"# Shop Rollback Plan\n\n## Rollback Procedures\n\n{phases}{proof}").parts
    assert [step.title for step in found.validations] == ["Cart opens", "No gaps"]


def test_numbered_checks_are_counted_whatever_their_bullets_say() -> None:
    text = "1. **Document the issue**:\n   - Take a picture\n   - Note the browser\n\n2. **Tell the team**:\n   - Alert the lead\n"
    assert len(parts(f"## Pre-Rollback Checklist\n\n{text}").pre_checks) == 2


def test_what_is_done_in_turn_is_nobody_to_call() -> None:
    people = "- Tech Lead: [Phone]\n- DevOps: [Phone]\n"
    path = "1. Team Lead attempts rollback\n2. If it fails twice, contact the vendor support\n"
    found = parts(f"## Emergency Contacts\n\n**Team**:\n{people}\n**Escalation Path**:\n{path}")
    assert [person.role for person in found.contacts] == ["Tech Lead", "DevOps"]


def test_a_drill_among_advice_is_the_rehearsal() -> None:
    advice = "1. **Back up first**\n   - Nightly dumps\n\n2. **Practice**\n   - Monthly rollback drill in staging\n"
    assert len(parts(f"## Best Practices\n\n{advice}").schedule) == 1


def test_people_below_a_reference_are_found() -> None:
    people = "| Role | Phone |\n|---|---|\n| CTO | 555 0100 |\n| DBA | 555 0101 |\n"
    found = parts(f"## Rollback Command Reference\n\n### Emergency Contact Information\n\n{people}")
    assert [person.role for person in found.contacts] == ["CTO", "DBA"]


def test_criteria_of_success_stay_together_beside_a_checklist() -> None:
    criteria = "### Technical Validation\n\n- [x] No errors\n\n### User Experience\n\n- [x] Pages load\n"
    found = parts(f"## Post-Rollback Checklist\n\n{PROVED}\n## Rollback Success Criteria\n\n{criteria}")
    assert len(found.validations) == 3


@pytest.mark.parametrize("heading", ["Rollback Time Targets", "Rollback Time Estimates", "Délai de rollback estimé"])
@pytest.mark.parametrize(
    "times", ["- **Stop**: 2 minutes\n- **Total**: < 10 minutes\n", "- Start of the old one: < 10 minutes\n"]
)
def test_the_total_beside_procedures_is_the_time_of_each(times: str, heading: str) -> None:
    ways = "".join(f"### Rollback by {name}\n\n```bash\nmake {name}\n```\n\n" for name in ("script", "hand"))
    found = read_plan(f"# Shop Rollback Plan\n\n## Container Rollback\n\n{ways}### {heading}\n\n{times}").parts
    assert [level.promise.text for level in found.levels if level.promise] == ["< 10 minutes"] * 2


def test_boxes_in_plain_text_below_headings_are_the_checks() -> None:
    text = "### Immediate Actions (Minutes 0-5)\n\n```\n□ Ask the lead\n□ Tell the team\n```\n\n### Safety Checks\n\n```\n□ Backup is there\n□ Nothing else is broken\n```\n"
    assert len(parts(f"## Pre-Rollback Checklist\n\n{text}").pre_checks) == 4


def test_document_control_is_the_history_of_revisions() -> None:
    table = "| Version | Date | Author | Changes |\n|---|---|---|---|\n| 1.0 | 2026-08-26 | Ops | First |\n"
    assert len(parts(f"## Document Control\n\n{table}").revisions) == 1


@pytest.mark.parametrize("told", ["Antes de ejecutar un rollback se debe:", "Avant de lancer le rollback :"])
def test_what_is_done_before_a_rollback_is_no_reason_for_it(told: str) -> None:
    found = parts(f"## When to roll back\n\n- The site is down\n\n{told}\n\n- Find the last tag\n- Ask the lead\n")
    assert [said.text for said in found.triggers] == ["The site is down"]


def test_prerequisites_of_some_procedures_are_theirs() -> None:
    own = "### Prerequisites\n\n1. Take a backup\n2. Verify it\n\n### Using Alembic\n\n```bash\nalembic downgrade -1\n```\n\n### Using Flyway\n\n```bash\nflyway undo\n```\n"
    found = read_plan(
        f"# Rollback\n\n## Service Rollback\n\n```bash\nmake down\n```\n\n## Database Rollback\n\n{own}"
    ).parts
    assert not found.pre_checks
    assert [[said.text for said in level.prerequisites] for level in found.levels] == [
        [],
        ["Take a backup", "Verify it"],
        ["Take a backup", "Verify it"],
    ]


def test_the_words_of_a_warning_are_no_steps() -> None:
    text = "```bash\n# 1. Stop\nmake stop\n# 2. Start\nmake start\n```\n\n**⚠️ CRITICAL:**\n- All data since the backup is lost\n- Talk to users\n"
    (level,) = read_plan(f"# Shop Rollback\n\n## Full System Rollback\n\n{text}").parts.levels
    assert [step.title for step in level.steps] == ["Stop", "Start"]


@pytest.mark.parametrize("told", ["Before marking the rollback as complete:", "Before you call it done:"])
def test_what_is_ticked_off_before_a_rollback_is_called_finished_proves_it(told: str) -> None:
    found = parts(f"## Rollback Checklist\n\n{told}\n\n{PROVED}")
    assert (len(found.pre_checks), len(found.validations)) == (0, 3)


def test_people_in_a_block_of_plain_text() -> None:
    text = "```\n# Example\nOn-call: Ann - 555 010 0200\nDatabase expert: Bob - bob@shop.test\n```\n"
    found = parts(
        f"## Emergency Contacts\n\nCall them in turn:\n\n{text}\n### Escalation Criteria\n\n- Data is lost\n- Two tries failed\n"
    )
    assert [person.role for person in found.contacts] == ["On-call", "Database expert"]


@pytest.mark.parametrize("heading", ["Points of No Return", "Puntos de No Retorno", "Points de non-retour"])
def test_points_of_no_return_speak_against_a_rollback(heading: str) -> None:
    found = parts(f"## {heading}\n\n1. A column was dropped\n2. Customers were told\n")
    assert len(found.negative_triggers) == 2
    assert len(found.levels) == 2


def test_checks_before_the_next_deployment_are_prevention() -> None:
    boxes = "- [ ] Tests pass\n- [ ] Backup is fresh\n"
    found = parts(
        f"## Prevención de Rollbacks Futuros\n\n### Pre-Deploy Checklist (para reducir la necesidad de rollback)\n\n{boxes}"
    )
    assert not found.pre_checks


def test_step_headings_below_a_verification_are_one_check_each() -> None:
    steps = "".join(
        f"### Step {n}: Verify {name}\n\n```bash\n# Look\nls\n# Count\nwc\n```\n\n"
        for n, name in ((1, "the code"), (2, "the data"))
    )
    assert len(parts(f"## Verification After Rollback\n\n{steps}").validations) == 2


@pytest.mark.parametrize("during", ["8.2 Pendant le rollback", "Durante el rollback", "During the rollback"])
def test_what_is_done_during_a_rollback_proves_nothing_in_any_language(during: str) -> None:
    found = parts(f"## 8. Checklist de Vérification\n\n### {during}\n\n{DONE}\n### Après le rollback\n\n{PROVED}")
    assert len(found.validations) == 3


@pytest.mark.parametrize("heading", ["Quand déclencher un rollback ?", "Quando iniciar um rollback"])
def test_when_to_roll_back_in_other_words(heading: str) -> None:
    assert len(parts(f"## {heading}\n\n- Site down\n- Data lost\n").triggers) == 2


def test_a_rollback_is_complete_when_its_criteria_hold() -> None:
    found = parts(
        "## Rollback Complete\n\nA rollback is considered successful when:\n\n* Users can log in.\n* Alerts clear.\n"
    )
    assert (len(found.validations), len(found.levels)) == (2, 2)


def test_a_list_of_scripts_is_no_decision_matrix() -> None:
    table = "| Migration | Rollback Script | Risk Level |\n|---|---|---|\n| 001 | undo_001.sql | Low |\n| 002 | undo_002.sql | High |\n"
    assert not parts(f"## Quick Reference\n\n### All Migrations\n\n{table}").matrix
