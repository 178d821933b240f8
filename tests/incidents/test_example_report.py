"""docs/examples/retrospective.md answers what a reader asks who has nothing else; most of it the timeline wrote."""

import json
import re
from pathlib import Path

import pytest

from incidents.markdown_report import to_markdown
from incidents.report_lines import from_json

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
MARKDOWN = (EXAMPLES / "retrospective.md").read_text(encoding="utf-8")
DATA = json.loads((EXAMPLES / "retrospective.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("what broke", r"^# Retrospective INC-1: GraphQL response errors"),
        ("for whom", r"^- Service: Practice orders practice$"),
        ("what users noticed", r"Some orders show an error"),
        ("how many", r"errors: \d+ of \d+ measured requests failed"),
        ("start", r"^- Detected: 20\d\d-\d\d-\d\d \d\d:\d\d UTC$"),
        ("end", r"^- Resolved: 20\d\d-\d\d-\d\d \d\d:\d\d UTC$"),
        ("who decided what", r"chosen by admin: Level 1"),
        ("why", r"recommended: “GraphQL response errors” → Level 1"),
        ("what proved it", r"Recovered: 0 of \d+ requests failed: under 1 % with 95 % confidence"),
        ("what was sent when", r"^\d\d:\d\d:\d\d UTC, final:$"),
        ("the cause", r"## Root cause\n\nThe new pricing"),
        ("what is next", r"^- \[ \] .*due 20\d\d-\d\d-\d\d"),
        ("that it still runs rolled back", r"runs rolled back since"),
    ],
)
def test_a_reader_finds_the_answer(question: str, answer: str) -> None:
    assert re.search(answer, MARKDOWN, re.MULTILINE), question


def test_the_timeline_wrote_four_fifths_of_it() -> None:
    written = sum(len(text) for name, text in DATA["words"].items() if name not in DATA["drafted"])
    assert written / len(MARKDOWN) < 0.2


def test_the_example_is_what_this_version_would_export() -> None:
    """Headings and tables that changed since would make the example lie about the product."""
    exported = to_markdown(from_json(DATA["report"]), DATA["words"], drafted=DATA["drafted"], state="Published")
    assert exported == MARKDOWN
