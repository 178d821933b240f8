"""Makes an installation ready to run: migrations, roles, the first administrator, the practice service.

`manage.py up` runs it before anything else; docker-compose.yml does so too. Running it again changes nothing.
"""

import json
import sqlite3
import sys
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser, SystemCheckError
from django.db import DatabaseError, connection

from config.data_folder import why_not, write_private

PATIENCE = 3.0  # seconds to wait for somebody else's write lock


class Command(BaseCommand):
    help = "Migrates the database and makes the first administrator (and the practice service). Safe to repeat."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--practice-port", type=int, default=0, help="0 leaves the practice service out")
        parser.add_argument("--answer", type=Path, help="a file for the one-time password, instead of the terminal")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._refuse_without_key()
            # WhiteNoise warns about a missing folder at each start.
            settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
            self._refuse_locked()
            call_command("check", stdout=StringIO())  # its good news is no news
            call_command("migrate", verbosity=0, interactive=False)
            told = self._seed(options["practice_port"])
        except ImproperlyConfigured as error:
            self._give_up(str(error))
        except SystemCheckError as error:
            self._give_up(str(error))
        except DatabaseError as error:
            self._give_up(in_words(error))
        except OSError as error:
            self._give_up(why_not(settings.DATA_DIR, error))
        if options["answer"]:
            write_private(options["answer"], json.dumps(told))
        elif told["password"]:
            self.stdout.write(f"Sign in as {told['username']} with the one-time password {told['password']}")

    def _seed(self, practice_port: int) -> dict[str, str]:
        from config.seed import first_administrator, practice_service

        person, password = first_administrator()
        if practice_port:
            practice_service(port=practice_port, root=settings.PRACTICE_DIR)
        return {"username": person.get_username() if person else "", "password": password}

    def _refuse_without_key(self) -> None:
        """Django notices an empty key at the first sign-in only."""
        try:
            _ = settings.SECRET_KEY
        except ImproperlyConfigured as error:
            raise ImproperlyConfigured(
                "FIREBREAK_SECRET_KEY is missing: production needs a key of its own. Make one with: openssl rand -hex 48"
            ) from error

    def _refuse_locked(self) -> None:
        """SQLite waits 20 s for a lock; a start should say at once that somebody else writes."""
        connection.ensure_connection()
        name = str(connection.settings_dict["NAME"])
        if connection.vendor != "sqlite" or "mode=memory" in name:
            return
        probe = sqlite3.connect(name, timeout=PATIENCE, isolation_level=None)
        try:
            probe.execute("BEGIN IMMEDIATE")
            probe.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise DatabaseError(str(error)) from error
        finally:
            probe.close()

    def _give_up(self, sentence: str) -> None:
        self.stderr.write(sentence)
        sys.exit(1)


def in_words(error: DatabaseError) -> str:
    """One sentence for an error of the database."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    where = settings.DATABASES["default"]
    if "locked" in text:
        return f"The database {where['NAME']} is locked by another program. End that program, then start again."
    if "disk" in text and "full" in text:
        return f"The disk that holds {where['NAME']} is full. Free some space, then start again."
    return f"The database {where['NAME']} cannot be used ({text})."
