"""What is asked before a rollback and verified after it, in the forms in which teams write it; and what only looks alike."""

# ruff: noqa: E501 – tables, one case a line

import pytest

from plans.document import read_plan
from plans.document.plan import Parts

LEVEL = "\n\n## Rollback Procedure\n\n1. Stop it\n2. Start the old one\n"


def parts(text: str, title: str = "Rollback plan of orders") -> Parts:
    return read_plan(f"# {title}\n\n{text}{LEVEL}").parts


FORMS = {
    "checkboxes": "- [ ] A\n- [ ] B\n- [ ] C",
    "ordered checkboxes": "1. [ ] A\n2. [ ] B\n3. [ ] C",
    "ordered bold labels": "1. **A**: look\n2. **B**: look\n3. **C**: look",
    "bullets": "- A\n- B\n- C",
    "comments in a block": "```bash\n# A\ncurl localhost/a\n\n# B\ncurl localhost/b\n\n# C\ncurl localhost/c\n```",
    "numbered comments": "```bash\n# 1. A\ncurl localhost/a\n# 2. B\ncurl localhost/b\n# 3. C\ncurl localhost/c\n```",
    "a table": "| Check | Expected |\n|---|---|\n| A | yes |\n| B | yes |\n| C | yes |",
    "a markdown fence": "```markdown\n- [ ] A\n- [ ] B\n- [ ] C\n```",
    "marked lines": "✅ A\n✅ B\n✅ C",
    "groups of boxes": "- **Access:**\n  - [ ] A\n  - [ ] B\n\n- **Tools:**\n  - [ ] C",
    "boxes below boxes that name groups": "1. **Access**\n   - [ ] A\n   - [ ] B\n2. **Tools**\n   - C",
    "a script with comments": "```bash\n#!/bin/bash\n# look.sh\n\n# A\ncurl localhost/a\n\n# B\ncurl localhost/b\n\n# C\ncurl localhost/c\n```",
    "headings": "### Service\n\n- [ ] A\n- [ ] B\n\n### Data\n\n- [ ] C",
    "boxes and an explained pause": "### Checks\n\n- [ ] A\n- [ ] B\n- [ ] C\n\n### Observation Period\n\nLook on for a quarter of an hour.",
    "boxes and what stops": "- [ ] A\n- [ ] B\n- [ ] C\n\n**Never proceed if:**\n\n- ❌ D\n- ❌ E",
    "boxes and what follows": "### Checks\n\n- [ ] A\n- [ ] B\n- [ ] C\n\n### Disable maintenance mode\n\n```sql\nUPDATE settings SET off = 1;\n```",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("heading", ["Pre-Rollback Checklist", "Post-Rollback Verification"])
def test_a_checklist_is_counted_in_each_form(heading: str, form: str) -> None:
    found = parts(f"## {heading}\n\n{form}")
    before, after = len(found.pre_checks), len(found.validations)
    assert (before, after) == ((3, 0) if heading.startswith("Pre") else (0, 3))


def test_criteria_beside_boxes_say_the_same_once_more() -> None:
    text = "## Rollback Validation\n\n### Checks\n\n- [ ] A\n\n### Success Criteria\n\n- D\n- E"
    assert [step.title for step in parts(text).validations] == ["A"]


@pytest.mark.parametrize(
    "heading",
    ["Prerequisites", "Pre-Deployment Checklist", "Pre-Rollback", "Pre-flight", "Pre-Deployment Preparation", "Safety Check", "Safety Checklist",
     "Rollback Requirements", "Required Recovery Inputs", "回滚前检查", "Prevention Checklist\n\n**Before Each Phase:**"],
)  # fmt: skip
def test_each_wording_opens_the_checks_before(heading: str) -> None:
    assert len(parts(f"## {heading}\n\n- [ ] A\n- [ ] B").pre_checks) == 2


@pytest.mark.parametrize(
    "heading",
    ["Verification", "Verification Steps", "Verify Rollback", "Post-Rollback Checklist", "Post-Rollback Verification", "Rollback Verification Checklist",
     "Rollback Validation", "Post-Rollback Testing", "Success Criteria", "Tests", "Testing After Rollback", "Tests following a recovery", "After rolling back", "Verifying Rollback", "Validación Post-Rollback", "回滚后验证"],
)  # fmt: skip
def test_each_wording_opens_the_validation(heading: str) -> None:
    assert len(parts(f"## {heading}\n\n- [ ] A\n- [ ] B").validations) == 2


@pytest.mark.parametrize(
    "text",
    [
        "## Verification evidence\n\n- Link to the log:\n- Link to the graph:",
        "## Quick Reference\n\n### Verify Rollback\n\n```bash\nkubectl get pods\n```",
        "## Scripts\n\n### Script: Verify health\n\n```bash\n#!/bin/bash\ncurl localhost\n```",
        "## Monitoring\n\n### Automated Health Verification\n\n```bash\n#!/bin/bash\ncurl localhost\n```",
        "## Re-deployment Preparation\n\n### Enhanced Validation\n\n- [ ] Load test",
        "## Post-Rollback Actions\n\n- [ ] Write the report",
    ],
)
def test_what_only_looks_like_a_validation_is_none(text: str) -> None:
    assert parts(text).validations == ()


def test_prerequisites_of_a_whole_guide_hold_for_its_rollback_too() -> None:
    found = parts("## Prerequisites\n\n- [ ] Access\n\n## Deploy\n\n### Verification\n\n- [ ] Pods", "Deployment guide")
    assert [step.title for step in found.pre_checks] == ["Access"]
    assert found.validations == ()


@pytest.mark.parametrize(
    "items",
    [
        "Document the incident|Begin root cause analysis|Plan the fix",
        "Notify the team|Fix it in a branch|Gradual re-deploy|Test the fix",
        "Copy the drafts back|Merge the hotfix",
    ],
)
@pytest.mark.parametrize("heading", ["After Rollback", "Post-Rollback", "Post-Rollback Checklist"])
def test_work_that_follows_a_rollback_proves_nothing(heading: str, items: str) -> None:
    found = parts(f"## {heading}\n\n" + "\n".join(f"- [ ] {item}" for item in items.split("|")))
    assert (found.validations, len(found.follow_up)) == ((), items.count("|") + 1)


def test_one_item_that_looks_makes_a_list_of_afterwards_a_check() -> None:
    found = parts("## Post-Rollback\n\n- [ ] Monitor for errors\n- [ ] Document the rollback\n- [ ] Plan the fix")
    assert len(found.validations) == 3


@pytest.mark.parametrize(
    "heading", ["Backup Verification", "Verify Backups", "1. Verify Current Deployment", "Validation Failures"]
)
def test_what_proves_something_else_is_no_check_after_a_rollback(heading: str) -> None:
    assert parts(f"## {heading}\n\n- Size is right\n- Count is right").validations == ()


@pytest.mark.parametrize(
    "heading",
    [
        "Pre-Upgrade Checklist",
        "Pre-Rollout Checklist",
        "Before you upgrade",
        "Avant de démarrer",
        "Pre-Deployment Checklist",
    ],
)
def test_boxes_before_going_forward_stand_for_missing_checks(heading: str) -> None:
    boxes = f"## {heading}\n\n- [ ] Read the notes\n- [ ] Take a backup"
    assert len(parts(boxes, "Upgrading orders").pre_checks) == 2
    own = parts(f"{boxes}\n\n## Pre-Rollback Checklist\n\n- [ ] Tell the team", "Upgrading orders")
    assert [step.title for step in own.pre_checks] == ["Tell the team"]


@pytest.mark.parametrize(
    "heading",
    ["Shipping a new tag", "Rollout Procedures", "Deployment", "Upgrading", "How to release", "Release process"],
)
def test_checks_of_going_forward_prove_no_rollback(heading: str) -> None:
    found = parts(f"## {heading}\n\n### Validation\n\n- Orders work\n\n### Go\n\n1. Push it")
    assert found.validations == ()


def test_a_sentence_that_announces_lists_is_no_check() -> None:
    text = "## Verification\n\nGo through all of these.\n\n### Function\n\n1. Orders work\n\n### Speed\n\n1. Pages are quick"
    assert [step.title for step in parts(text).validations] == ["Orders work", "Pages are quick"]


def test_bullets_and_their_block_are_the_bullets() -> None:
    text = "## Inputs you need\n\n- The sha\n- Access:\n\n```bash\ndocker manifest inspect app\n```"
    assert len(parts(text).pre_checks) == 2


@pytest.mark.parametrize(("heading", "count"), [("Validation Failures", 1), ("Error Rates", 3), ("Check errors", 3)])
def test_a_list_of_what_may_go_wrong_is_no_check(heading: str, count: int) -> None:
    text = f"## Rollback Validation\n\n### Function\n\n- Orders work\n\n### {heading}\n\n- No history\n- No artifact"
    assert len(parts(text).validations) == count


def test_what_explains_beside_boxes_is_no_box() -> None:
    text = "## Pre-Rollback Checklist\n\n- [ ] Tell the team\n- [ ] Look at the graph\n\n**Severity:**\n\n- P0: all is down\n- P1: slow"
    assert len(parts(text).pre_checks) == 2


def test_boxes_of_going_forward_that_nobody_needs_stay_not_understood() -> None:
    own = "## Pre-Rollback Checklist\n\n- [ ] Tell the team"
    document = read_plan(f"# Upgrading orders\n\n## Pre-Upgrade Checklist\n\n- [ ] Read the notes\n\n{own}{LEVEL}")
    assert any(start <= 5 <= end for start, end in document.not_understood)
