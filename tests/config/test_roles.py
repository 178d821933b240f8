"""The four roles and what they may."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command

from config.roles import ADMINISTRATOR, PERMISSIONS, PLAN_AUTHOR, RESPONDER, ROLES, VIEWER, ensure_roles, role_of
from tests.conftest import make_person

pytestmark = pytest.mark.django_db


def permissions_of(role: str) -> set[str]:
    found = Group.objects.get(name=role).permissions.select_related("content_type")
    return {f"{permission.content_type.app_label}.{permission.codename}" for permission in found}


def test_every_role_exists_after_migrate() -> None:
    assert set(Group.objects.values_list("name", flat=True)) >= set(ROLES)


def test_a_viewer_may_nothing() -> None:
    assert permissions_of(VIEWER) == set()


@pytest.mark.parametrize("role", [RESPONDER, PLAN_AUTHOR])
def test_a_role_has_exactly_its_permissions(role: str) -> None:
    assert permissions_of(role) == set(PERMISSIONS[role])


def test_an_administrator_may_everything() -> None:
    everything = permissions_of(ADMINISTRATOR)
    assert everything >= {permission for role in PERMISSIONS.values() for permission in role}
    assert "auth.change_user" in everything


def test_migrating_again_repairs_a_role() -> None:
    Group.objects.get(name=PLAN_AUTHOR).permissions.clear()
    call_command("migrate", verbosity=0)
    assert permissions_of(PLAN_AUTHOR) == set(PERMISSIONS[PLAN_AUTHOR])


def test_making_the_roles_twice_changes_nothing() -> None:
    before = {role: permissions_of(role) for role in ROLES}
    ensure_roles()
    assert {role: permissions_of(role) for role in ROLES} == before


def test_the_highest_of_several_groups_counts() -> None:
    person = make_person("eva", VIEWER)
    person.groups.add(Group.objects.get(name=RESPONDER))
    assert role_of(person) == RESPONDER


def test_a_person_without_a_group_has_no_role() -> None:
    assert role_of(make_person("nobody")) == ""


def test_a_superuser_is_an_administrator() -> None:
    assert role_of(User(username="root", is_superuser=True)) == ADMINISTRATOR
