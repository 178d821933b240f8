"""Searches every incident: its words, its retrospective, the notes of its timeline."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from incidents.models import Incident, Retrospective
from incidents.models.retrospective import FIELDS
from timeline.models import Event

MOST = 50
AROUND = 90  # letters on each side of what was found


@dataclass(frozen=True)
class Found:
    """One incident and where the words stand in it."""

    incident: Incident
    where: str
    excerpt: str
    url: str


def search(words: str) -> list[Found]:
    """Incidents that hold every word somewhere, newest first; INC-41 finds that one."""
    wanted = [word for word in words.split()[:8] if word]
    if not wanted:
        return []
    found = {row.incident.pk: row for row in (*_notes(wanted), *_retrospectives(wanted), *_incidents(wanted))}
    return sorted(found.values(), key=lambda row: row.incident.detected_at, reverse=True)[:MOST]


def _incidents(wanted: list[str]) -> list[Found]:
    rows = Incident.objects.select_related("target__service", "target__environment")
    for word in wanted:
        number = word.upper().removeprefix("INC-")
        of_word = Q(title__icontains=word) | Q(symptom__icontains=word) | Q(impact__icontains=word)
        of_word |= Q(target__service__name__icontains=word) | Q(ending_reason__icontains=word)
        rows = rows.filter(of_word | Q(pk=int(number)) if number.isdigit() else of_word)
    return [
        Found(row, "incident", _around(f"{row.symptom} {row.impact}", wanted), row.get_absolute_url())
        for row in rows.order_by("-detected_at")[:MOST]
    ]


def _retrospectives(wanted: list[str]) -> list[Found]:
    related = ("incident__target__service", "incident__target__environment")
    rows = Retrospective.objects.select_related(*related)
    for word in wanted:
        rows = rows.filter(_any_field(word))
    return [
        Found(row.incident, "retrospective", _around(_text_of(row), wanted), row.get_absolute_url())
        for row in rows.order_by("-incident__detected_at")[:MOST]
    ]


def _notes(wanted: list[str]) -> list[Found]:
    rows = Event.objects.filter(kind__in=("note.added", "note.edited"), stream__key__startswith="incident:")
    for word in wanted:
        rows = rows.filter(data__text__icontains=word)
    lines = {
        int(row.stream.key.partition(":")[2]): row for row in rows.select_related("stream").order_by("pk")[: 4 * MOST]
    }
    incidents = Incident.objects.select_related("target__service", "target__environment").filter(pk__in=lines)
    return [
        Found(
            row, "note", _around(str(lines[row.pk].data.get("text")), wanted),
            f"{row.get_absolute_url()}timeline/#line-{lines[row.pk].data.get('line') or lines[row.pk].seq}",
        )
        for row in incidents
    ]  # fmt: skip


def _any_field(word: str) -> Q:
    found = Q()
    for name in FIELDS:
        found |= Q(**{f"{name}__icontains": word})
    return found


def _text_of(row: Any) -> str:
    return " ".join(getattr(row, name) for name in FIELDS if getattr(row, name))


def _around(text: str, wanted: list[str]) -> str:
    """The words where they stand."""
    flat = " ".join(text.split())
    places = [place for word in wanted if (place := flat.lower().find(word.lower())) >= 0]
    start = max(0, min(places, default=0) - AROUND)
    end = start + 2 * AROUND
    return f"{'…' if start else ''}{flat[start:end]}{'…' if end < len(flat) else ''}"
