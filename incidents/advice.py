"""What a plan says about a symptom before anything is declared: level, rule, runner-up, known issues."""

import re
from dataclasses import dataclass, field
from typing import Any

from incidents.models import Incident, Severity
from incidents.models.decision import revision_of
from rollbacks.measure import same_words
from rollbacks.recommend import Recommendation, RecommendationFacts, answers_of, recommend
from rollbacks.rehearsals import Rehearsals, rehearsals

SMALL_WORDS = frozenset({"the", "and", "for", "with", "not", "are", "was", "from", "error", "errors"})
MOST_ISSUES = 3


@dataclass(frozen=True)
class Advice:
    """The plan's answer for one target and one symptom."""

    target: Any
    symptom: str = ""
    recommendation: Recommendation | None = None
    level: dict[str, Any] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    live: list[Incident] = field(default_factory=list)
    rehearsed: Rehearsals | None = None
    line: int | None = None
    severity: str = ""
    has_plan: bool = False


def advice(target: Any, symptom: str) -> Advice:
    """Asks the plan; without a symptom it offers the rows to choose from."""
    revision = revision_of(target)
    compiled = revision.compiled if revision else {}
    row = next(
        (row for row in compiled.get("matrix", []) if symptom and same_words(symptom, row.get("symptom", ""))), None
    )
    found = recommend(compiled, RecommendationFacts(symptom=symptom)) if symptom.strip() and compiled else None
    level: dict[str, Any] = next(
        (level for level in compiled.get("levels", []) if found and level["number"] == found.level), {}
    )
    return Advice(
        target=target,
        symptom=symptom.strip(),
        recommendation=found,
        level=level,
        rows=answers_of(compiled),
        issues=issues_for(compiled, symptom),
        live=list(Incident.objects.live().filter(target=target).only("pk", "title", "target")[:3]),
        rehearsed=rehearsals(target, level["number"]) if level else None,
        line=row["line"] if row else None,
        severity=_severity(row),
        has_plan=bool(compiled),
    )


def issues_for(compiled: dict[str, Any], symptom: str) -> list[dict[str, Any]]:
    """Known issues that share a word with the symptom."""
    wanted = _words(symptom)
    scored = [
        (len(wanted & _words(f"{issue['title']} {issue.get('when') or ''}")), issue)
        for issue in compiled.get("known_issues", [])
    ]
    return [issue for score, issue in sorted(scored, key=lambda pair: -pair[0]) if score][:MOST_ISSUES]


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z0-9_]{3,}", text.lower()) if word not in SMALL_WORDS}


def _severity(row: dict[str, Any] | None) -> str:
    word = str((row or {}).get("severity") or "").lower()
    return word if word in Severity.values else ""
