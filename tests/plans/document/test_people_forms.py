"""Whom a plan calls, in the forms in which teams write it down; and who only stands near."""

import pytest

from plans.document import read_plan
from plans.document.plan import Contact

LEVEL = "\n\n## Rollback Procedure\n\n1. Stop it\n2. Start the old one\n"


def people(text: str) -> list[tuple[str, str | None]]:
    found: tuple[Contact, ...] = read_plan(f"# Rollback plan of orders\n\n{text}{LEVEL}").parts.contacts
    return [(one.role, one.contact) for one in found]


def test_a_help_desk_with_a_page_of_its_own_counts_beside_people() -> None:
    text = "## Contacts\n\n- **On-call**: +49 30 1234567\n- **Hosting support**: https://help.example\n"
    assert [role for role, _ in people(text)] == ["On-call", "Hosting support"]


def test_pages_of_help_desks_alone_are_nobody_to_call() -> None:
    assert (
        people("## Contacts\n\n- **Hosting support**: https://a.example\n- **Mail support**: https://b.example\n") == []
    )


@pytest.mark.parametrize(
    "line", ["- Dashboard Coolify: `<link>`", "- Sentry: `<link>`", "- **Logs**: #logs", "- Status page: [url]"]
)
def test_where_somebody_looks_is_nobody_to_call(line: str) -> None:
    assert [role for role, _ in people(f"## Contacts\n\n- Lead: @ada\n- Sentry support: @sentry\n{line}\n")] == [
        "Lead",
        "Sentry support",
    ]


def test_most_items_name_people_so_the_others_that_name_a_role_do_too() -> None:
    text = (
        "## Rollback authority\n\n- **Database lead**: Ada\n- **Security officer**: Grace\n- **Code**: Project lead\n"
    )
    assert [role for role, _ in people(text)] == ["Database lead", "Security officer", "Code"]


def test_a_backup_on_call_is_somebody_and_backing_up_is_not() -> None:
    text = "## Contacts\n\n- **Backup on-call**: [phone]\n- **Primary on-call**: [phone]\n- Backup the database first\n"
    assert [role for role, _ in people(text)] == ["Backup on-call", "Primary on-call"]


@pytest.mark.parametrize("heading", ["Communication Channels", "Channels", "Communication", "Slack channels"])
def test_where_people_talk_is_nobody_to_call(heading: str) -> None:
    text = f"## Contacts\n\n### Team\n\n- **Lead**: @ada\n\n### {heading}\n\n- **Team Slack**: #orders\n"
    assert [role for role, _ in people(text)] == ["Lead"]


def test_rungs_of_severity_and_time_are_nobody() -> None:
    text = (
        "## Escalation\n\n| Severity | Response time | Escalation level |\n|---|---|---|\n| High | 5 min | Level 1 |\n"
    )
    assert people(text) == []


@pytest.mark.parametrize("reachable_first", [True, False])
def test_roles_that_decide_give_way_to_people_who_can_be_reached(reachable_first: bool) -> None:
    decide = "## Decision authority\n\n- Lead developer\n- Team lead\n\n"
    reach = "## Emergency contacts\n\n- **On-call engineer**: +49 30 1234567\n\n"
    text = reach + decide if reachable_first else decide + reach
    assert [role for role, _ in people(text)] == ["On-call engineer"]


@pytest.mark.parametrize("heading", ["Team Roles and Responsibilities", "Roles & Responsibilities", "Roles"])
def test_each_wording_of_roles_names_people(heading: str) -> None:
    assert people(f"## {heading}\n\n| Role | Contact |\n|---|---|\n| Commander | @ada |\n") == [("Commander", "@ada")]


MESSAGE = "```markdown\n**Rollback executed**\n\n**Time**: [Time]\n**Reason**: [Reason]\n**Lead**: [Name]\n```\n"


def test_a_message_inside_a_step_is_a_message() -> None:
    steps = "### Step 1: Go back\n\n1. Stop it\n\n### Step 2: Tell the others\n\n**Post to the channel:**\n\n"
    text = f"# Rollback of orders\n\n## Rollback procedure\n\n{steps}{MESSAGE}"
    assert len(read_plan(text).parts.templates) == 1


def test_a_log_that_is_filled_in_after_a_drill_is_no_message() -> None:
    text = f"# Rollback of orders\n\n## Drill\n\n**Rollback drill log**:\n\n{MESSAGE.replace('markdown', '')}{LEVEL}"
    assert read_plan(text).parts.templates == ()


@pytest.mark.parametrize("label", ["**Rollback owner contacts**:", "**Contacts:**", "**Escalation:**"])
def test_people_behind_a_label_under_another_heading(label: str) -> None:
    text = f"## Follow-up\n\n- [ ] Plan the fix\n\n{label}\n\n- **DevOps team**: #devops\n- **On-call**: [phone]\n"
    assert [role for role, _ in people(text)] == ["DevOps team", "On-call"]


@pytest.mark.parametrize("heading", ["Communication & Follow-up", "Post-Rollback Communication"])
def test_messages_of_afterwards_are_messages(heading: str) -> None:
    text = f"# Rollback of orders\n\n## {heading}\n\n### Internal\n\n{MESSAGE}{LEVEL}"
    assert len(read_plan(text).parts.templates) == 1


def test_a_message_may_hold_boxes_and_a_report_is_none() -> None:
    boxes = "```markdown\n## Rollback complete\n\nImpact: [users]\n\n- [ ] Find the cause\n- [ ] Fix it\n```\n"
    under = "# Rollback of orders\n\n## Communication\n\n### {}\n\n" + boxes + LEVEL
    assert len(read_plan(under.format("Internal")).parts.templates) == 1
    assert read_plan(under.format("Incident report")).parts.templates == ()
