"""A sound plan, and ways to spoil exactly one thing of it."""

from pathlib import Path

from plans.document import PlanDocument, read_plan

SOUND = (Path(__file__).parent / "sound_plan.md").read_text()
RESTART = "sudo -n systemctl restart orders"
INSTALL = 'pip install "orders==<previous-version>"'


def spoiled(old: str, new: str) -> PlanDocument:
    """Returns the sound plan with one text replaced; the text must stand there exactly once."""
    assert SOUND.count(old) == 1, f"{old!r} stands {SOUND.count(old)} times"
    return read_plan(SOUND.replace(old, new))


def line_of(document: PlanDocument, text: str) -> int:
    """Returns the 1-based line on which the text begins."""
    return document.text[: document.text.index(text)].count("\n") + 1


def problems(document: PlanDocument) -> list[str]:
    return [problem.sentence("plan.md") for problem in document.compile().problems]


def lint(document: PlanDocument) -> list[str]:
    return [found.sentence("plan.md") for found in document.compile().lint]
