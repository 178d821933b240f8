"""Invites an administrator and prints the one-time password; for a known name it makes a new one-time password."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.accounts.people import invite, reset_password
from config.roles import ADMINISTRATOR
from plans.models import Refused


class Command(BaseCommand):
    help = (
        "Invites an administrator (or makes a new one-time password for a known person) and prints the password once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="the name to sign in with, often a mail address")
        parser.add_argument(
            "--email", default="", help="where pages and test mails go; taken from the name where it is an address"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        username = str(options["username"])
        email = str(options["email"]) or (username if "@" in username else "")
        known = get_user_model().objects.filter(username__iexact=username).first()
        try:
            if known:
                password = reset_password(known)
            else:
                _, password = invite(username=username, role=ADMINISTRATOR, email=email)
        except Refused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Sign in as {username} with the one-time password {password}")
