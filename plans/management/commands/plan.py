"""`manage.py plan read FILE --json` and `plan check FILE…` need no database, secret or Redis; `plan sync FOLDER` does."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from plans.check_up import groups_of
from plans.document import PlanDocument, read_plan
from plans.document.checkup import examine
from plans.document.document import LARGEST
from plans.document.telling import summary


class Command(BaseCommand):
    help = "Reads a rollback plan and shows what was understood, or checks whether it can run."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        read = acts.add_parser("read", help="show what was understood")
        read.add_argument("file")
        read.add_argument("--json", action="store_true", dest="as_json")
        check = acts.add_parser("check", help="list every problem and every warning; exit status 1 with problems")
        check.add_argument("files", nargs="+", metavar="FILE")
        sync = acts.add_parser("sync", help="bring the plans of a folder or Git repository up to date")
        sync.add_argument("place", metavar="FOLDER_OR_REPO")
        sync.add_argument("--match", default="", metavar="PATTERN", help="take exactly these files as plans")
        sync.add_argument("--quiet", action="store_true", help="say only what is wrong, for cron")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "read":
            document = self._load(options["file"])
            if document is None:
                sys.exit(2)
            text = (
                json.dumps(document.to_json(), ensure_ascii=False, indent=1)
                if options["as_json"]
                else summary(document)
            )
            self.stdout.write(text)
            return
        if options["act"] == "sync":
            sys.exit(self._sync(options["place"], options["match"], quiet=options["quiet"]))
        sys.exit(max(self._check(name) for name in options["files"]))

    def _check(self, name: str) -> int:
        """Prints a file's check-up, the worst first; returns 0 when it can run, 1 when not, 2 when it cannot be read."""
        document = self._load(name)
        if document is None:
            return 2
        checkup, compilation = examine(document), document.compile()
        for row in (row for group in groups_of(checkup.findings, compilation.compiled) for row in group.rows):
            self.stdout.write(row.sentence(name))
        for procedure in checkup.procedures:
            self.stdout.write(f"{name}:{procedure.line}: {procedure.sentence()}.")
        problems, warnings = len(compilation.problems), len(compilation.lint)
        verdict = "can run" if not problems else "cannot run"
        self.stdout.write(f"{name}: {verdict}; {_count(problems, 'problem')}, {_count(warnings, 'warning')}.")
        return 1 if problems else 0

    def _sync(self, place: str, match: str, *, quiet: bool) -> int:
        """Returns 0 when all is well, 1 when a plan cannot run or a file is gone or odd, 2 when nothing could be read."""
        # Only this act needs the database; read and check run anywhere.
        from plans.sync_place import sync_place

        return sync_place(place, match, say=(lambda text: None) if quiet else self.stdout.write, warn=self.stderr.write)

    def _load(self, name: str) -> PlanDocument | None:
        """Returns the plan of a file, or None after one sentence on standard error."""
        path = Path(name)
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST + 1)
            text = data.decode("utf-8") if len(data) <= LARGEST else data.decode("utf-8", "replace")
        except UnicodeDecodeError as error:
            self.stderr.write(f"{name}: not UTF-8 text (byte {error.start}). Save the plan as UTF-8.")
            return None
        except OSError as error:
            self.stderr.write(f"{name}: cannot be read: {error.strerror or error}.")
            return None
        return read_plan(text, path.name)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
