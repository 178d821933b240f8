"""What a timeline tells: its events by kind, and the facts that corrections may have changed. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from incidents.story import Line, parsed

CHANGING = ("rollback", "undo", "restore", "drill")


class Told:
    """The events by kind, and the few facts that corrections may have changed."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = list(lines)
        declared = self.first("incident.declared")
        self.facts: dict[str, Any] = dict(declared.data) if declared else {}
        for line in self.all("incident.corrected"):
            self.facts[str(line.data.get("field"))] = line.data.get("new")
        first_at = declared.at if declared else (self.lines[0].at if self.lines else datetime.min)
        self.declared_at = first_at
        self.detected_at = parsed(self.facts.get("detected_at")) or first_at
        self.resolved = self._standing("incident.resolved", "incident.reopened")
        self.acknowledged = self._standing("incident.acknowledged", "incident.acknowledgement_withdrawn")

    @property
    def is_over(self) -> bool:
        """True when what is missing will not come any more."""
        last = self.last(
            "incident.resolved", "incident.dismissed", "incident.merged", "incident.closed", "incident.reopened"
        )
        return last is not None and last.kind != "incident.reopened" and not last.data.get("from")

    @property
    def stars(self) -> dict[int, bool]:
        """The lines that a person starred or un-starred, as it stands."""
        marks = self.all("line.starred", "line.unstarred")
        return {int(line.data.get("line") or 0): line.kind == "line.starred" for line in marks}

    @property
    def rewritten(self) -> dict[int, str]:
        """The newest words of every note that was edited, by its line."""
        return {int(line.data.get("line") or 0): str(line.data.get("text") or "") for line in self.all("note.edited")}

    def fact(self, name: str) -> str:
        return str(self.facts.get(name) or "")

    def all(self, *kinds: str) -> list[Line]:
        return [line for line in self.lines if line.kind in kinds]

    def first(self, *kinds: str) -> Line | None:
        return next(iter(self.all(*kinds)), None)

    def last(self, *kinds: str) -> Line | None:
        found = self.all(*kinds)
        return found[-1] if found else None

    def last_word(self) -> Line | None:
        """The last verdict about a rollback; a restore after the end is another story."""
        about = [line for line in self.all("verdict.given") if line.data.get("run_kind") in ("rollback", "drill")]
        return about[-1] if about else None

    def of_runs(self, *kinds: str) -> list[Line]:
        return [line for line in self.all(*kinds) if line.data.get("run_kind") in CHANGING]

    def last_role(self, role: str) -> str:
        """Who held a role last."""
        held = [line for line in self.all("role.assigned") if line.data.get("role") == role]
        return str(held[-1].data.get("user") or "") if held else ""

    def since(self, at: datetime) -> float:
        return (at - self.detected_at).total_seconds()

    def _standing(self, kind: str, withdrawn: str) -> Line | None:
        """The first such line after the last one that took it back."""
        found: Line | None = None
        for line in self.all(kind, withdrawn):
            found = None if line.kind == withdrawn else (found or line)
        return found
