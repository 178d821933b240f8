"""Shared fixtures: people by role, signed-in clients, and a clock that tests can move."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.prerequisites import find_browser

PASSWORD = "correct horse battery"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--target", default="", help="a folder whose setup.sh starts a real service to roll back")
    parser.addoption("--long", action="store_true", help="the long acceptance instead of the short one")
    parser.addoption("--state", default="var/acceptance-long.json", help="what of the long acceptance has passed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests skip, with the reason, where no browser is found."""
    if find_browser():
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="no Chromium: install it, or set FIREBREAK_CHROMIUM"))


def make_person(name: str, role: str | None = None) -> User:
    """An account with one of the four roles; without a role it may sign in and read."""
    person = User.objects.create_user(name, email=f"{name}@example.test", password=PASSWORD)
    if role:
        person.groups.add(Group.objects.get_or_create(name=role)[0])
    return person


@pytest.fixture
def viewer(db: None) -> User:
    return make_person("vera", "viewer")


@pytest.fixture
def responder(db: None) -> User:
    return make_person("ana", "responder")


@pytest.fixture
def plan_author(db: None) -> User:
    return make_person("paul", "plan author")


@pytest.fixture
def administrator(db: None) -> User:
    person = make_person("ada", "administrator")
    person.is_staff = person.is_superuser = True
    person.save(update_fields=["is_staff", "is_superuser"])
    return person


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """`signed_in(responder)` is a client of that person; lock-out needs a request, so it does not go through the form."""

    def client_of(person: User) -> Client:
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return client_of


@pytest.fixture
def move_time(settings: Any) -> Callable[[timedelta], None]:
    """`move_time(timedelta(hours=24))` moves the domain clock; leases do not move with it."""

    def move(by: timedelta) -> None:
        settings.DOMAIN_TIME_OFFSET_SECONDS += by.total_seconds()

    return move
