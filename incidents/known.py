"""What is known already: issues of the plan and incidents that ended, matched by service, symptom, version and error text."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents.models import Evidence, Incident, KnownUse, Retrospective
from rollbacks.measure import same_words

MOST = 4
LOOKED_AT = 60  # incidents that ended, newest first
SMALL_WORDS = frozenset(
    {
        "the",
        "and",
        "for",
        "with",
        "not",
        "are",
        "was",
        "from",
        "error",
        "errors",
        "that",
        "this",
        "has",
        "have",
        "since",
    }
    | {"all", "our", "been", "while", "still", "alert", "firing", "http", "https"}
)
WORD = re.compile(r"\d+(?:\.\d+)+|[a-z0-9_]{3,}")
# A name with an underscore, a version or an error's class says more than a common word.
TELLING = re.compile(r"_|^\d+\.\d|error$|exception$")


@dataclass(frozen=True)
class Known:
    """One known thing, why it matches and what worked."""

    key: str
    title: str
    worked: str
    why: str
    score: float
    url: str = ""
    at: datetime | None = None
    used: int = 0
    helped: int = 0

    @property
    def uses(self) -> str:
        """ "used 3 times, helped 2"; empty when nobody used it."""
        if not self.used:
            return ""
        times = "once" if self.used == 1 else f"{self.used} times"
        return f"used {times}" + (f", helped {self.helped}" if self.helped else "")


def for_incident(incident: Incident) -> list[Known]:
    """What matches everything that this incident says: title, symptom, alerts, what its evidence printed."""
    alerts = incident.alerts.order_by("-last_seen_at").values_list("name", "labels", "annotations")[:5]
    said = [incident.title, incident.symptom, incident.impact]
    said += [f"{name} {' '.join(map(str, [*labels.values(), *notes.values()]))}" for name, labels, notes in alerts]
    evidence = Evidence.objects.filter(incident=incident).values_list("excerpt", flat=True)[:10]
    said += [excerpt[-1000:] for excerpt in evidence]
    return matches(incident.target, incident.compiled, " ".join(said), symptom=incident.symptom, besides=incident.pk)


def matches(
    target: Any, compiled: Mapping[str, Any], text: str, *, symptom: str = "", besides: int | None = None
) -> list[Known]:
    """The best matches for a text about a target, what helped most often first among equals."""
    wanted = words_of(text)
    slug = target.plan.slug if target.plan_id else ""
    found = [*_issues(compiled, wanted, slug), *_incidents(target, wanted, symptom, besides)]
    counts = KnownUse.counts([known.key for known in found])
    counted = [_counted(known, counts.get(known.key, {})) for known in found]
    return sorted(counted, key=lambda known: (-known.score, -known.helped, known.title))[:MOST]


def words_of(text: str) -> set[str]:
    """The words that can tell one fault from another; versions whole."""
    return {word for word in WORD.findall(text.lower()) if word not in SMALL_WORDS}


def weight(common: Iterable[str]) -> float:
    return sum(2.0 if TELLING.search(word) else 1.0 for word in common)


def _issues(compiled: Mapping[str, Any], wanted: set[str], slug: str) -> list[Known]:
    found = []
    for issue in compiled.get("known_issues") or []:
        common = wanted & words_of(f"{issue['title']} {issue.get('when') or ''}")
        if weight(common) >= 1:
            why = f"the plan knows it: {', '.join(sorted(common)[:4])}"
            key = f"issue:{slug}:{issue['title']}"[:200]
            found.append(Known(key, str(issue["title"]), str(issue.get("workaround") or ""), why, weight(common)))
    return found


def _incidents(target: Any, wanted: set[str], symptom: str, besides: int | None) -> list[Known]:
    """Incidents of the same service that ended; another environment counts too."""
    ended = (
        Incident.objects.real()
        .filter(target__service=target.service_id)
        .exclude(status__in=("open", "dismissed", "merged"))
    )
    ended = ended.exclude(pk=besides or 0).select_related("revision").defer("revision__text", "revision__reading")
    found = []
    causes = dict(Retrospective.objects.filter(incident__in=ended).values_list("incident_id", "root_cause"))
    for incident in ended.order_by("-detected_at")[:LOOKED_AT]:
        common = wanted & words_of(
            f"{incident.title} {incident.symptom} {incident.impact} {causes.get(incident.pk, '')}"
        )
        same = bool(symptom) and same_words(symptom, incident.symptom)
        score = weight(common) + (3 if same else 0)
        if score < 2:
            continue
        why = "the same symptom" if same else f"in common: {', '.join(sorted(common)[:4])}"
        worked = _worked(incident, causes.get(incident.pk, ""))
        title = f"{incident.reference} {incident.title}"
        url, at = incident.get_absolute_url(), incident.detected_at
        found.append(Known(f"incident:{incident.pk}", title, worked, why, score, url, at))
    return found


def _worked(incident: Incident, cause: str) -> str:
    """What is known to have worked, and the cause in one line."""
    levels = {level["number"]: level["title"] for level in incident.compiled.get("levels", [])}
    level = f"Level {incident.chosen_level}: {levels.get(incident.chosen_level, '')}".rstrip(": ")
    if incident.verified and incident.chosen_level:
        said = f"{level} worked."
    elif incident.chosen_level:
        said = f"{level} was chosen; nothing proves that it worked."
    else:
        said = "It ended without a rollback."
    line = " ".join(cause.split())
    return f"{said} Cause: {line[:160]}" if line else said


def _counted(known: Known, count: Mapping[str, int]) -> Known:
    return Known(**{**vars(known), "used": count.get("used", 0), "helped": count.get("helped", 0)})
