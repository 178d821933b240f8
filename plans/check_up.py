"""The check-up of a text as its page shows it: the same findings as `plan check`, worst first, equal ones together."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from plans.document.checkup import WEIGHTS, Finding, Procedure, look_over
from plans.questions.decisions import without_level
from plans.questions.unfilled import besides, every_part, unfilled_in
from plans.wording import and_list, count

Json = dict[str, Any]
HEADINGS = {
    "stops": ("What stops it", "needs-you"),
    "unfilled": ("Values that nobody fills in", "needs-you"),
    "cannot_fail": ("Checks that cannot fail", "needs-you"),
    "unproved": ("What nothing proves", "is-late"),
    "missing": ("What is missing", ""),
    "unmeasured": ("Promises not measured, or not kept", "is-late"),
    "unwise": ("What is legal but unwise", "is-late"),
}
ORDER = (WEIGHTS[0], "unfilled", *WEIGHTS[1:])
SHOWN = 12
NAMED = 8
"""How many places of one finding are named; the others are counted."""
_NAMES = re.compile(r"\b[Ll]evel (\d+)\b|“([^”]*)”|^`([^`]*)` is (?:filled|set)")


@dataclass
class Row:
    """A finding with the other lines of the same words, and the other things of which the same is said."""

    finding: Finding
    lines: list[int]
    others: dict[str, list[int]] = field(default_factory=dict)
    """ "level 2" → its lines, in the order of the lines."""

    @property
    def named(self) -> list[tuple[str, list[int]]]:
        return list(self.others.items())[:NAMED]

    @property
    def unnamed(self) -> int:
        return max(0, len(self.others) - NAMED)

    def sentence(self, name: str) -> str:
        """One line for a terminal: file, line, what, what to do, where else."""
        said = self.finding.sentence(name)
        code = f" [{self.finding.code}]" if self.finding.code else ""
        said = said.removesuffix(code)
        if self.lines[1:]:
            said += f" Also on line{'s' if len(self.lines) > 2 else ''} {and_list(self.lines[1:])}."
        if self.others:
            named = [f"{what} (line {', '.join(map(str, lines))})" for what, lines in self.named]
            said += f" The same for {and_list([*named, f'{self.unnamed} more'] if self.unnamed else named)}."
        return said + code


@dataclass(frozen=True)
class Group:
    """Findings of one sort."""

    kind: str
    heading: str
    tone: str
    rows: list[Row]

    @property
    def first(self) -> list[Row]:
        """What stands open; what stops a plan stands open whole."""
        return self.rows if self.kind == "stops" else self.rows[:SHOWN]

    @property
    def more(self) -> list[Row]:
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

    @property
    def needs_answers(self) -> bool:
        """True when something has to be answered before a run does what was meant."""
        return any(group.kind in ("stops", "unfilled") for group in self.groups)


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
    verdict, tone = _verdict(problems, len(levels))
    return CheckUp(
        verdict=verdict,
        tone=tone,
        groups=groups_of(found.findings, compiled),
        procedures=found.procedures,
        problems=problems,
        not_understood=reading.get("not_understood", []),
        inferences=reading.get("inferences", []),
    )


def groups_of(findings: Iterable[Finding], compiled: Json) -> list[Group]:
    """The findings by sort, the worst sort first; the values that nobody fills in are found here."""
    known = list(findings)
    refused = [(finding.line, finding.message) for finding in known if finding.kind == "stops"]
    return list(_groups([*known, *_unfilled(compiled, refused), *_no_level(compiled)]))


def _verdict(problems: list[Json], levels: int) -> tuple[str, str]:
    if problems:
        return (
            f"Cannot run yet: {count(len(problems), 'problem')}. Everything else is understood and kept.",
            "needs-you",
        )
    if not levels:
        return "Nothing here would run: no level with steps was found.", "needs-you"
    return f"Can run once it is approved: {count(levels, 'level')}.", "is-done"


def _unfilled(compiled: Json, refused: list[tuple[int, str]]) -> Iterator[Finding]:
    for one in besides(refused, unfilled_in(every_part(compiled))):
        if one.raw[1:].isdigit():
            message = f"`{one.raw}` is empty: a step is called with nothing, and stops there."
            mend = "Write the value, or a placeholder that is declared under `params:`."
        elif one.is_variable:
            message = f"`{one.raw}` is set by nobody: a step sees only the variables that it names."
            mend = "Name it in `env=`, or in `secrets=` where it is a secret of the target."
        else:
            message = f"`{one.raw}` is filled in by nobody: the command runs with it as it stands."
            mend = "Write it in angle brackets and declare it under `params:`."
        yield Finding(one.line, "unfilled", message, mend)


def _no_level(compiled: Json) -> Iterator[Finding]:
    for row in without_level(compiled):
        message = f"“{row.get('symptom') or row.get('severity')}” leads to no level, so nothing is recommended."
        yield Finding(row["line"], "missing", message, "Write the level into its action, such as `Level 1: Rollback`.")


def _groups(findings: list[Finding]) -> Iterator[Group]:
    """What is said of several lines, levels or steps is one row: it is one thing to understand."""
    proved_by_nobody = {finding.line for finding in findings if finding.code == "once-unverified"}
    for kind in ORDER:
        rows: dict[tuple[str, str], Row] = {}
        for finding in findings:
            if finding.kind != kind or (finding.code == "no-check-after" and finding.line in proved_by_nobody):
                continue
            _put(rows, finding, together=kind != "stops")
        if rows:
            yield Group(kind, *HEADINGS[kind], list(rows.values()))


def _put(rows: dict[tuple[str, str], Row], finding: Finding, *, together: bool) -> None:
    """Adds a finding to the row that says the same: with the same words, or of another level or step."""
    words = _NAMES.sub("#", finding.message) if together else finding.message
    row = rows.setdefault((words, finding.mend), Row(finding, []))
    name = _name(finding.message) if finding.message != row.finding.message else ""
    lines = row.others.setdefault(name, []) if name else row.lines
    lines += [] if finding.line in lines else [finding.line]


def _name(message: str) -> str:
    """ "level 2", "“Restart”" or "`[TAG]`": of what the message speaks."""
    match = _NAMES.search(message)
    if match is None:
        return ""
    return f"level {match[1]}" if match[1] else f"`{match[3]}`" if match[3] else f"“{match[2]}”"
