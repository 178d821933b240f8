"""The paper pack: an approved revision as one page that needs no network, no Firebreak and no colour.

A file is written on every approval, because the tool may be down on the very day that the plan is needed.
"""

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from plans.callers import Place, places_of
from plans.models import Plan, Revision
from timeline import domain_time

_BLANK = re.compile(r"<([A-Za-z][A-Za-z0-9_.-]{0,63})>")
ANYWHERE = Place("any target", {}, frozenset(), ())


@dataclass(frozen=True)
class Blank:
    """A value that somebody writes in: where it usually comes from, and what it must look like."""

    name: str
    source: str
    pattern: str


@dataclass(frozen=True)
class Sheet:
    """The plan for one place: the steps that are meant for it, with the values that it has."""

    place: Place
    contacts: tuple[tuple[str, str], ...]
    levels: list[dict[str, Any]]
    evidence: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    restore: list[dict[str, Any]]
    blanks: list[Blank]


def paper_page(revision: Revision, *, as_file: bool) -> str:
    """The page as HTML; a file carries its own style, a page of this site may not (its content security policy)."""
    compiled = revision.compiled
    sheets = [_sheet(compiled, place) for place in places_of(revision.plan)] or [_sheet(compiled, ANYWHERE)]
    css = (Path(settings.BASE_DIR) / "static" / "css" / "paper.css").read_text(encoding="utf-8")
    # Our own file, never a person's words; and only in the file that this site does not show.
    style = format_html("<style>{}</style>", SafeString(css)) if as_file else ""
    context = {
        "plan": revision.plan,
        "revision": revision,
        "compiled": compiled,
        "sheets": sheets,
        "style": style,
        "as_file": as_file,
        "printed_at": domain_time.now(),
        "log_lines": range(14),
    }
    return render_to_string("plans/paper.html", context)


def write_paper(plan: Plan) -> Path | None:
    """The file of the plan's runnable revision; the file of a plan that may not run any more is taken away."""
    path = paper_folder() / f"{plan.slug}.html"
    revision = plan.runnable
    if revision is None:
        path.unlink(missing_ok=True)
        return None
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Whoever prints it meanwhile gets the old page or the new one, never half of it.
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8", suffix=".part") as file:
        file.write(paper_page(revision, as_file=True))
    os.replace(file.name, path)
    return path


def paper_folder() -> Path:
    """Where the files are: contacts and commands stand in them, so only the service's own user may read it."""
    return Path(settings.DATA_DIR) / "paper"


def _sheet(compiled: dict[str, Any], place: Place) -> Sheet:
    levels = [
        {**level, "steps": _steps(level["steps"], place), "undo": _steps(level["undo"], place)}
        for level in compiled.get("levels", [])
    ]
    others = {key: _steps(compiled.get(key, []), place) for key in ("evidence", "checks", "restore")}
    used = [step for level in levels for step in (*level["steps"], *level["undo"])]
    used += [step for steps in others.values() for step in steps]
    names = {name for step in used for name in _BLANK.findall(str(step["body"]))}
    params = compiled.get("params", {})
    contacts = place.contacts or tuple(
        (contact["role"], contact.get("contact") or "") for contact in compiled.get("contacts", [])
    )
    return Sheet(
        place=place,
        contacts=contacts,
        levels=levels,
        blanks=[_blank(name, params[name]) for name in sorted(names - set(place.values)) if name in params],
        **others,
    )


def _steps(steps: list[dict[str, Any]], place: Place) -> list[dict[str, Any]]:
    """The steps for this place, their commands filled in; for a place that chose nothing, all ways with their names."""
    kept = [
        step for step in steps
        if step["kind"] != "doc" and (not step.get("for") or not place.alternatives or step["for"] in place.alternatives)
    ]  # fmt: skip
    return [{**step, "shown": filled(str(step["body"] or ""), place.values)} for step in kept]


def filled(body: str, values: dict[str, str]) -> SafeString:
    """The command with known values written in and room for the others."""
    parts = _BLANK.split(body)
    return format_html_join(
        "",
        "{}",
        ((_value(part, values) if odd % 2 else part,) for odd, part in enumerate(parts)),
    )


def _value(name: str, values: dict[str, str]) -> SafeString:
    if name in values:
        return format_html("{}", values[name])
    return format_html('<span class="blank"><small>{}</small></span>', name)


def _blank(name: str, how: dict[str, Any]) -> Blank:
    source = f"step “{how['from']}” prints it" if how.get("from") else ""
    source = source or (f"usually {how['default']}" if how.get("default") else "")
    return Blank(name, source, how.get("pattern") or "")
