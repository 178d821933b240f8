"""The set-up list of a new installation: each line is ticked by evidence, never by a click."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from incidents.models import Contact, Drill
from plans.models import RevisionApproval
from rollbacks.models import Service, Target
from timeline.models import Event


@dataclass(frozen=True)
class SetUpLine:
    """One thing to set up: what it needs, whether the evidence is there, where to go."""

    title: str
    why: str
    url: str
    is_done: bool
    proof: str = ""


def set_up() -> list[SetUpLine]:
    """The list in the order that works; six small queries, so it is asked for only while it is not complete."""
    target = Target.objects.select_related("service", "environment").first()
    tested = Event.objects.filter(kind="target.tested", data__ok=True).exists()
    approved = RevisionApproval.objects.filter(withdrawn_at=None).exists()
    reachable = Contact.objects.exclude(address="", user=None).exists()
    held = Drill.objects.exclude(incident=None).exists()
    contacts = reverse("contacts", args=[target.pk]) if target else reverse("targets")
    return [
        SetUpLine("A service", "What users depend on.", reverse("services"), Service.objects.exists()),
        SetUpLine(
            "A target, tested", "Where it runs: folder and hosts; “Test connection” proves it.", _target(target), tested
        ),
        SetUpLine("A plan, approved", "The Markdown file your team has already.", reverse("plans"), approved),
        SetUpLine("A contact that can be reached", "Who is asked first at 3 a.m.", contacts, reachable),
        SetUpLine(
            "A mail server",
            "Without one every message stays in the outbox.",
            reverse("health"),
            settings.MAIL_CONFIGURED,
        ),
        SetUpLine("A first drill", "A plan that was never run is a hope.", reverse("drills"), held),
    ]


def _target(target: Target | None) -> str:
    return reverse("target", args=[target.pk]) if target else reverse("targets")
