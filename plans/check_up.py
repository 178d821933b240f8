"""The check-up of a text as its page shows it: the same findings as `plan check`, worst first, equal ones together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plans.document.checkup import WEIGHTS, Finding, Procedure, look_over
from plans.wording import count

Json = dict[str, Any]
HEADINGS = {
    "stops": ("What stops it", "needs-you"),
    "cannot_fail": ("Checks that cannot fail", "needs-you"),
    "unproved": ("What nothing proves", "is-late"),
    "missing": ("What is missing", ""),
    "unmeasured": ("Promises not measured, or not kept", "is-late"),
    "unwise": ("What is legal but unwise", "is-late"),
}
SHOWN = 6


@dataclass(frozen=True)
class Group:
    """Findings of one sort; `lines` of each are all the lines where the same is found."""

    kind: str
    heading: str
    tone: str
    rows: list[tuple[list[int], Finding]]

    @property
    def first(self) -> list[tuple[list[int], Finding]]:
        """What stands open; what stops a plan stands open whole."""
        return self.rows if self.kind == "stops" else self.rows[:SHOWN]

    @property
    def more(self) -> list[tuple[list[int], Finding]]:
        return self.rows[len(self.first) :]


@dataclass(frozen=True)
class CheckUp:
    """The findings, in the order that they are shown."""

    verdict: str
    tone: str
    groups: list[Group]
    procedures: tuple[Procedure, ...]
    problems: list[Json]
    not_understood: list[Json]
    inferences: list[Json]


def check_up(
    compiled: Json,
    reading: Json,
    problems: list[Json],
    lint: list[Json],
    measured: Mapping[int, float] | None = None,
) -> CheckUp:
    """All findings of one text; `measured` as in `plans.document.checkup.examine`."""
    found = look_over(compiled, problems, lint, measured)
    levels = [procedure for procedure in found.procedures if procedure.undo]
    verdict, tone = _verdict(problems, len(found.procedures), len(levels))
    return CheckUp(
        verdict=verdict,
        tone=tone,
        groups=list(_groups(found.findings)),
        procedures=found.procedures,
        problems=problems,
        not_understood=reading.get("not_understood", []),
        inferences=reading.get("inferences", []),
    )


def _verdict(problems: list[Json], procedures: int, levels: int) -> tuple[str, str]:
    if problems:
        return (
            f"Cannot run yet: {count(len(problems), 'problem')}. Everything else is understood and kept.",
            "needs-you",
        )
    if not levels:
        return "Nothing here would run: no level with steps was found.", "needs-you"
    return f"Can run once it is approved: {count(procedures, 'procedure')}.", "is-done"


def _groups(findings: tuple[Finding, ...]) -> Iterator[Group]:
    """The same words on several lines are one row: a blank that stands ten times is one thing to do."""
    for kind in WEIGHTS:
        rows: dict[tuple[str, str], tuple[list[int], Finding]] = {}
        for finding in findings:
            if finding.kind == kind:
                lines, _first = rows.setdefault((finding.message, finding.mend), ([], finding))
                lines += [] if finding.line in lines else [finding.line]
        if rows:
            yield Group(kind, *HEADINGS[kind], list(rows.values()))
