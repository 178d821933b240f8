"""Values that a command needs: brackets, braces and variables are asked about like the compiler's own placeholders."""

import pytest

from plans.document import read_plan
from plans.questions import Question, answer, ask
from plans.questions.sheet import Sheet
from plans.questions.unfilled import unfilled, unquoted

HEAD = "# Rollback\n\n### Level 1: Back (1 min)\n\n"


def plan(*commands: str) -> str:
    body = "\n".join(f"   {command}" for command in commands)
    return f"{HEAD}1. **Go back.**\n\n   ```bash\n{body}\n   ```\n"


def raws(text: str) -> list[str]:
    return [one.raw for one in unfilled(Sheet(text))]


def must(text: str) -> list[Question]:
    return [question for question in ask(text) if question.must]


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("git checkout [PREVIOUS_COMMIT_HASH]", ["[PREVIOUS_COMMIT_HASH]"]),
        ('curl -fsS -m 5 "https://cdn/zones/[ZONE_ID]/purge"', ["[ZONE_ID]"]),
        ("docker pull shop:[previous-version]", ["[previous-version]"]),
        ("helm rollback {{ release_name }} 3", ["{{ release_name }}"]),
        ('curl -fsS -m 5 -H "X: $STATUS_TOKEN" https://x', ["$STATUS_TOKEN"]),
        ('gh issue comment "${INCIDENT_ID}" --body done', ["$INCIDENT_ID"]),
        ("grep '[Ee]rror' log", []),
        ("grep [a-z] log", []),
        ("[ -f flag ] && rm flag", []),
        ('echo "[ROLLBACK] begins"', []),
        ("TAG=1.2; docker pull shop:$TAG", []),
        ("for POD in $(pods); do restart $POD; done", []),
        ("source .env; restart $SERVICE", []),
        ("kubectl exec shop -- sh -c 'echo $POD_NAME'", []),
        ("restart ${SERVICE:-shop}", []),
        ("docker inspect --format '{{.Name}}' shop", []),
        ("ls $HOME", []),
        ('echo "Reason: $1"', ["$1"]),
        ("awk '{print $1}' log", []),
        ("go() { echo $1; }", []),
        ("journalctl --since @$FIREBREAK_SINCE", []),
    ],
)
def test_what_nobody_fills_in_is_found(command: str, found: list[str]) -> None:
    assert raws(plan(command)) == found


def test_a_variable_that_the_step_names_is_given() -> None:
    text = plan("restart $SERVICE").replace("```bash", "```bash {env=SERVICE}")
    assert raws(text) == []


def test_single_quotes_keep_a_variable_from_the_shell() -> None:
    assert unquoted("a '$B' \"it's $C\" \\'$D") == "a '  ' \"it's $C\" \\'$D"


def test_a_bracket_becomes_a_parameter_on_all_its_lines() -> None:
    text = plan("git checkout [OLD_COMMIT]", "git push origin [OLD_COMMIT]")
    (question,) = must(text)
    assert question.title == "Where does [OLD_COMMIT] come from?"
    assert question.rows[0].suggested == "ask"
    new = answer(text, question, {"choice-0": "ask"})
    assert "   git checkout <OLD_COMMIT>\n   git push origin <OLD_COMMIT>\n" in new
    assert "params:\n  OLD_COMMIT: {}\n" in new
    assert must(new) == []
    assert read_plan(new).compile().problems == []


def test_a_token_is_a_secret_of_the_step_and_never_a_parameter() -> None:
    text = plan('curl -fsS -m 5 -H "Bearer [API_TOKEN]" https://x/$ZONE')
    (question,) = must(text)
    assert [row.suggested for row in question.rows] == ["secret", "env"]
    new = answer(text, question, {"choice-0": "secret", "choice-1": "env"})
    assert '"Bearer $API_TOKEN"' in new
    (step,) = read_plan(new).compile().compiled["levels"][0]["steps"]
    assert (step["secrets"], step["env"]) == (["API_TOKEN"], ["ZONE"])
    assert must(new) == []


def test_a_variable_can_be_asked_for_or_written_out() -> None:
    text = plan("restart ${SERVICE}", "gh comment $INCIDENT_ID")
    (question,) = must(text)
    new = answer(text, question, {"choice-0": "fixed", "text-0": "shop", "choice-1": "ask"})
    assert "   restart shop\n   gh comment <INCIDENT_ID>\n" in new
    assert must(new) == []


def test_what_a_script_was_called_with_is_asked_at_start() -> None:
    text = plan('echo "Reason: ${1}"', "log $1")
    (question,) = must(text)
    assert [(row.label, row.suggested) for row in question.rows] == [("$1", "ask")]
    new = answer(text, question, {"choice-0": "ask"})
    assert '   echo "Reason: <value-1>"\n   log <value-1>\n' in new
    assert must(new) == []
