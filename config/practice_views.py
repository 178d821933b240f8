"""The buttons of the practice service: break it, mend it, and how it is.

Nothing here imports the practice service. It reads `faults.json` in its folder on each request, and its keeper writes
`state.json` there once a second: two small files are the whole contract (docs/running.md).
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from timeline.models import Event

MAY = "incidents.respond"
ERROR_RATE = 0.4
STALE_SECONDS = 10.0
FAULTS = {
    "flag": ("Errors tied to the flag", "Level 1 cures them."),
    "version": ("Errors tied to the version", "Only Level 2 cures them; Level 1 leaves them red."),
}


@dataclass(frozen=True)
class Practice:
    """How the practice service is, in the words of its panel."""

    running: bool
    version: str
    pricing: str
    requests: int
    errors: int
    broken: str  # "flag", "version" or empty
    firing: list[str]

    @property
    def acts(self) -> bool:
        """True when a fault would show: 1.2.0 runs, and for a fault of the flag the new pricing is on."""
        return self.version == "1.2.0" and (self.pricing == "on" or self.broken == "version")

    @property
    def cure(self) -> str:
        """What cures the present fault."""
        return FAULTS[self.broken][1] if self.broken else ""

    @property
    def fault(self) -> str:
        """The present fault in words."""
        return FAULTS[self.broken][0] if self.broken else ""


def read_practice() -> Practice | None:
    """None where the practice service is left out."""
    if not settings.PRACTICE:
        return None
    state = _read(settings.PRACTICE_DIR / "state.json")
    fresh = time() - float(state.get("at") or 0) < STALE_SECONDS
    minute = state.get("minute") if fresh and state.get("running") else None
    when = str(_read(settings.PRACTICE_DIR / "faults.json").get("when", ""))
    return Practice(
        running=minute is not None,
        version=str(state.get("version") or ""),
        pricing=str(state.get("new_pricing") or ""),
        requests=int((minute or {}).get("requests", 0)),
        errors=int((minute or {}).get("errors", 0)),
        broken=when if when in FAULTS else "",
        firing=list(state.get("firing") or []) if fresh else [],
    )


@require_GET
def panel(request: HttpRequest) -> HttpResponse:
    """The panel alone; it asks for itself again every five seconds."""
    practice = read_practice()
    if practice is None:
        raise Http404
    return render(request, "practice/panel.html", {"practice": practice, "may_break": request.user.has_perm(MAY)})


@require_POST
@permission_required(MAY, raise_exception=True)
def break_it(request: HttpRequest) -> HttpResponse:
    """Writes the fault; the alert follows by itself within seconds."""
    kind = request.POST.get("kind", "")
    if not settings.PRACTICE or kind not in FAULTS:
        raise Http404
    _write({"when": kind, "error_rate": ERROR_RATE})
    Event.record("installation", "practice.broken", actor=request.user, data={"kind": kind, "error_rate": ERROR_RATE})
    messages.success(request, f"Broken: {FAULTS[kind][0].lower()}. The alert declares an incident within seconds.")
    return redirect("now")


@require_POST
@permission_required(MAY, raise_exception=True)
def mend_it(request: HttpRequest) -> HttpResponse:
    """Takes the fault away; a service that was rolled back stays rolled back until it is restored."""
    if not settings.PRACTICE:
        raise Http404
    (settings.PRACTICE_DIR / "faults.json").unlink(missing_ok=True)
    Event.record("installation", "practice.mended", actor=request.user, data={})
    messages.success(request, "Mended. The alert resolves by itself when the errors have left its window.")
    return redirect("now")


def _read(path: Path) -> dict[str, Any]:
    """A small JSON object; empty when it is missing or half written."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(fault: dict[str, Any]) -> None:
    """In one move: the service may read it at any moment."""
    settings.PRACTICE_DIR.mkdir(parents=True, exist_ok=True)
    unfinished = settings.PRACTICE_DIR / "faults.part"
    unfinished.write_text(json.dumps(fault), encoding="utf-8")
    os.replace(unfinished, settings.PRACTICE_DIR / "faults.json")
