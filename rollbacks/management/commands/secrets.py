"""`manage.py secrets new-key | check | rotate`: the keys that seal the secrets of targets."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from rollbacks import sealing
from rollbacks.models import Secret
from timeline.models import Event


class Command(BaseCommand):
    help = "Makes a key, says which secrets can be opened, or seals all of them with the newest key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=("new-key", "check", "rotate"))

    def handle(self, *args: Any, **options: Any) -> None:
        {"new-key": self.new_key, "check": self.look, "rotate": self.rotate}[options["act"]]()

    def new_key(self) -> None:
        """A random key for FIREBREAK_SECRETS_KEY; nothing is kept."""
        self.stdout.write(sealing.new_key())

    def look(self) -> None:
        """Every secret: its target, its key, and whether this process can open it."""
        closed = 0
        for secret in secrets():
            closed += bool(secret.problem)
            words = secret.problem or (
                "opens" if secret.key_name == sealing.newest_name() else "opens with an older key"
            )
            self.stdout.write(f"{secret.target}: {secret.name}, set {secret.set_at:%Y-%m-%d}, {words}")
        if closed:
            raise CommandError(f"{closed} of {secrets().count()} cannot be opened here.")

    def rotate(self) -> None:
        """Seals everything with the newest key, or nothing when one secret cannot be opened."""
        problems = [f"{secret.target}: {secret.problem}" for secret in secrets() if secret.problem]
        if problems:
            raise CommandError("\n".join([*problems, "Nothing was changed."]))
        with transaction.atomic():
            resealed = sum(secret.reseal() for secret in secrets())
            if resealed:
                data = {"key": sealing.newest_name(), "count": resealed}
                Event.record("installation", "secrets.rotated", data=data)
        self.stdout.write(
            f"{resealed} sealed anew with the key {sealing.newest_name()}. Older keys may be removed from FIREBREAK_SECRETS_KEY."
            if resealed
            else f"All of them are sealed with the newest key {sealing.newest_name()} already."
        )


def secrets() -> Any:
    return Secret.objects.select_related("target__service", "target__environment")
