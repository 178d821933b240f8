"""The one thing to do now, as a table: the worst need first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from incidents.next_action import NextAction, RunFacts, Situation, WatchFacts, next_action

NOW = datetime(2026, 11, 22, 14, 18, tzinfo=UTC)


def run(status: str, **changes: Any) -> RunFacts:
    given: dict[str, Any] = {"pk": 7, "kind": "rollback", "status": status, "level": 1, "name": "Level 1: Flag off"}
    return RunFacts(**{**given, **changes})


def do(**changes: Any) -> NextAction:
    given: dict[str, Any] = {
        "pk": 42, "reference": "INC-42", "status": "open", "severity": "high", "now": NOW, "acknowledged": True,
        "has_choice": True, "chosen_level": 1,
    }  # fmt: skip
    return next_action(Situation(**{**given, **changes}))


WATCH = WatchFacts(word="Checks passed, watching until 14:51", sentence="640 requests counted, none failed.")


@pytest.mark.parametrize(
    ("facts", "key", "button"),
    [
        ({"acknowledged": False}, "acknowledge", "I have it"),
        (
            {"has_choice": False, "recommended_level": 2, "recommended_name": "Level 2: Back"},
            "choose-level",
            "Choose Level 2: Back",
        ),
        ({"has_choice": False}, "choose-level", "Choose a level"),
        ({"has_choice": False, "has_plan": False}, "add-note", "Write a note"),
        ({}, "prepare-run", "Show the commands"),
        ({"run": run("draft")}, "confirm-run", "Read and confirm"),
        ({"run": run("draft", problems=("Line 9: not bound.",))}, "fix-run", "See what is missing"),
        ({"run": run("draft", level=2)}, "prepare-run", "Show the commands"),
        ({"run": run("awaiting_approval")}, "approve-run", "Read and approve"),
        ({"run": run("running", step_title="Restart", step_number="2")}, "follow-run", "Follow the run"),
        ({"run": run("running"), "message_due": "due now"}, "send-message", "Review and send"),
        ({"run": run("waiting", step_kind="manual")}, "confirm-step", "Go to the step"),
        ({"run": run("waiting", waits_until=NOW + timedelta(minutes=1))}, "follow-run", "Follow the run"),
        ({"run": run("paused", step_title="Restart")}, "decide-step", "Look and decide"),
        ({"run": run("needs_operator", step_pk=3), "acknowledged": False}, "settle", "Settle the outcome"),
        (
            {"run": run("failed"), "next_level": 2, "next_level_name": "Level 2: Back"},
            "choose-again",
            "Choose Level 2: Back",
        ),
        ({"run": run("succeeded"), "watch": WATCH}, "keep-watching", ""),
        ({"run": run("succeeded"), "watch": WATCH, "message_due": "promised"}, "send-message", "Review and send"),
        (
            {"run": run("succeeded"), "watch": WatchFacts(verdict="not_recovered"), "next_level": 2},
            "next-level",
            "Choose Level 2",
        ),
        ({"run": run("succeeded"), "watch": WatchFacts(verdict="recovered", may_resolve=True)}, "resolve", "Resolve…"),
        ({"run": run("succeeded"), "watch": WatchFacts(ended=True)}, "resolve-unverified", "Resolve…"),
        ({"chosen_level": None}, "resolve-unverified", "Resolve with a reason…"),
        ({"chosen_level": None, "message_due": "due"}, "send-message", "Review and send"),
        ({"run": run("running"), "told_nobody": 5}, "sent-by-hand", "Open the message"),
        ({"status": "resolved", "message_due": "They do not know yet."}, "send-message", "Review and send"),
        ({"status": "resolved"}, "retrospective", "Write the retrospective"),
        ({"status": "resolved", "retrospective": "draft"}, "retrospective", "Open the draft"),
        (
            {"status": "resolved", "retrospective": "published", "open_tasks": ((3, "Create bug report"),)},
            "tick-task",
            "Go to the tasks",
        ),
        ({"status": "resolved", "retrospective": "published"}, "close", "Close"),
        (
            {
                "status": "resolved",
                "retrospective": "published",
                "next_task": "Bug",
                "next_task_at": NOW + timedelta(hours=9),
            },
            "tick-task",
            "Go to the tasks",
        ),
        ({"status": "closed"}, "nothing", ""),
        ({"status": "dismissed"}, "nothing", ""),
    ],
)
def test_what_to_do_now(facts: dict[str, Any], key: str, button: str) -> None:
    action = do(**facts)
    assert (action.key, action.button) == (key, button)
    assert action.why


def test_a_running_step_is_never_answered_with_stop() -> None:
    action = do(run=run("running", step_title="Restart", step_number="2"))
    assert action.title == "Level 1: Flag off is running"
    assert action.why == "Step 2: Restart"
    assert "stop" not in (action.title + action.why + action.button).lower()


def test_the_watch_says_when_resolve_opens() -> None:
    opens = datetime(2026, 11, 22, 14, 51, tzinfo=UTC)
    action = do(run=run("succeeded"), watch=WatchFacts(word="Watching", sentence="All fine.", resolve_opens=opens))
    assert action.why.endswith("Resolve opens at 14:51 UTC.")


def test_a_message_ready_to_send_is_opened_itself() -> None:
    action = do(run=run("running"), message_due="due", message_draft=9)
    assert (action.url_name, action.args) == ("message", (42, 9))
    assert do(run=run("running"), message_due="due").url_name == "incident-message"
