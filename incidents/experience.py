"""What was learned before, beside a recommendation: what the level achieved, what is known, how often people chose otherwise."""

from typing import Any

from incidents.advice import issues_for
from incidents.models import Incident
from rollbacks.achievements import achieved
from timeline.models import Event

INCIDENTS = 20


def of(incident: Incident, level: int | None) -> dict[str, Any]:
    """Three keys of the recommendation; each is empty where nothing is known."""
    issues = issues_for(incident.compiled, f"{incident.symptom} {incident.title}")
    return {
        "achieved": achieved(incident.target, level),
        "known_issues": [
            {"title": issue["title"], "workaround": str(issue.get("workaround") or ""), "line": issue.get("line")}
            for issue in issues
        ],
        "overridden": overridden(incident, level),
    }


def overridden(incident: Incident, level: int | None) -> str:
    """How often another answer than this recommendation was chosen in the target's last incidents; empty for never."""
    if level is None:
        return ""
    earlier = Incident.objects.filter(target=incident.target_id).exclude(pk=incident.pk).order_by("-pk")[:INCIDENTS]
    keys = [other.stream_key for other in earlier.only("pk")]
    chosen = Event.objects.filter(stream__key__in=keys, kind="level.chosen", data__recommended=level)
    answers = [data.get("level") for data in chosen.values_list("data", flat=True)]
    others = [answer for answer in answers if answer != level]
    if not others:
        return ""
    instead = ", ".join(sorted({f"Level {answer}" if answer else "no rollback" for answer in others}))
    count = f"{len(others)} of {len(answers)} times"
    return f"{count} somebody chose otherwise when Level {level} was recommended here: {instead}."
