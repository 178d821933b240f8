#!/usr/bin/env python3
"""Runs Firebreak's commands: `manage.py up`, `manage.py plan check FILE`, `manage.py rollback drive RUN`."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:] == ["up"]:
        # The supervisor needs no Django: the first page comes a second sooner.
        os.execv(sys.executable, [sys.executable, "-m", "config.supervisor"])  # noqa: S606
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # An odd setting: the sentence says which and why, a traceback would only hide it.
        sys.exit(str(error))


if __name__ == "__main__":
    main()
