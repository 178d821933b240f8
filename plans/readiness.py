"""Readiness of a plan, part by part: is it there, can it be checked, was it rehearsed and when. Plain Python."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from plans.callers import Rehearsal
from plans.wording import count, length

Json = dict[str, Any]
ACTING = {"exec", "shell", "http", "graphql", "file", "flag"}


@dataclass(frozen=True)
class Part:
    """One line of the table. Tones: is-done, is-late, needs-you; empty where nothing is asked."""

    name: str
    there: str
    there_tone: str
    checked: str
    checked_tone: str
    rehearsals: tuple[Rehearsal, ...] = ()
    is_level: bool = False
    line: int = 0

    @property
    def last(self) -> Rehearsal | None:
        return self.rehearsals[0] if self.rehearsals else None


def readiness(compiled: Json, lint: list[Json], rehearsals: list[Rehearsal]) -> list[Part]:
    """Every part that a plan usually has, levels first."""
    levels = [_level(level, compiled, rehearsals) for level in compiled.get("levels", [])]
    return [*levels, *_others(compiled, lint)]


def measured(rehearsals: list[Rehearsal]) -> dict[int, float]:
    """The seconds that the slowest rehearsal of each level took."""
    found: dict[int, float] = {}
    for one in rehearsals:
        found[one.level] = max(one.seconds, found.get(one.level, 0.0))
    return found


def summary(compiled: Json, rehearsals: list[Rehearsal]) -> tuple[str, str]:
    """ "2 of 3 levels rehearsed", with its tone: for the list of plans."""
    numbers = {level["number"] for level in compiled.get("levels", [])}
    if not numbers:
        return "", ""
    done = {one.level for one in rehearsals} & numbers
    latest: dict[int, Rehearsal] = {}
    for one in rehearsals:
        latest.setdefault(one.level, one)
    late = sorted(level for level, one in latest.items() if level in numbers and not one.is_kept)
    words = f"{len(done)} of {count(len(numbers), 'level')} rehearsed" if done else "never rehearsed"
    if late:
        return f"{words}; Level {', '.join(map(str, late))} slower than promised", "is-late"
    return words, "is-done" if done == numbers else "is-late"


def _level(level: Json, compiled: Json, rehearsals: list[Rehearsal]) -> Part:
    steps = level.get("steps", [])
    own = [
        check for check in compiled.get("checks", []) if not check.get("levels") or level["number"] in check["levels"]
    ]
    acting = [step for step in steps if step["kind"] in ACTING and step.get("effect") != "read"]
    open_ends = [step for step in acting if not step.get("verify")]
    promise = f", promises {length(level['promise_seconds'])}" if level.get("promise_seconds") else ", no promise"
    said = f"{len(acting) - len(open_ends)} of {count(len(acting), 'change')} proved" if acting else "nothing to prove"
    said += f", {count(len(own), 'check')} after it"
    tone = "is-done" if own and not open_ends else "is-late" if own or not open_ends else "needs-you"
    return Part(
        name=f"Level {level['number']}: {level.get('title') or level['name']}",
        there=f"{count(len(steps), 'step')}{promise}" if steps else "no step",
        there_tone="is-done" if steps else "needs-you",
        checked=said,
        checked_tone=tone,
        rehearsals=tuple(one for one in rehearsals if one.level == level["number"]),
        is_level=True,
        line=level["line"],
    )


def _others(compiled: Json, lint: list[Json]) -> Iterator[Part]:
    matrix = compiled.get("matrix", [])
    by_number = sum(bool(row.get("condition")) for row in matrix)
    yield _part(
        "Decision matrix",
        matrix,
        "row",
        f"{by_number} of {len(matrix)} by a number, the rest by a person",
        bool(by_number),
    )
    evidence = compiled.get("evidence", [])
    yield _part(
        "Checklist before", evidence, "item", _by_itself(evidence), any(step["kind"] in ACTING for step in evidence)
    )
    checks = compiled.get("checks", [])
    idle = len({finding["line"] for finding in lint if finding.get("code") == "cannot-fail"})
    words = _by_itself(checks) + (f"; {count(idle, 'check')} of the plan cannot fail" if idle else "")
    yield _part("Validation after", checks, "check", words, not idle)
    yield _part("Communication plan", compiled.get("phases", []), "phase", "ticked as the incident goes", True)
    contacts = compiled.get("contacts", [])
    known = sum(bool(contact.get("contact")) for contact in contacts)
    yield _part("Contacts", contacts, "contact", f"{known} with an address in the document", known == len(contacts))
    blanks = (compiled.get("template") or {}).get("fields", [])
    template = [compiled["template"]] if compiled.get("template") else []
    yield _part("Message template", template, "template", count(len(blanks), "blank"), True)
    yield _part("Way back to normal", compiled.get("restore", []), "step", "", True)
    yield _part("Testing schedule", compiled.get("schedule", []), "entry", "", True, "entries")


def _part(name: str, found: list[Any], word: str, checked: str, is_good: bool, many: str = "") -> Part:
    if not found:
        return Part(name, "missing", "needs-you", "", "")
    line = found[0].get("line", 0)
    return Part(name, count(len(found), word, many), "is-done", checked, "is-done" if is_good else "is-late", line=line)


def _by_itself(steps: list[Json]) -> str:
    mine = sum(step["kind"] in ACTING or step["kind"] == "check" for step in steps)
    return f"{mine} of {len(steps)} asked by Firebreak"
