"""The guided way: every refusal is asked about, and every answer settles it."""

import pytest

from plans.document import read_plan
from plans.questions import Question, Unanswered, answer, ask, edit_lines
from tests.plans.document.sound import INSTALL, SOUND, spoiled
from tests.plans.document.test_refusals import CASES, INTERACTIVE, Case

# Texts that a choice asks for, and answers that lead on to a question of their own.
WORDS = {"Two words, such as systemd docker": "systemd docker", "Number": "3", "Name": "another"}
LEADS_ON = {
    ("unknown key", "is:efect:effect"),
    ("level without steps", "higher"),
    ("escalation to nowhere", "1"),
    ("escalation without a level", "1"),
    ("two alternatives of one type", "manual"),
    ("two alternatives of one type", "for"),
}


def must(text: str) -> list[Question]:
    return [question for question in ask(text) if question.must]


def given(question: Question, choice: str) -> dict[str, str]:
    said: dict[str, str] = {}
    for place, row in enumerate(question.rows):
        asks = next((one.asks for one in row.choices if one.value == choice), "")
        said |= {f"choice-{place}": choice, f"text-{place}": row.text or WORDS.get(asks, "kept")}
    return said


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_refusal_is_asked_about(case: Case) -> None:
    document = spoiled(case.old, case.new)
    problem = document.compile().problems[0]
    (question,) = must(document.text)
    first, last = question.region
    assert question.why
    assert first <= problem.line <= last or question.rows[0].choices
    for choice in question.rows[0].choices:
        text = answer(document.text, question, given(question, choice.value))
        left = [found.message for found in read_plan(text).compile().problems]
        assert (left == []) != ((case.name, choice.value) in LEADS_ON), (choice, left)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_lines_can_be_edited_instead(case: Case) -> None:
    document = spoiled(case.old, case.new)
    question = must(document.text)[0]
    first, last = question.region
    same = edit_lines(document.text, first, last, "\n".join(document.text.split("\n")[first - 1 : last]))
    assert same == document.text


@pytest.mark.parametrize("command", INTERACTIVE)
def test_a_command_that_waits_has_an_end(command: str) -> None:
    text = spoiled(INSTALL, command).text
    for choice in must(text)[0].rows[0].choices:
        question = must(text)[0]
        left = must(answer(text, question, given(question, choice.value) | {"text-0": "30s"}))
        assert left == [], (choice, [one.title for one in left])


def test_a_sound_plan_has_nothing_to_ask() -> None:
    assert must(SOUND) == []


def test_equal_questions_are_asked_together() -> None:
    text = "# Rollback\n\n## Rollback procedures\n\n### Level 1: Back (1 min)\n\n" + "".join(
        f"{number}. Do it.\n\n   ```\n   systemctl stop app-{number}\n   ```\n\n" for number in range(1, 13)
    )
    (question,) = must(text)
    assert len(question.rows) == 12
    assert must(answer(text, question, given(question, "bash"))) == []


def test_blanks_are_declared_where_they_come_from() -> None:
    text = spoiled(INSTALL, "pip install orders==<a> <b> <c d>").text
    (question,) = must(text)
    assert [row.label for row in question.rows] == ["<a>", "<b>", "<c d>"]
    said = {"choice-0": "target", "choice-1": "default", "text-1": "1:2", "choice-2": "fixed", "text-2": "x"}
    text = answer(text, question, said)
    assert "  a: {bind: target}\n  b: {default: '1:2'}\n" in text
    assert "pip install orders==<a> <b> x\n" in text
    assert must(text) == []


def test_a_value_can_be_read_by_a_step() -> None:
    text = "# Rollback\n\n### Level 1: Back (1 min)\n\n1. Go.\n\n   ```bash\n   go <last>\n   ```\n\n" \
        "## Pre-rollback checklist\n\n1. Which?\n\n   ```bash\n   cat LAST\n   ```\n"  # fmt: skip
    question = must(text)[0]
    read = next(choice.value for choice in question.rows[0].choices if choice.value.startswith("read:"))
    text = answer(text, question, {"choice-0": read})
    assert must(text) == []
    assert read_plan(text).compile().compiled["params"]["last"]["from"] == read[5:]
    assert f"{{name={read[5:]}}}" in text


def test_only_the_answered_lines_change() -> None:
    text = spoiled(INSTALL, "sudo systemctl stop orders").text
    new = answer(text, must(text)[0], {"choice-0": "-n"})
    assert [pair for pair in zip(text.split("\n"), new.split("\n"), strict=True) if len(set(pair)) > 1] == [
        ("   sudo systemctl stop orders", "   sudo -n systemctl stop orders")
    ]


def test_an_answer_that_cannot_be_used_says_why() -> None:
    text = spoiled(INSTALL, "pip install orders==<a>").text
    question = must(text)[0]
    with pytest.raises(Unanswered, match="choose an answer"):
        answer(text, question, {})
    with pytest.raises(Unanswered, match="needs the value"):
        answer(text, question, {"choice-0": "default"})
    with pytest.raises(Unanswered, match="cannot be a value"):
        answer(text, question, {"choice-0": "default", "text-0": "1; rm -rf /"})
    with pytest.raises(Unanswered, match="no longer there"):
        edit_lines(text, 5, 100_000, "")


@pytest.mark.parametrize("comment", ["Or by hand", "Example:", "O bien a mano"])
def test_the_other_way_stays_in_the_document_and_does_not_run(comment: str) -> None:
    text = spoiled(INSTALL, f"{INSTALL}\n   # {comment}\n   orders-install").text
    for choice, runs in (("first", "pip install"), ("second", "orders-install")):
        new = answer(text, must(text)[0], {"choice-0": choice})
        assert "orders-install" in new
        assert "pip install" in new
        steps = [step for level in read_plan(new).compile().compiled["levels"] for step in level["steps"]]
        bodies = " ".join(step["body"] for step in steps if step["kind"] == "shell")
        assert runs in bodies
        assert ("pip install" in bodies) + ("orders-install" in bodies) == 1


def test_open_ends_may_stay_open() -> None:
    text = SOUND.replace(" verify=is-young}", "}")
    optional = [question for question in ask(text) if not question.must]
    assert [question.key for question in optional] == ["proofs"]
    assert ask(text, frozenset(["proofs"])) == []
    choice = next(one.value for one in optional[0].rows[0].choices if one.value != "none")
    assert "verify=" in answer(text, optional[0], {"choice-0": choice})
