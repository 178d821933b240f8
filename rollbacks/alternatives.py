"""The alternatives of a plan that a target may choose: the words of its steps' `for=`, and where each stands."""

from rollbacks.models import Target
from rollbacks.snapshot import alternatives_in

MOST_PLACES = 3


def offered(target: Target) -> list[tuple[str, str]]:
    """(word, what a person reads beside its box) of the plan that runs here, else of its newest text.

    Words that were chosen before and stand in that plan no more come last and say so. Empty where the plan has no alternatives.
    """
    revision = target.plan and (target.plan.runnable or target.plan.current)
    compiled = revision.compiled if revision else {}
    places: dict[str, list[str]] = {}
    for level in compiled.get("levels", []):
        for step in level["steps"]:
            if step.get("for"):
                place = f"level {level['number']} step {step.get('number') or step['name']}"
                known = places.setdefault(step["for"], [])
                known.extend([place] if place not in known else [])
    for word in compiled.get("deployments", []):
        places.setdefault(word, [])
    if not places:
        return []
    gone = [word for word in alternatives_in(target.deployment) if word not in places]
    return [(word, _beside(word, where)) for word, where in places.items()] + [
        (word, f"{word} (not in this plan)") for word in gone
    ]


def _beside(word: str, where: list[str]) -> str:
    shown = ", ".join(where[:MOST_PLACES]) + (" …" if len(where) > MOST_PLACES else "")
    return f"{word}: {shown}" if shown else word
