"""The whole timeline of one incident: filtered, with older words of edited notes, and as a table for export."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from incidents import sentences
from incidents.models import Incident
from incidents.models.message import zone_of
from timeline.models import Event

PAGE = 200  # lines on one page
COLUMNS = ("line", "t_plus_seconds", "at_utc", "at_local", "recorded_utc", "actor", "kind", "text", "quote", "hash")


@dataclass(frozen=True)
class Wanted:
    """What the reader asked for; an empty field asks for nothing."""

    show: str = "everything"
    actor: str = ""
    words: str = ""
    starred: bool = False
    newest_first: bool = True


def wanted_of(given: Any) -> Wanted:
    """The filters of a query string; odd values ask for nothing."""
    show = given.get("show", "everything")
    return Wanted(
        show if show in ("all", "decisions", "messages", "machine", "everything") else "everything",
        str(given.get("actor", ""))[:150],
        str(given.get("q", ""))[:200].strip(),
        given.get("starred") == "1",
        given.get("order") != "oldest",
    )


def lines_of(incident: Incident, wanted: Wanted) -> list[sentences.Line]:
    """The lines that fit, newest first unless asked otherwise."""
    events = list(incident.events)
    found = [line for line in sentences.lines(events, show=wanted.show) if _fits(line, wanted)]
    return list(reversed(found)) if wanted.newest_first else found


def _fits(line: sentences.Line, wanted: Wanted) -> bool:
    if wanted.actor and line.actor != wanted.actor:
        return False
    if wanted.starred and not line.starred:
        return False
    return wanted.words.lower() in f"{line.actor} {line.text} {line.quote}".lower()


def actors_of(incident: Incident) -> list[str]:
    """Everybody who stands on the timeline."""
    names = incident.events.exclude(actor_name="").order_by("actor_name").values_list("actor_name", flat=True)
    return list(names.distinct())


def as_csv(incident: Incident) -> str:
    """Every event, oldest first: what a spreadsheet reads. A cell never begins a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in _rows(incident):
        writer.writerow([harmless(row[name]) for name in COLUMNS])
    return out.getvalue()


def as_rows(incident: Incident) -> list[dict[str, Any]]:
    """Every event with its data and its place in the chain, for machines."""
    events = list(incident.events)
    return [
        {**row, "data": event.data, "prev_hash": event.prev_hash}
        for row, event in zip(_rows(incident, events), events, strict=True)
    ]


def _rows(incident: Incident, events: list[Event] | None = None) -> Iterator[dict[str, Any]]:
    zone = zone_of(incident.target)
    for event in events if events is not None else incident.events:
        yield _row(incident, event, zone)


def _row(incident: Incident, event: Event, zone: tzinfo) -> dict[str, Any]:
    line = sentences.line_of(event)
    return {
        "line": event.seq,
        "t_plus_seconds": round((event.at - incident.detected_at).total_seconds(), 3),
        "at_utc": event.at.isoformat(),
        "at_local": event.at.astimezone(zone).isoformat(),
        "recorded_utc": event.recorded_at.isoformat(),
        "actor": event.actor_name,
        "kind": event.kind,
        "text": line.text,
        "quote": line.quote,
        "hash": event.hash,
    }


def harmless(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets a leading apostrophe."""
    is_formula = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if is_formula else value
