"""What would happen, step by step: who does what in each procedure. Plain Python."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from plans.document import shell
from plans.wording import count

Json = dict[str, Any]
_OTHERS = (
    ("restore", "Way back to normal"),
    ("evidence", "Evidence before a rollback"),
    ("checks", "Validation after it"),
)


@dataclass(frozen=True)
class OutlineStep:
    """One step: `how` says who does what, such as "Firebreak runs 3 commands"."""

    number: str
    title: str
    line: int
    how: str
    by_a_person: bool


@dataclass(frozen=True)
class Outline:
    """One procedure with its steps in order."""

    name: str
    line: int
    steps: list[OutlineStep]

    @property
    def says(self) -> str:
        """ "5 steps: 3 run by Firebreak, 2 by a person"."""
        people = sum(step.by_a_person for step in self.steps)
        words = count(len(self.steps), "step")
        if people and people < len(self.steps):
            return f"{words}: {len(self.steps) - people} run by Firebreak, {people} by a person"
        return f"{words} by a person" if people else f"{words} run by Firebreak"


def outlines(compiled: Json) -> list[Outline]:
    """Every procedure that has steps: levels first, each followed by its undo."""
    return list(_outlines(compiled))


def _outlines(compiled: Json) -> Iterator[Outline]:
    for level in compiled.get("levels", []):
        name = f"Level {level['number']}: {level.get('title') or level['name']}"
        if level["steps"]:
            yield Outline(name, level["line"], [_step(step) for step in level["steps"]])
        if level.get("undo"):
            yield Outline(f"Undo of level {level['number']}", level["undo"][0]["line"], [*map(_step, level["undo"])])
    for key, name in _OTHERS:
        if steps := compiled.get(key):
            yield Outline(name, steps[0]["line"], [_step(step) for step in steps])


def _step(step: Json) -> OutlineStep:
    by_a_person = step["kind"] in ("manual", "approval", "doc")
    where = [f"where “{step['for']}” is chosen"] if step.get("for") else []
    where += [f"only if {step['only_if']}"] if step.get("only_if") else []
    return OutlineStep(
        str(step.get("number") or ""), step["title"], step["line"], ", ".join([_how(step), *where]), by_a_person
    )


def _how(step: Json) -> str:
    kind, body = step["kind"], step.get("body") or ""
    if kind in ("shell", "exec"):
        commands = [line for line in shell.logical_lines(body) if not line.is_comment and not line.is_blank]
        return f"runs {count(max(1, len(commands)), 'command')}"
    said = {
        "approval": "a person approves it",
        "http": "sends a request",
        "graphql": "sends a query",
        "file": "changes a file",
        "flag": "sets a flag",
        "wait": "waits",
        "check": "checks",
    }
    return said.get(kind, "a person does it")
