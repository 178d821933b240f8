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
