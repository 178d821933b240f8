"""docs/glossary.md and the code say the same words."""

import re
from pathlib import Path

import pytest

from incidents.models import Delivery, Incident, ProposalStatus, RetrospectiveStatus
from rollbacks.models import Run, StepRun, Verdict

GLOSSARY = (Path(__file__).resolve().parent.parent / "docs" / "glossary.md").read_text()


def words_under(heading: str) -> dict[str, str]:
    section = GLOSSARY.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| ([a-z_]+) \| ([^|]+?) \|$", section, re.MULTILINE)
    return {state: label for state, label in rows if state not in ("state", "verdict")}


@pytest.mark.parametrize(
    ("heading", "choices"),
    [
        ("States of a run", Run.Status),
        ("States of a step", StepRun.Status),
        ("Verdicts", Verdict.Word),
        ("States of an incident", Incident.Status),
        ("States of a delivery", Delivery.Status),
        ("States of a retrospective", RetrospectiveStatus),
        ("States of a proposed change of a plan", ProposalStatus),
    ],
)
def test_the_glossary_has_every_state_with_its_word(heading: str, choices: type) -> None:
    assert words_under(heading) == {str(value): str(label) for value, label in choices.choices}  # type: ignore[attr-defined]
