"""Loads a plan that ships with Firebreak: for the practice service, and as a beginning for one's own."""

from pathlib import Path
from typing import Any

from plans.models import Plan, Revision

SHIPPED = "Ships with Firebreak"
FOLDER = Path(__file__).resolve().parent / "examples"
# Slug and file name without ".md", with what the list of plans says about it.
EXAMPLES = {
    "schema-registry": "A schema registry behind a GraphQL service: flag, version, hotfix",
    "practice": "The practice service that ships with Firebreak",
}


def example_text(name: str) -> str:
    """The Markdown of a shipped plan; FileNotFoundError for a name that is none."""
    if name not in EXAMPLES:
        raise FileNotFoundError(name)
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def as_written() -> str:
    """A plan as teams write it, with the flaws that are found most: the check-up shows itself on it."""
    return (FOLDER / "as-written.md").read_text(encoding="utf-8")


def load_example(name: str, *, slug: str = "", by: Any = None, approve: bool = False) -> Plan:
    """The shipped plan as a plan of this installation; safe to call at every start.

    A text that nobody edited follows the shipped file; one that a person changed stays theirs. `approve` needs `by`.
    """
    text = example_text(name)
    plan = Plan.objects.filter(slug=slug or name).first()
    if plan is None:
        plan = Plan.create(text=text, slug=slug or name, by=by, reason=SHIPPED)
    elif (current := plan.current) and _is_shipped(current) and current.text != text:
        plan.add_revision(text=text, by=by, reason=SHIPPED)
    current = plan.current
    if (
        approve
        and by is not None
        and current
        and _is_shipped(current)
        and not current.is_approved
        and not current.problems
    ):
        current.approve(by=by)
    return plan


def _is_shipped(revision: Revision) -> bool:
    return revision.reason == SHIPPED
