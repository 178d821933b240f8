"""One way to declare for the page, the terminal and machines: fields in, the plan's own words for what is missing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from incidents import advice as advices
from incidents import moments
from incidents.models import Incident, Refused, Severity
from incidents.models.incident_record import clean
from rollbacks.models import Target

FIELDS = ("service", "environment", "title", "symptom", "severity", "detected_at", "impact", "key")
SHOWN = 10  # names of targets in a refusal


def read(said: Any) -> dict[str, Any]:
    """Checks the fields of a JSON object or of a command line. Raises Refused with a sentence."""
    if not isinstance(said, Mapping):
        raise Refused('A declaration is an object: {"service": …, "environment": …, "title": …}.')
    if unknown := sorted(set(map(str, said)) - set(FIELDS)):
        raise Refused(f"Nobody reads {', '.join(unknown)}. The fields are {', '.join(FIELDS)}.")
    fields = {name: clean(str(said.get(name) or "")) for name in FIELDS}
    if not fields["title"] and not fields["symptom"]:
        raise Refused("Say in a few words what is wrong: “title” or “symptom”.")
    if fields["severity"] and fields["severity"] not in Severity.values:
        raise Refused(f"{fields['severity']!r} is not a severity. Use {', '.join(Severity.values)}.")
    return {**fields, "target": target_of(fields["service"], fields["environment"]), "detected_at": _time(fields)}


def target_of(service: str, environment: str) -> Target:
    """The target by slugs or names; the environment may be left out where there is only one."""
    rows = Target.objects.select_related("service", "environment", "plan")
    named = [row for row in rows if service and service.lower() in (row.service.slug, row.service.name.lower())]
    if environment:
        wanted = environment.lower()
        named = [row for row in named if wanted in (row.environment.slug, row.environment.name.lower())]
    if len(named) == 1:
        return named[0]
    known = ", ".join(f"{row.service.slug} {row.environment.slug}" for row in (named or rows)[:SHOWN]) or "none yet"
    what = f"{service} {environment}".strip() or "Nothing"
    raise Refused(f"{what} names {'more than one target' if named else 'no target'}. There are: {known}.")


def declare(fields: Mapping[str, Any], *, source: str, by: Any = None, key_of: str = "") -> tuple[Incident, bool]:
    """Declares, and says whether it is new. What is missing comes from the plan's matrix: severity, row, title."""
    target, symptom = fields["target"], str(fields.get("symptom") or "").strip()
    given = str(fields.get("key") or "")
    key = None if not given else f"{key_of}-{given}"[:64] if key_of else given
    if key and (known := Incident.objects.filter(declaration_key=key).first()):
        return known, False
    found = advices.advice(target, symptom)
    incident = Incident.declare(
        target=target,
        title=str(fields.get("title") or "").strip() or symptom,
        severity=str(fields.get("severity") or "") or found.severity or "high",
        symptom=symptom,
        detected_at=fields.get("detected_at"),
        impact=str(fields.get("impact") or ""),
        by=by,
        source=source,
        matrix_line=found.line,
        key=key,
    )
    return incident, True


def _time(fields: Mapping[str, Any]) -> datetime | None:
    if not fields["detected_at"]:
        return None
    at = moments.read(fields["detected_at"])
    if at is None:
        raise Refused(f"{fields['detected_at']!r} is not a time; write 2026-11-22T14:07:00Z.")
    return at
