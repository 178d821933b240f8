"""When to roll back, and when not: the headings, labels and sentences in front of a list, and what only stands near one."""

import pytest

from plans.document import read_plan

LEVEL = "\n\n## Rollback Procedure\n\n1. Stop it\n2. Start the old one\n"


def triggers(text: str) -> tuple[list[str], list[str]]:
    parts = read_plan(f"# Rollback plan of orders\n\n{text}{LEVEL}").parts
    return [said.text for said in parts.triggers], [said.text for said in parts.negative_triggers]


@pytest.mark.parametrize(
    "heading",
    [
        "## Rollback Triggers", "## When to Rollback", "## 🚨 When to Roll Back", "## When to Use", "## When to use this runbook",
        "## When to Use This Guide", "## Recovery Triggers", "## Failure Indicators", "## Critical Issues", "## Warning Signs",
        "## Automatic Triggers", "## Manual Triggers", "## Criterios para Ejecutar un Rollback", "## 触发条件",
        "## Notes\n\n**Rollback When:**", "## Notes\n\nRoll back if:", "## Overview\n\nIt goes back. Rollbacks should be executed when:",
        "## When to revert", "## Emergency situations", "## Situations d'urgence", "## Identifying a bad deployment",
        "## Red flags", "## Rollback thresholds",
        "## Quand effectuer un rollback", "## 2. Rollback triggers (automatic)", "## Notes\n\nRevert immediately if any of these hold:",
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["- Orders fail\n- Pages are slow", "1. Orders fail\n2. Pages are slow"])
def test_each_wording_opens_the_triggers(heading: str, form: str) -> None:
    assert triggers(f"{heading}\n\n{form}") == (["Orders fail", "Pages are slow"], [])


@pytest.mark.parametrize(
    "heading",
    [
        "## When NOT to roll back", "## Fix Forward When", "## When to roll back\n\nRollback is not needed when:",
        "## Rollback triggers\n\n### Small things (fix forward)", "## When to Rollback\n\n### Monitor, don't roll back",
        "## Rollback triggers\n\n### No rollback", "## Rollback blockers", "## When rollback is not possible",
        "## When you cannot roll back",
        "## When to roll back\n\n### Monitor & Fix (minor issues)", "## When to roll back\n\n### Hotfix preferred",
        "## Rollback triggers\n\n**Does not require rollback:**",
    ],
)  # fmt: skip
def test_each_wording_opens_what_speaks_against_it(heading: str) -> None:
    assert triggers(f"{heading}\n\n- A typo\n- One user") == ([], ["A typo", "One user"])


def test_severities_below_the_heading_are_all_triggers() -> None:
    text = "## Rollback Triggers\n\n### Critical (at once)\n\n- A\n\n### Major (planned)\n\n- B\n\n**Warning signs:**\n\n- C\n"
    assert triggers(text) == (["A", "B", "C"], [])


def test_an_item_can_say_for_itself_that_it_speaks_against() -> None:
    text = "## When to roll back\n\n- **Roll back**: orders fail\n- ⚠️ **Do not roll back**: a typo\n"
    assert triggers(text) == (["Roll back: orders fail"], ["⚠️ Do not roll back: a typo"])


@pytest.mark.parametrize(
    "text",
    [
        "## When to roll back\n\n### Evaluate before rollback\n\n- Slower pages",
        "## When to roll back\n\n### Escalation before rollback\n\n- Slower pages",
        "## When to use\n\n### Key metrics to evaluate\n\n- Error rate",
        "## Monitoring\n\n### Set up alerts for rollback triggers\n\n- A webhook in the chat",
        "## Database\n\nWhen rolling back application code:\n\n- **New columns:** the old code ignores them",
        "## Emergency\n\nWhen rollback fails completely:\n\n1. The vendor is called",
        "## Checklist\n\nWhen rolling back:\n\n- [ ] Identify the issue\n- [ ] Note the version",
        "## Identifying a bad release\n\n### Manual checks\n\n- Open the front page",
        "## Done\n\nRollback is successful when:\n\n- Orders work\n- Pages are fast",
        "## Done\n\nRollback is complete when:\n\n- Orders work",
    ],
)
def test_what_only_stands_near_a_trigger_is_none(text: str) -> None:
    assert triggers(text) == ([], [])


@pytest.mark.parametrize("label", ["Extend staging if", "Push ahead if", "Monitor closely when"])
def test_what_is_done_instead_speaks_against_a_rollback_beside_its_reasons(label: str) -> None:
    text = "## Decision\n\n**ROLLBACK IF:**\n\n- Data is lost\n\n" + f"**{label.upper()}:**\n\n- It is small\n"
    assert triggers(text) == (["Data is lost"], ["It is small"])
    assert triggers(f"## Decision\n\n**{label}:**\n\n- It is small\n") == ([], [])


def test_what_starts_a_pipeline_is_no_reason_for_a_rollback() -> None:
    assert triggers("## Automated\n\nPush to branches triggers deployment:\n\n- `main` goes live\n") == ([], [])


@pytest.mark.parametrize("told", ["Rollback is considered minimally ready when", "A rollback counts as complete when"])
def test_when_a_rollback_is_ready_or_over_is_no_reason_for_it(told: str) -> None:
    assert triggers(f"## Standard\n\n{told}:\n\n- backup can be created\n") == ([], [])
