"""What stands chosen at first: nothing that a person would not have meant."""

import pytest

from plans.document import read_plan
from plans.questions import Question, answer, ask
from plans.questions.commands import _ended as ended
from plans.questions.reading import only_reads

HEAD = "# Rollback\n\n### Level 1: Back (1 min)\n\n"


def first(text: str) -> Question:
    return ask(text)[0]


def bodies(text: str) -> str:
    levels = read_plan(text).compile().compiled["levels"]
    return "\n".join(step["body"] for level in levels for step in level["steps"] if step["kind"] == "shell")


@pytest.mark.parametrize(
    ("command", "instead"),
    [
        ("kubectl get pods -n shop -w", "kubectl get pods -n shop"),
        ("kubectl get pods --watch -o wide", "kubectl get pods -o wide"),
        ("watch -n 5 'curl -s https://shop/errors'", "curl -s https://shop/errors"),
        ("watch kubectl get pods", "kubectl get pods"),
        ("kubectl logs -f deploy/shop --tail=5", "kubectl logs deploy/shop --tail=5"),
        ("vim notes", ""),
        ("top", ""),
    ],
)
def test_a_command_that_watches_is_asked_once_instead(command: str, instead: str) -> None:
    assert ended(command) == instead


def test_what_watches_is_suggested_to_end() -> None:
    text = f"{HEAD}1. Look.\n\n   ```bash\n   kubectl get pods -w\n   ./check.sh\n   ```\n"
    question = first(text)
    assert question.rows[0].suggested == "drop"
    assert "`kubectl get pods`" in question.rows[0].choices[0].label
    assert bodies(answer(text, question, {"choice-0": "drop"})) == "kubectl get pods\n./check.sh"
    assert bodies(answer(text, question, {"choice-0": "remove"})) == "./check.sh"


SCRIPT = "#### Server rollback\n```bash\n# 1. Go there\ncd server/\ngit checkout 1.2\n\n{middle}# 3. Restart\npm2 restart shop\n```\n"


def test_a_numbered_part_without_a_command_is_never_passed_over_unseen() -> None:
    text = HEAD + SCRIPT.replace("{middle}", "# 2. Edit the settings\n# Take the old line out\n\n")
    (row,) = first(text).rows
    assert row.suggested == ""
    assert "“Edit the settings” (line 11)" in row.note
    whole = first(HEAD + SCRIPT.replace("{middle}", "")).rows[0]
    assert (whole.suggested, whole.note) == ("whole", "")


METHODS = (
    f"{HEAD}1. **Back.**\n\n   ```bash\n   # Method 1: Undo\n   kubectl rollout undo deploy/shop\n\n"
    "   # Method 2: A known image\n   kubectl set image deploy/shop shop=shop:1.2\n   ```\n"
)


def test_methods_in_one_block_do_not_all_run() -> None:
    question = first(METHODS)
    assert question.must
    assert [choice.label for choice in question.rows[0].choices][:2] == ["Method 1: Undo", "Method 2: A known image"]
    taken = answer(METHODS, question, {"choice-0": question.rows[0].choices[1].value})
    assert "rollout undo" in taken
    assert "deploy/shop\n   ```\n" in taken
    assert "rollout undo" not in bodies(taken)
    assert "set image" in bodies(taken)
    assert [one.key for one in ask(taken) if one.must] == []
    both = answer(METHODS, question, {"choice-0": "whole"})
    assert "rollout undo" in bodies(both)
    assert [one.key for one in ask(both) if one.must] == []


def test_the_other_way_is_named_by_its_commands() -> None:
    text = f"{HEAD}1. Cut.\n\n   ```bash\n   # Patch\n   patch it\n\n   # Or restart\n   restart it\n   ```\n"
    labels = [choice.label for choice in first(text).rows[0].choices]
    assert labels[:2] == ["the first: patch it", "the other: restart it"]


def test_many_alike_blocks_are_answered_at_once_or_one_by_one() -> None:
    text = HEAD + "".join(
        f"{number}. **Part {number}**\n   ```\n   Click the button again\n   Confirm the page\n   ```\n"
        for number in range(1, 6)
    )
    question = first(text)
    assert [row.suggested for row in question.rows] == ["manual"] * 5
    assert [choice.value for choice in question.for_all] == ["bash", "manual", "text"]
    new = answer(text, question, {"choice-all": "manual", "choice-2": "text"})
    assert new.count("kind=manual") == 4
    assert new.count("```text\n") == 1


@pytest.mark.parametrize(
    ("body", "reads"),
    [
        ("kubectl get pods -n shop\nkubectl -n shop rollout status deploy/shop", True),
        ("curl -s https://shop/health | jq .status", True),
        ("git log --oneline -5\ngit status", True),
        ("psql -c 'SELECT count(*) FROM orders'", True),
        ("curl -X POST https://shop/undo", False),
        ("curl -sd x https://shop", False),
        ("curl -s https://shop -o page.html", False),
        ("cat a > b", False),
        ("ls 2>/dev/null", True),
        ("kubectl rollout undo deploy/shop", False),
        ("psql -c 'DELETE FROM orders'", False),
        ("sed -i s/a/b/ settings", False),
        ("ls; rm x", False),
        ("echo $(rm x)", False),
        ("# nothing", False),
        ("./check.sh", False),
    ],
)
def test_only_what_is_known_to_look_is_suggested_as_a_read(body: str, reads: bool) -> None:
    assert only_reads(body) is reads
