"""What a plan would do on the day, and what it lacks, worst first. Plain Python over what was read."""

from dataclasses import dataclass
from typing import Any

from plans.wording import and_list, count, length

Json = dict[str, Any]
ACTING = {"exec", "shell", "http", "graphql", "file", "flag"}


@dataclass(frozen=True)
class Procedure:
    """One procedure in a line: what it is called, what it would do, what it promises, what it lacks."""

    line: int
    name: str
    does: str
    promise: str
    undo: str
    lacks: tuple[str, ...]


@dataclass(frozen=True)
class CheckUp:
    """The findings, in the order that they are shown."""

    verdict: str
    tone: str
    problems: list[Json]
    procedures: list[Procedure]
    unwise: list[Json]
    missing: list[str]
    not_understood: list[Json]
    inferences: list[Json]


def check_up(compiled: Json, reading: Json, problems: list[Json], lint: list[Json]) -> CheckUp:
    """All findings of one text."""
    procedures = _procedures(compiled)
    verdict, tone = _verdict(problems, procedures)
    return CheckUp(
        verdict=verdict,
        tone=tone,
        problems=problems,
        procedures=procedures,
        unwise=lint,
        missing=_missing(compiled),
        not_understood=reading.get("not_understood", []),
        inferences=reading.get("inferences", []),
    )


def _verdict(problems: list[Json], procedures: list[Procedure]) -> tuple[str, str]:
    if problems:
        return (
            f"Cannot run yet: {count(len(problems), 'problem')}. Everything else is understood and kept.",
            "needs-you",
        )
    if not procedures:
        return "Nothing here would run: no level with steps was found.", "needs-you"
    return f"Can run once it is approved: {count(len(procedures), 'procedure')}.", "is-done"


def _procedures(compiled: Json) -> list[Procedure]:
    rows = [_level(level, compiled.get("checks", [])) for level in compiled.get("levels", [])]
    for key, name in (
        ("evidence", "Evidence before a rollback"),
        ("checks", "Validation after it"),
        ("restore", "Restore"),
    ):
        if steps := compiled.get(key, []):
            rows.append(Procedure(steps[0]["line"], name, _does(steps), "", "", ()))
    return rows


def _level(level: Json, checks: list[Json]) -> Procedure:
    steps = level.get("steps", [])
    unproved = [
        step["number"]
        for step in steps
        if step.get("effect") == "once" and step["kind"] in ACTING and not step.get("verify")
    ]
    validated = any(not check.get("levels") or level["number"] in check["levels"] for check in checks)
    lacks = [] if steps else ["no step"]
    lacks += [] if level.get("promise_seconds") else ["no promise"]
    lacks += [f"nothing proves step {and_list(unproved)}"] if unproved else []
    lacks += [] if validated else ["no check after it"]
    return Procedure(
        line=level["line"],
        name=f"Level {level['number']}: {level.get('title') or level['name']}",
        does=_does(steps),
        promise=length(level.get("promise_seconds")),
        undo=_undo(level),
        lacks=tuple(lacks),
    )


def _does(steps: list[Json]) -> str:
    """ "5 steps: 4 run by Firebreak, 1 by a person"."""
    run = [step for step in steps if step["kind"] in ACTING or step["kind"] in ("check", "wait")]
    by_hand = [step for step in steps if step["kind"] in ("manual", "approval")]
    shares = [f"{len(run)} run by Firebreak"] if run else []
    shares += [f"{len(by_hand)} by a person"] if by_hand else []
    return f"{count(len(steps), 'step')}{': ' if shares else ''}{', '.join(shares)}"


def _undo(level: Json) -> str:
    if level.get("undo"):
        return count(len(level["undo"]), "step")
    own = [step for step in level.get("steps", []) if step.get("undo")]
    return f"{count(len(own), 'step')} back" if own else "none"


def _missing(compiled: Json) -> list[str]:
    """Parts that a plan usually has, each with what its absence costs."""
    parts = [
        ("matrix", "No decision matrix: no level can be recommended."),
        ("checks", "No validation: a rollback can never be called recovered."),
        ("evidence", "No checklist before the rollback: no evidence is gathered."),
        ("phases", "No communication plan: no task has a due time."),
        ("contacts", "No escalation path: nobody can be paged."),
        ("template", "No message template: stakeholders get plain text."),
        ("restore", "No restore procedure: the undo of each run is offered instead, newest first."),
        ("schedule", "No testing schedule: no drill falls due."),
        ("watch", "No watch in the front matter: looks at 5, 10, 20 and 30 minutes are used."),
        ("signals", "No signals in the front matter: error rates are not counted."),
    ]
    missing = [sentence for key, sentence in parts if not compiled.get(key)]
    nameless = [contact["order"] for contact in compiled.get("contacts", []) if not contact.get("contact")]
    if nameless:
        missing.append(
            f"Contact {and_list(nameless)} {'has' if len(nameless) == 1 else 'have'} no address in the document."
        )
    return missing
