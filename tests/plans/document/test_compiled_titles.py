from pathlib import Path

import pytest

from plans.document import read_plan

pytestmark = pytest.mark.one_database
EXAMPLES = Path(__file__).resolve().parents[3] / "plans" / "examples"


def test_titles_of_compiled_steps_carry_no_markup() -> None:
    compiled = read_plan((EXAMPLES / "practice.md").read_text()).compile().compiled
    titles = [step["title"] for level in compiled["levels"] for step in level["steps"]]
    assert "Turn the new pricing off in config.env" in titles
    assert not any("`" in title or "**" in title for title in titles)


@pytest.mark.parametrize(
    ("comments", "title"),
    [
        (["Revert the build", "Clear the cache"], "Revert the build; Clear the cache"),
        ([], "cd client/"),
        ([f"Restore the settings of service {n}" for n in range(9)], "Restore the settings of service 0;"),
    ],
)
def test_a_block_that_stays_one_script_is_called_by_its_comments(comments: list[str], title: str) -> None:
    body = "\n".join(f"# {n}. {text}\ncd client/" for n, text in enumerate(comments, 1)) or "cd client/\nnpm run build"
    steps = (
        read_plan(f"# Shop Rollback\n\n## Code rollback\n\n```bash {{name=code}}\n{body}\n```\n").parts.levels[0].steps
    )
    assert len(steps) == 1
    assert steps[0].title.startswith(title)
    assert len(steps[0].title) <= 122
