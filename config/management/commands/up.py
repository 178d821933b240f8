"""Starts everything in one terminal: Redis, pages and stream, workers, practice service (docs/running.md).

`manage.py up` goes straight to the supervisor; this is its entry in `manage.py help`, and `call_command("up")`.
"""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Starts the whole installation in this terminal and prints its address."
    # The supervisor reads its own settings and migrates: nothing to check before.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        # In place of this process: the supervisor needs no Django, and 40 MiB are given back.
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-m", "config.supervisor"])  # noqa: S606
