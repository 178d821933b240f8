"""Warns of steps that nothing proves and of checks that cannot fail."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plans.document.attributes import ACTING
from plans.document.bodies import until_check
from plans.document.crossing import every_step
from plans.document.finding import Findings

if TYPE_CHECKING:
    from plans.document.document import PlanDocument

_STATIC = re.compile(
    r"/(health|healthz|health-?check|ping|alive|livez|readyz?|status|up)/?(\?\S*)?(\"|'|\s|$)", re.IGNORECASE
)
_TYPENAME = re.compile(r"^\s*(query\s*\w*\s*)?\{\s*__typename\s*\}\s*$")
_NEVER_FAILS = re.compile(r"\|\|\s*(true|:|echo\b)|;\s*true\s*$|;\s*exit 0\s*$")


def look(compiled: dict[str, Any], findings: Findings) -> None:
    for level in compiled["levels"]:
        _level(level, compiled, findings)
    for step in every_step(compiled):
        if step["effect"] == "once" and step["kind"] in ACTING and not step["verify"]:
            findings.warn(
                step["line"],
                "once-unverified",
                f"“{step['title']}” runs once and names no proof of its effect.",
                "Add `verify=` with a read step: a lost outcome can then be settled.",
            )
    _proofs_of_nothing(compiled, findings)
    for check in compiled["checks"]:
        why = cannot_fail(check, compiled["checks"])
        if why:
            findings.warn(
                check["line"],
                "cannot-fail",
                f"“{check['title']}” cannot fail: {why}.",
                "Ask for something that only a working service answers.",
            )


_ROOT_TYPENAME = re.compile(r"[\"'](?:query\b[^{\"']*)?\s*\{\s*__typename\s*\}")


def _proofs_of_nothing(compiled: dict[str, Any], findings: Findings) -> None:
    """Names the requests of procedures that are answered in every state."""
    checks = {id(check) for check in compiled["checks"]}
    for step in every_step(compiled):
        found = _ROOT_TYPENAME.search(step["body"]) if step["kind"] == "shell" and id(step) not in checks else None
        if found:
            findings.warn(
                step["body_line"] + step["body"].count("\n", 0, found.start()),
                "cannot-fail",
                f"“{step['title']}” proves nothing: `{{ __typename }}` is answered in every state.",
                "Ask for something that only a working service answers.",
            )


_ABSENT = re.compile(
    r"\b(should|must|may|do|does|will)( not|n.t| no longer)\s+"
    r"(see|find|show|contain|appear|exist|be (seen|there|present))\b|\bNOT see\b",
    re.IGNORECASE,
)


def look_at_words(document: PlanDocument, findings: Findings) -> None:
    """Names the steps and validations that a person confirms by a line that is not there."""
    lines = document.text.replace("\r\n", "\n").split("\n")
    parts = document.parts
    for step in [step for level in parts.levels for step in level.steps] + list(parts.validations):
        if step.kind not in ("manual", "shell") or any(fence.attributes for fence in step.fences):
            continue  # whoever wrote attributes said what proves the step
        told = next(
            (n for n in range(step.line, min(step.end_line, len(lines)) + 1) if _ABSENT.search(lines[n - 1])), 0
        )
        if told:
            findings.warn(
                told,
                "cannot-fail",
                f"“{step.title}” cannot fail by this: the absence of a line is also what a wrong pattern or a silent log gives.",
                "Look for a line that must be there, or use a `check` whose pattern was seen before.",
            )


def _level(level: dict[str, Any], compiled: dict[str, Any], findings: Findings) -> None:
    covering = [check for check in compiled["checks"] if covers(check, level["number"])]
    if not covering:
        findings.warn(
            level["line"],
            "no-validation",
            f"Nothing proves level {level['number']}: no automatic check covers it.",
            "Add checks under *Post-rollback validation*.",
        )
    for place, step in enumerate(level["steps"]):
        after = level["steps"][place + 1 :]
        changes = step["kind"] in ACTING and step["effect"] != "read"
        if changes and not step["verify"] and not covering and not any(_asks(later) for later in after):
            findings.warn(
                step["line"],
                "no-check-after",
                f"No check comes after “{step['title']}”.",
                "Add `verify=`, a read step, or a validation.",
            )


def covers(check: dict[str, Any], level: int) -> bool:
    """Says whether a check is asked by itself after this level."""
    return check["kind"] not in ("manual", "approval", "wait", "doc") and (
        check["levels"] is None or level in check["levels"]
    )


def _asks(step: dict[str, Any]) -> bool:
    return ((step["kind"] in ACTING or step["kind"] == "check") and step["effect"] == "read") or until_check(
        step
    ) is not None


def cannot_fail(check: dict[str, Any], checks: list[dict[str, Any]]) -> str:
    """Returns why a check always passes; empty where it can fail."""
    body = check["body"]
    if check["kind"] == "check" and check["log"] and _is_absence(check):
        return (
            ""
            if _has_counterpart(check, checks)
            else "the absence of a log line is also what a wrong pattern or a silent log gives"
        )
    if check["kind"] == "graphql" and _TYPENAME.match(body) and not check["assert"]:
        return "`{ __typename }` is answered in every state"
    if check["kind"] in ("http", "check") and not check["assert"] and _STATIC.search(body.split("\n", 1)[0]):
        return "a health page may be static; nothing in its answer is asserted"
    if check["kind"] == "shell":
        return _shell_cannot_fail(body)
    return ""


def _shell_cannot_fail(body: str) -> str:
    if re.fullmatch(r"\s*!\s*(e|f|z)?grep\b[^|&;\n]*", body.strip()):
        return "the absence of a log line is also what a wrong pattern or a missing file gives"
    if _NEVER_FAILS.search(body):
        return "its exit status is always 0"
    if re.search(r"\bcurl\b", body) and re.search(r"\{\s*__typename\s*\}", body):
        return "`{ __typename }` is answered in every state"
    if re.fullmatch(r"\s*curl\b[^|&;]*", body.strip().split("\n")[0]) and _STATIC.search(body + " "):
        return "a health page may be static; nothing in its answer is asserted"
    return ""


def _is_absence(check: dict[str, Any]) -> bool:
    return bool(check["count"]) and re.fullmatch(r"(==|<=)?\s*0|<\s*1", check["count"].strip()) is not None


def _has_counterpart(check: dict[str, Any], checks: list[dict[str, Any]]) -> bool:
    """Says whether another check expects the same line to be there: then the pattern is known to be real."""
    return any(
        other["log"] == check["log"] and other["pattern"] == check["pattern"] and not _is_absence(other)
        for other in checks
    )
