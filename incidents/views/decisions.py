"""What is decided: the level, corrections, tasks, evidence that is skipped."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from incidents import moments, runs
from incidents.access import evidence_for, task_for
from incidents.known import for_incident
from incidents.models import Incident, KnownUse, Refused
from incidents.views.acting import act, posted
from rollbacks.models import Run


@posted
def level(request: HttpRequest, pk: int) -> HttpResponse:
    """Chooses a level (or "no rollback: watch") and, for a level, drafts the run whose page shows the exact commands."""
    wanted = request.POST.get("level", "")
    reason = request.POST.get("reason", "")

    def choose(incident: Incident) -> Run | None:
        if wanted != "none" and not wanted.isdigit():
            raise Refused("Choose a level, or “no rollback: watch”.")
        number = int(wanted) if wanted.isdigit() else None
        if not _is_chosen(incident, number):
            incident.choose_level(level=number, by=request.user, reason=reason)
        return runs.draft_rollback(incident, by=request.user) if number is not None else None

    def onward(incident: Incident, run: Run | None) -> str:
        return reverse("confirm-run", args=[run.pk]) if run else ""

    kinds = (
        "level.chosen",
        "run.queued",
        "run.started",
        "incident.resolved",
        "incident.dismissed",
        "incident.corrected",
    )
    return act(request, pk, choose, done="" if wanted.isdigit() else "No rollback: watching.", kinds=kinds, then=onward)


def _is_chosen(incident: Incident, number: int | None) -> bool:
    """True when this level was chosen before: its run is only opened again."""
    return incident.has_chosen and incident.chosen_level == number


@posted
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Drafts the run of the chosen level again; its page shows the exact commands before anything runs."""
    kinds = ("level.chosen", "run.queued", "run.started", "incident.resolved", "incident.dismissed")
    return act(
        request,
        pk,
        lambda incident: runs.draft_rollback(incident, by=request.user),
        kinds=kinds,
        then=lambda _, drafted: reverse("confirm-run", args=[drafted.pk]),
    )


@posted
def correction(request: HttpRequest, pk: int) -> HttpResponse:
    """Replaces one fact of the declaration; the old one stays on the timeline."""
    field = request.POST.get("field", "")
    value: str | datetime | None = request.POST.get("value", "")
    if field == "detected_at":
        value = moments.read(str(value))
    return act(
        request,
        pk,
        lambda incident: incident.correct(field=field, value=value, by=request.user),
        done="Corrected. The old value stays on the timeline.",
        saved=f"{field}-{pk}",
        kinds=("incident.corrected", "incident.resolved"),
        repeats="incident.corrected",
    )


@posted
def tick(request: HttpRequest, pk: int, task: int) -> HttpResponse:
    """Ticks a task in a person's name."""
    duty = task_for(request.user, pk, task)
    choice = request.POST.get("choice", "")
    return act(request, pk, lambda _: duty.tick(by=request.user, choice=choice), done=f"Done: {duty.text}", kinds=None)


@posted
def tick_withdrawal(request: HttpRequest, pk: int, task: int) -> HttpResponse:
    """Takes a tick back, with a reason."""
    duty = task_for(request.user, pk, task)
    reason = request.POST.get("reason", "")
    return act(request, pk, lambda _: duty.untick(by=request.user, reason=reason), done="Taken back.", kinds=None)


@posted
def evidence_skip(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """Goes on without one item of evidence."""
    evidence = evidence_for(request.user, pk, item)
    reason = request.POST.get("reason", "")
    return act(request, pk, lambda _: evidence.skip(by=request.user, reason=reason), done="Skipped.", kinds=None)


@posted
def known_use(request: HttpRequest, pk: int) -> HttpResponse:
    """Says that something known was used, and whether it helped; its count is shown to the next one."""
    key, helped = request.POST.get("key", ""), {"yes": True, "no": False}.get(request.POST.get("helped", ""))

    def use(incident: Incident) -> None:
        found = next((known for known in for_incident(incident) if known.key == key), None)
        if found is None:
            raise Refused("That is not among what is known for this incident.")
        KnownUse.note(incident, key=found.key, title=found.title, by=request.user, helped=helped)

    return act(request, pk, use, done="Noted; its count is shown to the next one.", kinds=None)
