"""`manage.py declare SERVICE "what is wrong"`: an incident from a terminal, when the pages or the browser are far."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from incidents import declaring
from incidents.models import Refused, Severity


class Command(BaseCommand):
    help = "Declares an incident. Service and what is wrong are enough; the plan says the rest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("service", help="its slug or name")
        parser.add_argument("wrong", nargs="+", help="what is wrong, best in the words of the plan's matrix")
        parser.add_argument("--environment", default="", help="needed where the service runs in several")
        parser.add_argument("--severity", default="", choices=["", *Severity.values], help="none: as the plan says")
        parser.add_argument("--detected-at", default="", metavar="TIME", help="2026-11-22T14:07:00Z; none: now")
        parser.add_argument("--title", default="", help="none: what is wrong is the title")
        parser.add_argument("--by", default="", metavar="USERNAME", help="in whose name; none: the system's")

    def handle(self, *args: Any, **options: Any) -> None:
        given = {name: options[name] for name in ("service", "environment", "severity", "detected_at", "title")}
        try:
            fields = declaring.read({**given, "symptom": " ".join(options["wrong"])})
            incident, _ = declaring.declare(fields, source="terminal", by=person_of(options["by"]))
        except Refused as why:
            raise CommandError(str(why)) from None
        self.stdout.write(
            f"{incident.reference} is declared, {incident.get_severity_display().lower()}: {incident.title}"
        )
        self.stdout.write(f"{settings.PUBLIC_URL}{incident.get_absolute_url()}")


def person_of(name: str) -> Any:
    """The account with this name; None without a name."""
    if not name:
        return None
    person = get_user_model().objects.filter(username=name, is_active=True).first()
    if person is None or not person.has_perm("incidents.respond"):
        raise CommandError(f"There is no account {name} that may declare incidents.")
    return person
