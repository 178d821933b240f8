"""Rows of the matrix that say "roll back" and no level."""

from plans.check_up import check_up
from plans.document import read_plan
from plans.questions import answer, ask

TEXT = """\
# Shop rollback

### Level 1: Back (1 min)

1. **Go back**

   ```bash {name=back effect=idempotent}
   go-back
   ```

## Decision matrix

| Symptom | Severity | Action |
|---------|----------|--------|
| Error rate > 10% | P0 | Immediate rollback |
| Latency > 5s | P1 | **Rollback** within 5 min |
| Cosmetic | P3 | No rollback |
| Memory > 95% | P2 | Level 1 |
"""


def test_a_row_that_names_no_level_is_asked_about_and_told() -> None:
    compiled = read_plan(TEXT).compile().compiled
    question = next(one for one in ask(TEXT) if one.key == "decisions")
    assert not question.must
    assert (question.rows[0].line, question.rows[0].suggested) == (15, "1")
    assert 17 not in [row.line for row in question.rows]
    said = [row.finding.message for group in check_up(compiled, {}, [], []).groups for row in group.rows]
    assert "“Error rate > 10%” leads to no level, so nothing is recommended." in said


def test_the_level_is_written_in_front_of_the_action() -> None:
    question = next(one for one in ask(TEXT) if one.key == "decisions")
    new = answer(TEXT, question, {f"choice-{place}": "1" for place in range(len(question.rows))})
    assert "| P0 | Level 1: Immediate rollback |" in new
    assert "| P1 | Level 1: **Rollback** within 5 min |" in new
    assert read_plan(new).compile().compiled["matrix"][0]["levels"] == [1]
    assert "decisions" not in [one.key for one in ask(new)]


def test_no_rollback_is_an_answer_that_stays() -> None:
    question = next(one for one in ask(TEXT) if one.key == "decisions")
    new = answer(TEXT, question, {f"choice-{place}": "none" for place in range(len(question.rows))})
    assert "| No rollback: Immediate rollback |" in new
    assert "decisions" not in [one.key for one in ask(new)]


def test_a_plan_with_several_levels_suggests_none() -> None:
    text = TEXT.replace("## Decision", "### Level 2: Further back (5 min)\n\n1. **Call**\n\n## Decision")
    question = next(one for one in ask(text) if one.key == "decisions")
    assert {row.suggested for row in question.rows} == {""}
    assert [choice.value for choice in question.rows[0].choices] == ["1", "2", "none"]


def test_the_level_whose_title_says_the_same_is_suggested() -> None:
    text = TEXT.replace("Level 1: Back", "Level 1: Worker deployment rollback").replace(
        "## Decision", "### Level 2: Database restore (5 min)\n\n1. **Call**\n\n## Decision"
    )
    text = text.replace("| P0 | Immediate rollback |", "| P0 | Revert the worker deployment |")
    question = next(one for one in ask(text) if one.key == "decisions")
    assert [row.suggested for row in question.rows] == ["1", ""]
    assert question.for_all == ()
